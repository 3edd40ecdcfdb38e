package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Rng;
import gebm.model.Energy;
import gebm.trace.Program;

/**
 * A Markov kernel that leaves {@code exp(−target)} invariant, exactly or up to its step size.
 *
 * <p>A sampler is {@link #init}, {@link #settings}, {@link #update} and {@link #state}; stepping, running and resuming
 * follow from them. All of them are pure, and a run gives the same draws as its steps taken by hand, whatever the
 * number of steps in one native call.
 *
 * <p>Shapes: positions {@code (chains, d)}; energies {@code (chains)}.
 * <p>Randomness: the draws of iteration i come from {@code rng.fork(i)}, those of the start from {@code rng}.
 */
public interface Sampler<S extends ChainState> {
    /** The state of chains that start at {@code position}; recordable. */
    S init(Energy target, NDArray position, Rng rng);

    /**
     * The numbers that iteration {@code iteration} uses (a step size, for example), always equally many.
     *
     * @throws IllegalArgumentException if one of them is out of its range
     */
    double[] settings(long iteration);

    /** One step with the given settings, float64 {@code (settings)}; recordable. */
    Transition<S> update(Energy target, S state, NDArray settings, Rng rng);

    /** The state made of {@link ChainState#arrays}. */
    S state(NDList arrays);

    /** One step; the new state belongs to the manager of the old one. */
    default Transition<S> step(Energy target, S state, long iteration, Rng rng) {
        NDList arrays = state.arrays();
        NDManager scope = arrays.head().getManager();
        try (NDArray settings = scope.create(settings(iteration))) {
            NDList inputs = new NDList(settings);
            inputs.addAll(arrays);
            Program program = Program.cached(
                    this,
                    target,
                    "step",
                    () -> Program.ofRandom((manager, in, key) -> {
                        Transition<S> next = update(target, state(in.subNDList(1)), in.get(0), key);
                        NDList out = new NDList(next.state().arrays());
                        out.add(next.info().energy());
                        out.add(next.info().acceptance());
                        out.add(next.info().energyChange());
                        return out;
                    }));
            NDList result = program.run(scope, inputs, rng.fork(iteration));
            int n = arrays.size();
            NDList next = new NDList(result.subList(0, n));
            return new Transition<>(state(next), new StepInfo(result.get(n), result.get(n + 1), result.get(n + 2)));
        }
    }

    /**
     * {@code plan.steps()} steps from {@code start}.
     *
     * <p>An interrupt ends the run within a step; what was reached is returned and the interrupt flag stays set.
     *
     * <p>Memory: the result belongs to the manager of {@code start}.
     *
     * @throws IllegalArgumentException if energy or gradient at the start are not finite; it names the chain
     * @throws gebm.core.DivergedException if a state is no longer finite; it names chain, iteration and position, and
     *     carries the {@link Chains} so far
     */
    default Chains<S> run(Energy target, NDArray start, SamplingPlan plan, Rng rng) {
        return new SamplerRun<>(this, target, plan, rng).from(start);
    }

    /**
     * {@code plan.steps()} further steps of the same chains on the same target; the schedule goes on where it was.
     * With the same {@code rng}, two runs in a row equal one.
     */
    default Chains<S> resume(Energy target, Chains<S> earlier, SamplingPlan plan, Rng rng) {
        return new SamplerRun<>(this, target, plan, rng).from(earlier.last(), earlier.iterations());
    }
}
