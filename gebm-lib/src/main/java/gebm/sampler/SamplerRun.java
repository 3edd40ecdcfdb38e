package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Energy;
import gebm.trace.InPlace;
import gebm.trace.Loop;
import gebm.trace.Ops;
import gebm.trace.Program;
import gebm.trace.Watch;
import java.util.Arrays;
import java.util.Locale;

/** One run of a sampler: chunks of steps, each chunk one native call. */
final class SamplerRun<S extends ChainState> {
    private static final int LONGEST_CHUNK = 1_000;
    private static final double DIVERGENT = 1_000; // nats of energy change, as in Stan
    private static final int SHOWN = 6; // coordinates of a position in a message
    private static final long CHUNK_NANOS = 100_000_000; // about how long a call may take, so that progress shows

    private final Sampler<S> sampler;
    private final Energy target;
    private final SamplingPlan plan;
    private final Rng rng;
    private final Program program = Program.ofRandom((scope, in, key) -> steps(in, key));
    private double[][] notes = new double[LONGEST_CHUNK][]; // by the step, grows with the steps done

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
        NDList state = Program.ofRandom((scope, in, key) -> {
                    S first = sampler.init(target, in.singletonOrThrow(), key);
                    NDList all = new NDList(first.arrays());
                    all.add(Ops.allFinite(first.arrays()));
                    return all;
                })
                .run(start.getManager(), new NDList(start), rng);
        try (NDArray finite = state.remove(state.size() - 1)) {
            if (finite.getLong() != 1) {
                String where = firstNotFinite(start, state);
                state.close();
                Require.that(false, "energy and gradient at the start", "finite", where);
            }
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
        Chains<S> chains = new Chains<>(
                kept(draws, done),
                sampler.state(state),
                noted(done),
                firstIteration + done,
                done < plan.steps() ? new StopReason.Stopped(done) : new StopReason.Completed(done));
        if (diverged) {
            throw diverged(firstIteration + done, chains);
        }
        return chains;
    }

    /** What one native call gave: the state after {@code steps}, and the {@link Note}s of each step. */
    private record Chunk(NDList state, int steps, double[][] records, boolean stopped, boolean finite) {
        /** Fewer steps than these, after which all may be finite: up to the first record that is not. */
        int finiteSteps() {
            for (int i = 0; i < steps; i++) {
                if (!Double.isFinite(Note.MEAN_ENERGY.of(records[i]))) {
                    return i;
                }
            }
            return steps - 1;
        }
    }

    /** What is noted at each step, in this order; NaN where there is nothing to note. */
    private enum Note {
        MEAN_ENERGY,
        ACCEPTANCE,
        ENERGY_CHANGE,
        DIVERGENCES;

        double of(double[] record) {
            return record[ordinal()];
        }

        void write(NDArray record, NDArray value) {
            InPlace.assign(record.get(ordinal()), value);
        }
    }

