package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.SingularOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.SingularValueDecomposition_F64;

/**
 * An affine map from a table's units to units in which densities are learned, and back.
 *
 * <p>{@code y = (x − μ)·A}. The log-density in the table's units is
 * {@code log p(x) = log p(y) + log|det A|}, where the last term is {@link #logDeterminant()}.
 *
 * <p>Shapes: x and y {@code (n, d)}; computed in double whatever their type, since the columns of a table differ by
 * orders of magnitude.
 * <p>Units: log-densities in nats.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var x = Rng.of(7).normal(scope, new ai.djl.ndarray.types.Shape(100, 3)).mul(20).add(5);
 *     var whitening = Standardizer.whitening(x);
 *     var y = whitening.apply(x);
 *     System.out.println(y.transpose().matMul(y).div(100)); // the identity
 * }
 * }</pre>
 */
public final class Standardizer {
    private static final double DEPENDENT = 1e-10; // of the largest singular value, after each column has variance 1

    private static final double INVOLVED = 1e-6; // a smaller entry of a unit vector is rounding

    private final double[] mean;
    private final DMatrixRMaj forward; // A
    private final DMatrixRMaj backward; // its inverse
    private final double logDeterminant;

    private Standardizer(double[] mean, DMatrixRMaj forward, DMatrixRMaj backward, double logDeterminant) {
        this.mean = mean;
        this.forward = forward;
        this.backward = backward;
        this.logDeterminant = logDeterminant;
    }

    /** The map that changes nothing. */
    public static Standardizer identity(int d) {
        Require.positive("d", d);
        return new Standardizer(new double[d], CommonOps_DDRM.identity(d), CommonOps_DDRM.identity(d), 0);
    }

    /**
     * Each column to mean 0 and variance 1: {@code A = diag(1/σ)}, {@code σ² = Σ(x − μ)²/n}.
     *
     * @param rows {@code (n, d)}
     * @throws IllegalArgumentException if there are fewer than 2 rows, a value is not finite, or a column is constant
     */
    public static Standardizer columns(NDArray rows) {
        return columns(numbered(rows), doubles(rows));
    }

    /**
     * All columns to mean 0 and covariance the identity.
     *
     * <p>With the singular value decomposition {@code X − μ = U·diag(s)·Vᵀ} of the centred rows,
     * {@code A = V·diag(√n/s)}, largest s first; each column of V has the sign that makes its entry of largest
     * magnitude positive.
     *
     * @param rows {@code (n, d)} with {@code n > d}
     * @throws IllegalArgumentException if there are too few rows, a value is not finite, a column is constant, or one
     *     is a linear function of others
     */
    public static Standardizer whitening(NDArray rows) {
        return whitening(numbered(rows), doubles(rows));
    }

    /** {@link #columns(NDArray)} with names for the messages. */
    static Standardizer columns(List<String> names, double[][] rows) {
        double[] mean = mean(rows);
        double[] sigma = deviations(names, rows, mean);
        double[] inverse = new double[sigma.length];
        double logDeterminant = 0;
        for (int j = 0; j < sigma.length; j++) {
            inverse[j] = 1 / sigma[j];
            logDeterminant -= Math.log(sigma[j]);
        }
        return new Standardizer(mean, CommonOps_DDRM.diag(inverse), CommonOps_DDRM.diag(sigma), logDeterminant);
    }

    /** {@link #whitening(NDArray)} with names for the messages. */
    static Standardizer whitening(List<String> names, double[][] rows) {
        requireIndependent(names, rows);
        return whitening(rows, mean(rows));
    }

