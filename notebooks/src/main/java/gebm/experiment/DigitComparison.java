package gebm.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.data.DataSource;
import gebm.data.Digits;
import gebm.data.Mnist;
import gebm.data.PixelRange;
import gebm.metric.Features;
import gebm.metric.Frechet;
import gebm.model.Gebm;
import gebm.nn.ConvNet;
import gebm.objective.Kale;
import gebm.objective.Objective;
import gebm.train.Adam;
import gebm.train.Evaluation;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import gebm.train.TrainingRun;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A GEBM of handwritten digits against its own generator and against other ways to use the same energy.
 *
 * <p>A run trains base and energy in turn, takes of the base's weights and their moving average those that are nearer to
 * validation digits, polishes the energy with that base fixed, and gives every {@link SamplingMethod} its turn. The
 * last sixth of the training digits are the validation part: no training sees them, and every choice is made on them; results
 * are against the test digits. Features are those of {@link DigitClassifier#shipped}.
 *
 * <p>A run is resumable: training goes on from its checkpoint, and a method whose row is in the result is not run again.
 * Same seed, same machine, same numbers, but for the seconds.
 *
 * <p>Source: Arbel, Zhou and Gretton (2021), ICLR, section 5 and tables 1 and 2, there on CIFAR-10, LSUN, CelebA and
 * ImageNet at 32×32 with networks forty times as large. Differs: the data, the networks, and that step size and inverse
 * temperature are chosen on validation data.
 *
 * @param sizes how much a run does
 * @param results the folder of the results, {@code seed-N.json}
 * @param work the folder of checkpoints
 * @param progress is told of training and polishing
 */
public record DigitComparison(Sizes sizes, Path results, Path work, Progress progress) {
    /** The shape of an image, in [−1, 1]. */
    public static final Shape IMAGE = new Shape(1, Digits.SIDE, Digits.SIDE);

    /** Dimensions of a latent. */
    public static final int LATENTS = 64;

    private static final int VALIDATION_SHARE = 6; // one in so many training digits: 10,000 of MNIST's 60,000
    private static final double AVERAGE_DECAY = 0.999;
    private static final int CHECKPOINT_EVERY = 500;

    /**
     * How much a run does.
     *
     * @param iterations of training
     * @param polishing iterations of five energy steps with the base fixed
     * @param samples of each method
     * @param tuningSamples of each setting that is tried
     * @param steps of a chain, at most
     */
    public record Sizes(int iterations, int polishing, int samples, int tuningSamples, int steps) {
        /** Checks the numbers. */
        public Sizes {
            Require.positive("iterations", iterations);
            Require.positive("polishing", polishing);
            Require.positive("samples", samples);
            Require.positive("tuningSamples", tuningSamples);
            Require.positive("steps", steps);
        }

        /** The sizes whose results are kept: 4,000 iterations, 200 of polishing, 2,000 samples, 50 steps. */
        public static Sizes full() {
            return new Sizes(4_000, 200, 2_000, 400, 50);
        }
    }

    /**
     * What a run gave; written to a file after each method.
     *
     * @param seed of all its random numbers
     * @param data the name and SHA-256 of the training part
     * @param sizes how much it did
     * @param versions of Java and the engine
     * @param validationDistance of the base's weights ({@code last}) and of their average ({@code average})
     * @param floor the distance of as many training digits to the test digits
     * @param logPartition the learned c, a Monte-Carlo estimate of A and its standard error
     * @param choices for each method, the validation distance of each setting
     * @param rows for each method, its numbers against the test digits
     */
    public record Result(
            long seed,
            String data,
            Sizes sizes,
            Map<String, String> versions,
            Map<String, Double> validationDistance,
            double floor,
            Map<String, Double> logPartition,
            Map<String, Map<String, Double>> choices,
            List<SamplerComparison.Row> rows)
            implements Job.Result {
        @Override
        public Sizes settings() {
            return sizes;
        }

        @Override
        public boolean isWhole() {
            return rows.size() == SamplingMethod.all(sizes.steps()).size();
        }

        /** The row of a method. */
        public SamplerComparison.Row row(String method) {
            return rows.stream()
                    .filter(row -> row.method().equals(method))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("method must be one of "
                            + rows.stream().map(SamplerComparison.Row::method).toList() + ", got " + method));
        }

        /** The Fréchet distance of a method over that of the base alone. */
        public double ratio(String method) {
            return row(method).frechet() / row(SamplingMethod.base().name()).frechet();
        }
    }

    /** Runs that report nothing. */
    public static DigitComparison of(Sizes sizes, Path results, Path work) {
        return new DigitComparison(sizes, results, work, Progress.none());
    }

    /** These runs, reporting training and polishing to {@code sink}. */
    public DigitComparison withProgress(Progress sink) {
        return new DigitComparison(sizes, results, work, sink);
    }

    /** Small convolutional networks, the energy floored at −10; nothing trained. */
    public static Gebm untrained(Rng rng) {
        return PaperImages.untrained(
                LATENTS, ConvNet.smallGenerator(LATENTS, IMAGE, 32), IMAGE, ConvNet.smallEnergy(IMAGE, 32), rng);
    }

    /** KALE-F and the gradient penalty of weight 1. */
    public static Objective<Gebm> energyLoss() {
        return PaperImages.energyLoss();
    }

    /** Batches of 64, Adam at 2e-4, two energy steps to a base step and 50 at the start and at every 500th. */
    public static TrainingPlan plan(long iterations) {
        return TrainingPlan.of(iterations)
                .withEnergySteps(TrainingPlan.referenceSteps(50, 2))
                .withBatchSize(64)
                .withOptimizers(Adam.of(2e-4).withBetas(0.5, 0.999))
                .withBaseAverage(AVERAGE_DECAY);
    }

    /** Energy steps on a fixed base, five to an iteration, at half the rate. */
    public static TrainingPlan polishing(long iterations) {
        return PaperImages.polishing(iterations, 1e-4).withBatchSize(64);
    }

    /** The classifier's features of images in [−1, 1]. */
    public static Features features(DigitClassifier classifier) {
        return images -> {
            try (NDArray ink = PixelRange.SIGNED.toUnit(images)) {
                return classifier.apply(ink);
            }
        };
    }

    /** Digits as images in [−1, 1], {@code (n, 1, 28, 28)}. */
    public static NDArray images(NDManager scope, Digits digits) {
        try (NDArray ink = digits.images(scope);
                NDArray twice = ink.mul(2)) {
            NDArray images = twice.sub(1);
            images.attach(scope);
            return images;
        }
    }

    /** The digits of a run in [−1, 1], by what they are for; owned by the scope that they were made in. */
    public record Parts(String name, NDArray train, NDArray validation, NDArray test) {
        /** The last sixth of the training digits is for validation. */
        public static Parts of(NDManager scope, Digits.Split digits) {
            NDArray all = images(scope, digits.train());
            int trained = digits.train().size() - digits.train().size() / VALIDATION_SHARE;
            return new Parts(
                    digits.name() + " train[0:" + trained + "]",
                    all.get(scope, new NDIndex(":" + trained)),
                    all.get(scope, new NDIndex(trained + ":")),
                    images(scope, digits.test()));
        }
    }

    /**
     * A trained and polished model.
     *
     * @param model with the better of the base's weights and their average
     * @param training of base and energy in turn
     * @param polishing of the energy with that base fixed
     * @param validationDistance of the base with its weights ({@code last}) and with their average ({@code average})
     */
    public record Trained(
            Gebm model,
            TrainingRun<Gebm> training,
            TrainingRun<Gebm> polishing,
            Map<String, Double> validationDistance) {}

    /** Trains and polishes the model of {@code seed}, from its checkpoints if there are any. */
    public Trained train(Parts parts, Features features, long seed) {
        DataSource data = DataSource.of(parts.train());
        Rng rng = Rng.of(seed);
        Evaluation<Gebm> evaluation = (model, key) -> Map.of("frechet", distance(model, features, parts, rng));
        TrainingPlan plan = plan(sizes.iterations());
        Path file = checkpoint("training", seed, data, plan);
        TrainingRun<Gebm> training = Job.trainToEnd(
                Trainer.alternating(
                                energyLoss(),
                                Kale.baseLoss(),
                                plan.withCheckpoint(CHECKPOINT_EVERY, file).withProgress(progress))
                        .withEvaluation(CHECKPOINT_EVERY, evaluation),
                untrained(rng),
                data,
                file,
                rng.fork("train"));
        Gebm averaged = training.averaged();
        Map<String, Double> distances = new LinkedHashMap<>();
        distances.put("last", distance(training.model(), features, parts, rng));
        distances.put("average", distance(averaged, features, parts, rng));
        Gebm better = distances.get("average") < distances.get("last") ? averaged : training.model();
        TrainingPlan polishing = polishing(sizes.polishing());
        Path polished = checkpoint("polishing", seed, data, polishing);
        TrainingRun<Gebm> run = Job.trainToEnd(
                Trainer.energyOnly(
                        energyLoss(),
                        polishing.withCheckpoint(CHECKPOINT_EVERY / 5, polished).withProgress(progress)),
                better,
                data,
                polished,
                rng.fork("polish"));
        return new Trained(run.model(), training, run, distances);
    }

    private double distance(Gebm model, Features features, Parts parts, Rng rng) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray samples = model.base().sample(scope, sizes.samples(), rng.fork("evaluation"));
            return Frechet.of(features).between(samples, parts.validation());
        }
    }

    private Path checkpoint(String stage, long seed, DataSource data, TrainingPlan plan) {
        return Job.checkpoint(work, "seed-" + seed + "-" + stage, data.sha256(), plan);
    }

    /** The comparison of this run's methods on a model. */
    public SamplerComparison comparison(Gebm model, Features features, Parts parts, long seed) {
        return new SamplerComparison(
                model,
                features,
                parts.validation(),
                parts.test(),
                sizes.samples(),
                sizes.tuningSamples(),
                Rng.of(seed).fork("comparison"));
    }

    /** The result of {@code seed}: read if it is whole, else completed. */
    public Result run(Digits.Split digits, long seed) {
        return new JobStore<>(results, Result.class)
                .run(new Job<>("seed-" + seed, sizes, (soFar, keep) -> complete(digits, seed, soFar, keep)));
    }

    private Result complete(Digits.Split digits, long seed, Result soFar, Consumer<Result> keep) {
        try (NDManager scope = NDManager.newBaseManager();
                DigitClassifier classifier = DigitClassifier.shipped()) {
            Features features = features(classifier);
            Parts parts = Parts.of(scope, digits);
            Trained trained = train(parts, features, seed);
            List<SamplingMethod> methods = SamplingMethod.all(sizes.steps());
            List<String> names = methods.stream().map(SamplingMethod::name).toList();
            try (SamplerComparison comparison = comparison(trained.model(), features, parts, seed)) {
                Result result = result(trained, comparison, parts, seed, soFar);
                for (SamplingMethod method : methods) {
                    if (result.rows().stream().noneMatch(row -> row.method().equals(method.name()))) {
                        SamplerComparison.Choice choice = comparison.choose(method);
                        result.choices().put(method.name(), choice.distances());
                        result.rows().add(comparison.measure(method, choice.setting()));
                        result.rows().sort(Comparator.comparingInt(row -> names.indexOf(row.method())));
                        keep.accept(result);
                        progress.report(result.rows().size(), methods.size(), "sampled: " + method.name());
                    }
                }
                return result;
            }
        }
    }

    /** A result with the rows that are known. */
    private Result result(Trained trained, SamplerComparison comparison, Parts parts, long seed, Result known) {
        Gebm model = trained.model();
        Gebm.LogPartitionEstimate a =
                model.estimateLogPartition(10 * sizes.samples(), Rng.of(seed).fork("log-partition"));
        return new Result(
                seed,
                parts.name() + " " + trained.training().card().dataSha256(),
                sizes,
                trained.training().card().versions(),
                trained.validationDistance(),
                comparison.distance(parts.train().get(new NDIndex(":" + sizes.samples()))),
                new TreeMap<>(Map.of(
                        "learned", model.logPartition(), "monteCarlo", a.value(), "standardError", a.standardError())),
                known == null ? new LinkedHashMap<>() : new LinkedHashMap<>(known.choices()),
                known == null ? new ArrayList<>() : new ArrayList<>(known.rows()));
    }

    /**
     * Completes the results of seeds 1, 2 and 3, or of those given, in {@code notebooks/results/digits}; {@code
     * environment/compare} calls it.
     *
     * @param args seeds
     */
    public static void main(String[] args) {
        long[] seeds = args.length == 0
                ? new long[] {1, 2, 3}
                : Arrays.stream(args).mapToLong(Long::parseLong).toArray();
        Digits.Split digits = new Digits.Split(Mnist.train(), Mnist.test());
        Path notebooks = Path.of("notebooks");
        for (long seed : seeds) {
            Progress lines = (done, total, message) -> {
                if (done % 100 == 0 || total < 100) {
                    System.out.printf("seed %d: %d/%d %s%n", seed, done, total, message);
                }
            };
            Result result = of(Sizes.full(), notebooks.resolve("results/digits"), notebooks.resolve("executed/digits"))
                    .withProgress(lines)
                    .run(digits, seed);
            result.rows()
                    .forEach(row -> System.out.printf(
                            "seed %d: %-40s %-24s Fréchet %.2f, ratio %.3f%n",
                            seed, row.method(), row.setting(), row.frechet(), result.ratio(row.method())));
        }
    }

    /**
     * The result in {@code file}.
     *
     * @throws java.io.UncheckedIOException if it is missing or damaged
     */
    public static Result read(Path file) {
        return JobStore.read(file, Result.class);
    }
}
