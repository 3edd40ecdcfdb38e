package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.sampler.ChainState;
import gebm.sampler.Metropolis;
import gebm.sampler.Transition;
import gebm.trace.InPlace;
import gebm.trace.Loop;
import gebm.trace.Ops;
import gebm.trace.Program;
import gebm.trace.Watch;
import java.util.Arrays;
import java.util.Locale;

/**
 * Particles on the way from a reference to a target, along {@code E_β = −(1 − β)·log p₀ + β·E}.
 *
 * <p>Whoever goes from β to β' multiplies its weight by {@code exp(−(β' − β)·D)} with {@code D = E + log p₀}, and then
 * moves by the kernel on {@code E_β'}. Step k goes to inverse temperature number k; its draws come from
 * {@code rng.fork(k)}, whether it is taken alone or with others in one native call.
 */
final class Annealing<S extends ChainState> {
    private final Metropolis<S> kernel;
    private final int moves;
    private final Energy target;
    private final DensityBase reference;
    private final Rng rng;
    private final Program difference = Program.of(this::difference);
    private final Program steps = Program.ofRandom((scope, in, key) -> steps(in, key));
    private final Program step = Program.ofRandom((scope, in, key) -> step(in, key));

    Annealing(Metropolis<S> kernel, int moves, Energy target, DensityBase reference, Rng rng) {
        this.kernel = kernel;
        this.moves = moves;
        this.target = target;
        this.reference = reference;
        this.rng = rng;
    }

    /** Particles and their {@code D}, float64. */
    record Cloud(NDArray position, NDArray difference) implements AutoCloseable {
        @Override
        public void close() {
            position.close();
            difference.close();
        }
    }

    /** Independent samples of the reference. */
    Cloud start(NDManager owner, int n) {
        try (NDManager scope = owner.newSubManager()) {
            NDArray x = reference.sample(scope, n, rng.fork("start"));
            NDArray d = difference.run(x);
            Require.that(
                    d.getShape().equals(new Shape(n)),
                    "the target's energy of " + n + " samples of the reference",
                    "of shape (" + n + ")",
                    d.getShape());
            x.attach(owner);
            d.attach(owner);
            return new Cloud(x, d);
        }
    }

    private NDArray difference(NDArray x) {
        NDArray sum = target.at(x).add(reference.logDensity(x));
        return sum.toType(DataType.FLOAT64, false);
    }

    private Energy tempered(NDArray beta) {
        NDArray rest = beta.neg().add(1);
        return x -> target.at(x).mul(beta).sub(reference.logDensity(x).mul(rest));
    }

    /** New positions and the mean acceptance. */
    private record Moved(NDArray position, NDArray acceptance) {}

    private Moved move(NDArray x, NDArray beta, NDArray settings, Rng key) {
        Energy energy = tempered(beta);
        NDList initial = new NDList(settings.get(0).sum().mul(0)); // 0, float64
        initial.addAll(kernel.init(energy, x, key.fork("start")).arrays());
        NDList last = Loop.run(0, moves, initial, (state, inner) -> {
            Transition<S> next =
                    kernel.update(energy, kernel.state(state.subNDList(1)), inner.of(settings), inner.fork(key));
            NDArray mean =
                    next.info().acceptance().toType(DataType.FLOAT64, false).mean();
            NDList after = new NDList(state.get(0).add(mean.div(moves)));
            after.addAll(next.state().arrays());
            return after;
        });
        return new Moved(kernel.state(last.subNDList(1)).position(), last.get(0));
    }

    // ---------------------------------------------------------------- one step

    private NDList step(NDList in, Rng key) {
        NDArray chosen = in.get(0).get(new NDIndex("{}", in.get(1)));
        Moved moved = move(chosen, in.get(2), in.get(3), key);
        return new NDList(moved.position(), difference(moved.position()), moved.acceptance());
    }

    /** A cloud after a step, and the kernel's mean acceptance. */
    record Stepped(Cloud cloud, double acceptance) {}

    /** Step {@code k} to {@code beta}, by the particles {@code ancestors} of {@code cloud}, which is closed. */
    Stepped step(NDManager owner, Cloud cloud, int[] ancestors, int k, double beta) {
        try (cloud;
                NDManager scope = owner.newSubManager()) {
            long[] rows = Arrays.stream(ancestors).asLongStream().toArray();
            NDList in = new NDList(
                    cloud.position(),
                    scope.create(rows),
                    scope.create(new double[] {beta}, new Shape()),
                    scope.create(settings(k)));
            NDList out = step.run(scope, in, rng.fork(k));
            double acceptance = out.get(2).getDouble();
            Cloud next = new Cloud(out.get(0), out.get(1));
            next.position().attach(owner);
            next.difference().attach(owner);
            return new Stepped(next, acceptance);
        }
    }

    /** The kernel's settings for the moves of step {@code k}, numbered on from those of the steps before. */
    private double[][] settings(int k) {
        double[][] rows = new double[moves][];
        for (int j = 0; j < moves; j++) {
            rows[j] = kernel.settings((k - 1L) * moves + j);
        }
        return rows;
    }

