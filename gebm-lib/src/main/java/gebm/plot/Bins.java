package gebm.plot;

import gebm.core.Require;
import java.util.Arrays;

/**
 * How many numbers fall between equally spaced edges, as densities.
 *
 * @param low the first edge
 * @param width of each bin
 * @param count of bins
 */
record Bins(double low, double width, int count) {
    private static final int FEWEST = 8;
    private static final int MOST = 60;

    /**
     * Bins for all of {@code groups} together, of Freedman and Diaconis' width {@code 2·IQR/∛n} for the smallest
     * group, at least 8 and at most 60 of them.
     */
    static Bins of(double[]... groups) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        double width = 0;
        for (double[] group : groups) {
            double[] sorted = group.clone();
            Arrays.sort(sorted);
            int n = sorted.length;
            low = Math.min(low, sorted[0]);
            high = Math.max(high, sorted[n - 1]);
            double spread = sorted[(int) (0.75 * (n - 1))] - sorted[(int) (0.25 * (n - 1))];
            width = Math.max(width, 2 * spread / Math.cbrt(n));
        }
        if (!(high > low)) {
            return new Bins(low - 0.5, 1, 1);
        }
        int count = width > 0 ? (int) Math.min(MOST, Math.ceil((high - low) / width)) : MOST;
        count = Math.max(FEWEST, count);
        return new Bins(low, (high - low) / count, count);
    }

    double edge(int i) {
        return low + i * width;
    }

    /** For each bin the share of {@code values} in it, divided by its width; the last holds its upper edge too. */
    double[] densities(double[] values) {
        double[] densities = new double[count];
        for (double value : values) {
            int bin = (int) Math.floor((value - low) / width);
            densities[Math.min(count - 1, Math.max(0, bin))] += 1 / (width * values.length);
        }
        return densities;
    }

    /** The outline of the bars: all x, all y; begins and ends at height 0. */
    double[][] outline(double[] heights) {
        double[][] outline = new double[2][2 * count + 2];
        for (int i = 0; i <= count; i++) {
            outline[0][2 * i] = edge(i);
            outline[0][2 * i + 1] = edge(i);
            outline[1][2 * i] = i == 0 ? 0 : heights[i - 1];
            outline[1][2 * i + 1] = i == count ? 0 : heights[i];
        }
        return outline;
    }

    static void check(String name, double[] values) {
        Require.that(values.length > 0, name, "at least one number", values.length);
        for (int i = 0; i < values.length; i++) {
            Require.finite(name + "[" + i + "]", values[i]);
        }
    }
}
