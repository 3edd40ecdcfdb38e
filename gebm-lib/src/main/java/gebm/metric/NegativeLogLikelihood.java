package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.trace.Ops;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * The mean negative log-likelihood of rows under a model, how well it is known, and how it was found.
 *
 * <p>{@code value = −mean log q(xᵢ)}. Its two errors are apart: {@code standardError}, {@code sd/√n} of the rows, says what
 * other rows from the same source would give; {@code normalizerError}, the standard error of the estimate of
 * {@code log Z}, which all rows share, what another estimate would give. Numbers of two models on the same rows are
 * compared by {@link #minus}, whose error is that of the paired differences.
 *
 * <p>Units: nats a row.
 *
 * @param value the mean negative log-likelihood
 * @param standardError over the rows
 * @param normalizerError of log Z; 0 where it is exact, NaN where it cannot be told
 * @param method how the normaliser was found
 * @param logDensities {@code log q(xᵢ)} for each row
 */
public record NegativeLogLikelihood(
        double value, double standardError, double normalizerError, Method method, double[] logDensities) {
    /** Where the normaliser of a density comes from. */
    public enum Method {
        /** The density is normalised by construction. */
        EXACT("exact"),
        /** Estimated by samples of the base. */
        IMPORTANCE_SAMPLING("importance sampling"),
        /** Estimated by chains from the base to the model. */
        ANNEALED_IMPORTANCE_SAMPLING("annealed importance sampling"),
        /** The model's own constant c, whose error is not known. */
        LEARNED_CONSTANT("learned constant");

        private final String words;

        Method(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /** From a normalised density, without error but that of the rows; {@code rows} {@code (n, …)}. */
    public static NegativeLogLikelihood exact(DensityBase density, NDArray rows) {
        return of(values(density, density::logDensity, rows), 0, 0, Method.EXACT);
    }

    /**
     * With {@code log Z} from {@code samples} samples of the base: {@link Gebm#estimateLogPartition}.
     *
     * <p>Too low on average where few samples carry the weight: the base should cover what the model does.
     */
    public static NegativeLogLikelihood importance(Gebm model, NDArray rows, int samples, Rng rng) {
        Gebm.LogPartitionEstimate a = model.estimateLogPartition(samples, rng);
        return of(unnormalized(model, rows), a.value(), a.standardError(), Method.IMPORTANCE_SAMPLING);
    }

    /** With {@code log Z} by annealed importance sampling from the base, in data space. */
    public static NegativeLogLikelihood annealed(
            Gebm model, NDArray rows, AnnealedImportance annealing, int chains, Rng rng) {
        DensityBase reference = density(model);
        LogNormaliser z = annealing.estimate(model.unnormalized(), reference, chains, rng);
        return of(unnormalized(model, rows), z.value(), z.standardError(), Method.ANNEALED_IMPORTANCE_SAMPLING);
    }

    /** With the model's learned c for {@code log Z}. */
    public static NegativeLogLikelihood learned(Gebm model, NDArray rows) {
        return of(unnormalized(model, rows), model.logPartition(), Double.NaN, Method.LEARNED_CONSTANT);
    }

    /**
     * From log-densities that are known already.
     *
     * @throws IllegalArgumentException if there are fewer than two, or one is not finite
     */
    public static NegativeLogLikelihood of(double[] logDensities, double normalizerError, Method method) {
        return of(logDensities, 0, normalizerError, method);
    }

    private static NegativeLogLikelihood of(
            double[] unnormalized, double logNormalizer, double normalizerError, Method method) {
        int n = unnormalized.length;
        Require.that(n >= 2, "rows", ">= 2", n);
        double[] logs = Arrays.stream(unnormalized).map(u -> u - logNormalizer).toArray();
        for (int i = 0; i < n; i++) {
            Require.finite("the log-density of row " + i, logs[i]);
        }
        return new NegativeLogLikelihood(-mean(logs), standardError(logs), normalizerError, method, logs);
    }

    private static double[] unnormalized(Gebm model, NDArray rows) {
        Energy r = model.unnormalized();
        return Arrays.stream(values(r, r::at, rows)).map(e -> -e).toArray();
    }

    private static DensityBase density(Gebm model) {
        Require.that(model.base() instanceof DensityBase, "the base", "one with a density", model.base());
        return (DensityBase) model.base();
    }

    /** {@code f(rows)}, in one native call; the program is kept for {@code owner}. */
    private static double[] values(Object owner, UnaryOperator<NDArray> f, NDArray rows) {
        try (NDArray values = Program.call(owner, "values", new NDList(rows), in -> new NDList(f.apply(in.head())))
                .head()) {
            return Ops.doubles(values);
        }
    }

    /** A difference of two numbers on the same rows. */
    public record Difference(double value, double standardError) {
        /** {@code −0.41 ± 0.08}. */
        @Override
        public String toString() {
            int decimals = Math.max(2, Estimate.decimals(standardError));
            return Estimate.text(value, decimals) + " ± " + Estimate.text(standardError, decimals);
        }
    }

    /**
     * {@code this − other}, negative where this model is better, with the standard error of the paired differences.
     *
     * @throws IllegalArgumentException if the numbers of rows differ
     */
    public Difference minus(NegativeLogLikelihood other) {
        double[] theirs = other.logDensities;
        Require.that(
                theirs.length == logDensities.length,
                "the other's rows",
                "the same, " + logDensities.length + " of them",
                theirs.length);
        double[] differences = new double[theirs.length];
        Arrays.setAll(differences, i -> theirs[i] - logDensities[i]);
        return new Difference(mean(differences), standardError(differences));
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double standardError(double[] values) {
        double mean = mean(values);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return Math.sqrt(squares / (values.length - 1.0) / values.length);
    }

    @Override
    public double[] logDensities() {
        return logDensities.clone();
    }

    /** {@code 12.10 ± 0.31 nats (159 rows, importance sampling, log Z ± 0.004)}. */
    @Override
    public String toString() {
        String normalizer =
                switch (method) {
                    case EXACT -> "";
                    case LEARNED_CONSTANT -> ", its error unknown";
                    default -> ", log Z ± " + Estimate.text(normalizerError, Estimate.decimals(normalizerError));
                };
        return String.format(
                Locale.ROOT,
                "%.3f ± %.3f nats (%d rows, %s%s)",
                value,
                standardError,
                logDensities.length,
                method,
                normalizer);
    }
}
