package gebm.model;

import gebm.core.Require;
import java.util.Arrays;

/**
 * Targets with known answers, from easy to hard.
 *
 * <p>Units: energies in nats. All are written with {@code NDArray}: float32 and float64, any number of points, in a
 * program or outside.
 *
 * <pre>{@code
 * var bent = gebm.model.Targets.banana(2, 10, 0.03);
 * System.out.println(bent + " has log Z = " + bent.logNormaliser());
 * }</pre>
 */
public final class Targets {
    private Targets() {}

    /**
     * N(mean, covariance): {@code E(x) = ½(x − mean)ᵀ covariance⁻¹ (x − mean)}, so that
     * {@code log Z = ½ log det(2π·covariance)}.
     *
     * @throws IllegalArgumentException if the covariance is not symmetric and positive definite, or of another size
     */
    public static Target gaussian(double[] mean, double[][] covariance) {
        return GaussianTarget.of(mean, covariance);
    }

    /**
     * N(0, diag(v)) with variances {@code vᵢ = condition^(−i/(dimension − 1))}: from 1 down to {@code 1/condition},
     * equally spaced in their logarithms.
     *
     * @param dimension at least 2
     * @param condition the ratio of the largest variance to the smallest, {@code >= 1}
     */
    public static Target gaussianWithCondition(int dimension, double condition) {
        Require.that(dimension >= 2, "dimension", ">= 2", dimension);
        Require.that(condition >= 1 && Double.isFinite(condition), "condition", "finite and >= 1", condition);
        double[] variances = new double[dimension];
        Arrays.setAll(variances, i -> Math.pow(condition, -i / (dimension - 1.0)));
        return GaussianTarget.diagonal(
                "gaussianWithCondition(" + dimension + ", " + condition + ")", new double[dimension], variances);
    }

    /**
     * {@code p(x) = Σ_k w_k N(x; means_k, covariances_k)} with {@code w = weights/Σ weights}, and {@code E = −log p}:
     * {@code log Z = 0}.
     *
     * @param weights positive, {@code (k)}
     * @param means {@code (k, d)}
     * @param covariances {@code (k, d, d)}
     */
    public static Target mixture(double[] weights, double[][] means, double[][][] covariances) {
        return MixtureTarget.of(weights, means, covariances);
    }

    /**
     * {@code p(x) = Σ_k w_k N(x; means_k, sigmas_k²·I)} with {@code w = weights/Σ weights}, and {@code E = −log p}:
     * {@code log Z = 0}.
     *
     * @param weights positive, {@code (k)}
     * @param means {@code (k, d)}
     * @param sigmas positive, {@code (k)}
     */
    public static Target mixture(double[] weights, double[][] means, double[] sigmas) {
        return MixtureTarget.of(weights, means, sigmas);
    }

    /**
     * Two wells at {@code x₁ = ±1}: {@code E(x) = barrier·(x₁² − 1)² + ½·Σ_{i≥2} xᵢ²}.
     *
     * <p>Between the wells stands a barrier of so many nats. Normaliser and variance are by quadrature, right to 1e-12.
     * Samples are drawn in Java by rejection, so not inside a program.
     */
    public static Target doubleWell(int dimension, double barrier) {
        return new DoubleWell(Require.positive("dimension", dimension), Require.positive("barrier", barrier));
    }

    /**
     * A bent Gaussian: {@code E(x) = x₁²/(2·scale²) + ½(x₂ − bend·(x₁² − scale²))² + ½·Σ_{i≥3} xᵢ²}.
     *
     * <p>It is {@code (scale·y₁, y₂ + bend·scale²·(y₁² − 1), y₃, …)} for {@code y ~ N(0, I)}, a map that has
     * determinant {@code scale}: mean 0, variances {@code scale²} and {@code 1 + 2·bend²·scale⁴}, no correlation.
     *
     * <p>Source: Haario, Saksman and Tamminen (1999), Computational Statistics 14(3), with scale 10 and bend 0.03
     * (moderate) or 0.1 (strong), in 2 to 8 dimensions. Differs: the sign of x₂, upside down there.
     *
     * @param dimension at least 2
     */
    public static Target banana(int dimension, double scale, double bend) {
        Require.that(dimension >= 2, "dimension", ">= 2", dimension);
        return new Banana(dimension, Require.positive("scale", scale), Require.finite("bend", bend));
    }

    /**
     * Neal's funnel: {@code x₁ ~ N(0, scale²)} and {@code xᵢ | x₁ ~ N(0, exp(x₁))} for the others.
     *
     * <p>{@code E(x) = x₁²/(2·scale²) + Σ_{i≥2} (½·xᵢ²·exp(−x₁) + ½·x₁)}; the variance of xᵢ is
     * {@code exp(scale²/2)}, 90 for a scale of 3, and its tails are so heavy that an average of squares says little.
     *
     * <p>Source: Neal (2003), Slice Sampling, Annals of Statistics 31(3), section 8, with dimension 10 and scale 3.
     *
     * @param dimension at least 2
     */
    public static Target funnel(int dimension, double scale) {
        Require.that(dimension >= 2, "dimension", ">= 2", dimension);
        return new Funnel(dimension, Require.positive("scale", scale));
    }

    /**
     * A ring in the plane: {@code E(x) = (‖x‖² − radius²)²/(8·radius²·width²)}, near the ring
     * {@code ½((‖x‖ − radius)/width)²}.
     *
     * <p>{@code ‖x‖²} is normal with mean {@code radius²} and standard deviation {@code 2·radius·width}, cut off at 0,
     * and the angle is uniform, so everything is exact but the marginals, which are right to 1e-8 where
     * {@code width >= radius/100}.
     *
     * <p>Differs: often the energy is {@code ½((‖x‖ − radius)/width)²} itself, which has no gradient at the origin.
     */
    public static Target ring(double radius, double width) {
        return new Ring(Require.positive("radius", radius), Require.positive("width", width));
    }
}
