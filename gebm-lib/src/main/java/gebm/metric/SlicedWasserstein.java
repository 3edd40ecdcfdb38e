package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;

/**
 * Sliced Wasserstein-2 distance: how far mass must be moved, seen along random directions.
 *
 * <p>{@code SW₂²(a, b) = E_θ ∫₀¹ (F⁻¹_{θ·a}(u) − F⁻¹_{θ·b}(u))² du}, θ uniform on the unit sphere, estimated over
 * {@code directions} of them; each integral is exact. Between n samples of one distribution it is not 0 but falls as
 * {@code n^{-1/2}}: compare numbers of equal sample sizes only.
 *
 * <p>Shapes: samples {@code (n, d…)}, flattened to {@code (n, d)}; the sets need not be of one size.
 * <p>Units: those of the samples.
 * <p>Source: Rabin, Peyré, Delon and Bernot (2012); Bonneel et al. (2015), Sliced and Radon Wasserstein Barycenters.
 * Differs: no.
 */
public final class SlicedWasserstein {
    private static final int PART = 64; // directions at a time

    private SlicedWasserstein() {}

    /**
     * {@code SW₂} of {@code a} and {@code b}.
     *
     * @throws IllegalArgumentException if the widths differ or a value is not finite
     */
    public static double distance(NDArray a, NDArray b, int directions, Rng rng) {
        Require.positive("directions", directions);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray x = SampleMatrix.wide(scope, "a", a, 0, "");
            NDArray y = SampleMatrix.wide(scope, "b", b, 0, "");
            SampleMatrix.sameWidth("b", y, "a", x);
            long d = x.getShape().get(1);
            NDArray normal = rng.normal(scope, new Shape(d, directions), DataType.FLOAT64);
            NDArray theta = normal.div(normal.square().sum(new int[] {0}, true).sqrt());
            double sum = 0;
            for (int from = 0; from < directions; from += PART) {
                try (NDManager one = scope.newSubManager()) {
                    NDArray some = theta.get(one, new NDIndex(":, " + from + ":" + Math.min(directions, from + PART)));
                    some.attach(one);
                    double[][] alongX = sorted("a", one, x, some);
                    double[][] alongY = sorted("b", one, y, some);
                    for (int i = 0; i < alongX.length; i++) {
                        sum += Wasserstein.cost(alongX[i], alongY[i], gap -> gap * gap);
                    }
                }
            }
            return Math.sqrt(sum / directions);
        }
    }

    private static double[][] sorted(String name, NDManager scope, NDArray x, NDArray theta) {
        NDArray projected = x.matMul(theta);
        projected.attach(scope);
        int n = (int) projected.getShape().get(0);
        double[] flat = projected.transpose().toDoubleArray();
        double[][] columns = new double[flat.length / n][];
        for (int i = 0; i < columns.length; i++) {
            columns[i] = Arrays.copyOfRange(flat, i * n, (i + 1) * n);
            Arrays.sort(columns[i]); // NaN comes last
            Require.finite("a projection of " + name, columns[i][n - 1] - columns[i][0]);
        }
        return columns;
    }
}
