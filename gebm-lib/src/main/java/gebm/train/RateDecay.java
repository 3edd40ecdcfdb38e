package gebm.train;

import gebm.core.Require;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Lower rates when an evaluated number no longer falls.
 *
 * <p>An evaluation fails if its number is not below the one {@code lag} evaluations before; after {@code failures} in a
 * row all rates are multiplied by {@code factor}, and counting begins anew. It looks at the history only, so a resumed
 * run decays as if it had not been stopped.
 *
 * <p>Source: Arbel, Zhou and Gretton (2021), appendix, and the GEBM reference code, utils/fid_scheduler.py: the Fréchet
 * distance every 2,000 iterations against that of 20,000 before, three times, factor 0.8. Differs: no.
 *
 * @param column the evaluated number, smaller is better
 * @param lag how many evaluations before
 * @param failures how many in a row
 * @param factor in (0, 1)
 */
public record RateDecay(String column, int lag, int failures, double factor) {
    /** Checks the numbers. */
    public RateDecay {
        Objects.requireNonNull(column, "column");
        Require.positive("lag", lag);
        Require.positive("failures", failures);
        Require.that(factor > 0 && factor < 1, "factor", "between 0 and 1", factor);
    }

    /** The reference's: three failures against ten evaluations before, factor 0.8. */
    public static RateDecay of(String column) {
        return new RateDecay(column, 10, 3, 0.8);
    }

    /** {@code factorᵏ} after the rows of a history, in which rates were lowered k times. */
    double at(List<Map<String, Double>> history) {
        double[] numbers = evaluations(history, column);
        double product = 1;
        int failed = 0;
        for (int i = lag; i < numbers.length; i++) {
            failed = numbers[i] < numbers[i - lag] ? 0 : failed + 1;
            if (failed == failures) {
                product *= factor;
                failed = 0;
            }
        }
        return product;
    }

    /** The numbers of {@code column}, in the rows that have one. */
    static double[] evaluations(List<Map<String, Double>> history, String column) {
        return history.stream()
                .filter(row -> row.containsKey(column))
                .mapToDouble(row -> row.get(column))
                .toArray();
    }
}
