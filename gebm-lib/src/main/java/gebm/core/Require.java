package gebm.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Locale;

/**
 * Checks of arguments: each returns its value or throws with the rule and the value.
 *
 * <p>Messages read {@code <what> must be <rule>, got <value>}. Conditions are written so that NaN fails.
 */
public final class Require {
    private Require() {}

    /** Returns {@code value} if it is finite and {@code > 0}. */
    public static double positive(String what, double value) {
        if (value > 0 && value < Double.POSITIVE_INFINITY) {
            return value;
        }
        throw refusal(what + " must be finite and > 0, got " + value);
    }

    /** Returns {@code value} if it is {@code > 0}. */
    public static int positive(String what, int value) {
        if (value > 0) {
            return value;
        }
        throw refusal(what + " must be > 0, got " + value);
    }

    /** Returns {@code value} if it is {@code > 0}. */
    public static long positive(String what, long value) {
        if (value > 0) {
            return value;
        }
        throw refusal(what + " must be > 0, got " + value);
    }

    /** Returns {@code value} if it is {@code >= 0}. */
    public static long notNegative(String what, long value) {
        if (value >= 0) {
            return value;
        }
        throw refusal(what + " must be >= 0, got " + value);
    }

    /** Returns {@code value} if it is finite and {@code >= 0}. */
    public static double notNegative(String what, double value) {
        if (value >= 0 && value < Double.POSITIVE_INFINITY) {
            return value;
        }
        throw refusal(what + " must be finite and >= 0, got " + value);
    }

    /** Returns {@code value} if it is neither NaN nor infinite. */
    public static double finite(String what, double value) {
        if (Double.isFinite(value)) {
            return value;
        }
        throw refusal(what + " must be finite, got " + value);
    }

    /** Returns {@code value} if {@code low <= value <= high}. */
    public static double within(String what, double value, double low, double high) {
        if (value >= low && value <= high) {
            return value;
        }
        throw refusal(String.format(Locale.ROOT, "%s must be in [%s, %s], got %s", what, low, high, value));
    }

    /** Returns {@code rows} if they are of shape {@code (n, d)}. */
    public static NDArray rows(String what, NDArray rows, long d) {
        Shape shape = rows.getShape();
        that(shape.dimension() == 2 && shape.get(1) == d, what, "of shape (n, " + d + ")", shape);
        return rows;
    }

    /** Throws {@code <what> must be <rule>, got <value>} unless {@code holds}. */
    public static void that(boolean holds, String what, String rule, Object value) {
        if (!holds) {
            throw refusal(what + " must be " + rule + ", got " + value);
        }
    }

    /** Throws unless {@code shape} is that of points in rows, {@code (n, dimension)}. */
    public static void rows(String what, Shape shape, long dimension) {
        that(shape.dimension() == 2 && shape.get(1) == dimension, what, "of shape (n, " + dimension + ")", shape);
    }

    private static IllegalArgumentException refusal(String message) {
        return Errors.shown(new IllegalArgumentException(message));
    }
}
