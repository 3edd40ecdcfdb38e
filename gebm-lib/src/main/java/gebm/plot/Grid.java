package gebm.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A function of the plane at the points of a grid.
 *
 * <p>A value that is not finite is a hole: it has no colour in a map, and no contour passes through the cells around
 * it.
 *
 * <pre>{@code
 * var grid = Grid.of(x -> x.square().sum(new int[] {1}), -2, 2);
 * var circle = grid.contour(1).get(0);
 * System.out.println(Math.hypot(circle[0][0], circle[0][1])); // 1, up to the interpolation
 * }</pre>
 *
 * @param x columns, finite and increasing
 * @param y rows, finite and increasing
 * @param values the value at {@code (x[i], y[j])} is {@code values[j][i]}
 */
public record Grid(double[] x, double[] y, double[][] values) {
    private static final int POINTS = 121;

    /** Copies and checks the numbers. */
    public Grid {
        x = increasing("x", x.clone());
        y = increasing("y", y.clone());
        Require.that(values.length == y.length, "rows of values", "as many as in y, " + y.length, values.length);
        values = copy(values);
        for (int j = 0; j < y.length; j++) {
            Require.that(
                    values[j].length == x.length,
                    "values[" + j + "]",
                    "of length " + x.length + ", as x is",
                    values[j].length);
        }
    }

    /** The lowest and highest x, and the lowest and highest y. */
    double[] extent() {
        return new double[] {x[0], x[x.length - 1], y[0], y[y.length - 1]};
    }

    /**
     * {@code function} on a square, at 121 points along each side.
     *
     * @param function rows {@code (n, 2)}, float32, to values {@code (n)}; {@code energy::at}, for example. One that
     *     wants float64 converts: {@code x -> energy.at(x.toType(DataType.FLOAT64, false))}
     * @throws IllegalArgumentException if the limits are not increasing or the values not of shape (n)
     */
    public static Grid of(UnaryOperator<NDArray> function, double low, double high) {
        return of(function, low, high, low, high);
    }

    /** {@code function} on a rectangle, as {@link #of(UnaryOperator, double, double)}. */
    public static Grid of(UnaryOperator<NDArray> function, double xLow, double xHigh, double yLow, double yHigh) {
        double[] x = spaced("x", xLow, xHigh, POINTS);
        double[] y = spaced("y", yLow, yHigh, POINTS);
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray found = function.apply(points(scope, x, y));
            Shape shape = found.getShape();
            Require.that(shape.equals(new Shape(POINTS * POINTS)), "values", "of shape " + POINTS * POINTS, shape);
            double[] flat = Ops.doubles(found);
            double[][] values = new double[POINTS][];
            Arrays.setAll(values, j -> Arrays.copyOfRange(flat, j * POINTS, (j + 1) * POINTS));
            return new Grid(x, y, values);
        }
    }

    /** All pairs of {@code x} and {@code y}, row by row: {@code (n, 2)}, float32. */
    static NDArray points(NDManager scope, double[] x, double[] y) {
        float[] points = new float[2 * x.length * y.length];
        for (int p = 0; p < points.length / 2; p++) {
            points[2 * p] = (float) x[p % x.length];
            points[2 * p + 1] = (float) y[p / x.length];
        }
        return scope.create(points, new Shape(points.length / 2, 2));
    }

    static double[] spaced(String name, double low, double high, int n) {
        Require.finite(name + " from", low);
        Require.finite(name + " to", high);
        Require.that(low < high, name + " limits", "increasing", low + " to " + high);
        double[] points = new double[n];
        Arrays.setAll(points, i -> low + i * (high - low) / (n - 1));
        return points;
    }

    /**
     * The lines on which the function is {@code level}, by marching squares: between two neighbours of the grid it is
     * taken to be linear.
     *
     * @return lines, each an array of points {@code (x, y)}; a closed one ends where it begins
     */
    public List<double[][]> contour(double level) {
        return new Contour(x, y, values, Require.finite("level", level)).lines();
    }

    /** The finite values, in increasing order. */
    double[] sorted() {
        return Arrays.stream(values)
                .flatMapToDouble(Arrays::stream)
                .filter(Double::isFinite)
                .sorted()
                .toArray();
    }

    /** The value at any point of the rectangle, linear between neighbours; NaN beside a hole. */
    double at(double px, double py) {
        int i = cell(x, px);
        int j = cell(y, py);
        double s = (px - x[i]) / (x[i + 1] - x[i]);
        double t = (py - y[j]) / (y[j + 1] - y[j]);
        double below = values[j][i] * (1 - s) + values[j][i + 1] * s;
        double above = values[j + 1][i] * (1 - s) + values[j + 1][i + 1] * s;
        return below * (1 - t) + above * t;
    }

    private static int cell(double[] points, double value) {
        int n = points.length;
        int guess = (int) ((value - points[0]) / (points[n - 1] - points[0]) * (n - 1)); // exact where equally spaced
        guess = Math.min(n - 2, Math.max(0, guess));
        while (guess > 0 && value < points[guess]) {
            guess--;
        }
        while (guess < n - 2 && value > points[guess + 1]) {
            guess++;
        }
        return guess;
    }

    /** A copy of the columns. */
    @Override
    public double[] x() {
        return x.clone();
    }

    /** A copy of the rows. */
    @Override
    public double[] y() {
        return y.clone();
    }

    /** A copy of the values. */
    @Override
    public double[][] values() {
        return copy(values);
    }

    @Override
    public String toString() {
        return "Grid[" + x.length + "x" + y.length + " points, x " + Ticks.text(x[0]) + " to "
                + Ticks.text(x[x.length - 1]) + ", y " + Ticks.text(y[0]) + " to " + Ticks.text(y[y.length - 1]) + "]";
    }

    private static double[] increasing(String name, double[] points) {
        Require.that(points.length >= 2, name, "at least two points", points.length);
        for (int i = 0; i < points.length; i++) {
            Require.finite(name + "[" + i + "]", points[i]);
            if (i > 0) {
                Require.that(points[i] > points[i - 1], name + "[" + i + "]", "> " + points[i - 1], points[i]);
            }
        }
        return points;
    }

    private static double[][] copy(double[][] rows) {
        return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
    }
}
