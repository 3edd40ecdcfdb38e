package gebm.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.StopReason;
import gebm.data.DataSource;
import gebm.metric.Features;
import gebm.metric.Frechet;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.ConvNet;
import gebm.nn.ResNet;
import gebm.objective.Kale;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.sampler.Chains;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.train.Adam;
import gebm.train.Evaluation;
import gebm.train.RateDecay;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import gebm.train.TrainingRun;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;

/**
 * The paper's experiment on images of 32×32 in colour (CIFAR-10, and by the same settings CelebA, LSUN and ImageNet), as
 * its authors ran it: training of both halves, polishing of the energy, sampling.
 *
 * <p>Both networks: latents of dimension 100, energies floored at −10, KALE-F with the gradient penalty of weight 1.
 * Training: 150,000 iterations as {@link TrainingPlan#of} says (batches of 128, Adam 1e-4 with β = (0.5, 0.999), 5
 * energy steps a base step, 100 in the first two iterations and in every 500th), and, where a {@linkplain #withMetric
 * metric} is given, rates times 0.8 whenever its distance, taken every 2,000 iterations, was three times in a row no
 * better than 20,000 iterations before. Polishing: the energy alone, at 1e-5. Sampling: 1,000 steps of Langevin on the
 * latent energy at β = 100, step size γ = 1e-4, a tenth after every 200 steps; the authors' code takes {@code λ = γ/2} of
 * our {@link Langevin}.
 *
 * <p>Cost: 5.19 energy steps and a base step on 128 images an iteration, on average; {@link PaperImagesTime} measures it. On a few
 * cores it is made for looking at, not for finishing.
 *
 * <p>Memory: 7 (ConvNet) or 3 (ResNet) million parameters, three times with Adam's state; images in a batch of 128.
 * <p>Source: Arbel, Zhou and Gretton (2021), section 6 and appendix; the reference code, configs/training.yaml,
 * samplers.py. Differs: c has an optimiser of its own (see {@link TrainingPlan#of}). How long the authors polished is
 * not in their public code; here 10,000 iterations of 5 energy steps.
 */
public final class PaperImages {
    /** Images of three channels, 32×32, in [−1, 1]. */
    public static final Shape IMAGE = new Shape(3, 32, 32);

    /** The dimension of latents. */
    public static final int LATENT = 100;

    private static final int PART = 1_000;

    /** How to make a pair of networks of a width. */
    private record Pair(String name, IntFunction<Block> generator, IntFunction<Block> energy) {}

    private final Pair pair;
    private final int width;
    private final UnaryOperator<TrainingPlan> training;
    private final UnaryOperator<TrainingPlan> polishing;
    private final Evaluation<Gebm> metric; // null: none

    private PaperImages(
            Pair pair,
            int width,
            UnaryOperator<TrainingPlan> training,
            UnaryOperator<TrainingPlan> polishing,
            Evaluation<Gebm> metric) {
        this.pair = pair;
        this.width = width;
        this.training = training;
        this.polishing = polishing;
        this.metric = metric;
    }

    /** With the convolutional pair, {@code sngan} in the authors' code, of width 64. */
    public static PaperImages convNet() {
        return of(new Pair("ConvNet", w -> ConvNet.generator(LATENT, IMAGE, w), w -> ConvNet.energy(IMAGE, w)), 64);
    }

    /** With the residual pair, {@code resnet-sn} in the authors' code, of width 128. */
    public static PaperImages resNet() {
        return of(new Pair("ResNet", w -> ResNet.generator(LATENT, IMAGE, w), w -> ResNet.energy(IMAGE, w)), 128);
    }

    private static PaperImages of(Pair pair, int width) {
        return new PaperImages(pair, width, UnaryOperator.identity(), UnaryOperator.identity(), null);
    }

    /** With networks of another width than the paper's. */
    public PaperImages withWidth(int channels) {
        Require.positive("width", channels);
        return new PaperImages(pair, channels, training, polishing, metric);
    }

    /** With a change of the training's plan, after those so far: fewer iterations, progress, a stop. */
    public PaperImages withTraining(UnaryOperator<TrainingPlan> change) {
        Objects.requireNonNull(change, "change");
        return new PaperImages(pair, width, plan -> change.apply(training.apply(plan)), polishing, metric);
    }

    /** With a change of the polishing's plan, after those so far. */
    public PaperImages withPolishing(UnaryOperator<TrainingPlan> change) {
        Objects.requireNonNull(change, "change");
        return new PaperImages(pair, width, training, plan -> change.apply(polishing.apply(plan)), metric);
    }

