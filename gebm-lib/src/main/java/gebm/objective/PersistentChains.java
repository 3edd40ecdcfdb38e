package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Base;
import gebm.model.Energy;
import gebm.sampler.ReplayBuffer;
import gebm.sampler.Sampler;
import gebm.trace.InPlace;
import java.util.Objects;

/**
 * Ends of chains on an energy that go on from step to step of training, kept in a replay buffer.
 *
 * <p>A step takes {@code chains} different entries of the buffer at random, replaces each by a fresh sample with
 * probability {@code freshShare}, moves them by {@code steps} steps of the sampler on the energy as it is (in prediction),
 * and puts the ends in the entries' places. No gradient flows through the chains.
 *
 * <p>Shapes: samples {@code (chains, d…)}; the buffer {@code (capacity, d…)}, in the checkpoint, of the energy's type.
 * <p>Cost: what the sampler takes for {@code steps} steps of {@code chains} chains.
 * <p>Source: Tieleman (2008), Training Restricted Boltzmann Machines using Approximations to the Likelihood Gradient; Du and
 * Mordatch (2019), Implicit Generation and Modeling with Energy-Based Models, section 3.1 (10,000 entries, 5 % fresh).
 * Differs: noise and clipping of gradients are the sampler's ({@code StochasticGradientLangevin}), and there is no rounding
 * of what is kept.
 *
 * <pre>{@code
 * var energy = Energy.neural(Mlp.of(2, 32, 1), new ai.djl.ndarray.types.Shape(2), Rng.of(1));
 * var langevin = new Langevin(gebm.core.Schedule.constant(0.05));
 * var chains = gebm.objective.PersistentChains.of(langevin, 10, 64, DensityBase.standardNormal(2)).withCapacity(500);
 * var loss = gebm.objective.ContrastiveDivergence.loss().plus(0.01, gebm.objective.Penalties.energySquares());
 * var phase = gebm.train.Phase.of("energy", loss, gebm.train.Adam.of(1e-3)).withNegatives(chains);
 * var run = Trainer.of(TrainingPlan.of(3).withBatchSize(64), phase).fit(energy, Toy.eightGaussians(), Rng.of(2));
 * }</pre>
 *
 * @param sampler moves the chains; its schedules begin anew in every step
 * @param steps of the sampler in a step of training
 * @param chains how many are moved in a step
 * @param fresh where chains begin
 * @param capacity how many chains there are
 * @param freshShare the probability with which one begins anew, in [0, 1]
 */
public record PersistentChains(Sampler<?> sampler, int steps, int chains, Base fresh, int capacity, double freshShare)
        implements Negatives<Energy> {
    /** Checks the numbers. */
    public PersistentChains {
        Objects.requireNonNull(sampler, "sampler");
        Objects.requireNonNull(fresh, "fresh");
        Require.positive("steps", steps);
        Require.positive("capacity", capacity);
        Require.that(chains >= 1 && chains <= capacity, "chains", "from 1 to the capacity " + capacity, chains);
        Require.within("freshShare", freshShare, 0, 1);
    }

    /** Chains in a buffer of 10,000, of which a twentieth begins anew. */
    public static PersistentChains of(Sampler<?> sampler, int steps, int chains, Base fresh) {
        return new PersistentChains(sampler, steps, chains, fresh, Math.max(chains, 10_000), 0.05);
    }

    /** The same with another number of entries. */
    public PersistentChains withCapacity(int entries) {
        return new PersistentChains(sampler, steps, chains, fresh, entries, freshShare);
    }

    /** The same with another share of chains that begin anew. */
    public PersistentChains withFreshShare(double share) {
        return new PersistentChains(sampler, steps, chains, fresh, capacity, share);
    }

    @Override
    public NDList init(NDManager scope, Energy energy, Rng rng) {
        NDArray entries = fresh.sample(scope, capacity, rng);
        NDList parameters = energy.parameters();
        return new NDList(
                parameters.isEmpty()
                        ? entries
                        : entries.toType(parameters.head().getDataType(), false));
    }

    @Override
    public Drawn draw(NDManager scope, Energy energy, NDArray data, NDList state, Rng rng) {
        NDArray buffer = state.head();
        NDArray places = rng.fork("choose").permutation(scope, capacity).get(":" + chains);
        NDArray kept = scope.from(buffer).get(places);
        NDArray starts = ReplayBuffer.renewed(scope, kept, fresh, freshShare, rng);
        NDArray ends = sampler.advance(energy, starts, steps, rng.fork("run"));
        return new Drawn(ends, () -> InPlace.assignRows(buffer, places, ends));
    }
}
