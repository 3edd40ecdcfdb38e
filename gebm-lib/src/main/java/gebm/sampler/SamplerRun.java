package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Energy;
import gebm.trace.Loop;
import gebm.trace.Ops;
import gebm.trace.Program;
import gebm.trace.Watch;
import java.util.Arrays;
import java.util.Locale;

/** One run of a sampler: chunks of steps, each chunk one native call. */
final class SamplerRun<S extends ChainState> {
    private static final int LONGEST_CHUNK = 1_000;
    private static final long CHUNK_NANOS = 100_000_000; // about how long a call may take, so that progress shows

    private final Sampler<S> sampler;
    private final Energy target;
    private final SamplingPlan plan;
    private final Rng rng;
    private final Program program = Program.ofRandom((scope, in, key) -> steps(in, key));
    private double[] meanEnergy = new double[LONGEST_CHUNK]; // grow with the steps done
    private double[] acceptance = new double[LONGEST_CHUNK];

    SamplerRun(Sampler<S> sampler, Energy target, SamplingPlan plan, Rng rng) {
        this.sampler = sampler;
        this.target = target;
        this.plan = plan;
        this.rng = rng;
    }

    Chains<S> from(NDArray start) {
        Require.that(
                start.getShape().dimension() >= 2 && start.getShape().size() > 0,
                "start",
                "of shape (chains, d)",
                start.getShape());
        NDList state = Program.ofList(in -> {
                    S first = sampler.init(target, in.singletonOrThrow());
                    NDList all = new NDList(first.arrays());
                    all.add(Ops.allFinite(first.arrays()));
                    return all;
                })
                .run(start.getManager(), new NDList(start));
        try (NDArray finite = state.remove(state.size() - 1)) {
            Require.that(
                    finite.getLong() == 1,
                    "energy and gradient at the start",
                    "finite",
                    "NaN or an infinity: check the start positions and the target");
        }
        return from(sampler.state(state), 0, true);
    }

    Chains<S> from(S start, long firstIteration) {
        return from(start, firstIteration, false);
    }

    private Chains<S> from(S start, long firstIteration, boolean ownsStart) {
        NDManager owner = start.position().getManager();
        Shape position = start.position().getShape();
        NDArray draws = owner.zeros(
                new Shape(plan.draws()).addAll(position), start.position().getDataType());
        NDList state = start.arrays();
        boolean owned = ownsStart;
        boolean stopped = false;
        boolean diverged = false;
        int done = 0;
        int size = 1;
        plan.progress().report(0, plan.steps(), "");
        while (done < plan.steps() && !stopped && !diverged) {
            int steps = Math.min(plan.steps() - done, size);
            long began = System.nanoTime();
            Chunk chunk = chunk(owner, firstIteration, done, steps, state, draws);
            diverged = !chunk.finite();
            while (!chunk.finite()) { // again, as far as all is finite: the draws are those of the iteration, always
                chunk.state().close();
                chunk = chunk(owner, firstIteration, done, chunk.finiteSteps(), state, draws);
            }
            if (owned) {
                state.close();
            }
            state = chunk.state();
            owned = true;
            note(chunk, done);
            done += chunk.steps();
            stopped = chunk.stopped();
            plan.progress().report(done, plan.steps(), message(done));
            if (System.nanoTime() - began < CHUNK_NANOS) {
                size = Math.min(LONGEST_CHUNK, size * 2);
            }
        }
        boolean rejects = done > 0 && !Double.isNaN(acceptance[0]);
        Chains<S> chains = new Chains<>(
                kept(draws, done),
                sampler.state(state),
                Arrays.copyOf(meanEnergy, done),
                rejects ? Arrays.copyOf(acceptance, done) : new double[0],
                firstIteration + done,
                done < plan.steps() ? new StopReason.Stopped(done) : new StopReason.Completed(done));
        if (diverged) {
            throw diverged(firstIteration + done, chains);
        }
        return chains;
    }

    /** What one native call gave: the state after {@code steps}, and two numbers for each step. */
    private record Chunk(NDList state, int steps, double[] records, boolean stopped, boolean finite) {
        /** Fewer steps than these, after which all may be finite: up to the first record that is not. */
        int finiteSteps() {
            for (int i = 0; i < steps; i++) {
                if (!Double.isFinite(records[2 * i])) {
                    return i;
                }
            }
            return steps - 1;
        }
    }