    /** Whitening by the singular values of {@code rows − mean}, unchecked: mean may be that of other rows. */
    static Standardizer whitening(double[][] rows, double[] mean) {
        int n = rows.length;
        int d = mean.length;
        Decomposition svd = decompose(rows, mean);
        DMatrixRMaj forward = new DMatrixRMaj(d, d);
        DMatrixRMaj backward = new DMatrixRMaj(d, d);
        double logDeterminant = 0;
        for (int k = 0; k < d; k++) {
            double scale = Math.sqrt(n) / svd.values[k];
            logDeterminant += Math.log(scale);
            for (int j = 0; j < d; j++) {
                forward.set(j, k, svd.vectors.get(j, k) * scale);
                backward.set(k, j, svd.vectors.get(j, k) / scale);
            }
        }
        return new Standardizer(mean, forward, backward, logDeterminant);
    }

    /** The number of columns, d. */
    public int dimension() {
        return mean.length;
    }

    /** {@code log|det A|}, in nats: what a log-density of y lacks to be one of x. */
    public double logDeterminant() {
        return logDeterminant;
    }

    /**
     * {@code y = (x − μ)·A}.
     *
     * @param x {@code (n, d)}
     * @return {@code (n, d)}, of the type of {@code x} and owned by its manager
     * @throws IllegalArgumentException if the width is not d
     */
    public NDArray apply(NDArray x) {
        return map("x", x, (scope, wide) -> wide.sub(scope.create(mean)).matMul(matrix(scope, forward)));
    }

    /**
     * {@code x = y·A⁻¹ + μ}.
     *
     * @param y {@code (n, d)}
     * @return {@code (n, d)}, of the type of {@code y} and owned by its manager
     * @throws IllegalArgumentException if the width is not d
     */
    public NDArray invert(NDArray y) {
        return map("y", y, (scope, wide) -> wide.matMul(matrix(scope, backward)).add(scope.create(mean)));
    }

    /** {@link #apply(NDArray)} of rows. */
    double[][] apply(double[][] rows) {
        return Arrays.stream(rows).map(this::apply).toArray(double[][]::new);
    }

    /** {@link #apply(NDArray)} of one row. */
    double[] apply(double[] x) {
        double[] y = new double[mean.length];
        for (int j = 0; j < mean.length; j++) {
            double centred = x[j] - mean[j];
            for (int k = 0; k < mean.length; k++) {
                y[k] += centred * forward.get(j, k);
            }
        }
        return y;
    }

    /** The map of columns in another order: column {@code order[j]} takes the place of j in this map. */
    Standardizer reordered(int[] order) {
        int d = mean.length;
        double[] moved = new double[d];
        DMatrixRMaj to = new DMatrixRMaj(d, d);
        DMatrixRMaj back = new DMatrixRMaj(d, d);
        for (int j = 0; j < d; j++) {
            moved[order[j]] = mean[j];
            for (int k = 0; k < d; k++) {
                to.set(order[j], k, forward.get(j, k));
                back.set(k, order[j], backward.get(k, j));
            }
        }
        return new Standardizer(moved, to, back, logDeterminant);
    }

    static double[] mean(double[][] rows) {
        double[] mean = new double[rows[0].length];
        for (double[] row : rows) {
            for (int j = 0; j < mean.length; j++) {
                mean[j] += row[j];
            }
        }
        for (int j = 0; j < mean.length; j++) {
            mean[j] /= rows.length;
        }
        return mean;
    }

    private static double[] deviations(List<String> names, double[][] rows, double[] mean) {
        Require.that(rows.length >= 2, "rows", "at least 2", rows.length);
        double[] sigma = new double[mean.length];
        for (int j = 0; j < mean.length; j++) {
            double low = rows[0][j];
            double high = rows[0][j];
            double sum = 0;
            for (double[] row : rows) {
                low = Math.min(low, row[j]);
                high = Math.max(high, row[j]);
                sum += (row[j] - mean[j]) * (row[j] - mean[j]);
            }
            Require.that(
                    low < high,
                    "column " + names.get(j),
                    "of more than one value",
                    low + " in each of the " + rows.length + " rows: leave it out, a density has no width along it");
            sigma[j] = Math.sqrt(sum / rows.length);
        }
        return sigma;
    }

