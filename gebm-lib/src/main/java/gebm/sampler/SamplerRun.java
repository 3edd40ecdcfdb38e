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
import gebm.trace.LongLoop;
import gebm.trace.Ops;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;

/** One run of a sampler: native calls of many steps, which write their draws and {@link Note}s. */
final class SamplerRun<S extends ChainState> {
    private static final double DIVERGENT = 1_000; // nats of energy change, as in Stan
    private static final int SHOWN = 6; // coordinates of a position in a message

    private final Sampler<S> sampler;
    private final Energy target;
    private final SamplingPlan plan;
    private final Rng rng;
    private final double[][] notes = new double[Note.values().length][0]; // by the step, grow with the steps done
    private NDList state;
    private boolean diverged;

    SamplerRun(Sampler<S> sampler, Energy target, SamplingPlan plan, Rng rng) {
        this.sampler = sampler;
        this.target = target;
        this.plan = plan;
        this.rng = rng;
    }

    /** The state of chains that start at {@code position}; refuses one that is not finite, of which {@code where} tells. */
    static <S extends ChainState> NDList begun(
            Sampler<S> sampler,
            Energy target,
            NDManager scope,
            NDArray position,
            Rng rng,
            Function<NDList, String> where) {
        Shape shape = position.getShape();
        Require.that(shape.dimension() >= 2 && shape.size() > 0, "start", "of shape (chains, d)", shape);
        Program program = Program.cached(
                sampler,
                target,
                "init",
                () -> Program.ofRandom((manager, in, key) -> {
                    NDList arrays =
                            sampler.init(target, in.singletonOrThrow(), key).arrays();
                    NDList all = new NDList(arrays);
                    all.add(Ops.allFinite(arrays));
                    return all;
                }));
        NDList state = program.run(scope, new NDList(position), rng);
        try (NDArray finite = state.remove(state.size() - 1)) {
            if (finite.getLong() != 1) {
                String found = where.apply(state);
                state.close();
                Require.that(false, "energy and gradient at the start", "finite", found);
            }
        }
        return state;
    }

    Chains<S> from(NDArray start) {
        state = begun(sampler, target, start.getManager(), start, rng, arrays -> firstNotFinite(start, arrays));
        return go(0);
    }

    Chains<S> from(S start, long firstIteration) {
        state = copies(start, start.position().getManager());
        return go(firstIteration);
    }

    private static NDList copies(ChainState state, NDManager scope) {
        NDList copies =
                new NDList(state.arrays().stream().map(NDArray::duplicate).toList());
        copies.attach(scope);
        return copies;
    }