    private Chunk chunk(NDManager owner, long firstIteration, int done, int steps, NDList state, NDArray draws) {
        try (NDManager scope = owner.newSubManager();
                Watch watch = Watch.open(scope)) {
            int width = Note.values().length;
            NDArray records = scope.zeros(new Shape(LONGEST_CHUNK, width), DataType.FLOAT64)
                    .add(Double.NaN);
            NDList inputs = inputs(scope, firstIteration, done, steps, records, draws, watch);
            inputs.addAll(state);
            NDList next = program.run(scope, inputs, rng);
            boolean finite = next.remove(next.size() - 1).getLong() == 1;
            next.attach(owner);
            double[] flat = records.toDoubleArray();
            double[][] rows = new double[(int) watch.count()][];
            Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * width, (i + 1) * width));
            return new Chunk(next, rows.length, rows, watch.stopped(), finite);
        }
    }

    private void note(Chunk chunk, int done) {
        int end = done + chunk.steps();
        if (end > notes.length) {
            notes = Arrays.copyOf(notes, Math.max(2 * notes.length, end));
        }
        System.arraycopy(chunk.records(), 0, notes, done, chunk.steps());
    }

    private Chains.Steps noted(int done) {
        long[] divergences = new long[done];
        Arrays.setAll(divergences, i -> (long) Note.DIVERGENCES.of(notes[i])); // zero for NaN
        return new Chains.Steps(
                noted(Note.MEAN_ENERGY, done),
                noted(Note.ACCEPTANCE, done),
                noted(Note.ENERGY_CHANGE, done),
                divergences);
    }

    private double[] noted(Note note, int done) {
        double[] numbers = new double[done];
        Arrays.setAll(numbers, i -> note.of(notes[i]));
        return done > 0 && Double.isNaN(numbers[0]) ? new double[0] : numbers;
    }

    private String message(int done) {
        return done == 0 ? "" : String.format(Locale.ROOT, "mean energy %.4g", Note.MEAN_ENERGY.of(notes[done - 1]));
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
            note(record, next.info());
            InPlace.assignRow(
                    In.DRAWS.of(in),
                    step.sinceFirst(In.ROWS.of(in)),
                    next.state().position());
            InPlace.increment(In.COUNT.of(in));
            return next.state().arrays();
        });
        NDList result = new NDList(last);
        result.add(Ops.allFinite(last));
        return result;
    }

    private static void note(NDArray record, StepInfo info) {
        Note.MEAN_ENERGY.write(record, info.energy().mean());
        if (info.acceptance().getShape().size() > 0) {
            Note.ACCEPTANCE.write(record, info.acceptance().mean());
        }
        if (info.energyChange().getShape().size() > 0) {
            NDArray change = info.energyChange();
            NDArray kept = change.lte(DIVERGENT); // which NaN is not
            NDArray count = kept.toType(change.getDataType(), false).sum();
            NDArray size = NDArrays.where(kept, change.abs(), change.zerosLike());
            Note.ENERGY_CHANGE.write(record, size.sum().div(count.maximum(1)));
            Note.DIVERGENCES.write(record, count.neg().add(change.getShape().size()));
        }
    }

    /** After {@code iteration} steps all was finite, and after the next one it is not. */
    private DivergedException diverged(long iteration, Chains<S> soFar) {
        NDArray before = soFar.position();
        String where;
        try (NDManager scope = before.getManager().newSubManager()) {
            NDList copies = new NDList();
            for (NDArray array : soFar.last().arrays()) {
                NDArray copy = array.duplicate();
                copy.attach(scope);
                copies.add(copy);
            }
            Transition<S> next = sampler.step(target, sampler.state(copies), iteration, rng);
            where = firstNotFinite(before, next.state().arrays());
        }
        return new DivergedException(
                String.format(
                        Locale.ROOT,
                        "the chains are no longer finite at iteration %d with settings %s: %s",
                        iteration,
                        Arrays.toString(sampler.settings(iteration)),
                        where),
                "use a smaller step size, or a smaller inverse temperature",
                soFar);
    }

    /** Which chain's row in {@code after} is not finite, else which has the largest number, and where it stood. */
    private static String firstNotFinite(NDArray position, NDList after) {
        int chains = (int) position.getShape().get(0);
        int worst = 0;
        double largest = 0;
        for (NDArray array : after) {
            double[] all = numbers(array);
            int wide = (int) (all.length / array.getShape().get(0));
            for (int i = 0; i < all.length && Double.isFinite(largest); i++) {
                if (!Double.isFinite(all[i]) || Math.abs(all[i]) > Math.abs(largest)) {
                    largest = all[i];
                    worst = i / wide % chains; // replicas of a chain follow each other
                }
            }
        }
        double[] from = numbers(position);
        int width = from.length / chains;
        double[] row = Arrays.copyOfRange(from, worst * width, worst * width + Math.min(width, SHOWN));
        return "chain " + worst + ", at " + Arrays.toString(row).replace("]", width > SHOWN ? ", …]" : "]") + ", gave "
                + largest + (Double.isFinite(largest) ? ", too large for a sum over chains" : "");
    }

    private static double[] numbers(NDArray array) {
        try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
            return wide.toDoubleArray();
        }
    }
}