    /** Refuses columns that are linear functions of others, judged after each has variance 1. */
    private static void requireIndependent(List<String> names, double[][] rows) {
        int d = names.size();
        Require.that(
                rows.length > d,
                "rows to whiten with",
                "more than the " + d + " columns",
                rows.length + ": leave columns out, or scale each by itself");
        Decomposition svd = decompose(columns(names, rows).apply(rows), new double[d]);
        double smallest = svd.values[d - 1] / svd.values[0];
        if (!(smallest > DEPENDENT)) {
            List<String> involved = IntStream.range(0, d)
                    .filter(j -> Math.abs(svd.vectors.get(j, d - 1)) > INVOLVED)
                    .mapToObj(names::get)
                    .toList();
            throw new IllegalArgumentException("columns must be linearly independent, got " + involved
                    + ", of which each is a linear function of the others (smallest singular value "
                    + String.format(Locale.ROOT, "%.1e", smallest)
                    + " of the largest): leave one of them out");
        }
    }

    private record Decomposition(double[] values, DMatrixRMaj vectors) {}

    /** Singular values of {@code rows − mean}, largest first, and right singular vectors as columns, signs fixed. */
    private static Decomposition decompose(double[][] rows, double[] mean) {
        int d = mean.length;
        DMatrixRMaj centred = new DMatrixRMaj(rows.length, d);
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < d; j++) {
                centred.set(i, j, rows[i][j] - mean[j]);
            }
        }
        SingularValueDecomposition_F64<DMatrixRMaj> svd =
                DecompositionFactory_DDRM.svd(rows.length, d, false, true, true);
        if (!svd.decompose(centred)) {
            throw new IllegalStateException("singular values of the rows did not converge");
        }
        DMatrixRMaj vectors = svd.getV(null, false);
        double[] values = svd.getSingularValues();
        SingularOps_DDRM.descendingOrder(null, false, values, d, vectors, false);
        for (int k = 0; k < d; k++) {
            double largest = 0;
            for (int j = 0; j < d; j++) {
                double entry = vectors.get(j, k);
                largest = Math.abs(entry) > Math.abs(largest) ? entry : largest;
            }
            for (int j = 0; j < d && largest < 0; j++) {
                vectors.set(j, k, -vectors.get(j, k));
            }
        }
        return new Decomposition(values, vectors);
    }

    private interface Step {
        NDArray apply(NDManager scope, NDArray wide);
    }

    private NDArray map(String what, NDArray rows, Step step) {
        Require.rows(what, rows, mean.length);
        try (NDManager scope = rows.getManager().newSubManager()) {
            NDArray wide = rows.toType(DataType.FLOAT64, true);
            wide.attach(scope);
            NDArray mapped = step.apply(scope, wide).toType(rows.getDataType(), true);
            mapped.attach(rows.getManager());
            return mapped;
        }
    }

    private static NDArray matrix(NDManager scope, DMatrixRMaj matrix) {
        return scope.create(matrix.getData(), new Shape(matrix.getNumRows(), matrix.getNumCols()));
    }

    private static List<String> numbered(NDArray rows) {
        Shape shape = rows.getShape();
        Require.that(shape.dimension() == 2 && shape.size() > 0, "rows", "of shape (n, d), not empty", shape);
        return IntStream.range(0, (int) shape.get(1))
                .mapToObj(Integer::toString)
                .toList();
    }

    private static double[][] doubles(NDArray rows) {
        int d = (int) rows.getShape().get(1);
        double[] flat = Ops.doubles(rows);
        double[][] copied = new double[flat.length / d][d];
        for (int i = 0; i < flat.length; i++) {
            Require.finite("rows in row " + i / d + ", column " + i % d, flat[i]);
            copied[i / d][i % d] = flat[i];
        }
        return copied;
    }
}
