package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Rng;
import gebm.core.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One row for each kind of bijection and composition. */
final class BijectionCases {
    /** Coordinates from {@code moved} on are a context, which a map leaves as it is. */
    record Case(String name, int moved, Supplier<Bijection> drawn) {
        /** In float64, at random parameters three times as large as drawn and shifted, so that none is zero. */
        Bijection bijection() {
            Bijection bijection = drawn.get();
            Rng rng = Rng.of(61);
            try (NDManager scope = NDManager.newBaseManager()) {
                long i = 0;
                for (NDArray p : bijection.parameters()) {
                    NDArray noise = rng.fork(i++).normal(scope, p.getShape(), DataType.FLOAT64);
                    p.muli(3).addi(noise.mul(0.1));
                }
            }
            return bijection;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final DataType DOUBLE = DataType.FLOAT64;
    private static final Rng RNG = Rng.of(62);

    private BijectionCases() {}

    static List<Case> all() {
        List<Case> rows = new ArrayList<>();
        rows.add(new Case("affine coupling", 3, () -> coupling(true, false, true)));
        rows.add(new Case("affine coupling with context", 2, () -> coupling(false, true, true, true)));
        rows.add(new Case("permutation", 4, () -> Permutation.of(2, 0, 3, 1)));
        rows.add(new Case("drawn permutation", 5, () -> Permutation.random(5, RNG)));
        rows.add(new Case("reversal", 3, () -> Permutation.reversal(3)));
        rows.add(new Case("linear", 4, () -> LinearMap.of(4, DOUBLE, RNG)));
        rows.add(new Case("inverted", 3, () -> coupling(true, false, false).inverted()));
        rows.add(new Case("chain", 3, () -> coupling(true, false, false)
                .then(LinearMap.of(3, DOUBLE, RNG.fork("linear")))
                .then(coupling(false, true, true).inverted())
                .then(Permutation.reversal(3))));
        rows.add(new Case("chain of chains", 2, () -> coupling(true, false)
                .then(coupling(false, true))
                .then(coupling(true, false).then(Permutation.reversal(2)).inverted())));
        rows.add(new Case("RealNVP", 4, () -> Flow.realNvp(4, 3, 6, DOUBLE, RNG).bijection()));
        ScalarBijection affine = new BoundedAffine();
        ScalarBijection spline = new RationalQuadraticSpline(4, 2);
        rows.add(new Case("masked autoregressive", 3, () -> layer(affine, 1, 2, 3)));
        rows.add(new Case("masked autoregressive in another order", 3, () -> layer(affine, 2, 3, 1)));
        rows.add(new Case("masked autoregressive in groups", 4, () -> layer(affine, 2, 1, 1, 2)));
        rows.add(new Case("masked autoregressive with context", 2, () -> layer(affine, 2, 1, 0, 0)));
        rows.add(new Case("spline coupling", 3, () -> layer(spline, 0, 1, 1)));
        rows.add(new Case("spline coupling with context", 2, () -> layer(spline, 1, 0, 0)));
        rows.add(new Case("autoregressive splines", 3, () -> layer(spline, 1, 2, 3)));
        rows.add(new Case("at a context", 2, () -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                return FixedContext.of(layer(spline, 1, 2, 0), scope.create(new double[][] {{0.7}}));
            }
        }));
        ScalarBijection mixture = new GaussianMixtureMap(3);
        rows.add(new Case("autoregressive mixtures", 3, () -> layer(mixture, 1, 2, 3)));
        rows.add(new Case("mixture coupling with context", 2, () -> layer(mixture, 0, 1, 0, 0)));
        rows.add(new Case("of one's own", 2, () -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                return new Scale(Weights.of("s", scope.ones(new Shape(2), DOUBLE)));
            }
        }));
        rows.add(new Case(
                "MAF", 3, () -> Flow.maskedAutoregressive(3, 2, 6, DOUBLE, RNG).bijection()));
        rows.add(new Case("neural spline flow", 3, () -> Flow.splineCoupling(3, 2, 6, DOUBLE, RNG)
                .bijection()));
        return rows;
    }

    /** What a user writes: {@code x = z·exp(s)}. */
    private record Scale(Weights weights) implements Bijection {
        @Override
        public int dimension() {
            return (int) weights.get("s").size();
        }

        @Override
        public Image toData(NDArray z) {
            NDArray s = weights.get("s", z).broadcast(z.getShape());
            return Image.ofSlopes(z.mul(s.exp()), s);
        }

        @Override
        public Image toLatents(NDArray x) {
            NDArray s = weights.get("s", x).broadcast(x.getShape()).neg();
            return Image.ofSlopes(x.mul(s.exp()), s);
        }

        @Override
        public Parts parts() {
            return Parts.of("", weights);
        }

        @Override
        public Scale with(Parts parts) {
            return new Scale(parts.get(""));
        }
    }

    private static Bijection layer(ScalarBijection map, int... order) {
        return MaskedAutoregressive.of(order, 7, map, DOUBLE, RNG.fork("layer"));
    }

    private static Bijection coupling(boolean... kept) {
        long key = 0;
        for (boolean each : kept) {
            key = 2 * key + (each ? 1 : 0);
        }
        return AffineCoupling.of(kept, 6, DOUBLE, RNG.fork(key));
    }
}
