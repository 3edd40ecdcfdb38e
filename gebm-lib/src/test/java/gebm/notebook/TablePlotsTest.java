package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.plot.Plots;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class TablePlotsTest {
    private static Table table() {
        return Table.create(
                "leaves",
                DoubleColumn.create("length", 1.5, 2.5, 3),
                StringColumn.create("kind", "oak", "oak", "elm"),
                IntColumn.create("spots", 4, 1, 2));
    }

    @Test
    void pairsAreThoseOfTheColumnsOfNumbers() {
        try (var scope = NDManager.newBaseManager()) {
            var rows = scope.create(new double[] {1.5, 4, 2.5, 1, 3, 2}, new Shape(3, 2));
            assertThat(TablePlots.pairs("leaves", table()).png())
                    .isEqualTo(Plots.pairs("length, spots", "leaves", rows).png());
        }
    }

    @Test
    void aNameMayHaveAComma() {
        Table table = table();
        table.column("length").setName("length, in cm");
        assertThat(TablePlots.pairs("now, then", table, table).width()).isPositive();
    }

    @Test
    void refusesGapsAndOtherColumns() {
        Table gap = table();
        gap.intColumn("spots").setMissing(1);
        assertThatThrownBy(() -> TablePlots.pairs("leaves", gap))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("missing numbers in spots must be none")
                .hasMessageContaining("dropRowsWithMissingValues()), got 1");
        Table other = table().rejectColumns("spots");
        assertThatThrownBy(() -> TablePlots.pairs("leaves, other", table(), other))
                .hasMessageContaining(
                        "columns of numbers must be those of the first table, [length, spots], got [length]");
        assertThatThrownBy(() -> TablePlots.pairs("other", other))
                .hasMessage("columns of other must be from 2 to 8, got 1");
        assertThatThrownBy(() -> TablePlots.pairs("none")).hasMessage("tables must be at least one, got 0");
    }
}
