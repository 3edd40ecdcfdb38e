package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class TablesTest {
    private static final String LEAVES = "length,kind,spots\n1.5,oak,4\n2.5,oak,\n3,elm,2\n";

    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class Read {
        @Test
        void numbersBecomeNumbersAndTextStays() throws IOException {
            Path file = folder.resolve("leaves.csv");
            Files.writeString(file, LEAVES);
            Table table = Tables.read(file.toString());
            assertThat(table.name()).isEqualTo("leaves");
            assertThat(table.columnNames()).containsExactly("length", "kind", "spots");
            assertThat(table.doubleColumn("length").asDoubleArray()).containsExactly(1.5, 2.5, 3);
            assertThat(table.column("kind").type()).isEqualTo(ColumnType.STRING);
            assertThat(table.column("spots").isMissing(1)).isTrue();
            assertThat(table.column("spots").countMissing()).isEqualTo(1);
        }

        @ParameterizedTest
        @ValueSource(strings = {",", ";", "\t", "|"})
        void findsTheSeparator(String separator) {
            Table table = Tables.parse("leaves.csv", LEAVES.replace(",", separator));
            assertThat(table.columnNames()).containsExactly("length", "kind", "spots");
            assertThat(table.doubleColumn("spots").get(2)).isEqualTo(2);
        }

        @Test
        void oneColumnNeedsNoSeparator() {
            assertThat(Tables.parse("x.csv", "length\n1\n2\n")
                            .doubleColumn("length")
                            .asDoubleArray())
                    .containsExactly(1, 2);
        }

        @Test
        void aSeparatorWithinQuotesIsPartOfTheName() {
            Table table = Tables.parse("x.csv", "\"length, in cm\";\"width; in cm\"\n1;2\n");
            assertThat(table.columnNames()).containsExactly("length, in cm", "width; in cm");
        }

        @Test
        void missingHasManyNames() {
            Table table = Tables.parse("x.csv", "a,b\n1,2\nNA,3\n?,4\nnull,5\nN/A,6\nnan,7\n,8\n");
            assertThat(table.column("a").countMissing()).isEqualTo(6);
            assertThat(table.column("a").type()).isEqualTo(ColumnType.DOUBLE);
        }

        @Test
        void numbersAreThoseOfJava() {
            Table table = Tables.parse("x.csv", "\uFEFFa,b\r\n3.38e-005,+.5\r\n-1.e3,inf\r\n");
            assertThat(table.doubleColumn("a").asDoubleArray()).containsExactly(3.38e-5, -1000);
            assertThat(table.doubleColumn("b").asDoubleArray()).containsExactly(0.5, Double.POSITIVE_INFINITY);
        }

        @Test
        void digitsWithLettersAreText() {
            assertThat(Tables.parse("x.csv", "a,b\n1d,0x1\n2f,0x2\n")
                            .column("a")
                            .type())
                    .isEqualTo(ColumnType.STRING);
        }

        @Test
        void refusesAFileWithoutNames() {
            assertThatThrownBy(() -> Tables.parse("x.csv", "1.5,2\n3,4\n"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the first line of x.csv must be the names of the columns, got numbers, 1.5,2:"
                            + " add a line of names above them");
            assertThatThrownBy(() -> Tables.parse("x.csv", ""))
                    .hasMessage("the first line of x.csv must be the names of the columns, got an empty line");
            assertThatThrownBy(() -> Tables.parse("x.csv", "a,b\n"))
                    .hasMessage("rows of x.csv must be at least one, got none below the names a,b");
        }

        @Test
        void refusesRowsOfOtherLengthsAndEqualNames() {
            assertThatThrownBy(() -> Tables.parse("x.csv", "a,b\n1,2\n3\n"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("x.csv must hold as many cells in each row as in the line of names")
                    .hasMessageContaining("separated by ','");
            assertThatThrownBy(() -> Tables.parse("x.csv", "a,b\n1,2,3\n"))
                    .hasMessageContaining("x.csv must hold as many cells");
            assertThatThrownBy(() -> Tables.parse("x.csv", "a,a\n1,2\n"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("x.csv must hold");
        }

        @Test
        void refusesAFileThatIsNotThereOrNotText() throws IOException {
            Path missing = folder.resolve("missing.csv");
            assertThatThrownBy(() -> Tables.read(missing))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("cannot read " + missing);
            Path latin = folder.resolve("latin.csv");
            Files.write(latin, "größe\n1\n".getBytes(StandardCharsets.ISO_8859_1));
            assertThatThrownBy(() -> Tables.read(latin))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("must be text in UTF-8");
        }
    }

    @Nested
    class Arrays {
        @Test
        void comeFromColumnsOfAnyNumbers() {
            Table table = Table.create(DoubleColumn.create("a", 1.5, 2.5), IntColumn.create("b", 3, 4));
            NDArray rows = Tables.rows(m, table);
            assertThat(rows).isEqualTo(m.create(new double[] {1.5, 3, 2.5, 4}, new Shape(2, 2)));
            assertThat(rows.getManager()).isSameAs(m);
        }

        @Test
        void becomeTables() {
            NDArray rows = m.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(3, 2));
            Table table = Tables.of(List.of("a", "b"), rows);
            assertThat(table.doubleColumn("b").asDoubleArray()).containsExactly(2, 4, 6);
            assertThat(Tables.rows(m, table)).isEqualTo(rows.toType(DataType.FLOAT64, true));
            assertThatThrownBy(() -> Tables.of(List.of("a"), rows))
                    .hasMessage("rows must be of shape (n, 1), one column for each of [a], got (3, 2)");
        }

        @Test
        void areRoundedToBeRead() {
            Table table = Table.create(
                    "t",
                    DoubleColumn.create("a", 12345.678, -0.00123456, Double.NaN, Double.POSITIVE_INFINITY),
                    IntColumn.create("b", 12345, 2, 3, 4));
            Table rounded = Tables.rounded(table, 3);
            assertThat(rounded.doubleColumn("a").asDoubleArray())
                    .containsExactly(12300, -0.00123, Double.NaN, Double.POSITIVE_INFINITY);
            assertThat(rounded.column("a").isMissing(2)).isTrue();
            assertThat(rounded.intColumn("b").get(0)).isEqualTo(12345);
            assertThat(rounded.name()).isEqualTo("t");
            assertThat(table.doubleColumn("a").get(0)).isEqualTo(12345.678);
            assertThatThrownBy(() -> Tables.rounded(table, 0)).hasMessage("digits must be > 0, got 0");
        }

        @Test
        void becomeColumns() {
            Table table = Table.create("t", DoubleColumn.create("a", 1, 2));
            Table scored = Tables.with(table, "score", m.create(new float[] {5, 6}));
            assertThat(scored.doubleColumn("score").asDoubleArray()).containsExactly(5, 6);
            assertThat(table.columnNames()).containsExactly("a");
            assertThatThrownBy(() -> Tables.with(table, "score", m.create(new float[] {5})))
                    .hasMessage("values of score must be of shape (2), one for each row, got (1)");
            assertThatThrownBy(() -> Tables.with(table, "a", m.create(new float[] {5, 6})))
                    .hasMessage("name of the new column must be none of [a], got a");
        }

        @Test
        void refuseTextAndSayWhere() {
            Table table = Tables.parse("leaves.csv", LEAVES);
            assertThatThrownBy(() -> Tables.rows(m, table))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("column kind must hold numbers, got \"oak\" in row 0 (and 2 more such cells of 3):"
                            + " mend the value, leave the column out with table.rejectColumns(\"kind\"), or turn its"
                            + " kinds into numbers with Tables.encode(table, \"kind\")");
            assertThatThrownBy(() -> Tables.rows(m, Tables.parse("x.csv", "a;b\n1;2\n3;4,5\n")))
                    .hasMessage("column b must hold numbers, got \"4,5\" in row 1 (and 0 more such cells of 2):"
                            + " write decimal points, not commas");
            assertThatThrownBy(() -> Tables.rows(m, Table.create(BooleanColumn.create("wet", true, false))))
                    .hasMessageContaining("column wet must hold numbers, got \"true\" in row 0");
        }

        @Test
        void refuseGapsAndInfinities() {
            Table gap = Tables.parse("leaves.csv", LEAVES).rejectColumns("kind");
            assertThatThrownBy(() -> Tables.rows(m, gap))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("column spots must have no missing values, got 1, the first in row 1: leave such rows"
                            + " out with table.dropRowsWithMissingValues(), or the column with"
                            + " table.rejectColumns(\"spots\")");
            assertThatThrownBy(() -> Tables.rows(m, Tables.parse("x.csv", "a\n1\n-inf\n")))
                    .hasMessage("column a must be finite, got -Infinity in row 1: mend the value or leave the row out"
                            + " with table.dropRows(1)");
            assertThat(Tables.rows(m, gap.dropRowsWithMissingValues()).getShape())
                    .isEqualTo(new Shape(2, 2));
            assertThatThrownBy(() -> Tables.rows(m, Table.create("empty")))
                    .hasMessage("columns of empty must be at least one, got 0");
        }
    }

    @Nested
    class Encode {
        @Test
        void givesAColumnForEachKindButTheFirst() {
            Table table = Table.create(
                    "t",
                    DoubleColumn.create("a", 1, 2, 3, 4),
                    StringColumn.create("kind", "oak", "ash", "elm", "oak"),
                    DoubleColumn.create("b", 5, 6, 7, 8));
            Table encoded = Tables.encode(table, "kind");
            assertThat(encoded.columnNames()).containsExactly("a", "kind=elm", "kind=oak", "b");
            assertThat(encoded.doubleColumn("kind=elm").asDoubleArray()).containsExactly(0, 0, 1, 0);
            assertThat(encoded.doubleColumn("kind=oak").asDoubleArray()).containsExactly(1, 0, 0, 1);
            assertThat(table.columnNames()).containsExactly("a", "kind", "b");
        }

        @Test
        void refusesColumnsThatAreNotKinds() {
            Table table = Tables.parse("leaves.csv", LEAVES);
            assertThatThrownBy(() -> Tables.encode(table, "colour"))
                    .hasMessage("column must be one of the table's, [length, kind, spots], got colour");
            assertThatThrownBy(() -> Tables.encode(Table.create(StringColumn.create("one", "a", "a")), "one"))
                    .hasMessage("kinds in column one must be from 2 to 50, got 1: leave it out with"
                            + " table.rejectColumns(\"one\")");
            assertThatThrownBy(() -> Tables.encode(Table.create(StringColumn.create("gap", "a", "")), "gap"))
                    .hasMessageContaining("column gap must have no missing values, got 1, the first in row 1");
        }
    }
}
