package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Are these chains good enough? A table with one row for each quantity, and a verdict.
 *
 * <p>A row holds mean, standard deviation, Monte Carlo standard error of the mean, the 5 %, 50 % and 95 % quantile,
 * effective sample sizes of bulk and tails, and R-hat: see {@link Quantity}, which has more of them. Printed, the numbers
 * have the digits that their standard error leaves. Of more than 20 rows the worst 16 are printed, the worst first.
 *
 * <p><b>The rule</b>: R-hat at most 1.01 and both effective sample sizes at least 400, for each quantity. Passing it does
 * not prove that the chains have seen everything: all may miss the same mode. Failing it has two readings. Chains that
 * disagree need to move better. Many short chains that do agree still have an R-hat of about {@code √(1 + (τ − 1)/h)} for
 * an autocorrelation time of τ draws and halves of h draws: at most 1.01 only where h is at least 50·(τ − 1).
 *
 * <p>Shapes: draws {@code (draws, chains, d...)}, as {@code Chains.draws()}.
 * <p>Cost: for 100 chains of 1,000 draws under 0.1 s a quantity.
 * <p>Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), Bayesian Analysis 16(2), section 4. Differs: no.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
 *     var start = Rng.of(1).normal(scope, new ai.djl.ndarray.types.Shape(4, 2));
 *     var langevin = new gebm.sampler.Langevin(Schedule.constant(0.5));
 *     var plan = gebm.sampler.SamplingPlan.of(1_000);
 *     var chains = langevin.run(gaussian, start, plan, Rng.of(2));
 *     var diagnostics = ChainDiagnostics.of(chains.draws());
 *     System.out.println(diagnostics);
 * }
 * }</pre>
 */
public final class ChainDiagnostics {
    /** The largest R-hat that passes. */
    public static final double LARGEST_R_HAT = 1.01;

    /** The smallest effective sample size of bulk and tails that passes. */
    public static final double SMALLEST_EFFECTIVE_SAMPLE_SIZE = 400;

    private static final String RULE = "R-hat ≤ 1.01 and ESS ≥ 400 (Vehtari et al. 2021)";
    private static final int WHOLE = 20; // rows printed without leaving any out
    private static final int WORST = 16; // printed of more
    private static final int NAMED = 5; // offenders in a verdict
    private static final int ADVISED = 4; // chains

    private final int chains;
    private final int draws;
    private final List<Row> rows;

    private ChainDiagnostics(int chains, int draws, List<Row> rows) {
        this.chains = chains;
        this.draws = draws;
        this.rows = List.copyOf(rows);
        Set<String> names = new HashSet<>();
        for (Row row : rows) {
            Require.that(names.add(row.name), "names", "different", row.name + " twice");
        }
    }