    /**
     * With the Fréchet distance of {@code samples} samples of the base to {@code reference} as metric: it decides on the
     * training's rates, and is in the history as {@code frechet}.
     *
     * @param reference images of the training part, {@code (n, 3, 32, 32)}; must stay open
     * @param features what the distance looks at; the authors' is the usual Inception network (50,000 samples)
     */
    public PaperImages withMetric(Features features, NDArray reference, int samples) {
        Require.that(samples >= 2, "samples", ">= 2", samples);
        Frechet distance = Frechet.of(features);
        Evaluation<Gebm> frechet = (model, rng) -> {
            try (NDManager scope = NDManager.newBaseManager(reference.getDevice())) {
                NDArray all = scope.zeros(new Shape(samples).addAll(IMAGE), reference.getDataType());
                for (int start = 0; start < samples; start += PART) {
                    int size = Math.min(PART, samples - start);
                    NDArray part = model.base().sample(scope, size, rng.fork(start));
                    all.set(new NDIndex(start + ":" + (start + size)), part);
                    part.close();
                }
                return Map.of("frechet", distance.between(all, reference));
            }
        };
        return new PaperImages(pair, width, training, polishing, frechet);
    }

    /** The untrained model. */
    public Gebm model(Rng rng) {
        return untrained(
                LATENT, pair.generator().apply(width), IMAGE, pair.energy().apply(width), rng);
    }

    /** A push-forward of normal latents, and an energy floored at −10. */
    static Gebm untrained(int latents, Block generator, Shape image, Block energy, Rng rng) {
        LatentBase base = LatentBase.pushForward(DensityBase.standardNormal(latents), generator, rng.fork("base"));
        return Gebm.of(base, Energy.neural(energy, image, rng.fork("energy")).flooredAt(-10));
    }

    /** What the energy is trained with: KALE-F and the gradient penalty. */
    public static Objective<Gebm> energyLoss() {
        return Kale.energyLoss().plus(1, Penalties.gradient());
    }

    /** The plan of the training. */
    public TrainingPlan training() {
        TrainingPlan plan = TrainingPlan.of(150_000);
        return training.apply(metric == null ? plan : plan.withRateDecay(RateDecay.of("frechet")));
    }

    /** The training of both halves, evaluated by the metric if there is one. */
    private Trainer<Gebm> trainer(TrainingPlan plan) {
        Trainer<Gebm> both = Trainer.alternating(energyLoss(), Kale.baseLoss(), plan);
        return metric == null ? both : both.withEvaluation(2_000, metric);
    }

    /** The plan of the polishing. */
    public TrainingPlan polishing() {
        return polishing.apply(polishing(10_000, 1e-5));
    }

    /** Five energy steps an iteration, by Adam with the paper's β. */
    static TrainingPlan polishing(long iterations, double rate) {
        return TrainingPlan.of(iterations)
                .withEnergySteps(i -> 5)
                .withOptimizers(Adam.of(rate).withBetas(0.5, 0.999));
    }

    /**
     * What the experiment gave.
     *
     * @param model base as trained, energy as polished
     * @param training both halves
     * @param polishing the energy alone; null if the training was stopped
     */
    public record Result(Gebm model, TrainingRun<Gebm> training, TrainingRun<Gebm> polishing) {}

    /**
     * Trains and polishes, from where the files {@code training.safetensors} and {@code polishing.safetensors} in
     * {@code folder} say that it stands: stopped or killed, the same call goes on, with the same result bit for bit. A
     * checkpoint is written after every 500 iterations.
     *
     * @param images in [−1, 1]
     * @throws IllegalArgumentException if the images are not {@code (3, 32, 32)}, or the files belong to another model
     * @throws gebm.core.DivergedException if a loss or gradient is not finite
     */
    public Result run(DataSource images, Path folder, Rng rng) {
        Shape sample = images.sampleShape();
        Require.that(sample.equals(IMAGE), "the shape of an image", IMAGE.toString(), sample);
        Path file = folder.resolve("training.safetensors");
        Trainer<Gebm> both = trainer(training().withCheckpoint(500, file));
        TrainingRun<Gebm> trained = Job.train(both, model(rng.fork("model")), images, file, rng.fork("train"));
        if (trained.stop() instanceof StopReason.Stopped) {
            return new Result(trained.model(), trained, null);
        }
        Path polished = folder.resolve("polishing.safetensors");
        Trainer<Gebm> energy = Trainer.energyOnly(energyLoss(), polishing().withCheckpoint(500, polished));
        TrainingRun<Gebm> run = Job.train(energy, trained.model(), images, polished, rng.fork("polish"));
        return new Result(run.model(), trained, run);
    }

    /** {@code chains} chains from the prior, as in the paper; {@code model.base().generate(chains.position())} are images. */
    public static Chains<Langevin.State> sample(NDManager scope, Gebm model, int chains, SamplingPlan plan, Rng rng) {
        NDArray start = model.base().prior().sample(scope, chains, rng.fork("start"));
        return sampler().run(model.latentEnergy(100), start, plan, rng.fork("chains"));
    }

    /** The plan of the sampling: 1,000 steps, of which the last positions are kept. */
    public static SamplingPlan sampling() {
        return SamplingPlan.of(1_000).withThinning(1_000);
    }

    /** Langevin at {@code λ = γ/2}, γ = 1e-4 at first. */
    static Langevin sampler() {
        return new Langevin(Schedule.stepDecay(0.5e-4, 0.1, 200));
    }

    @Override
    public String toString() {
        return "PaperImages[" + pair.name() + " of width " + width + "]";
    }
}
