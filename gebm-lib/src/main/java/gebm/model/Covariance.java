package gebm.model;

import gebm.core.Require;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.CholeskyDecomposition_F64;

/**
 * A covariance with its lower triangular factor L, {@code L·Lᵀ = covariance}, and {@code L⁻¹}; one that is diagonal
 * keeps its variances only.
 *
 * @param matrix null where it is diagonal, as the next two
 */
record Covariance(double[] variances, double[][] matrix, double[][] factor, double[][] whitening) {
    static Covariance diagonal(double[] variances) {
        return new Covariance(variances.clone(), null, null, null);
    }

    static Covariance of(String what, double[][] matrix, int d) {
        requireSymmetric(what, matrix, d);
        double[] variances = new double[d];
        Arrays.setAll(variances, i -> matrix[i][i]);
        DMatrixRMaj lower = new DMatrixRMaj(matrix);
        CholeskyDecomposition_F64<DMatrixRMaj> cholesky = DecompositionFactory_DDRM.chol(d, true);
        Require.that(cholesky.decompose(lower), what, "positive definite", Arrays.deepToString(matrix));
        if (isDiagonal(matrix)) {
            return diagonal(variances);
        }
        DMatrixRMaj triangle = cholesky.getT(null);
        DMatrixRMaj inverse = new DMatrixRMaj(d, d);
        CommonOps_DDRM.invert(triangle, inverse);
        return new Covariance(variances, rows(new DMatrixRMaj(matrix)), rows(triangle), rows(inverse));
    }

    private static void requireSymmetric(String what, double[][] matrix, int d) {
        Require.that(matrix.length == d, what, "of " + d + " rows", matrix.length);
        for (double[] row : matrix) {
            Require.that(row.length == d, what, "of " + d + " columns", row.length);
        }
        for (int i = 0; i < d; i++) {
            for (int j = 0; j <= i; j++) {
                double scale = Math.sqrt(Math.abs(matrix[i][i] * matrix[j][j]));
                Require.that(
                        Math.abs(matrix[i][j] - matrix[j][i]) <= 1e-12 * scale,
                        what,
                        "symmetric and finite",
                        Arrays.deepToString(matrix));
            }
        }
    }

    private static boolean isDiagonal(double[][] matrix) {
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < i; j++) {
                if (matrix[i][j] != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    private static double[][] rows(DMatrixRMaj matrix) {
        double[][] rows = new double[matrix.numRows][matrix.numCols];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(matrix.data, i * matrix.numCols, rows[i], 0, matrix.numCols);
        }
        return rows;
    }

    boolean isDiagonal() {
        return matrix == null;
    }

    double[] deviations() {
        return Arrays.stream(variances).map(Math::sqrt).toArray();
    }

    double[] inverseDeviations() {
        return Arrays.stream(variances).map(v -> 1 / Math.sqrt(v)).toArray();
    }

    @Override
    public double[][] matrix() {
        return isDiagonal() ? TargetArrays.diagonal(variances) : TargetArrays.copy(matrix);
    }

    @Override
    public double[][] factor() {
        return isDiagonal() ? TargetArrays.diagonal(deviations()) : factor;
    }

    @Override
    public double[][] whitening() {
        return isDiagonal() ? TargetArrays.diagonal(inverseDeviations()) : whitening;
    }

    double logDeterminant() {
        double sum = 0;
        for (int i = 0; i < variances.length; i++) {
            sum += isDiagonal() ? Math.log(variances[i]) : 2 * Math.log(factor[i][i]);
        }
        return sum;
    }
}
