package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;

/**
 * One quantity drawn by Markov chains: what its draws say, and how far they can be trusted.
 *
 * <p><b>R-hat</b> compares chains with each other. Each chain is cut into halves, so that a drift shows too; the draws
 * become normal scores {@code z = Φ⁻¹((r − 3/8)/(n + 1/4))} of their ranks r among all n, so that heavy tails do no harm;
 * then
 * <pre>
 *   R̂ = √((B/W + h − 1)/h),  B = h·var(means of the halves),  W = mean(variances of the halves)
 * </pre>
 * for halves of h draws. It is computed for z (do the chains agree on the place?) and for the scores of
 * {@code |x − median|} (do they agree on the spread?); the larger one counts. Chains that agree have R̂ near 1.
 *
 * <p><b>The effective sample size</b> is how many independent draws would give as good an estimate. For m halves of h
 * draws, with the mean autocovariance {@code γ_t} over the halves,
 * <pre>
 *   ESS = m·h/τ,  τ = 1 + 2·Σ_{t≥1} ρ_t,  ρ_t = 1 − (W − γ_t)/V,  V = W·(h − 1)/h + B/h
 * </pre>
 * where the sum ends as Geyer's does: pairs {@code ρ_2k + ρ_2k+1} as long as they are positive, each at most as large
 * as the one before. It is at most {@code n·log₁₀ n}. Taken of x it is that of the mean, of {@code (x − x̄)²} that of the
 * standard deviation, of the indicator {@code x ≤ q} that of the quantile q; of z it is the bulk's, and the tails' is
 * the smaller one of the 5 % and the 95 % quantile.
 *
 * <p>What cannot be told is NaN: R-hat with fewer than 4 draws a chain, sizes and errors with fewer than 10, all three
 * where all draws are equal, and every number where a draw is not finite. A chain of an odd number of draws loses its middle one to the halving. Equal
 * draws share the mean of their ranks. R-hat is infinite where each half stands still, at different places.
 *
 * <p>Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), Rank-normalization, folding, and localization,
 * Bayesian Analysis 16(2), equations 1 to 14; Geyer (1992), Statistical Science 7(4). Differs: no. From ArviZ, whose
 * numbers these are: equal draws have no ESS (there n), fewer than 10 draws neither (there {@code n·log₁₀ n}, whatever
 * they are), one chain has the R-hat of its halves (there NaN), a quantile
 * between equal draws is exactly theirs, and draws count as equal when their range is below 1e-15 of their size (there
 * below 1e-15).
 *
 * <pre>{@code
 * double[][] draws = {
 *     {0.1, 0.7, -0.3, 0.4, 1.1, -0.6, -0.1, 0.3, 0.8, -0.9}, {-0.2, 0.9, 0.3, -1.0, 0.2, 0.5, 1.2, -0.4, 0, 0.6}
 * }; // two chains
 * var x = Quantity.of("x", draws);
 * System.out.println(x.mean() + ", R-hat " + x.rHat());
 * }</pre>
 */
public final class Quantity {
    /** The tails whose quantiles are judged: 5 % at each side. */
    static final double TAIL = 0.05;

    private static final int FEWEST = 4; // draws a chain: two in each half have a variance
    private static final int FEWEST_FOR_SIZES = 10; // five in each half have two pairs of autocorrelations
    private static final double ROUNDING = 1e-15;
    private static final double SIGMA = 0.15865525393145705; // Φ(−1)

    private final String name;
    private final double[][] draws;
    private final double[] sorted;

    private Quantity(String name, double[][] draws) {
        this.name = Objects.requireNonNull(name);
        this.draws = draws;
        this.sorted = flat(draws);
        Arrays.sort(sorted);
    }

    /**
     * The quantity of these draws.
     *
     * @param name what it is, in messages and tables
     * @param draws {@code (chains, draws)}: one row for each chain
     * @throws IllegalArgumentException if there is no draw or the chains differ in length
     */
    public static Quantity of(String name, double[][] draws) {
        Require.that(draws.length > 0, "draws of " + name, "of at least one chain", draws.length);
        double[][] copy = new double[draws.length][];
        for (int c = 0; c < draws.length; c++) {
            int n = draws[c].length;
            Require.that(n > 0, "draws of " + name, "at least one a chain", n);
            Require.that(
                    n == draws[0].length,
                    "draws of chain " + (c + 1) + " of " + name,
                    "as many as of the first, " + draws[0].length,
                    n);
            copy[c] = map(draws[c], value -> value + 0.0); // −0 becomes 0: the two are equal, and rank equal
        }
        return new Quantity(name, copy);
    }