    /**
     * What is known of one quantity.
     *
     * @param name what it is
     * @param mean of all draws
     * @param standardDeviation of all draws
     * @param standardError of the mean
     * @param low the 5 % quantile
     * @param median the 50 % quantile
     * @param high the 95 % quantile
     * @param bulkEffectiveSampleSize {@link Quantity#bulkEffectiveSampleSize()}
     * @param tailEffectiveSampleSize {@link Quantity#tailEffectiveSampleSize()}
     * @param rHat {@link Quantity#rHat()}
     * @param obstacle why some of these are NaN, in words that follow the name; empty where none is
     */
    public record Row(
            String name,
            double mean,
            double standardDeviation,
            double standardError,
            double low,
            double median,
            double high,
            double bulkEffectiveSampleSize,
            double tailEffectiveSampleSize,
            double rHat,
            String obstacle) {
        /** The titles of {@link #cells}. */
        public static final List<String> TITLES =
                List.of("", "mean", "sd", "MCSE", "5 %", "median", "95 %", "bulk ESS", "tail ESS", "R-hat");

        static Row of(Quantity quantity) {
            Estimate mean = quantity.mean();
            double[][] scores = quantity.scores();
            return new Row(
                    quantity.name(),
                    mean.value(),
                    quantity.spread(),
                    mean.standardError(),
                    quantity.place(Quantity.TAIL),
                    quantity.place(0.5),
                    quantity.place(1 - Quantity.TAIL),
                    quantity.bulkEffectiveSampleSize(scores),
                    quantity.tailEffectiveSampleSize(),
                    quantity.rHat(scores),
                    quantity.obstacle());
        }

        private Row named(String other) {
            return new Row(
                    other,
                    mean,
                    standardDeviation,
                    standardError,
                    low,
                    median,
                    high,
                    bulkEffectiveSampleSize,
                    tailEffectiveSampleSize,
                    rHat,
                    obstacle);
        }

        /** Whether it keeps the rule; NaN does not. */
        public boolean passes() {
            return rHat <= LARGEST_R_HAT
                    && bulkEffectiveSampleSize >= SMALLEST_EFFECTIVE_SAMPLE_SIZE
                    && tailEffectiveSampleSize >= SMALLEST_EFFECTIVE_SAMPLE_SIZE;
        }

        /** What is printed of it, one text for each of {@link #TITLES}. */
        public List<String> cells() {
            int decimals = Estimate.decimals(standardError);
            return List.of(
                    name,
                    Estimate.text(mean, decimals),
                    Estimate.text(standardDeviation, decimals),
                    Estimate.text(standardError, decimals),
                    Estimate.text(low, decimals),
                    Estimate.text(median, decimals),
                    Estimate.text(high, decimals),
                    Estimate.count(bulkEffectiveSampleSize),
                    Estimate.count(tailEffectiveSampleSize),
                    Estimate.text(rHat, 3));
        }

        private String complaint() {
            if (!obstacle.isEmpty()) {
                return name + " " + obstacle;
            }
            List<String> parts = new ArrayList<>();
            if (!(rHat <= LARGEST_R_HAT)) {
                parts.add("R-hat " + Estimate.text(rHat, 3));
            }
            if (!(bulkEffectiveSampleSize >= SMALLEST_EFFECTIVE_SAMPLE_SIZE)) {
                parts.add("bulk ESS " + Estimate.count(bulkEffectiveSampleSize));
            }
            if (!(tailEffectiveSampleSize >= SMALLEST_EFFECTIVE_SAMPLE_SIZE)) {
                parts.add("tail ESS " + Estimate.count(tailEffectiveSampleSize));
            }
            return name + " (" + String.join(", ", parts) + ")";
        }

        private double smallestSize() {
            return Math.min(bulkEffectiveSampleSize, tailEffectiveSampleSize);
        }

        private double badness() {
            double r = Math.log(rHat) / Math.log(LARGEST_R_HAT);
            double size = SMALLEST_EFFECTIVE_SAMPLE_SIZE / smallestSize();
            return Double.isNaN(r + size) ? Double.POSITIVE_INFINITY : Math.max(r, size);
        }
    }

