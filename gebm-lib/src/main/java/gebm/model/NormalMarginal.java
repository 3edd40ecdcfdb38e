package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.trace.Special;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/** A mixture of normals on the line, {@code Σ_j w_j N(m_j, s_j²)}: what the marginals of most targets are. */
record NormalMarginal(double[] weights, double[] means, double[] deviations) {
    private static final int NODES = 2_001;
    private static final double REACH = 10; // beyond, N(0, 1) has 2e-23
    private static final int CHUNK = 1_000;

    static NormalMarginal of(double mean, double deviation) {
        return new NormalMarginal(new double[] {1}, new double[] {mean}, new double[] {deviation});
    }

    /** The mixture over {@code t ~ N(0, 1)} of N(mean(t), deviation(t)²), by the trapezoidal rule. */
    static NormalMarginal over(DoubleUnaryOperator mean, DoubleUnaryOperator deviation) {
        double step = 2 * REACH / (NODES - 1);
        double[] t = new double[NODES];
        Arrays.setAll(t, j -> step * j - REACH);
        double[] weights = Arrays.stream(t)
                .map(at -> step * Math.exp(-0.5 * at * at) / Math.sqrt(2 * Math.PI))
                .toArray();
        return new NormalMarginal(
                weights,
                Arrays.stream(t).map(mean).toArray(),
                Arrays.stream(t).map(deviation).toArray());
    }

    /** {@code Σ_j w_j Φ((x − m_j)/s_j)} for each x. */
    double[] cdf(double[] values) {
        double[] all = new double[values.length];
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray w = scope.create(weights);
            NDArray m = scope.create(means);
            NDArray s = scope.create(deviations);
            for (int from = 0; from < values.length; from += CHUNK) {
                double[] part = Arrays.copyOfRange(values, from, Math.min(values.length, from + CHUNK));
                try (NDManager inner = scope.newSubManager()) {
                    NDArray x = inner.create(part).expandDims(1);
                    double[] sums = Special.ndtr(x.sub(m).div(s))
                            .mul(w)
                            .sum(new int[] {1})
                            .toDoubleArray();
                    System.arraycopy(sums, 0, all, from, sums.length);
                }
            }
        }
        return all;
    }
}
