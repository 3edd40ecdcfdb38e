package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.Locale;

/**
 * Kernel distance (KID) between two sets of features: an unbiased squared MMD with a cubic kernel.
 *
 * <p>{@code MMD²(a, b) = Σ_{i≠j} k(aᵢ, aⱼ)/(n(n − 1)) + Σ_{i≠j} k(bᵢ, bⱼ)/(m(m − 1)) − 2·Σ k(aᵢ, bⱼ)/(nm)} with
 * {@code k(x, y) = (x·y/d + 1)³}, computed in double. Its expectation does not depend on the number of samples, unlike
 * the Fréchet distance's, and it may be negative where the sets are alike.
 *
 * <p>Shapes: samples {@code (n, d…)}, flattened to {@code (n, d)}.
 * <p>Units: those of k.
 * <p>Source: Bińkowski, Sutherland, Arbel and Gretton (2018), Demystifying MMD GANs, section 4. Differs: the subsets of
 * {@link #between} share no sample, so that their values are independent and the interval is honest; the usual ones are
 * drawn with repetitions, and the spread of those says little about the error.
 *
 * @param value the mean over subsets
 * @param standardError of that mean
 * @param subsets how many pairs of subsets there were
 */
public record KernelDistance(double value, double standardError, int subsets) {
    /**
     * The distance, from disjoint random subsets of {@code size} samples of either set, as many as the smaller set has.
     *
     * @throws IllegalArgumentException if there are fewer than 5 such subsets, or a value is not finite
     */
    public static KernelDistance between(NDArray a, NDArray b, int size, Rng rng) {
        Require.that(size >= 2, "size", ">= 2", size);
        int subsets = (int) Math.min(rows("a", a), rows("b", b)) / size;
        Require.that(subsets >= 5, "subsets of " + size, ">= 5 (use smaller ones)", subsets);
        int[] orderOfA = rng.fork("a").permutation((int) a.getShape().get(0));
        int[] orderOfB = rng.fork("b").permutation((int) b.getShape().get(0));
        double[] values = new double[subsets];
        for (int s = 0; s < subsets; s++) {
            try (NDManager scope = NDManager.newBaseManager()) {
                values[s] =
                        squared(chosen(scope, a, orderOfA, s * size, size), chosen(scope, b, orderOfB, s * size, size));
            }
        }
        double mean = 0;
        for (double value : values) {
            mean += value / subsets;
        }
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return new KernelDistance(mean, Math.sqrt(squares / (subsets - 1) / subsets), subsets);
    }

    /** {@code MMD²} of all rows of {@code a} and {@code b}, at least two each; memory for 1,000 rows of the kernel. */
    public static double squared(NDArray a, NDArray b) {
        Discrepancy cubic = (x, y) ->
                x.matMul(y.transpose()).div(x.getShape().get(1)).add(1).pow(3);
        return cubic.squared(a, b);
    }

    private static long rows(String name, NDArray x) {
        Shape shape = x.getShape();
        Require.that(shape.dimension() >= 2 && shape.size() > 0, name, "of shape (n, d)", shape);
        return shape.get(0);
    }

    private static NDArray chosen(NDManager scope, NDArray x, int[] order, int from, int size) {
        long[] rows = Arrays.stream(order, from, from + size).asLongStream().toArray();
        NDArray chosen = x.get(scope.create(rows));
        chosen.attach(scope);
        return chosen;
    }

    /** Where the distance lies with 95 % confidence, by Student's t: {@code [low, high]}. */
    public double[] interval() {
        double half = student(subsets - 1) * standardError;
        return new double[] {value - half, value + half};
    }

    /** The 97.5 % quantile of Student's t, by its expansion around the normal's; right to 2e-3 from 4 degrees on. */
    static double student(int degrees) {
        double z = 1.959963984540054;
        double z2 = z * z;
        double v = degrees;
        return z
                + z * (z2 + 1) / (4 * v)
                + z * (5 * z2 * z2 + 16 * z2 + 3) / (96 * v * v)
                + z * (3 * z2 * z2 * z2 + 19 * z2 * z2 + 17 * z2 - 15) / (384 * v * v * v);
    }

    @Override
    public String toString() {
        double[] ends = interval();
        return String.format(
                Locale.ROOT, "KID %.4g, 95 %% interval %.4g to %.4g (%d subsets)", value, ends[0], ends[1], subsets);
    }
}
