package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Energy;
import gebm.trace.Loop;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.function.Consumer;

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

    /**
     * One step with the given settings, float64 {@code (settings)}; recordable.
     *
     * <p>It is recorded once for a sampler and a target, so what it reads of itself in Java must not change.
     */
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
     * <p>The target is recorded once for this sampler: numbers that it reads in Java must not change from run to run.
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

    /**
     * The positions that {@code steps} steps from {@code position} reach, those of {@link #run} bit for bit; within a
     * program they become a part of it, with the settings of iterations 0, 1, … as they are when it is recorded.
     *
     * <p>No gradient flows through the steps.
     * <p>Memory: the result belongs to the manager of {@code position}.
     */
    default NDArray advance(Energy target, NDArray position, int steps, Rng rng) {
        if (!Program.isRecorded(position)) {
            Chains<S> chains = run(target, position, SamplingPlan.of(steps), rng);
            chains.draws().close();
            chains.last().arrays().subNDList(1).close();
            return chains.position();
        }
        double[][] rows = new double[Require.positive("steps", steps)][];
        Arrays.setAll(rows, this::settings);
        NDArray settings = position.getManager().create(rows);
        S start = init(target, position.stopGradient(), rng);
        return advance(target, start, settings, rng, info -> {}).position().stopGradient();
    }

    /**
     * The state after one step for each row of {@code settings}, as part of a program; it can be differentiated.
     *
     * <p>Randomness: the draws of row i come from {@code rng.fork(i)}.
     *
     * @param settings float64, {@code (steps, settings)}
     * @param seen is told of each step, when it is recorded
     * @throws IllegalStateException outside a recording
     */
    default S advance(Energy target, S start, NDArray settings, Rng rng, Consumer<StepInfo> seen) {
        NDList last = Loop.run(0, settings.getShape().get(0), start.arrays(), (arrays, step) -> {
            Transition<S> next = update(target, state(arrays), step.of(settings), step.fork(rng));
            seen.accept(next.info());
            return next.state().arrays();
        });
        return state(last);
    }
}
