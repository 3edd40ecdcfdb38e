package gebm.model;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * A smooth density on {@code [low, high]}, known up to a constant, with its distribution function: Simpson's rule in
 * every cell, and between the ends of a cell the cubic that has the right values and slopes there.
 */
final class TabulatedMarginal {
    private static final int CELLS = 4_000;

    private final double low;
    private final double width; // of a cell
    private final double[] density = new double[CELLS + 1]; // times the cell's width
    private final double[] cumulative = new double[CELLS + 1];

    TabulatedMarginal(double low, double high, DoubleUnaryOperator unnormalised) {
        this.low = low;
        this.width = (high - low) / CELLS;
        Arrays.setAll(density, i -> unnormalised.applyAsDouble(low + i * width));
        for (int i = 0; i < CELLS; i++) {
            double middle = unnormalised.applyAsDouble(low + (i + 0.5) * width);
            cumulative[i + 1] = cumulative[i] + (density[i] + 4 * middle + density[i + 1]) / 6;
        }
        double total = cumulative[CELLS];
        for (int i = 0; i <= CELLS; i++) {
            density[i] /= total;
            cumulative[i] /= total;
        }
    }

    double[] cdf(double[] values) {
        return Arrays.stream(values).map(this::cdf).toArray();
    }

    private double cdf(double x) {
        double position = (x - low) / width;
        if (!(position > 0)) {
            return Double.isNaN(position) ? position : 0;
        }
        if (position >= CELLS) {
            return 1;
        }
        int i = (int) position;
        double t = position - i;
        double rise = cumulative[i + 1] - cumulative[i];
        double bent = density[i] + density[i + 1] - 2 * rise;
        return cumulative[i] + t * (density[i] + t * (3 * rise - 2 * density[i] - density[i + 1] + t * bent));
    }
}
