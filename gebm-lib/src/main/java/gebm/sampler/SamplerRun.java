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

/** One run of a sampler: chunks of steps, each chunk one native call. */
final class SamplerRun<S extends ChainState> {
    private static final int LONGEST_CHUNK = 1_000;
    private static final long CHUNK_NANOS = 100_000_000; // about how long a call may take, so that progress shows

    private final Sampler<S> sampler;
    private final Energy target;
    private final SamplingPlan plan;
    private final Rng rng;
    private final Program chunk = Program.ofRandom((scope, in, key) -> steps(in, key));
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
        NDList state = start.arrays();
        int done = 0;
        boolean diverged = false;
        boolean stopped = false;
        NDArray draws = owner.zeros(
                new Shape(plan.draws() + 1).addAll(position), start.position().getDataType());
        int size = 1;
        boolean rejects = false;
        boolean owned = ownsStart;
        while (done < plan.steps() && !diverged && !stopped) {
            int end = Math.min(plan.steps(), done + size);
            long began = System.nanoTime();
            try (NDManager scope = owner.newSubManager();
                    Watch watch = Watch.open(scope)) {
                NDArray records = scope.zeros(new Shape(LONGEST_CHUNK, 2), DataType.FLOAT64)
                        .add(Double.NaN);
                NDList inputs = inputs(scope, firstIteration, done, end, records, draws, watch);
                inputs.addAll(state);
                NDList next = chunk.run(scope, inputs, rng);
                next.attach(owner);
                if (owned) {
                    state.close();
                }
                state = next;
                owned = true;
                int count = (int) watch.count();
                double[] numbers = records.toDoubleArray();
                if (done + count > meanEnergy.length) {
                    int longer = Math.max(2 * meanEnergy.length, done + count);
                    meanEnergy = Arrays.copyOf(meanEnergy, longer);
                    acceptance = Arrays.copyOf(acceptance, longer);
                }
                for (int i = 0; i < count; i++) {
                    meanEnergy[done + i] = numbers[2 * i];
                    acceptance[done + i] = numbers[2 * i + 1];
                    rejects |= !Double.isNaN(numbers[2 * i + 1]);
                }
                stopped = watch.stopped();
                diverged = count < end - done && !stopped;
                done += count;
            }
            plan.progress().report(done, plan.steps(), message(done));
            if (System.nanoTime() - began < CHUNK_NANOS) {
                size = Math.min(LONGEST_CHUNK, size * 2);
            }
        }
        NDArray kept = kept(draws, done);
        StopReason reason = done < plan.steps() ? new StopReason.Stopped(done) : new StopReason.Completed(done);
        Chains<S> chains = new Chains<>(
                kept,
                sampler.state(state),
                Arrays.copyOf(meanEnergy, done),
                rejects ? Arrays.copyOf(acceptance, done) : new double[0],
                firstIteration + done,
                reason);
        if (diverged) {
            throw diverged(firstIteration + done, chains);
        }
        return chains;
    }

    private String message(int done) {
        return done == 0 ? "" : String.format(java.util.Locale.ROOT, "mean energy %.4g", meanEnergy[done - 1]);
    }

    private NDArray kept(NDArray draws, int done) {
        int complete = Math.max(0, done - plan.warmUp()) / plan.thinning();
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
        COUNT
    }

    private NDList inputs(
            NDManager scope, long firstIteration, int done, int end, NDArray records, NDArray draws, Watch watch) {
        int n = end - done;
        double[][] settings = new double[LONGEST_CHUNK][sampler.settings(firstIteration).length];
        long[] rows = new long[LONGEST_CHUNK]; // of one length, so that one program serves every chunk
        for (int i = 0; i < n; i++) {
            settings[i] = sampler.settings(firstIteration + done + i);
            int afterWarmUp = Math.max(0, done + i - plan.warmUp());
            rows[i] = Math.min(afterWarmUp / plan.thinning(), plan.draws()); // the last row holds what is not kept
        }
        return new NDList(
                scope.create(firstIteration + done),
                scope.create(firstIteration + end),
                scope.create(settings),
                scope.create(rows),
                records,
                draws,
                watch.stopArray(),
                watch.countArray());
    }

    private NDList steps(NDList in, Rng key) {
        NDArray first = in.get(In.FIRST.ordinal());
        NDList initial = in.subNDList(In.values().length);
        return Loop.run(first, in.get(In.END.ordinal()), initial, (arrays, step) -> {
            step.stopIf(in.get(In.STOP.ordinal()));
            NDArray settings = step.sinceFirst(in.get(In.SETTINGS.ordinal()));
            Transition<S> next = sampler.update(target, sampler.state(arrays), settings, step.fork(key));
            NDList after = next.state().arrays();
            step.stopUnlessFinite(after);
            NDArray record = step.sinceFirst(in.get(In.RECORDS.ordinal()));
            Ops.assign(record.get(0), next.info().energy().mean());
            if (next.info().acceptance().getShape().size() > 0) {
                Ops.assign(record.get(1), next.info().acceptance().mean());
            }
            NDArray row = step.sinceFirst(in.get(In.ROWS.ordinal()));
            Ops.assignRow(in.get(In.DRAWS.ordinal()), row, next.state().position());
            Ops.increment(in.get(In.COUNT.ordinal()));
            return after;
        });
    }

    private DivergedException diverged(long iteration, Chains<S> soFar) {
        return new DivergedException(
                String.format(
                        java.util.Locale.ROOT,
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
