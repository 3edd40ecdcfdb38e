package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
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
    private SlicedWasserstein() {}

    /**
     * {@code SW₂} of {@code a} and {@code b}.
     *
     * @throws IllegalArgumentException if the widths differ or a value is not finite
     */
    public static double distance(NDArray a, NDArray b, int directions, Rng rng) {
        Require.positive("directions", directions);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray x = wide(scope, "a", a);
            NDArray y = wide(scope, "b", b);
            long d = x.getShape().get(1);
            Require.that(
                    y.getShape().get(1) == d,
                    "width of b",
                    "that of a, " + d,
                    y.getShape().get(1));
            NDArray normal = rng.normal(scope, new Shape(d, directions), DataType.FLOAT64);
            NDArray theta = normal.div(normal.square().sum(new int[] {0}, true).sqrt());
            double[][] alongX = sorted("a", x.matMul(theta));
            double[][] alongY = sorted("b", y.matMul(theta));
            double sum = 0;
            for (int i = 0; i < directions; i++) {
                sum += squared(alongX[i], alongY[i]);
            }
            return Math.sqrt(sum / directions);
        }
    }

    private static NDArray wide(NDManager scope, String name, NDArray x) {
        Shape shape = x.getShape();
        Require.that(shape.dimension() >= 2 && shape.size() > 0, name, "of shape (n, d)", shape);
        NDArray flat = x.reshape(shape.get(0), -1).toType(DataType.FLOAT64, true);
        flat.attach(scope);
        return flat;
    }

    private static double[][] sorted(String name, NDArray projected) {
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

    /** {@code ∫₀¹ (F⁻¹_x(u) − F⁻¹_y(u))² du} of sorted numbers. */
    private static double squared(double[] x, double[] y) {
        double sum = 0;
        double done = 0;
        for (int i = 0, j = 0; i < x.length && j < y.length; ) {
            long endOfX = (i + 1L) * y.length; // in units of 1/(x.length·y.length), without rounding
            long endOfY = (j + 1L) * x.length;
            double end = Math.min(endOfX, endOfY) / ((double) x.length * y.length);
            sum += (end - done) * (x[i] - y[j]) * (x[i] - y[j]);
            done = end;
            i += endOfX <= endOfY ? 1 : 0;
            j += endOfY <= endOfX ? 1 : 0;
        }
        return sum;
    }
}