    // ---------------------------------------------------------------- many steps in one call

    /** Positions of the arrays that {@link #steps} takes; the three by the step begin at the first one. */
    private enum In {
        FIRST,
        END,
        BETAS,
        SETTINGS,
        ACCEPTANCE,
        STOP,
        COUNT,
        POSITION,
        DIFFERENCE,
        LOG_WEIGHT;

        NDArray of(NDList inputs) {
            return inputs.get(ordinal());
        }
    }

    private NDList steps(NDList in, Rng key) {
        NDList initial = in.subNDList(In.POSITION.ordinal());
        return Loop.run(In.FIRST.of(in), In.END.of(in), initial, (state, step) -> {
            step.stopIf(In.STOP.of(in));
            NDArray d = state.get(1);
            step.stopIf(broken(d));
            NDArray betas = step.sinceFirst(In.BETAS.of(in)); // before and after
            NDArray weight = state.get(2).sub(d.mul(betas.get(1).sub(betas.get(0))));
            Moved moved = move(state.get(0), betas.get(1), step.sinceFirst(In.SETTINGS.of(in)), step.fork(key));
            InPlace.assign(step.sinceFirst(In.ACCEPTANCE.of(in)).get(0), moved.acceptance());
            InPlace.increment(In.COUNT.of(in));
            return new NDList(moved.position(), difference(moved.position()), weight);
        });
    }

    /** Whether a difference is NaN or −∞; +∞ is where the target has no mass. */
    private static NDArray broken(NDArray d) {
        return d.isNaN().logicalOr(d.eq(Double.NEGATIVE_INFINITY)).any();
    }

    /** What a chunk of steps gave. */
    record Chunk(Cloud cloud, NDArray logWeight, int steps, double[] acceptance) {}

    /** Steps {@code first} … {@code first + count − 1} of all chains with their weights, as far as all is finite. */
    Chunk steps(NDManager owner, Cloud cloud, NDArray logWeight, double[] path, int first, int count, int longest) {
        try (NDManager scope = owner.newSubManager();
                Watch watch = Watch.open(scope)) {
            double[][] betas = new double[longest][2];
            double[][][] settings = new double[longest][][];
            for (int i = 0; i < longest; i++) {
                int k = Math.min(first + i, first + count - 1);
                betas[i] = new double[] {path[k - 1], path[k]};
                settings[i] = settings(k);
            }
            NDArray acceptance = scope.zeros(new Shape(longest, 1), DataType.FLOAT64);
            NDList in = new NDList(
                    scope.create((long) first),
                    scope.create((long) first + count),
                    scope.create(betas),
                    cube(scope, settings),
                    acceptance,
                    watch.stopArray(),
                    watch.countArray(),
                    cloud.position(),
                    cloud.difference(),
                    logWeight);
            NDList out = steps.run(scope, in, rng);
            out.attach(owner);
            cloud.close();
            logWeight.close();
            int done = (int) watch.count();
            double[] accepted = Arrays.copyOf(acceptance.toDoubleArray(), done);
            return new Chunk(new Cloud(out.get(0), out.get(1)), out.get(2), done, accepted);
        }
    }

    private static NDArray cube(NDManager scope, double[][][] numbers) {
        double[] flat = Arrays.stream(numbers)
                .flatMap(Arrays::stream)
                .flatMapToDouble(Arrays::stream)
                .toArray();
        return scope.create(flat, new Shape(numbers.length, numbers[0].length, numbers[0][0].length));
    }

    // ---------------------------------------------------------------- what can go wrong

    /** The differences as numbers. */
    double[] finite(Cloud cloud, double beta) {
        double[] d = cloud.difference().toDoubleArray();
        for (int i = 0; i < d.length; i++) {
            if (Double.isNaN(d[i]) || d[i] == Double.NEGATIVE_INFINITY) {
                String place = Arrays.toString(Ops.doubles(cloud.position().get(i)));
                throw new DivergedException(
                        String.format(
                                Locale.ROOT,
                                "the sum of the target's energy and the reference's log density must be a number or "
                                        + "+∞, got %s for chain %d at inverse temperature %s, position %s",
                                d[i],
                                i,
                                beta,
                                place.length() > 200 ? place.substring(0, 200) + "…" : place),
                        "",
                        null);
            }
        }
        return d;
    }

    /** A copy of inverse temperatures that rise from 0 to 1. */
    static double[] path(double... path) {
        Require.that(path.length >= 2, "number of inverse temperatures", ">= 2", path.length);
        Require.that(path[0] == 0, "first inverse temperature", "0", path[0]);
        Require.that(path[path.length - 1] == 1, "last inverse temperature", "1", path[path.length - 1]);
        for (int k = 1; k < path.length; k++) {
            Require.that(
                    path[k] > path[k - 1], "inverse temperature " + k, "above the one before, " + path[k - 1], path[k]);
        }
        return path.clone();
    }

    /** Where an interrupt ended the work; the flag stays set. */
    static IllegalStateException interrupted(int done, int steps) {
        return new IllegalStateException("interrupted after " + done + " of " + steps
                + " inverse temperatures: there is no estimate before the last one");
    }
}