    /**
     * Every dimension of the positions that a sampler drew, named {@code x[0]}, {@code x[1]}, …, of positions with more
     * axes {@code x[0, 1]} and so on.
     *
     * @param draws {@code (draws, chains, d...)}; {@code (draws, chains)} is one quantity, {@code x}
     * @throws IllegalArgumentException if there is no draw
     */
    public static ChainDiagnostics of(NDArray draws) {
        Shape shape = draws.getShape();
        Require.that(shape.dimension() >= 2 && shape.size() > 0, "draws", "of shape (draws, chains, d...)", shape);
        int n = Math.toIntExact(shape.get(0));
        int chains = Math.toIntExact(shape.get(1));
        int d = Math.toIntExact(shape.size() / n / chains);
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < d; i++) {
            rows.add(Row.of(Quantity.of(name(shape.slice(2), i), draws, i)));
        }
        return new ChainDiagnostics(chains, n, rows);
    }

    /**
     * One quantity; {@link #with} adds more.
     *
     * @param draws {@code (chains, draws)}: one row for each chain
     * @throws IllegalArgumentException if there is no draw or the chains differ in length
     */
    public static ChainDiagnostics of(String name, double[][] draws) {
        Quantity quantity = Quantity.of(name, draws);
        return new ChainDiagnostics(draws.length, draws[0].length, List.of(Row.of(quantity)));
    }

    /**
     * This table with a row for another quantity of the same chains: the energy, for example.
     *
     * @param draws {@code (chains, draws)}: one row for each chain
     * @throws IllegalArgumentException if chains and draws are not as many as in the table, or the name is taken
     */
    public ChainDiagnostics with(String name, double[][] draws) {
        return with(Quantity.of(name, draws));
    }

    /**
     * As {@link #with(String, double[][])}, of an array {@code (draws, chains)}: a function of the positions, for
     * example {@code energy.at(draws.reshape(-1, d)).reshape(-1, chains)}.
     */
    public ChainDiagnostics with(String name, NDArray draws) {
        Shape shape = draws.getShape();
        Require.that(shape.dimension() == 2 && shape.size() > 0, "draws of " + name, "of shape (draws, chains)", shape);
        return with(Quantity.of(name, draws, 0));
    }

    private ChainDiagnostics with(Quantity quantity) {
        double[][] added = quantity.draws();
        Require.that(
                added.length == chains && added[0].length == draws,
                "draws of " + quantity.name(),
                "those of " + chains(),
                added.length + " chains of " + added[0].length);
        List<Row> all = new ArrayList<>(rows);
        all.add(Row.of(quantity));
        return new ChainDiagnostics(chains, draws, all);
    }

    /**
     * This table with these names.
     *
     * @param names one for each row, in their order
     * @throws IllegalArgumentException if they are not as many as rows, or two are equal
     */
    public ChainDiagnostics withNames(String... names) {
        Require.that(names.length == rows.size(), "names", "as many as rows, " + rows.size(), names.length);
        List<Row> named = new ArrayList<>();
        for (Row row : rows) {
            named.add(row.named(names[named.size()]));
        }
        return new ChainDiagnostics(chains, draws, named);
    }

    /** The rows, in the order of the dimensions and of what was added. */
    public List<Row> rows() {
        return rows;
    }

    /**
     * The row of this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    public Row row(String name) {
        List<Row> found = rows.stream().filter(row -> row.name.equals(name)).toList();
        Require.that(!found.isEmpty(), "name", "of a row, " + rows.get(0).name + " for example", name);
        return found.get(0);
    }

    /** The rows that are printed: all, or the worst 16 of more than 20, the worst first. */
    public List<Row> shown() {
        return rows.size() <= WHOLE ? rows : worst(WORST);
    }

    private List<Row> worst(int n) {
        Comparator<Row> order = Comparator.comparingDouble(Row::badness);
        return rows.stream().sorted(order.reversed()).limit(n).toList();
    }

    /** The largest R-hat of all rows; NaN if one of them has none. */
    public double rHat() {
        return rows.stream().mapToDouble(Row::rHat).reduce(0, Math::max);
    }

    /** The smallest effective sample size of all rows, of bulk and tails; NaN if one of them has none. */
    public double effectiveSampleSize() {
        return rows.stream().mapToDouble(Row::smallestSize).reduce(Double.POSITIVE_INFINITY, Math::min);
    }

    /** Whether every row keeps the rule. */
    public boolean passes() {
        return rows.stream().allMatch(Row::passes);
    }

    /** One line: the rule, whether it is kept, and by how much or who breaks it, the worst first. */
    public String verdict() {
        List<Row> broken =
                worst(rows.size()).stream().filter(row -> !row.passes()).toList();
        String few = chains < ADVISED ? "; " + ADVISED + " chains or more see more" : "";
        if (broken.isEmpty()) {
            return RULE + ": kept; largest R-hat " + Estimate.text(rHat(), 3) + ", smallest ESS "
                    + Estimate.count(effectiveSampleSize()) + few;
        }
        String named = broken.stream().limit(NAMED).map(Row::complaint).collect(Collectors.joining(", "));
        String more = broken.size() > NAMED ? ", and " + Estimate.count(broken.size() - NAMED) + " more" : "";
        return RULE + ": broken by " + Estimate.count(broken.size()) + " of " + Estimate.count(rows.size()) + ": "
                + named + more + few;
    }

    /** How many chains of how many draws, and how many of the rows are printed. */
    public String title() {
        return chains()
                + (shown().size() < rows.size()
                        ? ", the worst " + shown().size() + " of " + Estimate.count(rows.size()) + " quantities"
                        : "");
    }

    private String chains() {
        return Estimate.count(chains)
                + (chains == 1 ? " chain of " : " chains of ")
                + Estimate.count(draws)
                + (draws == 1 ? " draw" : " draws");
    }

    /** The table in columns, between {@link #title} and {@link #verdict}. */
    @Override
    public String toString() {
        List<List<String>> lines = new ArrayList<>(List.of(Row.TITLES));
        shown().forEach(row -> lines.add(row.cells()));
        int[] widths = new int[Row.TITLES.size()];
        for (List<String> line : lines) {
            for (int c = 0; c < widths.length; c++) {
                widths[c] = Math.max(widths[c], line.get(c).length());
            }
        }
        StringBuilder text = new StringBuilder(title());
        for (List<String> line : lines) {
            text.append('\n').append(padded(line.get(0), -widths[0]));
            for (int c = 1; c < widths.length; c++) {
                text.append("  ").append(padded(line.get(c), widths[c]));
            }
        }
        return text.append('\n').append(verdict()).toString();
    }

    private static String padded(String text, int width) {
        return width == 0 ? text : String.format(Locale.ROOT, "%" + width + "s", text);
    }

    private static String name(Shape position, int index) {
        List<String> places = new ArrayList<>();
        int rest = index;
        for (int axis = position.dimension() - 1; axis >= 0; axis--) {
            places.add(0, String.valueOf(rest % position.get(axis)));
            rest /= (int) position.get(axis);
        }
        return places.isEmpty() ? "x" : "x" + places;
    }
}
