package gebm.plot;

import gebm.core.Require;
import java.util.Objects;

/**
 * A named line through points, in the order given.
 *
 * <p>A NaN in {@code y} is a gap in the line.
 *
 * @param name what the legend says
 * @param x positions, finite
 * @param y heights, finite or NaN, as many as positions
 */
public record Curve(String name, double[] x, double[] y) {
    /** Copies and checks the points. */
    public Curve {
        Objects.requireNonNull(name);
        x = x.clone();
        y = y.clone();
        Require.that(x.length > 0, name, "a curve of at least one point", x.length);
        Require.that(x.length == y.length, "points of " + name, "as many in y as in x, " + x.length, y.length);
        for (int i = 0; i < x.length; i++) {
            Require.finite(name + ".x[" + i + "]", x[i]);
            Require.that(!Double.isInfinite(y[i]), name + ".y[" + i + "]", "finite or NaN", y[i]);
        }
    }

    /** A curve through {@code (x[i], y[i])}. */
    public static Curve of(String name, double[] x, double[] y) {
        return new Curve(name, x, y);
    }

    /** A curve through {@code (i, y[i])}, counted from 0. */
    public static Curve of(String name, double... y) {
        double[] x = new double[y.length];
        for (int i = 0; i < x.length; i++) {
            x[i] = i;
        }
        return new Curve(name, x, y);
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

    @Override
    public String toString() {
        return "Curve[" + name + ", " + x.length + " points]";
    }
}
