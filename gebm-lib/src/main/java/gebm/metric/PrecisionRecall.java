package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Arrays;
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
    private static final int CHUNK = 1_000;

    /**
     * Compares {@code samples} with {@code reference}.
     *
     * @param k which nearest neighbour bounds the balls; less than the number of rows of either set
     * @throws IllegalArgumentException if a set is too small, the widths differ or a value is not finite
     */
    public static PrecisionRecall of(NDArray samples, NDArray reference, int k) {
        Require.positive("k", k);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray y = wide(scope, "samples", samples, k);
            NDArray x = wide(scope, "reference", reference, k);
            Require.that(
                    x.getShape().get(1) == y.getShape().get(1),
                    "width of the samples",
                    "that of the reference, " + x.getShape().get(1),
                    y.getShape().get(1));
            double[] ballsOfX = radii(x, k);
            double[] ballsOfY = radii(y, k);
            int n = ballsOfX.length;
            int m = ballsOfY.length;
            int[] holders = new int[m]; // of each sample: the balls of the reference that hold it
            boolean[] recalled = new boolean[n];
            boolean[] covered = new boolean[n];
            for (int from = 0; from < n; from += CHUNK) {
                double[] distances = distances(x, from, y);
                for (int i = from; i < Math.min(n, from + CHUNK); i++) {
                    for (int j = 0; j < m; j++) {
                        double distance = distances[(i - from) * m + j];
                        if (distance <= ballsOfX[i]) {
                            holders[j]++;
                            covered[i] = true;
                        }
                        recalled[i] |= distance <= ballsOfY[j];
                    }
                }
            }
            double precision = Arrays.stream(holders).filter(count -> count > 0).count() / (double) m;
            double density = Arrays.stream(holders).average().orElseThrow() / k;
            return new PrecisionRecall(precision, share(recalled), density, share(covered), k);
        }
    }

    private static double share(boolean[] flags) {
        int count = 0;
        for (boolean flag : flags) {
            count += flag ? 1 : 0;
        }
        return count / (double) flags.length;
    }

    private static NDArray wide(NDManager scope, String name, NDArray rows, int k) {
        Shape shape = rows.getShape();
        Require.that(
                shape.dimension() >= 2 && shape.get(0) > k && shape.size() > 0,
                name,
                "of shape (n, d) with n > k = " + k,
                shape);
        NDArray flat = rows.reshape(shape.get(0), -1).toType(DataType.FLOAT64, true);
        flat.attach(scope);
        double sum = flat.sum().getDouble();
        Require.finite("sum of the " + name, sum);
        return flat;
    }

    /** The squared distance of each row to its k-th nearest other row. */
    private static double[] radii(NDArray x, int k) {
        int n = (int) x.getShape().get(0);
        double[] radii = new double[n];
        for (int from = 0; from < n; from += CHUNK) {
            double[] distances = distances(x, from, x);
            for (int i = from; i < Math.min(n, from + CHUNK); i++) {
                double[] row = Arrays.copyOfRange(distances, (i - from) * n, (i - from + 1) * n);
                row[i] = Double.POSITIVE_INFINITY; // itself
                Arrays.sort(row);
                radii[i] = row[k - 1];
            }
        }
        return radii;
    }

    /** Squared distances of at most {@value #CHUNK} rows of {@code x} from all rows of {@code y}. */
    private static double[] distances(NDArray x, int from, NDArray y) {
        long end = Math.min(x.getShape().get(0), from + CHUNK);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray part = x.get(new NDIndex(from + ":" + end));
            part.attach(scope);
            NDArray all = y.duplicate();
            all.attach(scope);
            NDArray squares = part.square().sum(new int[] {1}, true);
            NDArray others = all.square().sum(new int[] {1}, true).transpose();
            return squares.add(others).sub(part.matMul(all.transpose()).mul(2)).toDoubleArray();
        }
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