    /**
     * One dimension of the positions that a sampler drew.
     *
     * @param draws {@code (draws, chains, d...)}; {@code (draws, chains)} has one dimension
     * @param dimension which of the d numbers of a position, counted from 0, rows first
     * @throws IllegalArgumentException if there is no draw or no such dimension
     */
    public static Quantity of(String name, NDArray draws, int dimension) {
        Shape shape = draws.getShape();
        Require.that(
                shape.dimension() >= 2 && shape.size() > 0,
                "draws of " + name,
                "of shape (draws, chains, d...)",
                shape);
        int n = Math.toIntExact(shape.get(0));
        int chains = Math.toIntExact(shape.get(1));
        long d = shape.size() / n / chains;
        Require.that(dimension >= 0 && dimension < d, "dimension", "in 0.." + (d - 1), dimension);
        double[] values;
        try (NDManager scope = draws.getManager().newSubManager()) {
            NDArray flat = draws.reshape(n, chains, d);
            flat.attach(scope);
            values = Ops.doubles(flat.get(scope, new NDIndex(":, :, " + dimension)));
        }
        double[][] rows = new double[chains][n];
        for (int i = 0; i < values.length; i++) {
            rows[i % chains][i / chains] = values[i] + 0.0;
        }
        return new Quantity(name, rows);
    }

    /** What it is. */
    public String name() {
        return name;
    }

    /** A copy of the draws, {@code (chains, draws)}. */
    public double[][] draws() {
        return Arrays.stream(draws).map(double[]::clone).toArray(double[][]::new);
    }

    /** The rank of each draw among all, from 1; equal draws share the mean of their ranks: {@code (chains, draws)}. */
    public double[][] ranks() {
        return NormalScores.ranks(draws, sorted);
    }

    /** The mean; its error is {@code sd/√ESS}. */
    public Estimate mean() {
        double mean = mean(draws);
        double size = sizeOf(draws);
        return new Estimate(mean, spread() / Math.sqrt(size), size);
    }

    /** The standard deviation alone. */
    double spread() {
        return Math.sqrt(sumOfSquares(mean(draws)) / (sorted.length - 1));
    }

    /**
     * The standard deviation, with n − 1 below; its error is {@code √(var((x − x̄)²)/ESS)/(2·sd)} by the delta method:
     * Kenney and Keeping (1951), Mathematics of Statistics.
     */
    public Estimate standardDeviation() {
        double mean = mean(draws);
        double sum = sumOfSquares(mean);
        double size = sizeOf(mapped(draws, x -> (x - mean) * (x - mean)));
        double fourth = 0;
        for (double value : sorted) {
            fourth += Math.pow(value - mean, 4);
        }
        int n = sorted.length;
        double variance = sum / n;
        double error = Math.sqrt(Math.max(0, fourth / n - variance * variance) / size / variance) / 2;
        return new Estimate(Math.sqrt(sum / (n - 1)), error, size);
    }

    /** The median: {@code quantile(0.5)}. */
    public Estimate median() {
        return quantile(0.5);
    }

    /**
     * The number below which a share {@code p} of the draws lies, interpolated between the neighbours of the place
     * {@code p·(n − 1)} in their order.
     *
     * <p>Its error is half the distance between the draws at the places of the 16 % and the 84 % quantile of
     * {@code Beta(p·ESS + 1, (1 − p)·ESS + 1)}.
     *
     * @throws IllegalArgumentException if {@code p} is not in [0, 1]
     */
    public Estimate quantile(double p) {
        double quantile = place(Require.within("p", p, 0, 1));
        double size = quantileSize(quantile);
        if (Double.isNaN(size)) {
            return new Estimate(quantile, Double.NaN, Double.NaN);
        }
        BetaDistribution share = new BetaDistribution(size * p + 1, size * (1 - p) + 1);
        int n = sorted.length;
        int low = (int) Math.floor(Math.max(0, share.quantile(SIGMA) * n - 1));
        int high = (int) Math.ceil(Math.min(n - 1, share.quantile(1 - SIGMA) * n - 1));
        return new Estimate(quantile, (sorted[high] - sorted[low]) / 2, size);
    }

