package gebm.notebook;

import gebm.core.Require;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Claims of a notebook: each prints one line, leaves a record and throws when it does not hold.
 *
 * <p>In a kernel the line and the record are one display, of types {@code text/plain} and
 * {@code application/vnd.gebm.check+json}; without one the line goes to standard output. The record holds
 * {@code name, value, low, high, rule, passed, size}; numbers that JSON lacks are the texts {@code NaN}, {@code Infinity}
 * and {@code -Infinity}. A value or bound that is NaN never passes.
 *
 * <pre>{@code
 * Check.within("variance", 1.01, 1.0, 0.05); // ✓ variance: 1.010 (in [0.9500, 1.050])
 * Check.less("distance", 0.4, 0.6); // ✓ distance: 0.4000 (< 0.6000)
 * Check.that("run completed", true); // ✓ run completed
 * }</pre>
 */
public final class Check {
    /** The type of a check's record in a cell's output. */
    public static final String MIME_TYPE = "application/vnd.gebm.check+json";

    private Check() {}

    /**
     * Claims {@code expected − tolerance <= value <= expected + tolerance}.
     *
     * @throws Failed if it does not hold
     * @throws IllegalArgumentException if {@code tolerance} is not finite and {@code >= 0}
     */
    public static void within(String name, double value, double expected, double tolerance) {
        Require.notNegative("tolerance", tolerance);
        double low = expected - tolerance;
        double high = expected + tolerance;
        judge(name, value >= low && value <= high, value, low, high, "in [" + text(low) + ", " + text(high) + "]");
    }

    /**
     * Claims {@code value < bound}.
     *
     * @throws Failed if it does not hold
     */
    public static void less(String name, double value, double bound) {
        judge(name, value < bound, value, Double.NEGATIVE_INFINITY, bound, "< " + text(bound));
    }

    /**
     * Claims {@code value <= bound}.
     *
     * @throws Failed if it does not hold
     */
    public static void atMost(String name, double value, double bound) {
        judge(name, value <= bound, value, Double.NEGATIVE_INFINITY, bound, "≤ " + text(bound));
    }

    /**
     * Claims {@code value > bound}.
     *
     * @throws Failed if it does not hold
     */
    public static void greater(String name, double value, double bound) {
        judge(name, value > bound, value, bound, Double.POSITIVE_INFINITY, "> " + text(bound));
    }

    /**
     * Claims {@code value >= bound}.
     *
     * @throws Failed if it does not hold
     */
    public static void atLeast(String name, double value, double bound) {
        judge(name, value >= bound, value, bound, Double.POSITIVE_INFINITY, "≥ " + text(bound));
    }

    /**
     * Claims that {@code holds}; its record has the value {@code true} or {@code false}, no bounds and no rule.
     *
     * @throws Failed if it does not
     */
    public static void that(String name, boolean holds) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("name", name);
        record.put("value", holds);
        finish(record, holds, holds ? name : name + " does not hold");
    }

    /** A claim that does not hold. Its trace is empty: the message says all. */
    public static final class Failed extends IllegalStateException {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    private static void judge(String name, boolean passed, double value, double low, double high, String rule) {
        Map<String, Object> record = new LinkedHashMap<>();
        record.put("name", name);
        record.put("value", json(value));
        record.put("low", json(low));
        record.put("high", json(high));
        record.put("rule", rule);
        finish(record, passed, name + ": " + text(value) + " (" + (passed ? "" : "not ") + rule + ")");
    }

    private static void finish(Map<String, Object> record, boolean passed, String claim) {
        record.put("passed", passed);
        record.put("size", Size.name());
        String line = (passed ? "✓ " : "✗ ") + claim;
        if (!Screen.show(Screen.newId(), Map.of("text/plain", line, MIME_TYPE, record))) {
            System.out.println(line);
        }
        if (!passed) {
            throw new Failed(claim);
        }
    }

    private static Object json(double value) {
        return Double.isFinite(value) ? (Object) value : String.valueOf(value);
    }

    /** Four significant digits: {@code 1.010}, {@code 1.234e+06}; whole numbers below a million as they are. */
    static String text(double value) {
        double size = Math.abs(value);
        if (!Double.isFinite(value) || value == Math.rint(value) && size < 1e6) {
            return Double.isFinite(value) ? String.valueOf((long) value) : String.valueOf(value);
        }
        if (size < 1e-3 || size >= 1e6) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        int decimals = Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
