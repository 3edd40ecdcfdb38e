package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;

/**
 * Maximum mean discrepancy with Gaussian kernels, unbiased.
 *
 * <p>{@code MMD²(a, b) = Σ_{i≠j} k(aᵢ, aⱼ)/(n(n − 1)) + Σ_{i≠j} k(bᵢ, bⱼ)/(m(m − 1)) − 2·Σ k(aᵢ, bⱼ)/(nm)} with
 * {@code k(x, y) = (1/J)·Σⱼ exp(−‖x − y‖²/(2σⱼ²))} over the J bandwidths σ. In expectation it is 0 for equal
 * distributions and positive for any others; its estimate may be negative.
 *
 * <p>Shapes: samples {@code (n, d…)}, flattened to {@code (n, d)}; computed in double.
 * <p>Units: none; bandwidths in units of the samples.
 * <p>Cost: {@code (n + m)²·d} operations; memory for 1,000 rows of the kernel.
 * <p>Source: Gretton et al. (2012), A Kernel Two-Sample Test, lemma 6. Differs: the median heuristic looks at the
 * reference only, so that numbers of several models against one reference are of one kernel.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var data = gebm.data.Toy.eightGaussians();
 *     var reference = data.batch(scope, 500, 0, Rng.of(1));
 *     var mmd = Mmd.ofMedianDistance(reference, Rng.of(2));
 *     System.out.println(mmd.squared(data.batch(scope, 500, 0, Rng.of(3)), reference));
 * }
 * }</pre>
 */
public final class Mmd {
    private static final int LOOKED_AT = 1_000;

    private final double[] bandwidths;

    private Mmd(double[] bandwidths) {
        this.bandwidths = bandwidths;
    }

    /** The mean of Gaussian kernels with these σ. */
    public static Mmd of(double... bandwidths) {
        Require.that(bandwidths.length > 0, "bandwidths", "at least one", bandwidths.length);
        for (int j = 0; j < bandwidths.length; j++) {
            Require.finite("bandwidths[" + j + "]", Require.positive("bandwidths[" + j + "]", bandwidths[j]));
        }
        return new Mmd(bandwidths.clone());
    }

    /**
     * The Gaussian kernel whose σ is the median distance between rows of {@code reference}, of at most 1,000 of
     * them at random.
     *
     * @throws IllegalArgumentException if there are fewer than two rows, or half of them are the same
     */
    public static Mmd ofMedianDistance(NDArray reference, Rng rng) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray all = SampleMatrix.wide(scope, "reference", reference, 1, " with n >= 2");
            int[] order = rng.permutation((int) all.getShape().get(0));
            int n = Math.min(LOOKED_AT, order.length);
            NDArray rows = all.get(
                    scope.create(Arrays.stream(order, 0, n).asLongStream().toArray()));
            double[] table = SampleMatrix.squaredDistances(rows, rows).toDoubleArray();
            double[] distances = new double[n * (n - 1) / 2];
            for (int i = 1, at = 0; i < n; i++) {
                System.arraycopy(table, i * n, distances, at, i);
                at += i;
            }
            Arrays.sort(distances);
            double median = (distances[(distances.length - 1) / 2] + distances[distances.length / 2]) / 2;
            return of(Math.sqrt(Require.positive("median squared distance in the reference", median)));
        }
    }

    /** The bandwidths. */
    public double[] bandwidths() {
        return bandwidths.clone();
    }

    /**
     * {@code MMD²} of all rows of {@code a} and {@code b}.
     *
     * @throws IllegalArgumentException if a set has fewer than two rows, the widths differ or a number is not finite
     */
    public double squared(NDArray a, NDArray b) {
        Discrepancy gaussian = this::kernel;
        return gaussian.squared(a, b);
    }

    private NDArray kernel(NDArray x, NDArray y) {
        NDArray distances = SampleMatrix.squaredDistances(x, y);
        NDArray sum = distances.zerosLike();
        for (double bandwidth : bandwidths) {
            sum.addi(distances.mul(-1 / (2 * bandwidth * bandwidth)).exp());
        }
        return sum.divi(bandwidths.length);
    }

    @Override
    public String toString() {
        return "Mmd" + Arrays.toString(bandwidths);
    }
}
