package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
    @TempDir
    Path folder;

    private static Map<String, Double> row(Object... pairs) {
        Map<String, Double> row = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            row.put((String) pairs[i], (Double) pairs[i + 1]);
        }
        return row;
    }

    private final History history = History.of(
            List.of(row("loss", 3.0, "norm", 0.5), row("loss", 2.0, "norm", 0.25, "test", -1.0), row("loss", 1.5)));

    @Test
    void columnsStandInTheOrderOfTheirFirstNumber() {
        assertThat(history.columns()).containsExactly("loss", "norm", "test");
        assertThat(history.size()).isEqualTo(3);
        assertThat(history.rows().get(1)).containsEntry("test", -1.0);
    }

    @Test
    void columnHasNaNWhereThereIsNoNumber() {
        assertThat(history.column("loss")).containsExactly(3, 2, 1.5);
        assertThat(history.column("test")).containsExactly(Double.NaN, -1, Double.NaN);
    }

    @Test
    void curveLeavesGapsOut() {
        assertThat(history.curve("norm")).isDeepEqualTo(new double[][] {{1, 2}, {0.5, 0.25}});
        assertThat(history.curve("test")).isDeepEqualTo(new double[][] {{2}, {-1}});
    }

    @Test
    void csvIsWhole() throws Exception {
        Path file = folder.resolve("new/history.csv");
        history.writeCsv(file);
        assertThat(Files.readString(file))
                .isEqualTo("iteration,loss,norm,test\n1,3.0,0.5,\n2,2.0,0.25,-1.0\n3,1.5,,\n");
        History.of(List.of(row("a", 1.0))).writeCsv(file);
        assertThat(Files.readString(file)).isEqualTo("iteration,a\n1,1.0\n");
        try (var files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void isACopy() {
        List<Map<String, Double>> rows = new ArrayList<>(List.of(new HashMap<>(Map.of("a", 1.0))));
        History copy = History.of(rows);
        rows.get(0).put("b", 2.0);
        rows.add(Map.of());
        assertThat(copy.size()).isEqualTo(1);
        assertThat(copy.columns()).containsExactly("a");
        assertThat(copy).isEqualTo(History.of(List.of(Map.of("a", 1.0)))).isNotEqualTo(history);
        assertThat(copy).hasSameHashCodeAs(History.of(List.of(Map.of("a", 1.0))));
        assertThatThrownBy(() -> copy.rows().get(0).put("c", 1.0)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void namesTheColumnsThereAre() {
        assertThatThrownBy(() -> history.column("lost"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column must be one of [loss, norm, test], got lost");
    }

    @Test
    void anEmptyHistoryHasNoColumns() {
        assertThat(History.of(List.of()).columns()).isEmpty();
        assertThat(History.of(List.of())).hasToString("History[0 iterations of []]");
    }
}
