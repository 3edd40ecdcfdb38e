package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tech.tablesaw.api.Table;
import tech.tablesaw.io.csv.CsvReadOptions;

class CsvTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    private Path file() {
        return folder.resolve("a.csv");
    }

    @Test
    void isReadBackByTablesawAsItWas() {
        NDArray rows = Rng.of(7).normal(m, new Shape(50, 3)).mul(1e-3);
        Csv.write(file(), rows, "a", "b, with \"marks\"", "c");
        Table table = Table.read().usingOptions(CsvReadOptions.builder(file().toFile()));
        assertThat(table.columnNames()).containsExactly("a", "b, with \"marks\"", "c");
        assertThat(table.rowCount()).isEqualTo(50);
        for (int i = 0; i < 50; i++) {
            for (int j = 0; j < 3; j++) {
                assertThat((float) table.doubleColumn(j).getDouble(i)).isEqualTo(rows.getFloat(i, j));
            }
        }
    }

    @Test
    void eachTypeIsWrittenAsItReadsBack() throws IOException {
        Csv.write(file(), m.create(new double[][] {{1.0 / 3, Double.NaN}, {1e300, Double.NEGATIVE_INFINITY}}));
        assertThat(lines()).containsExactly("x0,x1", "0.3333333333333333,NaN", "1.0E300,-Infinity");
        Csv.write(file(), m.create(new float[] {0.1f, 3}).reshape(2, 1), "x");
        assertThat(lines()).containsExactly("x", "0.1", "3.0");
        Csv.write(file(), m.create(new int[] {-7, 8, 9, 10}).reshape(1, 2, 2));
        assertThat(lines()).containsExactly("x0,x1,x2,x3", "-7,8,9,10");
        Csv.write(file(), m.create(new float[] {255, 1}).toType(DataType.UINT8, true));
        assertThat(lines()).containsExactly("x0", "255", "1");
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(file());
    }

    @Test
    void refusesOtherNumbersOfNames() {
        assertThatThrownBy(() -> Csv.write(file(), m.ones(new Shape(4, 2)), "x"))
                .hasMessage("names must be one for each of 2 columns, got 1");
        assertThatThrownBy(() -> Csv.write(file(), m.zeros(new Shape(0, 2))))
                .hasMessage("rows must be of shape (n, d) with n, d > 0, got (0, 2)");
        assertThat(file()).doesNotExist();
    }
}
