package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.sampler.Metropolis;
import gebm.trace.InPlace;
import gebm.trace.LongLoop;
import gebm.trace.Ops;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * How particles go from a reference to a target, along {@code E_β = −(1 − β)·log p₀ + β·E}.
 *
 * <p>A particle that goes from β to β' multiplies its weight by {@code exp(−(β' − β)·D)} with {@code D = E + log p₀},
 * and then moves by the kernel on {@code E_β'}. Step k goes to inverse temperature number k; its draws come from
 * {@code rng.fork(k)}, whether it is taken alone or with others in one native call.
 */
record Annealing<S extends Metropolis.State>(Metropolis<S> kernel, int moves, Energy target, DensityBase reference) {
    /** Particles and their {@code D}, float64. */
    record Cloud(NDArray position, NDArray difference) implements AutoCloseable {
        @Override
        public void close() {
            position.close();
            difference.close();
        }
    }

    /** Independent samples of the reference. */
    Cloud start(NDManager owner, int n, Rng rng) {
        try (NDManager scope = owner.newSubManager()) {
            NDArray x = reference.sample(scope, n, rng.fork("start"));
            NDArray d = Program.cached(this, null, "difference", () -> Program.of(this::difference))
                    .run(x);
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

    /** The positions after the moves; the mean acceptance is added to the number {@code acceptance}. */
    private NDArray move(NDArray x, NDArray beta, NDArray settings, Rng key, NDArray acceptance) {
        Energy energy = tempered(beta);
        return kernel.advance(energy, kernel.init(energy, x, key.fork("start")), settings, key, info -> {
                    NDArray mean =
                            info.acceptance().toType(DataType.FLOAT64, false).mean();
                    InPlace.assign(acceptance, acceptance.add(mean.div(moves)));
                })
                .position();
    }

    /** A cloud after a step, and the kernel's mean acceptance. */
    record Stepped(Cloud cloud, double acceptance) {}

    /** Step {@code k} to {@code beta}, by the particles {@code ancestors} of {@code cloud}, which is closed. */
    Stepped step(NDManager owner, Cloud cloud, int[] ancestors, int k, double beta, Rng rng) {
        Program program = Program.cached(
                this,
                null,
                "step",
                () -> Program.ofRandom((scope, in, key) -> {
                    NDArray chosen = in.get(0).get(new NDIndex("{}", in.get(1)));
                    NDArray moved = move(chosen, in.get(2), in.get(3), key, in.get(4));
                    return new NDList(moved, difference(moved));
                }));
        try (cloud;
                NDManager scope = owner.newSubManager()) {
            long[] rows = Arrays.stream(ancestors).asLongStream().toArray();
            NDArray acceptance = scope.zeros(new Shape(), DataType.FLOAT64);
            NDList in = new NDList(
                    cloud.position(),
                    scope.create(rows),
                    scope.create(new double[] {beta}, new Shape()),
                    scope.create(settings(k), settingsShape()),
                    acceptance);
            NDList out = program.run(scope, in, rng.fork(k));
            out.attach(owner);
            return new Stepped(new Cloud(out.get(0), out.get(1)), acceptance.getDouble());
        }
    }

    /** The kernel's settings for the moves of step {@code k}, numbered on from those of the steps before, in a row. */
    private double[] settings(int k) {
        return LongStream.range((k - 1L) * moves, (long) k * moves)
                .mapToObj(kernel::settings)
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }

    /** Many steps as a program of positions, differences and log-weights; all given arrays go by the step. */
    private Program steps() {
        return LongLoop.program(3, (state, step, given, key) -> {
            NDArray d = state.get(1);
            step.stopIf(broken(d));
            NDArray betas = step.sinceFirst(given.get(0)); // before and after
            NDArray weight = state.get(2).sub(d.mul(betas.get(1).sub(betas.get(0))));
            NDArray acceptance = step.sinceFirst(given.get(2)).get(0);
            NDArray moved = move(state.get(0), betas.get(1), step.sinceFirst(given.get(1)), step.fork(key), acceptance);
            return new NDList(moved, difference(moved), weight);
        });
    }

    /** Whether a difference is NaN or −∞; +∞ is where the target has no mass. */
    private static NDArray broken(NDArray d) {
        return d.isNaN().logicalOr(d.eq(Double.NEGATIVE_INFINITY)).any();
    }

    /**
     * All steps along {@code path} by {@code n} independent particles; returns their log-weights.
     *
     * @param acceptance where the kernel's mean acceptance at each step goes
     */
    double[] logWeights(int n, double[] path, double[] acceptance, Progress progress, Rng rng) {
        Program program = Program.cached(this, null, "steps", this::steps);
        try (NDManager owner = NDManager.newBaseManager()) {
            Cloud first = start(owner, n, rng);
            NDList state =
                    new NDList(first.position(), first.difference(), owner.zeros(new Shape(n), DataType.FLOAT64));
            int steps = path.length - 1;
            int done = LongLoop.run(steps, LongLoop.LONGEST, progress, (before, count) -> {
                try (NDManager scope = owner.newSubManager()) {
                    NDArray accepted = scope.zeros(new Shape(LongLoop.LONGEST, 1), DataType.FLOAT64);
                    NDList given = given(scope, path, before, count);
                    given.add(accepted);
                    var reached = LongLoop.call(owner, program, before + 1, count, given, state, rng);
                    state.close();
                    state.clear();
                    state.addAll(reached.state());
                    System.arraycopy(accepted.toDoubleArray(), 0, acceptance, before, reached.steps());
                    if (reached.steps() < count) {
                        finite(new Cloud(state.get(0), state.get(1)), path[before + reached.steps()]);
                    }
                    return reached.steps();
                }
            });
            if (done < steps) {
                throw interrupted(done, steps);
            }
            return state.get(2).toDoubleArray();
        }
    }

    private Shape settingsShape() {
        return new Shape(moves, kernel.settings(0).length);
    }

    /** Inverse temperatures before and after, and the kernel's settings, of {@code count} steps. */
    private NDList given(NDManager scope, double[] path, int done, int count) {
        int width = (int) settingsShape().size();
        double[] betas = new double[LongLoop.LONGEST * 2];
        double[] settings = new double[LongLoop.LONGEST * width];
        for (int i = 0; i < count; i++) {
            System.arraycopy(path, done + i, betas, 2 * i, 2);
            System.arraycopy(settings(done + 1 + i), 0, settings, i * width, width);
        }
        Shape longest = new Shape(LongLoop.LONGEST);
        return new NDList(scope.create(betas, longest.add(2)), scope.create(settings, longest.addAll(settingsShape())));
    }

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
