package gebm.metric;

import ai.djl.ndarray.NDArray;
import gebm.core.Require;
import java.util.Objects;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/**
 * Fréchet distance between the Gaussians fitted to two sets of features.
 *
 * <p>{@code d²(a, b) = ‖μ_a − μ_b‖² + tr(C_a + C_b − 2·(√C_a·C_b·√C_a)^½)}, with means {@code μ} and unbiased
 * covariances {@code C} of the rows, computed in double. It is 0 for equal moments; with few samples it is biased
 * upwards, so compare numbers of equal sample sizes only. {@link ReferenceStatistics} keep what is needed of a reference
 * set, and say which it was.
 *
 * <p>Shapes: samples {@code (n, d...)}, flattened to {@code (n, d)}.
 * <p>Units: squared units of the features.
 * <p>Source: Dowson and Landau (1982), Journal of Multivariate Analysis 12(3); as FID: Heusel et al. (2017), arXiv
 * 1706.08500, equation 6. Differs: the features are what one hands in; only those of the usual Inception network give
 * numbers that compare with published FIDs.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var images = gebm.data.StrokeDigits.of(400, Rng.of(7)).flattened(scope);
 *     var frechet = Frechet.of(PrincipalComponents.fit(images, 8));
 *     System.out.println(frechet.between(images.get(":200"), images.get("200:")));
 * }
 * }</pre>
 */
public final class Frechet {
    private final Features features;

    private Frechet(Features features) {
        this.features = features;
    }

    /** The distance on these features. */
    public static Frechet of(Features features) {
        return new Frechet(Objects.requireNonNull(features));
    }

    /**
     * {@code d²} between the features of two sets of samples.
     *
     * @throws IllegalArgumentException if a set has fewer than 2 samples, another width than the features were fitted
     *     to, or a value that is not finite (naming its row)
     */
    public double between(NDArray samples, NDArray reference) {
        return squared(fitted("samples", samples), fitted("reference", reference));
    }

    /**
     * {@code d²} between the features of samples and those that {@code reference} was computed from.
     *
     * @throws IllegalArgumentException as above, and if the reference is of other features
     */
    public double between(NDArray samples, ReferenceStatistics reference) {
        Require.that(
                features.name().equals(reference.features()),
                "features of the reference, " + reference.set() + ",",
                "those of this distance, " + features.name(),
                reference.features());
        return squared(fitted("samples", samples), reference.gaussian());
    }

    private Gaussian fitted(String what, NDArray samples) {
        try (NDArray rows = features.apply(samples)) {
            return Gaussian.fit(what, rows);
        }
    }

    /**
     * {@code d²} between the rows of {@code a} and of {@code b} themselves.
     *
     * @throws IllegalArgumentException if a set has fewer than 2 rows, the widths differ, or a value is not finite
     *     (naming its row)
     */
    public static double distance(NDArray a, NDArray b) {
        return squared(Gaussian.fit("a", a), Gaussian.fit("b", b));
    }

    private static double squared(Gaussian a, Gaussian b) {
        Require.that(
                a.mean().length == b.mean().length, "width of b", "that of a, " + a.mean().length, b.mean().length);
        double apart = 0;
        for (int i = 0; i < a.mean().length; i++) {
            double difference = a.mean()[i] - b.mean()[i];
            apart += difference * difference;
        }
        DMatrixRMaj root = root(a.covariance());
        DMatrixRMaj inner = product(product(root, b.covariance()), root);
        double overlap = 0;
        for (double eigenvalue : eigenvalues(eigen("a covariance", inner, false))) {
            overlap += Math.sqrt(eigenvalue);
        }
        double spread = CommonOps_DDRM.trace(a.covariance()) + CommonOps_DDRM.trace(b.covariance()) - 2 * overlap;
        return apart + Math.max(spread, 0); // the trace is never negative; rounding can make it -1e-16
    }

    private static DMatrixRMaj root(DMatrixRMaj covariance) {
        int d = covariance.getNumRows();
        EigenDecomposition_F64<DMatrixRMaj> eigen = eigen("a covariance", covariance, true);
        double[] values = eigenvalues(eigen);
        DMatrixRMaj scaled = new DMatrixRMaj(d, d); // columns v·λ^¼, so that scaled·scaledᵀ = V·√Λ·Vᵀ
        for (int j = 0; j < d; j++) {
            double factor = Math.sqrt(Math.sqrt(values[j]));
            double[] vector = eigen.getEigenVector(j).getData();
            for (int i = 0; i < d; i++) {
                scaled.set(i, j, factor * vector[i]);
            }
        }
        DMatrixRMaj root = new DMatrixRMaj(d, d);
        CommonOps_DDRM.multTransB(scaled, scaled, root);
        return root;
    }

    static EigenDecomposition_F64<DMatrixRMaj> eigen(String what, DMatrixRMaj symmetric, boolean vectors) {
        EigenDecomposition_F64<DMatrixRMaj> eigen =
                DecompositionFactory_DDRM.eig(symmetric.getNumRows(), vectors, true);
        if (!eigen.decompose(symmetric.copy())) {
            throw new IllegalStateException("eigenvalues of " + what + " did not converge");
        }
        return eigen;
    }

    /** Eigenvalues of a positive semidefinite matrix: those below 0 are so by rounding and count as 0. */
    private static double[] eigenvalues(EigenDecomposition_F64<DMatrixRMaj> eigen) {
        double[] values = new double[eigen.getNumberOfEigenvalues()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.max(eigen.getEigenvalue(i).getReal(), 0);
        }
        return values;
    }

    private static DMatrixRMaj product(DMatrixRMaj left, DMatrixRMaj right) {
        DMatrixRMaj result = new DMatrixRMaj(left.getNumRows(), right.getNumCols());
        CommonOps_DDRM.mult(left, right, result);
        return result;
    }
}
