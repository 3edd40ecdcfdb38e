package gebm.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.DivergedException;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.data.Split;
import gebm.data.Uci;
import gebm.flow.Flow;
import gebm.metric.NegativeLogLikelihood;
import gebm.model.DensityBase;
import gebm.model.DensityEnergy;
import gebm.model.Gebm;
import gebm.objective.ContrastiveDivergence;
import gebm.objective.DonskerVaradhan;
import gebm.objective.Kale;
import gebm.objective.MaximumLikelihood;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.objective.SelfNormalizedLikelihood;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.train.Adam;
import gebm.train.Evaluation;
import gebm.train.GradientMap;
import gebm.train.History;
import gebm.train.Optimizer;
import gebm.train.Phase;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import gebm.train.TrainingRun;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Densities of the UCI tables by maximum likelihood, contrastive divergence and the bounds of a GEBM, with one network.
 *
 * <p>The density is a RealNVP p ({@link Flow#realNvp}); every method trains the same one. Maximum likelihood trains p. For
 * the others p is made an energy with a normaliser that is known and not told, {@code r = −log p + S} of {@link
 * DensityEnergy#withOffset}: contrastive divergence trains r alone, KALE-F, KALE-DV and SNL train it together with
 * another RealNVP for the base. So the likelihood of test rows is exact, {@code mean log p}, and a learned constant can be
 * compared with the true one. The model is that of the evaluation with the best validation likelihood, also of
 * a run that diverged afterwards.
 *
 * <p>A run is resumable: it goes on from its checkpoint, and a run whose file is there is not made again. Same seed, same
 * machine, same numbers, but for the seconds.
 *
 * <p>Units: nats a row, in the whitened units of {@link Uci#reference}.
 * <p>Source: Arbel, Zhou and Gretton (2021), ICLR, section 5 and table 3; the GEBM reference code at f24a688, {@code
 * configs/uci} and {@code TrainerEBM}. Differs: see {@link Settings}.
 *
 * @param results the folder of the results, {@code SET-METHOD-SCHEDULE-SEED.json}
 * @param work the folder of checkpoints
 * @param progress is told of the training
 */
public record UciExperiment(Path results, Path work, Progress progress) {
    private static final double L2_WEIGHT = 1e-4; // in the reference's runs of ML and CD
    private static final double[] BETAS = {0.5, 0.9};

    /** What is minimised. */
    public enum Method {
        /** Maximum likelihood of the flow. */
        ML,
        /** Contrastive divergence of the energy, by Langevin chains from the data. */
        CD,
        /** The Donsker–Varadhan bound. */
        KALE_DV,
        /** KALE-F. */
        KALE_F,
        /** The self-normalised likelihood. */
        SNL;

        /** Its name in tables, such as KALE-F. */
        public String title() {
            return name().replace('_', '-');
        }

        /** Whether it trains an energy against samples of a base. */
        boolean usesBase() {
            return this != ML && this != CD;
        }

        /** Whether c is a parameter. */
        boolean learnsConstant() {
            return this == KALE_F || this == SNL;
        }
    }

    /** Runs that report nothing. */
    public static UciExperiment of(Path results, Path work) {
        return new UciExperiment(results, work, Progress.none());
    }

    /** These runs, reporting to {@code sink}. */
    public UciExperiment withProgress(Progress sink) {
        return new UciExperiment(results, work, sink);
    }

    /**
     * How a run trains.
     *
     * <p>{@link #reference} is the reference's: Adam at 1e-4 with β = (0.5, 0.9), times 0.8 after 50, 500 and 750
     * minibatches; batches of 100 rows and 2,000 samples of the base; 50 energy steps to a base step, 100 before the
     * first two and before every 500th; penalty {@code gradient_l2} of weight 0.1 (ML and CD: {@code l2} of 1e-4);
     * gradients of the energy through {@code 2g/(1 + g²)}, that of c as Newton's direction in an Adam of its own at the
     * energy's rate; c from a Monte-Carlo estimate. {@link #budget} trains the same networks at a larger rate that falls
     * to zero along a cosine, so that a set takes minutes instead of a day; its bounds with fewer base samples, a base step
     * after every fifth energy step and a penalty of 0.01: then the base keeps up, and the penalty does not hold the energy
     * to it. On RedWine that makes half a nat.
     *
     * @param name in the file's name
     * @param rate of Adam, at first
     * @param cosine whether it falls along a cosine to zero; else by the reference's milestones
     * @param batchSize rows of data in a minibatch
     * @param generatedSize samples of the base in an energy or base step
     * @param openingSteps energy steps before the first two base steps and before every 500th
     * @param energySteps energy steps before any other base step
     * @param epochs passes through the training rows, minibatches of both kinds of step counted
     * @param penalty the weight of the methods' penalty
     * @param chainSteps of a chain of contrastive divergence
     * @param chainGamma γ of its chains, {@code x ← x − γ/2·∇r(x) + √γ·ξ}
     * @param evaluateEvery minibatches between evaluations, about
     * @param patience evaluations without improvement after which a run ends; 0: never
     */
    public record Settings(
            String name,
            double rate,
            boolean cosine,
            int batchSize,
            int generatedSize,
            int openingSteps,
            int energySteps,
            double epochs,
            double penalty,
            int chainSteps,
            double chainGamma,
            int evaluateEvery,
            int patience) {
        static final String REFERENCE = "reference";

        /** Checks the numbers. */
        public Settings {
            Require.positive("rate", rate);
            Require.positive("batchSize", batchSize);
            Require.positive("generatedSize", generatedSize);
            Require.positive("openingSteps", openingSteps);
            Require.positive("energySteps", energySteps);
            Require.positive("epochs", epochs);
            Require.notNegative("penalty", penalty);
            Require.positive("chainSteps", chainSteps);
            Require.positive("chainGamma", chainGamma);
            Require.positive("evaluateEvery", evaluateEvery);
            Require.notNegative("patience", patience);
        }

        /** The reference's settings of a method, for so many epochs. */
        public static Settings reference(Method method, double epochs) {
            double penalty = method.usesBase() ? 0.1 : L2_WEIGHT;
            int every = method.usesBase() ? 50 : 130;
            return new Settings(REFERENCE, 1e-4, false, 100, 2_000, 100, 50, epochs, penalty, 60, 1e-2, every, 0);
        }

        /** The settings of the kept table, chosen on validation rows. */
        public static Settings budget(Uci set, Method method) {
            double epochs = Math.ceil(minibatches(set, method) / perEpoch(set));
            double penalty = method.usesBase() ? 0.01 : L2_WEIGHT;
            double rate = method.usesBase() ? 3e-3 : 1e-3;
            if (method == Method.CD && set == Uci.PARKINSONS) {
                rate = 3e-4; // at 1e-3 its chains diverge
            }
            int energySteps = method.usesBase() ? 5 : 20;
            return new Settings("budget", rate, true, 100, 200, 50, energySteps, epochs, penalty, 10, 1e-2, 100, 0);
        }

        private static int minibatches(Uci set, Method method) {
            return switch (method) {
                case ML -> set == Uci.RED_WINE ? 1_000 : 3_000; // enough to overfit
                case CD -> set == Uci.RED_WINE ? 400 : 2_000; // enough for its chains to be left behind
                default -> 5_000;
            };
        }

        private static double perEpoch(Uci set) {
            return switch (set) {
                case RED_WINE -> 13;
                case WHITE_WINE -> 40;
                case PARKINSONS -> 48;
                default -> throw new IllegalArgumentException("no settings for " + set.title());
            };
        }

        /** The same for another number of epochs. */
        public Settings withEpochs(double number) {
            return new Settings(
                    name,
                    rate,
                    cosine,
                    batchSize,
                    generatedSize,
                    openingSteps,
                    energySteps,
                    number,
                    penalty,
                    chainSteps,
                    chainGamma,
                    evaluateEvery,
                    patience);
        }
    }

    /**
     * What a run gave.
     *
     * @param set the table
     * @param method what was minimised
     * @param seed of all random numbers; the split has the reference's own
     * @param settings how it trained
     * @param data the SHA-256 of the training rows
     * @param rows training, validation and test rows
     * @param curve what was evaluated on the way
     * @param bestEpoch of the evaluation with the smallest validation number
     * @param validation the mean negative log-likelihood of the validation rows there
     * @param test that of the test rows there, exact
     * @param logDensities of the test rows there
     * @param seconds of CPU time
     * @param end {@value #COMPLETED}, or where and how it diverged: then the model is the best before that
     * @param versions of Java and the engine
     */
    public record Run(
            Uci set,
            Method method,
            long seed,
            Settings settings,
            String data,
            int[] rows,
            List<Point> curve,
            double bestEpoch,
            double validation,
            double test,
            double[] logDensities,
            double seconds,
            String end,
            Map<String, String> versions)
            implements Job.Result {
        static final String COMPLETED = "completed";

        /** Files of earlier runs, all of them completed, do not say how they ended. */
        public Run {
            end = end == null ? COMPLETED : end;
        }

        /** The exact likelihood of the test rows at the best evaluation. */
        public NegativeLogLikelihood likelihood() {
            return NegativeLogLikelihood.of(logDensities, 0, NegativeLogLikelihood.Method.EXACT);
        }

        /** The test number at an epoch, linear between evaluations. */
        public double testAt(double epoch) {
            Point last = curve.get(curve.size() - 1);
            Require.within("epoch", epoch, curve.get(0).epoch(), last.epoch());
            Point before = curve.get(0);
            for (Point point : curve) {
                if (point.epoch() >= epoch) {
                    double width = point.epoch() - before.epoch();
                    double part = width > 0 ? (epoch - before.epoch()) / width : 1;
                    return before.test() + part * (point.test() - before.test());
                }
                before = point;
            }
            return last.test();
        }

        /** {@code |c − A|} at every evaluation from {@code epoch} on, or with the estimate of one batch for c. */
        public double[] logPartitionErrors(double epoch, boolean ofBatch) {
            return curve.stream()
                    .filter(point -> point.epoch() >= epoch)
                    .mapToDouble(point -> Math.abs(
                            (ofBatch ? point.batchLogPartition() : point.logPartition()) - point.trueLogPartition()))
                    .toArray();
        }
    }

    /**
     * One evaluation.
     *
     * @param epoch passes through the training rows before it
     * @param validation the mean negative log-likelihood of the validation rows
     * @param test that of the test rows
     * @param trueLogPartition A, known by construction; NaN for ML
     * @param logPartition c; NaN where the method has none
     * @param batchLogPartition an estimate of A from one batch of base samples; NaN where the method has none
     */
    public record Point(
            double epoch,
            double validation,
            double test,
            double trueLogPartition,
            double logPartition,
            double batchLogPartition) {}

    /** A flow; but for ML a GEBM with it as base, and another one for the energy. Nothing is trained. */
    public static Trainable untrained(Method method, int dimension, Rng rng) {
        Flow base = Flow.realNvp(dimension, rng.fork("base"));
        if (method == Method.ML) {
            return base;
        }
        return Gebm.unnormalized(
                base,
                DensityEnergy.of(Flow.realNvp(dimension, rng.fork("energy"))).withOffset());
    }

    /** The density that a method has trained, in a model that began as {@link #untrained}. */
    public static DensityBase density(Trainable model) {
        return model instanceof Gebm gebm ? energy(gebm).density() : (DensityBase) model;
    }

    private static DensityEnergy energy(Gebm model) {
        return (DensityEnergy) model.unnormalized();
    }

    private static Objective<Gebm> energyLoss(Method method, Settings settings) {
        Objective<? super Gebm> loss =
                switch (method) {
                    case CD ->
                        ContrastiveDivergence.of(
                                new Langevin(Schedule.constant(settings.chainGamma() / 2)),
                                SamplingPlan.of(settings.chainSteps()));
                    case KALE_DV -> DonskerVaradhan.energyLoss();
                    case KALE_F -> Kale.energyLoss();
                    case SNL -> SelfNormalizedLikelihood.energyLoss();
                    case ML -> throw new IllegalArgumentException("ML has no energy loss");
                };
        Objective<Trainable> penalty =
                method.usesBase() ? Penalties.gradient().plus(1, Penalties.weightsByDimension()) : Penalties.weights();
        return loss.plus(settings.penalty(), penalty);
    }

    /** The trainer of a method, by a plan that {@code watched} completes. */
    static Trainer<? extends Trainable> trainer(
            Method method, Settings settings, Steps steps, UnaryOperator<TrainingPlan> watched) {
        int iterations = steps.ends().size();
        if (method == Method.ML) {
            TrainingPlan plan = TrainingPlan.of(iterations).withBatchSize(settings.batchSize());
            Objective<DensityBase> loss = MaximumLikelihood.loss().plus(settings.penalty(), Penalties.weights());
            return Trainer.of(watched.apply(plan), Phase.of("base", loss, adam(settings, iterations)));
        }
        TrainingPlan plan = watched.apply(plan(method, settings, steps));
        Objective<Gebm> loss = energyLoss(method, settings);
        return method == Method.CD ? Trainer.energyOnly(loss, plan) : Trainer.alternating(loss, Kale.baseLoss(), plan);
    }

    /** How many minibatches are done at the end of each iteration; the last one is as long as is left. */
    private record Steps(long minibatches, long perEpoch, int baseSteps, List<Long> ends) {
        static Steps of(Method method, Settings settings, long rows) {
            long perEpoch = (rows + settings.batchSize() - 1) / settings.batchSize();
            long minibatches = Math.max(2, Math.round(settings.epochs() * perEpoch));
            int baseSteps = method == Method.CD ? 0 : 1;
            List<Long> ends = new ArrayList<>();
            for (long done = 0; done < minibatches; ends.add(done)) {
                boolean opening = method.usesBase() && (ends.size() < 2 || ends.size() % 500 == 0);
                long energySteps = opening ? settings.openingSteps() : settings.energySteps();
                long left = Math.max(1, minibatches - done - baseSteps);
                done += baseSteps + (method == Method.ML ? 0 : Math.min(energySteps, left));
            }
            return new Steps(minibatches, perEpoch, baseSteps, ends);
        }

        long energySteps(long i) {
            long before = i == 0 ? 0 : ends.get((int) i - 1);
            return ends.get((int) i) - before - baseSteps;
        }

        /** Passes through the training rows after iteration i. */
        double epoch(int i) {
            return Math.min(minibatches, ends.get(i)) / (double) perEpoch;
        }
    }

    private static Optimizer adam(Settings settings, long updates) {
        double rate = settings.rate();
        Schedule schedule =
                settings.cosine() ? Schedule.cosine(rate, 0, updates) : Schedule.milestones(rate, 0.8, 50, 500, 750);
        return Adam.of(schedule).withBetas(BETAS[0], BETAS[1]);
    }

    private static TrainingPlan plan(Method method, Settings settings, Steps steps) {
        int iterations = steps.ends().size();
        Optimizer energy = adam(settings, steps.minibatches());
        Optimizer base = adam(settings, iterations);
        TrainingPlan plan = TrainingPlan.of(iterations)
                .withBatchSize(settings.batchSize(), method.usesBase() ? settings.generatedSize() : 1)
                .withEnergySteps(i -> i < iterations ? steps.energySteps(i) : 0)
                .withOptimizers(energy.after(GradientMap.softClip()), base)
                .withLogPartitionOptimizer(energy.after(GradientMap.newton()));
        return method.learnsConstant() ? plan.withInitialLogPartition(10 * settings.generatedSize()) : plan;
    }

    private static Evaluation<Trainable> evaluation(Method method, Settings settings, Split split) {
        long[] since = {cpuTime()};
        return (model, rng) -> {
            Map<String, Double> row = new LinkedHashMap<>();
            DensityBase density = density(model);
            row.put(
                    "validation",
                    NegativeLogLikelihood.exact(density, split.validation()).value());
            row.put("test", NegativeLogLikelihood.exact(density, split.test()).value());
            if (model instanceof Gebm gebm) {
                row.put("trueLogPartition", energy(gebm).logNormaliser());
            }
            if (method.usesBase()) {
                var batch = ((Gebm) model).estimateLogPartition(settings.generatedSize(), rng);
                row.put("batchLogPartition", batch.value());
            }
            long now = cpuTime();
            row.put("seconds", (now - since[0]) / 1e9);
            since[0] = now;
            return row;
        };
    }

    private static long cpuTime() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    /** Which run: the table, the method, how it trains and the seed of its random numbers. */
    record Asked(Uci set, Method method, Settings settings, long seed) {
        /** What one may call it by. */
        List<String> words() {
            return Stream.of(set.title(), method.title(), settings.name(), "" + seed)
                    .map(word -> word.toLowerCase(Locale.ROOT))
                    .toList();
        }

        String id() {
            return String.join("-", words());
        }
    }

    /** The run with these settings: read if it is there, else begun or completed. */
    public Run run(Uci set, Method method, Settings settings, long seed) {
        Asked asked = new Asked(set, method, settings, seed);
        return store(results).run(new Job<>(asked.id(), settings, (soFar, keep) -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                Trained trained = train(asked, set.reference(scope));
                trained.model().close();
                return trained.run();
            }
        }));
    }

    private static JobStore<Run> store(Path folder) {
        return new JobStore<>(folder, Run.class);
    }

    /**
     * A run with the model it gave.
     *
     * @param model that of the best validation likelihood
     * @param run its numbers
     */
    public record Trained(Trainable model, Run run) {}

    /** The same run with its model, on any split, from its checkpoint if there is one; a file is written and none read. */
    public Trained train(Uci set, Split split, Method method, Settings settings, long seed) {
        Asked asked = new Asked(set, method, settings, seed);
        Trained trained = train(asked, split);
        store(results).write(asked.id(), trained.run());
        return trained;
    }

    @SuppressWarnings("unchecked") // model and trainer are of one method
    private static <M extends Trainable> TrainingRun<M> trained(
            Trainer<M> trainer, Trainable initial, DataSource data, Path checkpoint, Rng rng) {
        return Job.trainToEnd(trainer, (M) initial, data, checkpoint, rng);
    }

    private Trained train(Asked asked, Split split) {
        Method method = asked.method();
        Settings settings = asked.settings();
        DataSource data = split.source();
        Steps steps = Steps.of(method, settings, rows(split.train()));
        long usual = method == Method.ML ? 1 : settings.energySteps();
        Path checkpoint = Job.checkpoint(work, asked.id(), data.sha256(), settings);
        UnaryOperator<TrainingPlan> watched = plan -> {
            TrainingPlan kept = settings.patience() > 0
                    ? plan.withEarlyStop("validation", settings.patience())
                    : plan.withBest("validation");
            return kept.withCheckpoint(Math.max(1, 10 * settings.evaluateEvery() / usual), checkpoint)
                    .withProgress(progress);
        };
        var trainer = trainer(method, settings, steps, watched)
                .withEvaluation(Math.max(1, settings.evaluateEvery() / usual), evaluation(method, settings, split));
        Rng rng = Rng.of(asked.seed()).fork(asked.set().title());
        TrainingRun<?> training;
        String end = Run.COMPLETED;
        try (Trainable initial =
                untrained(method, (int) split.train().getShape().get(1), rng)) {
            training = trained(trainer, initial, data, checkpoint, rng.fork("train"));
        } catch (DivergedException e) {
            training = e.partial(TrainingRun.class);
            end = e.where();
            if (training.history().rows().stream().noneMatch(row -> row.containsKey("validation"))) {
                throw e;
            }
        }
        List<Point> curve = curve(method, steps, training.history());
        Point best = Collections.min(curve, Comparator.comparingDouble(Point::validation));
        NegativeLogLikelihood test = NegativeLogLikelihood.exact(density(training.best()), split.test());
        double[] seconds = training.history().column("seconds");
        Run run = new Run(
                asked.set(),
                method,
                asked.seed(),
                settings,
                data.sha256(),
                new int[] {rows(split.train()), rows(split.validation()), rows(split.test())},
                curve,
                best.epoch(),
                best.validation(),
                test.value(),
                test.logDensities(),
                Arrays.stream(seconds).filter(Double::isFinite).sum(),
                end,
                new TreeMap<>(training.card().versions()));
        Trainable model = training.best().copy();
        training.model().close();
        return new Trained(model, run);
    }

    private static List<Point> curve(Method method, Steps steps, History history) {
        List<Point> curve = new ArrayList<>();
        for (int i = 0; i < history.rows().size(); i++) {
            Map<String, Double> row = history.rows().get(i);
            if (row.containsKey("validation")) {
                curve.add(new Point(
                        steps.epoch(i),
                        row.get("validation"),
                        row.get("test"),
                        row.getOrDefault("trueLogPartition", Double.NaN),
                        method.learnsConstant() ? row.get("logPartition") : Double.NaN,
                        row.getOrDefault("batchLogPartition", Double.NaN)));
            }
        }
        return curve;
    }

    private static int rows(NDArray part) {
        return (int) part.getShape().get(0);
    }

    /** The runs in a folder, in the order of sets, methods and seeds. */
    public static List<Run> all(Path folder) {
        return store(folder).all().stream()
                .sorted(Comparator.comparing(Run::set)
                        .thenComparing(Run::method)
                        .thenComparing(run -> run.settings().name())
                        .thenComparing(Run::seed))
                .toList();
    }

    /**
     * The run in {@code file}.
     *
     * @throws java.io.UncheckedIOException if it is missing or damaged
     */
    public static Run read(Path file) {
        return JobStore.read(file, Run.class);
    }

    /** The runs of the table, the shortest sets first: of RedWine three seeds and the reference's curves. */
    static List<Asked> asked() {
        List<Asked> asked = new ArrayList<>();
        asked.add(new Asked(Uci.RED_WINE, Method.KALE_F, Settings.reference(Method.KALE_F, 205), 1));
        asked.add(new Asked(Uci.RED_WINE, Method.ML, Settings.reference(Method.ML, 1_000), 1));
        for (long seed = 1; seed <= 3; seed++) {
            for (Uci set : new Uci[] {Uci.RED_WINE, Uci.WHITE_WINE, Uci.PARKINSONS}) {
                for (Method method : Method.values()) {
                    if (method != Method.SNL && (seed == 1 || set == Uci.RED_WINE)) { // SNL's gradients are KALE-F's
                        asked.add(new Asked(set, method, Settings.budget(set, method), seed));
                    }
                }
            }
        }
        return asked;
    }

    /**
     * Makes the runs of the table that are missing in {@code notebooks/results/uci}, and prints the table; {@code
     * environment/table} calls it.
     *
     * @param args names of sets, methods or schedules, in lower case: only runs that have all of them are made; none: all
     */
    public static void main(String[] args) {
        Path notebooks = Path.of("notebooks");
        UciExperiment experiment = of(notebooks.resolve("results/uci"), notebooks.resolve("executed/uci"));
        for (Asked asked : asked()) {
            if (asked.words().containsAll(List.of(args))) {
                Progress evaluations = (done, total, message) -> {
                    if (message.contains("validation")) {
                        System.out.printf("%s: %d/%d %s%n", asked.id(), done, total, message);
                    }
                };
                Run run = experiment
                        .withProgress(evaluations)
                        .run(asked.set(), asked.method(), asked.settings(), asked.seed());
                System.out.printf(
                        Locale.ROOT,
                        "%s: %s; test %.3f at epoch %.0f, validation %.3f, %.0f s%n",
                        asked.id(),
                        run.end(),
                        run.test(),
                        run.bestEpoch(),
                        run.validation(),
                        run.seconds());
            }
        }
        UciTable.main();
    }
}
