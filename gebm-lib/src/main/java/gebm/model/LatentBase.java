package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Network;
import gebm.trace.TorchScript;
import java.nio.file.Path;

/** A base that maps latent noise to samples: {@code x = G(z)}, {@code z ~ prior}. */
public interface LatentBase extends Base {
    /** The distribution of the latents. */
    DensityBase prior();

    /** {@code G(z)}: {@code (n, k) → (n, sampleShape)}; written with {@code NDArray} so that it can be recorded. */
    NDArray generate(NDArray z);

    /** This base as it behaves in training; the parameters are shared. */
    @Override
    default LatentBase training() {
        return (LatentBase) Base.super.training();
    }

    @Override
    default LatentBase copy() {
        return (LatentBase) Base.super.copy();
    }

    @Override
    default NDArray sample(NDManager scope, int n, Rng rng) {
        return generate(prior().sample(scope, n, rng));
    }

    /**
     * The push-forward of {@code prior} by a network of somebody else's, as it is: {@code file} is TorchScript, written by
     * Python's {@code torch.jit.trace} or {@code torch.jit.script}, of a module that takes latents {@code (n, k)} and
     * gives samples. It has no parameters: train the energy on it with {@code Trainer.energyOnly}.
     *
     * <p>An energy on a generator that is there already, and samples of both together:
     *
     * <pre>{@code
     * var rng = Rng.of(7);
     * var file = java.nio.file.Path.of("src/test/resources/oracles/generator.pt");
     * var generator = LatentBase.scripted(DensityBase.standardNormal(4), file);
     * var energy = Energy.neural(ConvNet.smallEnergy(generator.sampleShape(), 4), generator.sampleShape(), rng.fork("energy"));
     * var loss = gebm.objective.Kale.energyLoss().plus(1, gebm.objective.Penalties.gradient());
     * var plan = TrainingPlan.of(2).withBatchSize(8).withEnergySteps(i -> 2);
     * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
     *     var images = DataSource.of(rng.fork("data").uniform(scope, new ai.djl.ndarray.types.Shape(32, 1, 8, 8)).mul(2).sub(1));
     *     var model = Trainer.energyOnly(loss, plan).fit(Gebm.of(generator, energy), images, rng.fork("train")).model();
     *     var z = generator.prior().sample(scope, 5, rng.fork("start"));
     *     var langevin = new Langevin(gebm.core.Schedule.constant(1e-3));
     *     var chains = langevin.run(model.latentEnergy(1), z, SamplingPlan.of(3), rng.fork("chains"));
     *     var samples = generator.generate(chains.position()); // (5, 1, 8, 8)
     * }
     * }</pre>
     *
     * @throws IllegalArgumentException if the file holds no network, or one that does not take the prior's samples; see
     *     {@link TorchScript#load}
     */
    static LatentBase scripted(DensityBase prior, Path file) {
        return ScriptedBase.of(prior, TorchScript.load(file));
    }

    /**
     * The push-forward of {@code prior} by a block whose parameters are set, as they are: it has no parameters to train,
     * and behaves as in prediction. {@link #pushForward} of such a block begins with the same values and trains them.
     *
     * <p>The parameters are copied; a file of the model holds them.
     *
     * @param generator initialised, or with values that were loaded: of a DJL {@code Model}, its {@code getBlock()}
     * @throws IllegalArgumentException if the block has parameters without values
     */
    static LatentBase fixed(DensityBase prior, Block generator) {
        Require.that(
                generator.isInitialized(),
                "a fixed generator",
                "initialised, or its parameters loaded",
                "a block without values: give it those it was trained to, or train it from LatentBase.pushForward");
        return pushForward(prior, generator, true, Rng.of(0));
    }

    /**
     * A set of samples in place of a generator: the prior is uniform on [0, 1), and {@code G(z)} is sample number
     * {@code ⌊n·z⌋}, so that every sample is as likely.
     *
     * <p>What needs samples only works: an energy's training, rejection, importance weights, independence and random-walk
     * Metropolis. A derivative with respect to latents does not exist and is refused; there are no parameters.
     *
     * <p>Shapes: samples {@code (n, …)}; latents {@code (m, 1)}.
     * <p>Memory: the samples are copied, once for all copies of the base.
     *
     * <pre>{@code
     * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
     *     var samples = Toy.eightGaussians().batch(scope, 500, 0, Rng.of(1));
     *     var model = Gebm.of(LatentBase.ofSamples(samples), x -> x.square().sum(new int[] {1}));
     *     var prior = model.base().prior();
     *     var chains = new IndependenceMetropolis(prior)
     *             .run(model.latentEnergy(1), prior.sample(scope, 10, Rng.of(2)), SamplingPlan.of(50), Rng.of(3));
     *     var weighted = model.base().generate(chains.position()); // (10, 2)
     * }
     * }</pre>
     *
     * @throws IllegalArgumentException if there is no sample, one is not finite, or there are more than a latent in
     *     float32 can tell apart (4,194,304)
     */
    static LatentBase ofSamples(NDArray samples) {
        return SampleBase.of(samples);
    }

    /** The push-forward of {@code prior} by a network, in the prior's type. */
    static LatentBase pushForward(DensityBase prior, Block generator, Rng rng) {
        return pushForward(prior, generator, false, rng);
    }

    private static LatentBase pushForward(DensityBase prior, Block generator, boolean fixed, Rng rng) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray example = prior.sample(scope, 1, Rng.of(0));
            Network network = Network.of(generator, prior.sampleShape(), example.getDataType(), rng);
            return new PushForward(prior, network, fixed);
        }
    }
}
