package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.trace.Loop;
import java.util.Objects;

/**
 * Hamiltonian Monte Carlo: a leapfrog trajectory with a fresh velocity, accepted or rejected.
 *
 * <p>A step draws {@code v ~ N(0, I)}, goes L times {@code v ← v − (ε/2)∇E(x)}, {@code x ← x + εv},
 * {@code v ← v − (ε/2)∇E(x)}, and accepts with probability {@code min(1, exp(H(x, v) − H(x', v')))},
 * {@code H(x, v) = E(x) + ½‖v‖²}. All chains of an iteration go equally many steps; {@link #of} varies them from
 * iteration to iteration, so that no trajectory keeps step with the target's periods.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy and acceptance {@code (chains)}.
 * <p>Units: energy in nats; ε in units of x.
 * <p>Cost: L values-and-gradients of the target a step.
 * <p>Source: Duane et al. (1987); Neal (2011), MCMC using Hamiltonian dynamics; tuning: Hoffman, Radul and Sountsov
 * (2021), An Adaptive-MCMC Scheme for Setting Trajectory Lengths in Hamiltonian Monte Carlo (ChEES). Differs: no.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     gebm.model.Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
 *     var start = gebm.core.Rng.of(0).normal(scope, new ai.djl.ndarray.types.Shape(100, 2));
 *     var plan = gebm.sampler.WarmUp.of(100);
 *     var tuned = gebm.sampler.Hmc.of(0.1, 1).warmUp(gaussian, start, plan, gebm.core.Rng.of(1));
 *     var chains = tuned.sampler().run(
 *             gaussian, tuned.position(), gebm.sampler.SamplingPlan.of(50), gebm.core.Rng.of(2));
 * }
 * }</pre>
 *
 * @param stepSize ε at each iteration; every value must be finite and {@code > 0}
 * @param leapfrogSteps L at each iteration, rounded; every value must be from 1 to {@value #MOST_STEPS}
 */
public record Hmc(Schedule stepSize, Schedule leapfrogSteps)
        implements GradientSampler, Metropolis<Langevin.State>, Tunable<Langevin.State> {
    /** The largest number of leapfrog steps in a trajectory. */
    public static final int MOST_STEPS = 1_000;

    /** Checks that there are schedules. */
    public Hmc {
        Objects.requireNonNull(stepSize, "stepSize");
        Objects.requireNonNull(leapfrogSteps, "leapfrogSteps");
    }

    /**
     * Trajectories of varying length: {@code ⌈h·2·meanLength/ε⌉} steps of size ε, h from 0 to 1 by Halton's sequence.
     *
     * @param stepSize ε
     * @param meanLength the mean of the trajectories' length {@code L·ε}, up to rounding, in units of x
     */
    public static Hmc of(double stepSize, double meanLength) {
        Require.positive("stepSize", stepSize);
        Require.positive("meanLength", meanLength);
        return new Hmc(Schedule.constant(stepSize), iteration -> steps(halton(iteration), 2 * meanLength, stepSize));
    }

    /** {@code ⌈h·longest/ε⌉}, from 1 to the most there may be. */
    static double steps(double h, double longest, double stepSize) {
        return Math.max(1, Math.min(MOST_STEPS, Math.ceil(h * longest / stepSize)));
    }

    /** Number {@code index} of Halton's sequence in base 2, from 0 to 1: the binary digits mirrored at the point. */
    static double halton(long index) {
        return (Long.reverse(index + 1) >>> 11) * 0x1p-53;
    }

    @Override
    public double[] settings(long iteration) {
        double epsilon = Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration));
        double steps = Math.rint(leapfrogSteps.at(iteration));
        return new double[] {epsilon, Require.within("leapfrogSteps.at(" + iteration + ")", steps, 1, MOST_STEPS)};
    }

    @Override
    public Proposal<Langevin.State> propose(Energy target, Langevin.State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        NDArray velocity = rng.normal(x.getManager(), x.getShape(), x.getDataType());
        Trajectory end = trajectory(target, state, settings, velocity);
        return new Proposal<>(end.state(), end.energyChange());
    }

    /** Where a trajectory ends. */
    record Trajectory(Langevin.State state, NDArray velocity, NDArray energyChange) {}

    /** The trajectory that begins with {@code velocity}; recordable. */
    static Trajectory trajectory(Energy target, Langevin.State state, NDArray settings, NDArray velocity) {
        NDArray epsilon = settings.get(0);
        NDArray half = epsilon.mul(0.5);
        NDArray first = velocity.getManager().create(0L);
        NDArray steps = settings.get(1).toType(DataType.INT64, false);
        NDList begin = new NDList(velocity.sub(state.gradient().mul(half)));
        begin.addAll(state.arrays());
        NDList end = Loop.run(first, steps, begin, (arrays, step) -> {
            NDArray v = arrays.get(0);
            Langevin.State next = Langevin.State.at(target, arrays.get(1).add(v.mul(epsilon)));
            NDList after = new NDList(v.sub(next.gradient().mul(epsilon)));
            after.addAll(next.arrays());
            return after;
        });
        Langevin.State last = Langevin.State.of(end.subNDList(1));
        NDArray v = end.get(0).add(last.gradient().mul(half)); // the last kick was whole
        NDArray kinetic = PerChain.sum(v.square().sub(velocity.square())).mul(0.5);
        return new Trajectory(last, v, last.energy().sub(state.energy()).add(kinetic));
    }

    @Override
    public Tuned<Langevin.State> warmUp(Energy target, NDArray start, WarmUp plan, Rng rng) {
        double epsilon = stepSize.at(0);
        return new TrajectorySearch(target, epsilon, epsilon * leapfrogSteps.at(0), plan, rng).from(start);
    }
}