    /** Rank-normalised split R-hat, the larger one of place and spread. */
    public double rHat() {
        return rHat(scores());
    }

    /** ESS of the normal scores: how well the chains move through the bulk of the distribution. */
    public double bulkEffectiveSampleSize() {
        return bulkEffectiveSampleSize(scores());
    }

    /** The normal scores of the halves. */
    double[][] scores() {
        double[][] halves = halves(draws);
        return NormalScores.of(halves, ordered(halves));
    }

    double rHat(double[][] scores) {
        if (draws[0].length < FEWEST || !isMoving()) {
            return Double.NaN;
        }
        double[][] halves = halves(draws);
        double[] all = ordered(halves);
        double median = (all[all.length / 2] + all[(all.length - 1) / 2]) / 2;
        DoubleUnaryOperator fold = x -> Math.abs(x - median);
        double[] folded = map(all, fold);
        Arrays.sort(folded);
        double place = between(scores);
        double spread = between(NormalScores.of(mapped(halves, fold), folded));
        return Double.isNaN(spread) || place > spread ? place : spread; // draws of ±1 have no spread of their own
    }

    double bulkEffectiveSampleSize(double[][] scores) {
        return isSized() ? effectiveSize(scores) : Double.NaN;
    }

    /** The smaller one of the ESS of the 5 % and of the 95 % quantile: how well the chains visit both tails. */
    public double tailEffectiveSampleSize() {
        return Math.min(quantileSize(place(TAIL)), quantileSize(place(1 - TAIL)));
    }

    /**
     * How alike draws at a distance of t steps are, for each chain by itself:
     * {@code Σ_i (x_i − x̄)(x_{i+t} − x̄)/Σ_i (x_i − x̄)²}, 1 at t = 0. Draws without memory lie within
     * {@code ±1.96/√n}, 95 of 100. NaN for a chain that stands still or is not finite.
     *
     * @param lags the largest t
     * @return {@code (chains, lags + 1)}
     * @throws IllegalArgumentException if {@code lags} is not in 0 … draws − 1
     */
    public double[][] autocorrelation(int lags) {
        int n = draws[0].length;
        Require.that(lags >= 0 && lags < n, "lags", "in 0.." + (n - 1), lags);
        double[][] correlations = new double[draws.length][lags + 1];
        for (int c = 0; c < draws.length; c++) {
            double[] covariances =
                    isConstant(draws[c]) ? new double[n] : Autocovariance.mean(new double[][] {draws[c]});
            for (int t = 0; t <= lags; t++) {
                correlations[c][t] = covariances[t] / covariances[0];
            }
        }
        return correlations;
    }

    /** Why nothing can be told of it, in words that follow its name; empty where something can. */
    String obstacle() {
        for (int i = 0; i < draws[0].length && !isFinite(); i++) {
            for (int c = 0; c < draws.length; c++) {
                if (!Double.isFinite(draws[c][i])) {
                    return "is " + draws[c][i] + " in draw " + (i + 1) + " of chain " + (c + 1);
                }
            }
        }
        if (draws[0].length < FEWEST_FOR_SIZES) {
            return "has fewer than " + FEWEST_FOR_SIZES + " draws a chain";
        }
        return isMoving() ? "" : "never moves";
    }

    private boolean isFinite() {
        return Double.isFinite(sorted[0]) && Double.isFinite(sorted[sorted.length - 1]); // NaN is sorted last
    }

    private boolean isMoving() {
        return isFinite() && !isConstant(sorted);
    }

    private boolean isSized() {
        return draws[0].length >= FEWEST_FOR_SIZES && isMoving();
    }

    private double sizeOf(double[][] values) {
        return isSized() ? effectiveSize(halves(values)) : Double.NaN;
    }

    private double quantileSize(double quantile) {
        return sizeOf(mapped(draws, x -> x <= quantile ? 1 : 0));
    }

