package gebm.plot;

import gebm.core.Require;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/**
 * A named line through points, in the order given, with or without a band around it.
 *
 * <p>A NaN in {@code y} is a gap in the line and in its band.
 *
 * <pre>{@code
 * double[][] runs = {{3, 2, 1.2}, {3.4, 2.2, 0.8}};
 * var curve = Curve.ofRuns("loss of two runs", new double[] {0, 100, 200}, runs);
 * System.out.println(curve.y()[0] + " from " + curve.low()[0] + " to " + curve.high()[0]);
 * }</pre>
 *
 * @param name what the legend says
 * @param x positions, finite
 * @param y heights, finite or NaN, as many as positions
 * @param low lower edge of the band, as many as positions and finite where y is; empty for a line without a band
 * @param high upper edge, not below the lower one
 */
public record Curve(String name, double[] x, double[] y, double[] low, double[] high) {
    private static final int POINTS = 241;

    /** Copies and checks the points. */
    public Curve {
        Objects.requireNonNull(name);
        x = x.clone();
        y = y.clone();
        low = low.clone();
        high = high.clone();
        Require.that(x.length > 0, name, "a curve of at least one point", x.length);
        Require.that(x.length == y.length, "points of " + name, "as many in y as in x, " + x.length, y.length);
        for (int i = 0; i < x.length; i++) {
            Require.finite(name + ".x[" + i + "]", x[i]);
            Require.that(!Double.isInfinite(y[i]), name + ".y[" + i + "]", "finite or NaN", y[i]);
        }
        boolean none = low.length == 0 && high.length == 0;
        Require.that(none || low.length == x.length, "band of " + name, "as many as in x, " + x.length, low.length);
        Require.that(none || high.length == x.length, "band of " + name, "as many as in x, " + x.length, high.length);
        for (int i = 0; i < low.length; i++) {
            if (!Double.isNaN(y[i])) {
                Require.finite(name + ".low[" + i + "]", low[i]);
                Require.finite(name + ".high[" + i + "]", high[i]);
                Require.that(high[i] >= low[i], name + ".high[" + i + "]", ">= " + low[i], high[i]);
            }
        }
    }

    /** A curve through {@code (x[i], y[i])}. */
    public static Curve of(String name, double[] x, double[] y) {
        return new Curve(name, x, y, new double[0], new double[0]);
    }

    /** A curve through {@code (i, y[i])}, counted from 0. */
    public static Curve of(String name, double... y) {
        return of(name, IntStream.range(0, y.length).asDoubleStream().toArray(), y);
    }

    /** The graph of {@code function} between {@code from} and {@code to}; NaN is a gap. */
    public static Curve of(String name, DoubleUnaryOperator function, double from, double to) {
        double[] x = Grid.spaced(name, from, to, POINTS);
        return of(name, x, Arrays.stream(x).map(function).toArray());
    }

    /**
     * The mean of several runs, with a band of one standard deviation of the runs to each side.
     *
     * @param runs at least two rows as long as {@code x}, finite
     */
    public static Curve ofRuns(String name, double[] x, double[][] runs) {
        Require.that(runs.length >= 2, "runs of " + name, "at least two", runs.length);
        double[] mean = new double[x.length];
        double[] deviation = new double[x.length];
        for (int r = 0; r < runs.length; r++) {
            Require.that(runs[r].length == x.length, name + "[" + r + "]", "as long as x, " + x.length, runs[r].length);
            for (int i = 0; i < x.length; i++) {
                mean[i] += Require.finite(name + "[" + r + "][" + i + "]", runs[r][i]) / runs.length;
            }
        }
        for (double[] run : runs) {
            for (int i = 0; i < x.length; i++) {
                deviation[i] += (run[i] - mean[i]) * (run[i] - mean[i]) / (runs.length - 1);
            }
        }
        return of(name, x, mean)
                .withError(Arrays.stream(deviation).map(Math::sqrt).toArray());
    }

    /** This line with a band from {@code low} to {@code high}. */
    public Curve withBand(double[] low, double[] high) {
        return new Curve(name, x, y, low, high);
    }

    /**
     * This line with a band from {@code y − error} to {@code y + error}.
     *
     * @param error one for each point, or one for all; not negative
     */
    public Curve withError(double... error) {
        boolean fits = error.length == 1 || error.length == x.length;
        Require.that(fits, "error of " + name, "one, or as many as points, " + x.length, error.length);
        double[] low = new double[x.length];
        double[] high = new double[x.length];
        for (int i = 0; i < x.length; i++) {
            double e = error[error.length == 1 ? 0 : i];
            low[i] = y[i] - (Double.isNaN(y[i]) ? 0 : Require.notNegative("error of " + name + "[" + i + "]", e));
            high[i] = y[i] + e;
        }
        return withBand(low, high);
    }

    /** A copy of the positions. */
    @Override
    public double[] x() {
        return x.clone();
    }

    /** A copy of the heights. */
    @Override
    public double[] y() {
        return y.clone();
    }

    /** A copy of the band's lower edge; empty without a band. */
    @Override
    public double[] low() {
        return low.clone();
    }

    /** A copy of the band's upper edge; empty without a band. */
    @Override
    public double[] high() {
        return high.clone();
    }

    @Override
    public String toString() {
        return "Curve[" + name + ", " + x.length + " points]";
    }
}
