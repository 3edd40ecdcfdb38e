package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import java.util.Arrays;
import java.util.Locale;

/**
 * Of how many dimensions the set is that samples lie on, from distances to nearest neighbours.
 *
 * <p>With {@code T_j(x)} the distance of x to its j-th nearest other sample, each sample gives {@code g(x) = (1/(k −
 * 1))·Σ_{j<k} log(T_k(x)/T_j(x))}, an estimate of {@code 1/dimension} there. {@link #value} is {@code 1/mean g}, the maximum of the
 * joint likelihood (MacKay and Ghahramani); {@link #meanOfInverses} is {@code mean 1/g}, the average of the
 * local maxima (Levina and Bickel), which is larger by about {@code 1 + 1/(k − 2)}. Both see a dimension at the scale of the neighbours:
 * noise of d dimensions below that scale is not seen, above it is; few samples make large dimensions look smaller.
 *
 * <p>Shapes: samples {@code (n, d…)}, flattened; distances are Euclidean, in double.
 * <p>Cost: memory for 1,000 rows of distances at a time; time {@code n²d}.
 * <p>Source: Levina and Bickel (2004), Maximum Likelihood Estimation of Intrinsic Dimension, equations 8–10; MacKay and
 * Ghahramani (2005), Comments on that paper. Differs: one k, not an average over a range of them.
 *
 * @param value {@code 1/mean g}
 * @param meanOfInverses {@code mean 1/g}
 * @param standardError of the first, of first order and as if the samples' g were independent, which neighbours' are not
 * @param k how many neighbours
 */
public record IntrinsicDimension(double value, double meanOfInverses, double standardError, int k) {
    private static final double SAME = 1e-14; // of the squared norm: what rounding leaves of a distance of 0

    /**
     * The dimension of {@code samples} from {@code k} neighbours; 10 to 20 is usual.
     *
     * @throws IllegalArgumentException if {@code k < 3}, there are not more than k samples, two are the same, or a value
     *     is not finite
     */
    public static IntrinsicDimension of(NDArray samples, int k) {
        Require.that(k >= 3, "k", ">= 3", k);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray wide = SampleMatrix.wide(scope, "samples", samples, k, " with n > k = " + k);
            Require.finite("sum of the samples", wide.sum().getDouble());
            NDArray x = wide.sub(wide.mean(new int[] {0}, true)); // so that distances lose no digits to a common offset
            double[] norms = x.square().sum(new int[] {1}).toDoubleArray();
            double[][] squares = SampleMatrix.nearest(x, k);
            double[] inverses = new double[squares.length];
            for (int i = 0; i < squares.length; i++) {
                Require.that(
                        squares[i][0] > SAME * norms[i],
                        "sample " + i,
                        "unlike all others (drop repeated ones)",
                        "another one like it");
                inverses[i] = local(squares[i]);
            }
            double mean = Arrays.stream(inverses).average().orElseThrow();
            double spread =
                    Arrays.stream(inverses).map(g -> (g - mean) * (g - mean)).sum();
            double error = Math.sqrt(spread / (inverses.length - 1) / inverses.length);
            double levinaBickel =
                    Arrays.stream(inverses).map(g -> 1 / g).average().orElseThrow();
            return new IntrinsicDimension(1 / mean, levinaBickel, error / (mean * mean), k);
        }
    }

    /** {@code g} from squared distances, nearest first. */
    private static double local(double[] squares) {
        int k = squares.length;
        double sum = 0;
        for (int j = 0; j < k - 1; j++) {
            sum += Math.log(squares[k - 1] / squares[j]) / 2;
        }
        return sum / (k - 1);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "dimension %.2f ± %.2f (k = %d)", value, standardError, k);
    }
}
