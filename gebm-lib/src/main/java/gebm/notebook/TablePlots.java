package gebm.notebook;

import gebm.core.Require;
import gebm.plot.Picture;
import gebm.plot.Plots;
import java.util.List;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.Table;

/** Pictures of Tablesaw's tables; the tables themselves are shown as the last expression of a cell. */
public final class TablePlots {
    private TablePlots() {}

    /**
     * Every column of numbers against every other, as in {@link Plots#pairs}, under the columns' own names.
     *
     * <pre>{@code
     * var lengths = tech.tablesaw.api.DoubleColumn.create("length", 1.0, 2.0, 3.0);
     * var widths = tech.tablesaw.api.DoubleColumn.create("width", 0.9, 2.1, 2.9);
     * var picture = TablePlots.pairs("leaves", tech.tablesaw.api.Table.create(lengths, widths));
     * }</pre>
     *
     * @param names a name for each table, separated by commas
     * @param tables with the same columns of numbers, 2 to 8 of them; others are left out
     * @throws IllegalArgumentException if the columns differ, or a number is missing or not finite
     */
    public static Picture pairs(String names, Table... tables) {
        Require.that(tables.length > 0, "tables", "at least one", tables.length);
        List<String> columns =
                numbers(tables[0]).stream().map(NumericColumn::name).toList();
        double[][][] groups = new double[tables.length][][];
        for (int t = 0; t < tables.length; t++) {
            List<? extends NumericColumn<?>> numbers = numbers(tables[t]);
            List<String> found = numbers.stream().map(NumericColumn::name).toList();
            Require.that(found.equals(columns), "columns of numbers", "those of the first table, " + columns, found);
            for (NumericColumn<?> column : numbers) {
                Require.that(
                        column.countMissing() == 0,
                        "missing numbers in " + column.name(),
                        "none (leave such rows out: table.dropRowsWithMissingValues())",
                        column.countMissing());
            }
            groups[t] = numbers.stream().map(NumericColumn::asDoubleArray).toArray(double[][]::new);
        }
        return Plots.pairs(columns, names, groups);
    }

    private static List<? extends NumericColumn<?>> numbers(Table table) {
        return List.of(table.numericColumns().toArray(NumericColumn<?>[]::new));
    }
}
