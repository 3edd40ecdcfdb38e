package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * A table in three parts, to train, to validate and to test, in units in which it is learned; and the way back.
 *
 * <p>{@link #of} leaks nothing from one part to another: the scaling and the width of the jitter are found from the
 * training rows, and rows that are equal, or of one key, stay together. {@link Uci#reference} repeats how the
 * reference divides its sets, which leaks.
 *
 * <p>Log-densities of scaled rows become those of the table's own units, in nats, by adding
 * {@code standardizer().logDeterminant()}.
 *
 * <p>Shapes: train {@code (n, d)}, in the order of {@link #trainRows}; validation and test likewise.
 * <p>Memory: the arrays belong to the scope that was handed in.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var points = Toy.moons().batch(scope, 500, 0, Rng.of(7));
 *     var table = Tables.of(java.util.List.of("east", "north"), points);
 *     var split = Split.of(scope, table, Rng.of(1));
 *     var source = split.source(); // hand it to a trainer
 *     var back = split.table(split.test()); // the test rows in the table's units
 * }
 * }</pre>
 */
public final class Split {
    private final NDArray train;
    private final NDArray validation;
    private final NDArray test;
    private final Parts parts;
    private final List<String> columns;
    private final Standardizer standardizer;

    /** Which rows of the table are in which part. */
    record Parts(int[] train, int[] validation, int[] test) {}

    private Split(
            NDArray train,
            NDArray validation,
            NDArray test,
            Parts parts,
            List<String> columns,
            Standardizer standardizer) {
        this.train = train;
        this.validation = validation;
        this.test = test;
        this.parts = parts;
        this.columns = List.copyOf(columns);
        this.standardizer = standardizer;
    }

    /** {@link #of(NDManager, Table, SplitPlan, Rng)} by the {@linkplain SplitPlan#of() plan} of tenths, whitened. */
    public static Split of(NDManager scope, Table table, Rng rng) {
        return of(scope, table, SplitPlan.of(), rng);
    }

    /**
     * Divides and scales a table of numbers.
     *
     * <p>Rows that are equal in every number, or of one key, form a group; the groups are shuffled and go to the test
     * rows until those are {@code ⌊n·share⌋} or more, then to the validation rows likewise; the others train.
     *
     * @param scope owner of the arrays
     * @param table columns of numbers, and the plan's key, which may be text
     * @throws IllegalArgumentException if a column holds text, is constant or a linear function of others, a value is
     *     missing or not finite, or there are too few rows; the message names column, row and value, and what to do
     */
    public static Split of(NDManager scope, Table table, SplitPlan plan, Rng rng) {
        plan.key().ifPresent(key -> Tables.column(table, key));
        Table data = plan.key().map(table::rejectColumns).orElse(table);
        double[][] rows = Tables.numbers(data);
        List<String> columns = data.columnNames();
        int[] group = groups(
                rows, plan.key().map(key -> (Column<?>) table.column(key)).orElse(null));
        Parts parts = divide(group, plan, rng.fork("rows"));
        for (String name : plan.jitter()) {
            Tables.column(data, name);
            int j = columns.indexOf(name);
            double gap = medianGap(pick(rows, parts.train), j);
            jitter(rows, j, gap, rng.fork("jitter").fork(name).numbers()::nextDouble);
        }
        double[][] fitted = pick(rows, parts.train);
        Standardizer standardizer =
                switch (plan.scaling()) {
                    case WHITENED -> Standardizer.whitening(columns, fitted);
                    case EACH_COLUMN -> Standardizer.columns(columns, fitted);
                    case NONE -> Standardizer.identity(columns.size());
                };
        return of(scope, standardizer.apply(rows), parts, columns, standardizer, plan.type());
    }

    /** From scaled rows in the table's order. */
    static Split of(
            NDManager scope,
            double[][] scaled,
            Parts parts,
            List<String> columns,
            Standardizer standardizer,
            DataType type) {
        int d = columns.size();
        return new Split(
                Tables.array(scope, pick(scaled, parts.train), d, type),
                Tables.array(scope, pick(scaled, parts.validation), d, type),
                Tables.array(scope, pick(scaled, parts.test), d, type),
                parts,
                columns,
                standardizer);
    }

    /** The scaled rows to train with. */
    public NDArray train() {
        return train;
    }

    /** The scaled rows to choose with: when to stop, which setting. */
    public NDArray validation() {
        return validation;
    }

    /** The scaled rows to judge with. */
    public NDArray test() {
        return test;
    }

    /** Where the training rows are in the table, from 0. */
    public int[] trainRows() {
        return parts.train.clone();
    }

    /** Where the validation rows are in the table, from 0. */
    public int[] validationRows() {
        return parts.validation.clone();
    }

    /** Where the test rows are in the table, from 0. */
    public int[] testRows() {
        return parts.test.clone();
    }

    /** Names of the columns that the rows hold, in the table's order. */
    public List<String> columns() {
        return columns;
    }

    /** From the table's units to those of the rows, and back. */
    public Standardizer standardizer() {
        return standardizer;
    }

    /** Batches of the training rows. */
    public DataSource source() {
        return DataSource.of(train);
    }

    /**
     * Rows of any table that has these columns, scaled as the training rows were, without jitter.
     *
     * @return {@code (n, d)}, of the type of the training rows, owned by {@code scope}
     * @throws IllegalArgumentException as {@link Tables#rows}, or if a column is not there
     */
    public NDArray rows(NDManager scope, Table table) {
        columns.forEach(name -> Tables.column(table, name));
        double[][] numbers = Tables.numbers(table.selectColumns(columns.toArray(String[]::new)));
        return Tables.array(scope, standardizer.apply(numbers), columns.size(), train.getDataType());
    }

    /**
     * Scaled rows, such as samples of a model, as a table in the units and under the names of the one that was split.
     *
     * @param scaled {@code (n, d)}
     */
    public Table table(NDArray scaled) {
        try (NDArray wide = scaled.toType(DataType.FLOAT64, true);
                NDArray back = standardizer.invert(wide)) {
            return Tables.of(columns, back);
        }
    }

    static double[][] pick(double[][] rows, int[] picked) {
        return Arrays.stream(picked).mapToObj(i -> rows[i]).toArray(double[][]::new);
    }

    /** Adds noise, uniform on ±gap, to column {@code j}. */
    static void jitter(double[][] rows, int j, double gap, DoubleSupplier uniform) {
        for (double[] row : rows) {
            row[j] += (2 * uniform.getAsDouble() - 1) * gap;
        }
    }

    /** {@link #medianGap(double[])} of column {@code j}. */
    static double medianGap(double[][] rows, int j) {
        return medianGap(Arrays.stream(rows).mapToDouble(row -> row[j]).toArray());
    }

    /** The median of the differences of neighbouring distinct values; of an even number the mean of the middle two. */
    static double medianGap(double[] values) {
        double[] distinct = Arrays.stream(values).sorted().distinct().toArray();
        Require.that(distinct.length > 1, "values of a column to jitter", "more than one", distinct.length);
        double[] gaps = new double[distinct.length - 1];
        Arrays.setAll(gaps, i -> distinct[i + 1] - distinct[i]);
        Arrays.sort(gaps);
        int middle = gaps.length / 2;
        return gaps.length % 2 == 1 ? gaps[middle] : (gaps[middle - 1] + gaps[middle]) / 2;
    }

    /** For each row the first row of its group: rows linked by equal numbers or equal keys, however far. */
    private static int[] groups(double[][] rows, Column<?> key) {
        int[] parent = IntStream.range(0, rows.length).toArray();
        Map<Object, Integer> firstOf = new HashMap<>();
        for (int i = 0; i < rows.length; i++) {
            join(parent, i, firstOf.merge(Arrays.stream(rows[i]).boxed().toList(), i, (first, now) -> first));
            if (key != null) {
                join(parent, i, firstOf.merge(key.getString(i), i, (first, now) -> first));
            }
        }
        return IntStream.range(0, rows.length).map(i -> root(parent, i)).toArray();
    }

    private static void join(int[] parent, int a, int b) {
        int first = Math.min(root(parent, a), root(parent, b));
        int second = Math.max(root(parent, a), root(parent, b));
        parent[second] = first;
    }

    private static int root(int[] parent, int i) {
        int at = i;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }

    private static Parts divide(int[] group, SplitPlan plan, Rng rng) {
        int n = group.length;
        int[] roots = Arrays.stream(group).distinct().toArray();
        int[] order = rng.permutation(roots.length);
        int[] sizes = new int[n];
        Arrays.stream(group).forEach(root -> sizes[root]++);
        HashSet<Integer> test = new HashSet<>();
        HashSet<Integer> validation = new HashSet<>();
        int next = take(roots, order, 0, sizes, (int) (n * plan.test()), test);
        take(roots, order, next, sizes, (int) (n * plan.validation()), validation);
        Parts parts = new Parts(
                where(group, root -> !test.contains(root) && !validation.contains(root)),
                where(group, validation::contains),
                where(group, test::contains));
        requireRows("test", parts.test.length, n, plan.test());
        requireRows("validation", parts.validation.length, n, plan.validation());
        Require.that(
                parts.train.length > 1,
                "training rows",
                "at least 2",
                parts.train.length + " of " + n + " rows in " + roots.length + " groups of equal rows or one key");
        return parts;
    }

    private static int take(int[] roots, int[] order, int from, int[] sizes, int wanted, HashSet<Integer> taken) {
        int next = from;
        for (int rows = 0; rows < wanted && next < order.length; next++) {
            int root = roots[order[next]];
            rows += sizes[root];
            taken.add(root);
        }
        return next;
    }

    private static int[] where(int[] group, IntPredicate wanted) {
        return IntStream.range(0, group.length)
                .filter(i -> wanted.test(group[i]))
                .toArray();
    }

    private static void requireRows(String part, int got, int n, double share) {
        Require.that(
                got > 0 || share == 0,
                part + " rows",
                "at least 1",
                got + " at a share of " + share + " of " + n + " rows: get more rows, or give another share with"
                        + " SplitPlan.of().withShares(validation, test)");
    }
}
