package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ChainDiagnosticsTest {
    private final NDManager m = NDManager.newBaseManager();
    private final NDArray independent = Rng.of(7).normal(m, new Shape(500, 4, 3));

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class SampleMatrix {
        @Test
        void areTheQuantities() {
            ChainDiagnostics.Row row = ChainDiagnostics.of(independent).rows().get(1);
            Quantity x = Quantity.of("x[1]", independent, 1);
            assertThat(row)
                    .isEqualTo(new ChainDiagnostics.Row(
                            "x[1]",
                            x.mean().value(),
                            x.standardDeviation().value(),
                            x.mean().standardError(),
                            x.quantile(0.05).value(),
                            x.median().value(),
                            x.quantile(0.95).value(),
                            x.bulkEffectiveSampleSize(),
                            x.tailEffectiveSampleSize(),
                            x.rHat(),
                            ""));
        }

        @Test
        void leaveTheirArgumentAlone() {
            NDArray before = independent.duplicate();
            int arrays = m.getManagedArrays().size();
            ChainDiagnostics.of(independent);
            assertThat(independent).isEqualTo(before);
            assertThat(m.getManagedArrays()).hasSize(arrays);
        }

        @Test
        void areNamedByTheirPlace() {
            assertThat(names(ChainDiagnostics.of(independent))).containsExactly("x[0]", "x[1]", "x[2]");
            assertThat(names(ChainDiagnostics.of(m.ones(new Shape(2, 3))))).containsExactly("x");
            assertThat(names(ChainDiagnostics.of(m.ones(new Shape(2, 3, 2, 2)))))
                    .containsExactly("x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]");
            ChainDiagnostics named = ChainDiagnostics.of(independent).withNames("mass", "spin", "charge");
            assertThat(names(named)).containsExactly("mass", "spin", "charge");
            assertThat(named.row("spin").mean())
                    .isEqualTo(ChainDiagnostics.of(independent).row("x[1]").mean());
        }

        @Test
        void ofFunctionsOfThePositionFollow() {
            NDArray energy = independent.square().sum(new int[] {2}).mul(0.5);
            double[][] numbers = Quantity.of("energy", energy, 0).draws();
            ChainDiagnostics both = ChainDiagnostics.of(independent).with("energy", numbers);
            assertThat(names(both)).containsExactly("x[0]", "x[1]", "x[2]", "energy");
            assertThat(both.row("energy"))
                    .isEqualTo(ChainDiagnostics.of("energy", numbers).row("energy"))
                    .isEqualTo(ChainDiagnostics.of(independent)
                            .with("energy", energy)
                            .row("energy"));
        }

        @Test
        void takeSingleAndDoublePrecision() {
            NDArray wide = independent.toType(DataType.FLOAT64, true);
            assertThat(ChainDiagnostics.of(wide).rows())
                    .isEqualTo(ChainDiagnostics.of(independent).rows());
        }

        private List<String> names(ChainDiagnostics diagnostics) {
            return diagnostics.rows().stream().map(ChainDiagnostics.Row::name).toList();
        }
    }

    @Nested
    class Verdicts {
        @Test
        void areOneLine() {
            ChainDiagnostics good = ChainDiagnostics.of(independent);
            assertThat(good.passes()).isTrue();
            assertThat(good.verdict())
                    .matches("R-hat ≤ 1\\.01 and ESS ≥ 400 \\(Vehtari et al\\. 2021\\): kept; "
                            + "largest R-hat 1\\.00\\d, smallest ESS 1,\\d{3}");
        }

        @Test
        void nameTheOffendersWorstFirst() {
            double[] shift = new double[12];
            shift[1 * 3 + 2] = 1; // chain 2, dimension 2
            shift[0] = 0.4; // chain 1, dimension 0
            NDArray shifted =
                    independent.add(m.create(shift, new Shape(1, 4, 3)).toType(DataType.FLOAT32, false));
            ChainDiagnostics bad = ChainDiagnostics.of(shifted);
            assertThat(bad.passes()).isFalse();
            assertThat(bad.verdict())
                    .matches(
                            ".*: broken by 2 of 3: "
                                    + "x\\[2\\] \\(R-hat 1\\.1\\d\\d, bulk ESS \\d\\d, tail ESS \\d\\d\\), x\\[0\\] \\(R-hat 1\\.01\\d\\)");
            assertThat(bad.rHat()).isEqualTo(bad.row("x[2]").rHat());
            assertThat(bad.effectiveSampleSize()).isEqualTo(bad.row("x[2]").bulkEffectiveSampleSize());
        }

        @Test
        void sayWhatCannotBeJudged() {
            double[][] still = new double[4][50];
            double[][] broken = QuantityTest.autoregression(0, 4, 50, new Random(7));
            broken[3][20] = Double.NaN;
            ChainDiagnostics odd = ChainDiagnostics.of("still", still).with("broken", broken);
            assertThat(odd.passes()).isFalse();
            assertThat(odd.rHat()).isNaN();
            assertThat(odd.effectiveSampleSize()).isNaN();
            assertThat(odd.verdict())
                    .contains("broken by 2 of 2: ", "still never moves", "broken is NaN in draw 21 of chain 4");
            assertThat(ChainDiagnostics.of("x", new double[4][3]).verdict())
                    .endsWith("broken by 1 of 1: x has fewer than 10 draws a chain");
        }

        @Test
        void askForMoreChains() {
            double[][] one = QuantityTest.autoregression(0, 1, 4_000, new Random(7));
            assertThat(ChainDiagnostics.of("x", one).verdict())
                    .contains(": kept;")
                    .endsWith("; 4 chains or more see more");
        }

        @Test
        void countOffendersBeyondFive() {
            assertThat(ChainDiagnostics.of(m.ones(new Shape(10, 4, 30))).verdict())
                    .contains("broken by 30 of 30: x[0] never moves, ", ", and 25 more");
        }
    }

    @Nested
    class Printed {
        @Test
        void columnsStandBelowEachOther() {
            double[][] draws = new double[4][50];
            for (int c = 0; c < 4; c++) {
                for (int i = 0; i < 50; i++) {
                    draws[c][i] = (17 * i + 5 * c) % 50; // every number once in each chain
                }
            }
            ChainDiagnostics table = ChainDiagnostics.of("a long name", draws).with("y", draws);
            List<String> lines = table.toString().lines().toList();
            assertThat(lines.get(0)).isEqualTo("4 chains of 50 draws");
            assertThat(lines.get(1))
                    .isEqualTo("             mean    sd  MCSE  5 %  median  95 %  bulk ESS  tail ESS  R-hat");
            assertThat(lines.get(2)).startsWith("a long name  24.").hasSameSizeAs(lines.get(1));
            assertThat(lines.get(3)).startsWith("y            24.").hasSameSizeAs(lines.get(1));
            assertThat(lines.get(4)).isEqualTo(table.verdict());
            assertThat(lines).hasSize(5);
        }

        @Test
        void theWorstOfMany() {
            NDArray draws = Rng.of(7).normal(m, new Shape(40, 4, 25));
            double[] shift = new double[100];
            shift[3 * 25 + 21] = 9; // chain 4, dimension 21
            NDArray shifted = draws.add(m.create(shift, new Shape(1, 4, 25)).toType(DataType.FLOAT32, false));
            ChainDiagnostics table = ChainDiagnostics.of(shifted);
            List<String> lines = table.toString().lines().toList();
            assertThat(lines.get(0)).isEqualTo("4 chains of 40 draws, the worst 16 of 25 quantities");
            assertThat(lines).hasSize(19);
            assertThat(lines.get(2)).startsWith("x[21]");
            assertThat(table.shown()).hasSize(16).isSubsetOf(table.rows());
            assertThat(table.rows()).hasSize(25);
        }
    }

    @Nested
    class Refusals {
        private final ChainDiagnostics table = ChainDiagnostics.of("x", new double[2][5]);

        @Test
        void otherShapes() {
            assertThatThrownBy(() -> ChainDiagnostics.of(m.ones(new Shape(5))))
                    .hasMessage("draws must be of shape (draws, chains, d...), got (5)");
            assertThatThrownBy(() -> table.with("y", m.ones(new Shape(5, 2, 1))))
                    .hasMessage("draws of y must be of shape (draws, chains), got (5, 2, 1)");
            assertThatThrownBy(() -> table.with("y", m.ones(new Shape(2, 5))))
                    .hasMessage("draws of y must be those of 2 chains of 5 draws, got 5 chains of 2");
        }

        @Test
        void namesThatDoNotFit() {
            assertThatThrownBy(() -> table.with("x", new double[2][5]))
                    .hasMessage("names must be different, got x twice");
            assertThatThrownBy(() -> table.withNames("a", "b")).hasMessage("names must be as many as rows, 1, got 2");
            assertThatThrownBy(() -> table.row("y")).hasMessage("name must be of a row, x for example, got y");
        }
    }
}