    /** The quantile alone. */
    double place(double p) {
        if (!isFinite()) {
            return Double.NaN;
        }
        double at = p * (sorted.length - 1);
        double whole = Math.rint(at);
        int below = (int) Math.floor(Math.abs(at - whole) < 1e-12 * sorted.length ? whole : at);
        double rest = Math.max(0, at - below);
        double low = sorted[below];
        return rest < 1e-12 * sorted.length ? low : low + rest * (sorted[below + 1] - low);
    }

    private double sumOfSquares(double mean) {
        double sum = 0;
        for (double value : sorted) {
            sum += (value - mean) * (value - mean);
        }
        return sum;
    }

    private static double[][] mapped(double[][] values, DoubleUnaryOperator map) {
        return Arrays.stream(values).map(row -> map(row, map)).toArray(double[][]::new);
    }

    private static double[] map(double[] values, DoubleUnaryOperator map) {
        double[] mapped = new double[values.length];
        for (int i = 0; i < mapped.length; i++) {
            mapped[i] = map.applyAsDouble(values[i]);
        }
        return mapped;
    }

    /** All numbers in order; those of the halves are mostly those of the chains. */
    private double[] ordered(double[][] halves) {
        if (draws[0].length % 2 == 0) {
            return sorted;
        }
        double[] all = flat(halves);
        Arrays.sort(all);
        return all;
    }

    private static double[] flat(double[][] values) {
        return Arrays.stream(values).flatMapToDouble(Arrays::stream).toArray();
    }

    /** All first halves, then all second ones; the middle draw of an odd number belongs to neither. */
    private static double[][] halves(double[][] chains) {
        int n = chains[0].length;
        double[][] halves = new double[2 * chains.length][];
        for (int c = 0; c < chains.length; c++) {
            halves[c] = Arrays.copyOf(chains[c], n / 2);
            halves[chains.length + c] = Arrays.copyOfRange(chains[c], n - n / 2, n);
        }
        return halves;
    }

    private static boolean isConstant(double[]... values) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double[] row : values) {
            for (double value : row) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        return high - low <= ROUNDING * Math.max(Math.abs(low), Math.abs(high));
    }

    private static double mean(double[][] chains) {
        double sum = 0;
        for (double[] chain : chains) {
            sum += Autocovariance.mean(chain) - chains[0][0];
        }
        return chains[0][0] + sum / chains.length;
    }

    private static double variance(double[] values) {
        double mean = Autocovariance.mean(values);
        double sum = 0;
        for (double value : values) {
            sum += (value - mean) * (value - mean);
        }
        return sum / (values.length - 1);
    }

    private static double[] means(double[][] chains) {
        return Arrays.stream(chains).mapToDouble(Autocovariance::mean).toArray();
    }

    /** {@code √((B/W + h − 1)/h)}; NaN where nothing moves. */
    private static double between(double[][] chains) {
        double within =
                Arrays.stream(chains).mapToDouble(Quantity::variance).average().orElseThrow();
        double between = variance(means(chains));
        double h = chains[0].length;
        return Math.sqrt((h * between / within + h - 1) / h);
    }

    private static double effectiveSize(double[][] chains) {
        int h = chains[0].length;
        double n = (double) chains.length * h;
        if (isConstant(chains)) {
            return n;
        }
        double[] covariances = Autocovariance.mean(chains);
        double within = covariances[0] * h / (h - 1);
        double all = covariances[0] + variance(means(chains));
        DoubleUnaryOperator rho = t -> 1 - (within - covariances[(int) t]) / all;
        double even = 1;
        double odd = rho.applyAsDouble(1);
        double sum = 0;
        double smallest = Double.POSITIVE_INFINITY;
        for (int t = 1; t < h - 3 && even + odd > 0; t += 2) {
            smallest = Math.min(smallest, even + odd);
            sum += smallest;
            even = rho.applyAsDouble(t + 1);
            odd = rho.applyAsDouble(t + 2);
        }
        double last = even > 0 || even + odd >= 0 ? even : 0; // counted once: it makes anticorrelated chains safer
        double time = 2 * sum - 1 + last;
        return n / Math.max(time, 1 / Math.log10(n));
    }

    /** Its name and how many draws. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "Quantity %s, %,d chains of %,d draws", name, draws.length, draws[0].length);
    }
}
