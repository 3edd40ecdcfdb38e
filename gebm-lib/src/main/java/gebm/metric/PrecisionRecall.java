package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;

/**
 * How many samples look real, and how much of what is real is there: by balls to the k-th nearest neighbour.
 *
 * <p>{@code B(x)} is the ball around x up to the k-th nearest other point of x's own set. Of samples y and reference x:
 * {@code precision} is the share of y in any {@code B(x)}; {@code recall} the share of x in any {@code B(y)};
 * {@code density} the mean over y of the number of {@code B(x)} it lies in, over k, which may exceed 1;
 * {@code coverage} the share of x whose {@code B(x)} holds a y. Precision and recall are easily raised by outliers, of
 * which a single one covers much; density and coverage use balls around the reference only.
 *
 * <p>Shapes: sets {@code (n, d…)}, flattened; distances are Euclidean, in double.
 * <p>Cost: memory for 1,000 rows of distances at a time; time {@code n²d}.
 * <p>Source: Kynkäänniemi et al. (2019), Improved Precision and Recall Metric for Assessing Generative Models (k = 3);
 * Naeem et al. (2020), Reliable Fidelity and Diversity Metrics for Generative Models (k = 5). Differs: no.
 *
 * @param precision in [0, 1]
 * @param recall in [0, 1]
 * @param density {@code >= 0}; its expectation is 1 where the distributions are equal
 * @param coverage in [0, 1]; its expectation is {@code 1 − 2⁻ᵏ} where the distributions are equal, as n grows
 * @param k which neighbour
 */
public record PrecisionRecall(double precision, double recall, double density, double coverage, int k) {
    /**
     * Compares {@code samples} with {@code reference}.
     *
     * @param k which nearest neighbour bounds the balls; less than the number of rows of either set
     * @throws IllegalArgumentException if a set is too small, the widths differ or a value is not finite
     */
    public static PrecisionRecall of(NDArray samples, NDArray reference, int k) {
        Require.positive("k", k);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray y = finite(scope, "samples", samples, k);
            NDArray x = finite(scope, "reference", reference, k);
            SampleMatrix.sameWidth("the samples", y, "the reference", x);
            double[] ballsOfX = radii(x, k);
            double[] ballsOfY = radii(y, k);
            int n = ballsOfX.length;
            int m = ballsOfY.length;
            int[] holders = new int[m]; // of each sample: the balls of the reference that hold it
            BitSet recalled = new BitSet();
            BitSet covered = new BitSet();
            for (int from = 0; from < n; from += SampleMatrix.PART) {
                double[] distances = SampleMatrix.squaredDistances(x, from, y);
                for (int i = from; i < Math.min(n, from + SampleMatrix.PART); i++) {
                    for (int j = 0; j < m; j++) {
                        double distance = distances[(i - from) * m + j];
                        if (distance <= ballsOfX[i]) {
                            holders[j]++;
                            covered.set(i);
                        }
                        if (distance <= ballsOfY[j]) {
                            recalled.set(i);
                        }
                    }
                }
            }
            double precision = Arrays.stream(holders).filter(count -> count > 0).count() / (double) m;
            double density = Arrays.stream(holders).average().orElseThrow() / k;
            return new PrecisionRecall(
                    precision, recalled.cardinality() / (double) n, density, covered.cardinality() / (double) n, k);
        }
    }

    private static NDArray finite(NDManager scope, String name, NDArray rows, int k) {
        NDArray flat = SampleMatrix.wide(scope, name, rows, k, " with n > k = " + k);
        Require.finite("sum of the " + name, flat.sum().getDouble());
        return flat;
    }

    /** The squared distance of each row to its k-th nearest other row. */
    private static double[] radii(NDArray x, int k) {
        return Arrays.stream(SampleMatrix.nearest(x, k))
                .mapToDouble(row -> row[k - 1])
                .toArray();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "precision %.3f, recall %.3f, density %.3f, coverage %.3f (k = %d)",
                precision,
                recall,
                density,
                coverage,
                k);
    }
}
