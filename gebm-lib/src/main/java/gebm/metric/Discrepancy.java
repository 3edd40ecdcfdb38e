package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;

/** The unbiased squared maximum mean discrepancy of two sets, for any kernel. */
@FunctionalInterface
interface Discrepancy {
    /** {@code k(xᵢ, yⱼ)}: {@code (c, d), (m, d) → (c, m)} in double. */
    NDArray kernel(NDArray x, NDArray y);

    /**
     * {@code Σ_{i≠j} k(aᵢ, aⱼ)/(n(n − 1)) + Σ_{i≠j} k(bᵢ, bⱼ)/(m(m − 1)) − 2·Σ k(aᵢ, bⱼ)/(nm)}, from
     * {@link SampleMatrix#PART} rows at a time.
     */
    default double squared(NDArray a, NDArray b) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray x = SampleMatrix.wide(scope, "a", a, 1, " with n >= 2");
            NDArray y = SampleMatrix.wide(scope, "b", b, 1, " with n >= 2");
            SampleMatrix.sameWidth("b", y, "a", x);
            double n = x.getShape().get(0);
            double m = y.getShape().get(0);
            double value =
                    sum(x, x, true) / (n * (n - 1)) + sum(y, y, true) / (m * (m - 1)) - 2 * sum(x, y, false) / (n * m);
            return Require.finite("squared MMD (are all numbers finite?)", value);
        }
    }

    private double sum(NDArray x, NDArray y, boolean others) {
        double sum = 0;
        long n = x.getShape().get(0);
        for (long from = 0; from < n; from += SampleMatrix.PART) {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray all = y.duplicate();
                all.attach(scope);
                NDArray values = kernel(SampleMatrix.part(scope, x, from), all);
                sum += values.sum().getDouble();
                if (others) { // without k(xᵢ, xᵢ)
                    int last = (int) (Math.min(n, from + SampleMatrix.PART) - from);
                    NDArray rows = scope.arange(last);
                    NDArray columns = scope.arange((int) from, (int) from + last);
                    sum -= values.get(new ai.djl.ndarray.index.NDIndex("{}, {}", rows, columns))
                            .sum()
                            .getDouble();
                }
            }
        }
        return sum;
    }
}
