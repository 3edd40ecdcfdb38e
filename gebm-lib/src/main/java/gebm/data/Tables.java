package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;
import tech.tablesaw.io.csv.CsvReadOptions;

/**
 * Tablesaw's tables from CSV files, and tables as arrays and back.
 *
 * <p>A table is divided and scaled by {@link Split}; from there it is a {@link DataSource} like any other.
 *
 * <pre>{@code
 * var file = java.nio.file.Files.createTempFile("leaves", ".csv");
 * java.nio.file.Files.writeString(file, "length;kind\n1.5;oak\n2.5;oak\n3;elm\n");
 * var table = Tables.read(file);
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     System.out.println(Tables.rows(scope, Tables.encode(table, "kind")));
 * }
 * }</pre>
 */
public final class Tables {
    private static final Set<String> MISSING = Set.of("", "na", "n/a", "nan", "null", "?");
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?((\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|[iI]nf(inity)?)");
    private static final Pattern DECIMAL_COMMA = Pattern.compile("[+-]?\\d+,\\d+");
    private static final char[] SEPARATORS = {',', ';', '\t', '|'};
    private static final int MAX_CATEGORIES = 50; // more values than that are names of rows, not kinds

    private Tables() {}

    /**
     * The table in a CSV file whose first line names the columns.
     *
     * <p>The separator is that of comma, semicolon, tabulator and bar which divides the first line into the most
     * names. A column whose every cell is a number or missing becomes a {@code DoubleColumn}, any other a
     * {@code StringColumn}. Missing is a cell that is empty or one of {@code NA}, {@code N/A}, {@code NaN},
     * {@code null} and {@code ?}, in small or large letters.
     *
     * @throws UncheckedIOException if the file cannot be read
     * @throws IllegalArgumentException if it has no line of names or no rows, a name twice, or rows of other lengths
     */
    public static Table read(Path file) {
        try {
            return parse(file.getFileName().toString(), Files.readString(file));
        } catch (CharacterCodingException e) {
            throw new UncheckedIOException(file + " must be text in UTF-8, got other bytes: save it as CSV UTF-8", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file.toAbsolutePath() + ": " + e, e);
        }
    }

    /** {@link #read(Path)} of the file of this name. */
    public static Table read(String file) {
        return read(Path.of(file));
    }

    /** {@link #read(Path)} of bytes in memory. */
    static Table parse(String name, byte[] content) {
        return parse(name, new String(content, StandardCharsets.UTF_8));
    }

    /** {@link #read(Path)} of text in memory; {@code name} stands in messages. */
    static Table parse(String name, String text) {
        String header = text.lines().findFirst().orElse("").replace("\uFEFF", "");
        Require.that(!header.isBlank(), "the first line of " + name, "the names of the columns", "an empty line");
        char separator = separator(header);
        Require.that(
                Stream.of(header.split(Pattern.quote(String.valueOf(separator))))
                        .anyMatch(cell -> !NUMBER.matcher(cell.strip()).matches()),
                "the first line of " + name,
                "the names of the columns",
                "numbers, " + header + ": add a line of names above them");
        Table cells = cells(name, text.replace("\uFEFF", ""), separator);
        Require.that(cells.rowCount() > 0, "rows of " + name, "at least one", "none below the names " + header);
        Table table = Table.create(name.replaceFirst("\\.[^.]*$", ""));
        for (Column<?> column : cells.columns()) {
            table.addColumns(typed((StringColumn) column));
        }
        return table;
    }

    /**
     * A table of the rows of an array.
     *
     * @param columns names of the d columns
     * @param rows {@code (n, d)}
     * @throws IllegalArgumentException unless there are d names
     */
    public static Table of(List<String> columns, NDArray rows) {
        Shape shape = rows.getShape();
        Require.that(
                shape.dimension() == 2 && shape.get(1) == columns.size(),
                "rows",
                "of shape (n, " + columns.size() + "), one column for each of " + columns,
                shape);
        double[] flat = Ops.doubles(rows);
        int d = columns.size();
        int n = flat.length / d;
        Table table = Table.create();
        for (int j = 0; j < d; j++) {
            int column = j;
            table.addColumns(DoubleColumn.create(
                    columns.get(j),
                    IntStream.range(0, n).mapToDouble(i -> flat[i * d + column]).toArray()));
        }
        return table;
    }

    /**
     * The table with one column more, such as a score of each row.
     *
     * @param name of the new column
     * @param values {@code (n)}, one for each row
     * @throws IllegalArgumentException if there are not as many values as rows, or the name is taken
     */
    public static Table with(Table table, String name, NDArray values) {
        Shape shape = values.getShape();
        Require.that(
                shape.dimension() == 1 && shape.get(0) == table.rowCount(),
                "values of " + name,
                "of shape (" + table.rowCount() + "), one for each row",
                shape);
        Require.that(!table.containsColumn(name), "name of the new column", "none of " + table.columnNames(), name);
        return table.copy().addColumns(DoubleColumn.create(name, Ops.doubles(values)));
    }

    /**
     * The table with its numbers rounded to so many significant digits, to be read by people.
     *
     * @throws IllegalArgumentException unless {@code digits > 0}
     */
    public static Table rounded(Table table, int digits) {
        MathContext context = new MathContext(Require.positive("digits", digits));
        Table rounded = Table.create(table.name());
        for (Column<?> column : table.columns()) {
            rounded.addColumns(
                    column instanceof DoubleColumn numbers
                            ? numbers.map(x -> Double.isFinite(x) ? new BigDecimal(x, context).doubleValue() : x)
                            : column.copy());
        }
        return rounded;
    }

    /**
     * All columns of a table as an array in float64.
     *
     * @return {@code (n, d)}, owned by {@code scope}
     * @throws IllegalArgumentException if a column holds text, or a value is missing or not finite; the message names
     *     the column, the row (from 0), the value and what to do
     */
    public static NDArray rows(NDManager scope, Table table) {
        return array(scope, numbers(table), table.columnCount(), DataType.FLOAT64);
    }

    /**
     * The table with a column of kinds replaced by columns of 0 and 1.
     *
     * <p>One column {@code name=kind} for every kind but the first in the order of the alphabet, which is where all
     * are 0: with one more, the columns would be linearly dependent.
     *
     * @throws IllegalArgumentException if there is no such column, a cell is missing, or there are fewer than 2 or
     *     more than 50 kinds
     */
    public static Table encode(Table table, String column) {
        Column<?> kinds = column(table, column);
        requirePresent(kinds);
        Set<String> found = new TreeSet<>();
        for (int i = 0; i < kinds.size(); i++) {
            found.add(kinds.getString(i));
        }
        Require.that(
                found.size() >= 2 && found.size() <= MAX_CATEGORIES,
                "kinds in column " + column,
                "from 2 to " + MAX_CATEGORIES,
                found.size() + ": leave it out with table.rejectColumns(\"" + column + "\")");
        Table encoded = Table.create(table.name());
        for (Column<?> other : table.columns()) {
            if (other != kinds) {
                encoded.addColumns(other.copy());
                continue;
            }
            for (String kind : found.stream().skip(1).toList()) {
                encoded.addColumns(DoubleColumn.create(
                        column + "=" + kind,
                        IntStream.range(0, kinds.size())
                                .mapToDouble(i -> kinds.getString(i).equals(kind) ? 1 : 0)
                                .toArray()));
            }
        }
        return encoded;
    }

    /** Row by row, after the checks of {@link #rows}. */
    static double[][] numbers(Table table) {
        Require.that(table.columnCount() > 0, "columns of " + table.name(), "at least one", 0);
        double[][] rows = new double[table.rowCount()][table.columnCount()];
        for (int j = 0; j < table.columnCount(); j++) {
            Column<?> column = table.column(j);
            if (!(column instanceof NumericColumn<?> numeric)) {
                throw notNumbers(column);
            }
            requirePresent(column);
            for (int i = 0; i < rows.length; i++) {
                rows[i][j] = numeric.getDouble(i);
                if (!Double.isFinite(rows[i][j])) {
                    throw new IllegalArgumentException("column " + column.name() + " must be finite, got " + rows[i][j]
                            + " in row " + i + ": mend the value or leave the row out with table.dropRows(" + i + ")");
                }
            }
        }
        return rows;
    }

    static NDArray array(NDManager scope, double[][] rows, int d, DataType type) {
        double[] flat = new double[rows.length * d];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, flat, i * d, d);
        }
        try (NDManager inner = scope.newSubManager()) {
            NDArray array = inner.create(flat, new Shape(rows.length, d)).toType(type, false);
            array.attach(scope);
            return array;
        }
    }

    static Column<?> column(Table table, String name) {
        Require.that(table.columnNames().contains(name), "column", "one of the table's, " + table.columnNames(), name);
        return table.column(name);
    }

    private static void requirePresent(Column<?> column) {
        if (column.countMissing() == 0) {
            return;
        }
        int first = IntStream.range(0, column.size())
                .filter(column::isMissing)
                .findFirst()
                .orElseThrow();
        throw new IllegalArgumentException("column " + column.name() + " must have no missing values, got "
                + column.countMissing() + ", the first in row " + first
                + ": leave such rows out with table.dropRowsWithMissingValues(), or the column with"
                + " table.rejectColumns(\"" + column.name() + "\")");
    }

    private static IllegalArgumentException notNumbers(Column<?> column) {
        int[] others = IntStream.range(0, column.size())
                .filter(i -> !column.isMissing(i) && !isNumber(column.getString(i)))
                .toArray();
        int first = others.length == 0 ? 0 : others[0];
        String value = column.size() == 0 ? "" : column.getString(first);
        String advice = DECIMAL_COMMA.matcher(value).matches()
                ? ": write decimal points, not commas"
                : ": mend the value, leave the column out with table.rejectColumns(\"" + column.name()
                        + "\"), or turn its kinds into numbers with Tables.encode(table, \"" + column.name() + "\")";
        return new IllegalArgumentException("column " + column.name() + " must hold numbers, got \"" + value
                + "\" in row " + first + " (and " + (others.length - 1) + " more such cells of " + column.size() + ")"
                + advice);
    }

    private static boolean isNumber(String cell) {
        return NUMBER.matcher(cell).matches();
    }

    private static Column<?> typed(StringColumn cells) {
        List<String> values = cells.asList().stream().map(String::strip).toList();
        boolean numeric = values.stream().allMatch(cell -> isMissing(cell) || isNumber(cell));
        boolean empty = values.stream().allMatch(Tables::isMissing);
        if (numeric && !empty) {
            return DoubleColumn.create(
                    cells.name(), values.stream().mapToDouble(Tables::number).toArray());
        }
        return StringColumn.create(
                cells.name(),
                values.stream().map(cell -> isMissing(cell) ? "" : cell).toList());
    }

    private static double number(String cell) {
        if (isMissing(cell)) {
            return Double.NaN; // Tablesaw's missing number
        }
        String small = cell.toLowerCase(Locale.ROOT);
        if (small.contains("inf")) {
            return small.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return Double.parseDouble(cell);
    }

    private static boolean isMissing(String cell) {
        return MISSING.contains(cell.toLowerCase(Locale.ROOT));
    }

    private static char separator(String header) {
        char best = SEPARATORS[0];
        for (char candidate : SEPARATORS) {
            if (count(header, candidate) > count(header, best)) {
                best = candidate;
            }
        }
        return best;
    }

    /** Outside of double quotes. */
    private static int count(String line, char separator) {
        int found = 0;
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            quoted ^= line.charAt(i) == '"';
            found += !quoted && line.charAt(i) == separator ? 1 : 0;
        }
        return found;
    }

    private static Table cells(String name, String text, char separator) {
        try {
            return Table.read()
                    .csv(CsvReadOptions.builder(new StringReader(text))
                            .tableName(name)
                            .separator(separator)
                            .columnTypes(column -> ColumnType.STRING)
                            .missingValueIndicator("")
                            .sample(false)
                            .build());
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    name + " must hold as many cells in each row as in the line of names, separated by "
                            + (separator == '\t' ? "tabulators" : "'" + separator + "'") + ": " + e.getMessage(),
                    e);
        }
    }
}
