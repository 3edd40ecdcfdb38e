package gebm.metric;

import java.util.Locale;

/**
 * A number estimated from the draws of Markov chains, and how well.
 *
 * <pre>{@code
 * var mean = Quantity.of("x", new double[][] {{1, 2, 4, 3, 2, 1, 3, 1, 2, 4, 4, 2}}).mean();
 * System.out.println(mean.value() + " ± " + mean.standardError());
 * }</pre>
 *
 * @param value the estimate
 * @param standardError its Monte Carlo standard error, in units of the value; NaN where it cannot be told
 * @param effectiveSampleSize how many independent draws would give as good an estimate; NaN where it cannot be told
 */
public record Estimate(double value, double standardError, double effectiveSampleSize) {
    /** {@code value ± standard error (ESS n)}, to the digits that the error leaves. */
    @Override
    public String toString() {
        int decimals = decimals(standardError);
        return text(value, decimals) + " ± " + text(standardError, decimals) + " (ESS " + count(effectiveSampleSize)
                + ")";
    }

    /** Decimals that show two digits of {@code error}; −1: as many as make four digits of the number itself. */
    static int decimals(double error) {
        if (!(error > 1e-9 && error < Double.POSITIVE_INFINITY)) {
            return -1;
        }
        return Math.max(0, 1 - (int) Math.floor(Math.log10(error)));
    }

    static String text(double value, int decimals) {
        double size = Math.abs(value);
        if (!Double.isFinite(value)) {
            return String.valueOf(value);
        }
        if (size >= 1e7 || decimals < 0 && size > 0 && size < 1e-3) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        int shown = decimals >= 0 ? decimals : size == 0 ? 0 : Math.max(0, 3 - (int) Math.floor(Math.log10(size)));
        String text = String.format(Locale.ROOT, "%." + shown + "f", value);
        return text.matches("-0(\\.0*)?") ? text.substring(1) : text;
    }

    /** Rounded to a whole number, in groups of three. */
    static String count(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%,.0f", value) : String.valueOf(value);
    }
}
