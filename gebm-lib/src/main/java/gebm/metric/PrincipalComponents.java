package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * The directions along which data varies most, as features.
 *
 * <p>{@code apply(x) = (x − μ)·V}, where the columns of {@code V} are the {@code k} leading eigenvectors of the
 * covariance of the fitted rows, largest variance first, each with the sign that makes its entry of largest magnitude
 * positive. Fitted in double; applied in the type of {@code x}.
 *
 * <p>Shapes: rows {@code (n, d...)}, flattened to {@code (n, d)}; features {@code (n, k)}.
 * <p>Source: Pearson (1901), Philosophical Magazine 2(11).
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var images = gebm.data.StrokeDigits.of(200, Rng.of(7)).flattened(scope);
 *     var components = PrincipalComponents.fit(images, 8);
 *     System.out.println(components.apply(images).getShape());
 * }
 * }</pre>
 */
public final class PrincipalComponents implements Features {
    private final double[] mean;
    private final double[][] directions; // (k, d)
    private final double[] variances;
    private final double total;

    private PrincipalComponents(double[] mean, double[][] directions, double[] variances, double total) {
        this.mean = mean;
        this.directions = directions;
        this.variances = variances;
        this.total = total;
    }

    /**
     * The {@code k} leading components of {@code rows}.
     *
     * @throws IllegalArgumentException if there are fewer than 2 rows, a value is not finite (naming its row), or
     *     {@code k} is not in 1 … {@code d}
     */
    public static PrincipalComponents fit(NDArray rows, int k) {
        Gaussian gaussian = Gaussian.fit("rows", rows);
        int d = gaussian.mean().length;
        Require.that(k >= 1 && k <= d, "k", "in 1.." + d, k);
        var eigen = Frechet.eigen("the covariance of rows", gaussian.covariance(), true);
        int[] leading = IntStream.range(0, d)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -eigen.getEigenvalue(i).getReal()))
                .limit(k)
                .mapToInt(Integer::intValue)
                .toArray();
        double[][] directions = new double[k][];
        double[] variances = new double[k];
        for (int i = 0; i < k; i++) {
            directions[i] = signed(eigen.getEigenVector(leading[i]).getData().clone());
            variances[i] = Math.max(eigen.getEigenvalue(leading[i]).getReal(), 0); // below 0 by rounding only
        }
        double total = CommonOps_DDRM.trace(gaussian.covariance());
        return new PrincipalComponents(gaussian.mean(), directions, variances, total);
    }

    /**
     * The features of {@code x}.
     *
     * @param x {@code (n, d...)} with as many numbers a row as the fitted rows
     * @return {@code (n, k)}, of the type of {@code x} and owned by its manager
     * @throws IllegalArgumentException if the width differs
     */
    @Override
    public NDArray apply(NDArray x) {
        Shape shape = x.getShape();
        long n = shape.get(0);
        Require.that(shape.size() == n * mean.length, "x", "of width " + mean.length, shape);
        try (NDManager scope = x.getManager().newSubManager()) {
            NDArray centre = scope.create(mean).toType(x.getDataType(), false);
            NDArray basis =
                    scope.create(directions).toType(x.getDataType(), false).transpose();
            NDArray rows = x.reshape(n, mean.length);
            rows.attach(scope);
            NDArray features = rows.sub(centre).matMul(basis);
            features.attach(x.getManager());
            return features;
        }
    }

    /** {@code PrincipalComponents}, how many, and a checksum of mean and directions. */
    @Override
    public String name() {
        Fingerprint numbers = new Fingerprint().with(mean);
        for (double[] direction : directions) {
            numbers.with(direction);
        }
        return "PrincipalComponents " + directions.length + " " + numbers;
    }

    /** The variance along each component, largest first: {@code (k)}, in squared units of the data. */
    public double[] variances() {
        return variances.clone();
    }

    /** The share of the data's whole variance that the components hold, in [0, 1]. */
    public double explained() {
        double sum = 0;
        for (double variance : variances) {
            sum += variance;
        }
        return total == 0 ? 1 : sum / total;
    }

    private static double[] signed(double[] direction) {
        double largest = 0;
        for (double entry : direction) {
            largest = Math.abs(entry) > Math.abs(largest) ? entry : largest;
        }
        for (int i = 0; i < direction.length && largest < 0; i++) {
            direction[i] = -direction[i];
        }
        return direction;
    }
}