    private Chunk chunk(NDManager owner, long firstIteration, int done, int steps, NDList state, NDArray draws) {
        try (NDManager scope = owner.newSubManager();
                Watch watch = Watch.open(scope)) {
            NDArray records =
                    scope.zeros(new Shape(LONGEST_CHUNK, 2), DataType.FLOAT64).add(Double.NaN);
            NDList inputs = inputs(scope, firstIteration, done, steps, records, draws, watch);
            inputs.addAll(state);
            NDList next = program.run(scope, inputs, rng);
            boolean finite = next.remove(next.size() - 1).getLong() == 1;
            next.attach(owner);
            return new Chunk(next, (int) watch.count(), records.toDoubleArray(), watch.stopped(), finite);
        }
    }

    private void note(Chunk chunk, int done) {
        int end = done + chunk.steps();
        if (end > meanEnergy.length) {
            meanEnergy = Arrays.copyOf(meanEnergy, Math.max(2 * meanEnergy.length, end));
            acceptance = Arrays.copyOf(acceptance, meanEnergy.length);
        }
        for (int i = done; i < end; i++) {
            meanEnergy[i] = chunk.records()[2 * (i - done)];
            acceptance[i] = chunk.records()[2 * (i - done) + 1];
        }
    }

    private String message(int done) {
        return done == 0 ? "" : String.format(Locale.ROOT, "mean energy %.4g", meanEnergy[done - 1]);
    }

    private NDArray kept(NDArray draws, int done) {
        int complete = Math.max(0, done - plan.warmUp()) / plan.thinning();
        if (complete == plan.draws()) {
            return draws;
        }
        try (draws) {
            return draws.get(":" + complete); // shares the memory of the rows, which live on with it
        }
    }

    /** Positions of the arrays that a chunk takes. */
    private enum In {
        FIRST,
        END,
        SETTINGS,
        ROWS,
        RECORDS,
        DRAWS,
        STOP,
        COUNT;

        NDArray of(NDList inputs) {
            return inputs.get(ordinal());
        }
    }

    /** Arrays by the step are of one length, so that one program serves every chunk. */
    private NDList inputs(
            NDManager scope, long firstIteration, int done, int steps, NDArray records, NDArray draws, Watch watch) {
        double[][] settings = new double[LONGEST_CHUNK][sampler.settings(firstIteration + done).length];
        long[] rows = new long[LONGEST_CHUNK];
        for (int i = 0; i < steps; i++) {
            settings[i] = sampler.settings(firstIteration + done + i);
            int kept = done + i + 1 - plan.warmUp();
            rows[i] = kept > 0 && kept % plan.thinning() == 0 ? kept / plan.thinning() - 1 : -1;
        }
        return new NDList(
                scope.create(firstIteration + done),
                scope.create(firstIteration + done + steps),
                scope.create(settings),
                scope.create(rows),
                records,
                draws,
                watch.stopArray(),
                watch.countArray());
    }

    private NDList steps(NDList in, Rng key) {
        NDList initial = in.subNDList(In.values().length);
        NDList last = Loop.run(In.FIRST.of(in), In.END.of(in), initial, (arrays, step) -> {
            step.stopIf(In.STOP.of(in));
            NDArray settings = step.sinceFirst(In.SETTINGS.of(in));
            Transition<S> next = sampler.update(target, sampler.state(arrays), settings, step.fork(key));
            NDArray record = step.sinceFirst(In.RECORDS.of(in));
            Ops.assign(record.get(0), next.info().energy().mean());
            if (next.info().acceptance().getShape().size() > 0) {
                Ops.assign(record.get(1), next.info().acceptance().mean());
            }
            Ops.assignRow(
                    In.DRAWS.of(in),
                    step.sinceFirst(In.ROWS.of(in)),
                    next.state().position());
            Ops.increment(In.COUNT.of(in));
            return next.state().arrays();
        });
        NDList result = new NDList(last);
        result.add(Ops.allFinite(last));
        return result;
    }

    private DivergedException diverged(long iteration, Chains<S> soFar) {
        return new DivergedException(
                String.format(
                        Locale.ROOT,
                        "the chains are no longer finite at iteration %d with settings %s (mean energy before: %s); "
                                + "use a smaller step size, or a smaller inverse temperature",
                        iteration,
                        Arrays.toString(sampler.settings(iteration)),
                        soFar.meanEnergy().length == 0
                                ? "none"
                                : Double.toString(soFar.meanEnergy()[soFar.meanEnergy().length - 1])),
                soFar);
    }
}