    private Chains<S> go(long firstIteration) {
        NDArray position = sampler.state(state).position();
        NDArray draws = position.getManager()
                .zeros(new Shape(plan.draws()).addAll(position.getShape()), position.getDataType());
        int done = LongLoop.run(
                plan.steps(),
                LongLoop.LONGEST,
                (some, all, none) -> plan.progress().report(some, all, message((int) some)),
                (before, count) -> call(firstIteration, before, count, draws));
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

    /** Some steps, as far as all is finite: the draws are those of the iteration, always. */
    private int call(long firstIteration, int done, int count, NDArray draws) {
        Program program = Program.cached(sampler, target, "run", () -> steps(sampler, target));
        NDManager owner = draws.getManager();
        LongLoop.Reached reached;
        try (NDManager scope = owner.newSubManager()) {
            NDArray records = scope.zeros(new Shape(LongLoop.LONGEST, Note.values().length), DataType.FLOAT64)
                    .add(Double.NaN);
            NDList given = given(scope, firstIteration, done, count);
            given.add(records);
            given.add(draws);
            reached = LongLoop.call(owner, program, firstIteration + done, count, given, state, rng);
            note(records.toDoubleArray(), done, reached.steps());
        }
        if (!reached.finite()) {
            reached.state().close();
            diverged = true;
            return call(firstIteration, done, finiteSteps(done, reached.steps()), draws);
        }
        state.close();
        state = reached.state();
        return reached.steps();
    }

    /** Fewer steps than these, after which all may be finite: up to the first record that is not. */
    private int finiteSteps(int done, int steps) {
        int finite = 0;
        while (finite < steps - 1 && Double.isFinite(notes[Note.MEAN_ENERGY.ordinal()][done + finite])) {
            finite++;
        }
        return finite;
    }

    /** What is noted at each step, in this order; NaN where there is nothing to note. */
    private enum Note {
        MEAN_ENERGY,
        ACCEPTANCE,
        ENERGY_CHANGE,
        DIVERGENCES;

        void write(NDArray record, NDArray value) {
            InPlace.assign(record.get(ordinal()), value);
        }
    }

    private void note(double[] records, int done, int steps) {
        for (int n = 0; n < notes.length; n++) {
            if (done + steps > notes[n].length) {
                notes[n] = Arrays.copyOf(notes[n], Math.max(2 * done, done + steps));
            }
            for (int i = 0; i < steps; i++) {
                notes[n][done + i] = records[i * notes.length + n];
            }
        }
    }

    private Chains.Steps noted(int done) {
        double[] divergences = noted(Note.DIVERGENCES, done);
        return new Chains.Steps(
                noted(Note.MEAN_ENERGY, done),
                noted(Note.ACCEPTANCE, done),
                noted(Note.ENERGY_CHANGE, done),
                Arrays.copyOf(
                        Arrays.stream(divergences).mapToLong(n -> (long) n).toArray(), done));
    }

    private double[] noted(Note note, int done) {
        double[] numbers = Arrays.copyOf(notes[note.ordinal()], done);
        return done > 0 && Double.isNaN(numbers[0]) ? new double[0] : numbers;
    }

    private String message(int done) {
        return done == 0
                ? ""
                : String.format(Locale.ROOT, "mean energy %.4g", notes[Note.MEAN_ENERGY.ordinal()][done - 1]);
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

    /** By the step, its settings and the row of the draws that it writes, −1 for none. */
    private NDList given(NDManager scope, long firstIteration, int done, int count) {
        double[][] settings = new double[LongLoop.LONGEST][sampler.settings(firstIteration + done).length];
        long[] rows = new long[LongLoop.LONGEST];
        for (int i = 0; i < count; i++) {
            settings[i] = sampler.settings(firstIteration + done + i);
            int kept = done + i + 1 - plan.warmUp();
            rows[i] = kept > 0 && kept % plan.thinning() == 0 ? kept / plan.thinning() - 1 : -1;
        }
        return new NDList(scope.create(settings), scope.create(rows));
    }

    /** The steps as a program: of its arrays settings, rows and records go by the step. */
    private static <S extends ChainState> Program steps(Sampler<S> sampler, Energy target) {
        return LongLoop.program(4, (arrays, step, given, key) -> {
            NDArray settings = step.sinceFirst(given.get(0));
            Transition<S> next = sampler.update(target, sampler.state(arrays), settings, step.fork(key));
            note(step.sinceFirst(given.get(2)), next.info());
            NDArray position = next.state().position();
            InPlace.assignRow(given.get(3), step.sinceFirst(given.get(1)), position);
            return next.state().arrays();
        });
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
            S last = sampler.state(copies(soFar.last(), scope));
            Transition<S> next = sampler.step(target, last, iteration, rng);
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
            double[] all = Ops.doubles(array);
            int wide = (int) (all.length / array.getShape().get(0));
            for (int i = 0; i < all.length && Double.isFinite(largest); i++) {
                if (!Double.isFinite(all[i]) || Math.abs(all[i]) > Math.abs(largest)) {
                    largest = all[i];
                    worst = i / wide % chains; // replicas of a chain follow each other
                }
            }
        }
        double[] from = Ops.doubles(position);
        int width = from.length / chains;
        double[] row = Arrays.copyOfRange(from, worst * width, worst * width + Math.min(width, SHOWN));
        return "chain " + worst + ", at " + Arrays.toString(row).replace("]", width > SHOWN ? ", …]" : "]") + ", gave "
                + largest + (Double.isFinite(largest) ? ", too large for a sum over chains" : "");
    }
}
