package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class SplitTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Rng rng = Rng.of(7);
    private final Table table = Tables.of(
            List.of("a", "b"),
            rng.normal(m, new Shape(200, 2), DataType.FLOAT64)
                    .matMul(m.create(new double[][] {{2, 30}, {1, 40}}))
                    .add(5));

    @AfterEach
    void close() {
        m.close();
    }

    @Test
    void everyRowIsInOnePart() {
        Split split = Split.of(m, table, rng);
        assertThat(split.testRows()).hasSize(20);
        assertThat(split.validationRows()).hasSize(20);
        assertThat(IntStream.of(concat(split.trainRows(), split.validationRows(), split.testRows()))
                        .sorted()
                        .toArray())
                .containsExactly(IntStream.range(0, 200).toArray());
        assertThat(split.train().getShape()).isEqualTo(new Shape(160, 2));
        assertThat(split.train().getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(split.train().getManager()).isSameAs(m);
        assertThat(split.columns()).containsExactly("a", "b");
    }

    @Test
    void sharesAreOfAllRows() {
        Split split = Split.of(m, table, SplitPlan.of().withShares(0.25, 0), rng);
        assertThat(split.validationRows()).hasSize(50);
        assertThat(split.testRows()).isEmpty();
        assertThat(split.test().getShape()).isEqualTo(new Shape(0, 2));
    }

    @Test
    void isPure() {
        Split first = Split.of(m, table, rng);
        assertThat(Split.of(m, table, rng).train()).isEqualTo(first.train());
        assertThat(Split.of(m, table, rng).testRows()).containsExactly(first.testRows());
        assertThat(Split.of(m, table, Rng.of(8)).testRows()).isNotEqualTo(first.testRows());
        first.testRows()[0] = -1;
        assertThat(first.testRows()).doesNotContain(-1);
    }

    /** No other row may change what the training rows are scaled with. */
    @Test
    void scalingSeesTrainingRowsOnly() {
        Split before = Split.of(m, table, rng);
        Table changed = table.copy();
        changed.doubleColumn("a").set(before.testRows()[0], 1e6);
        changed.doubleColumn("b").set(before.validationRows()[3], -1e6);
        Split after = Split.of(m, changed, rng);
        assertThat(after.train()).isEqualTo(before.train());
        assertThat(after.standardizer().logDeterminant())
                .isEqualTo(before.standardizer().logDeterminant());
        assertThat(after.test()).isNotEqualTo(before.test());
    }

    @Test
    void scalingIsThatOfThePlan() {
        NDArray raw = Tables.rows(m, table);
        SplitPlan plan = SplitPlan.of().withType(DataType.FLOAT64);
        Split none = Split.of(m, table, plan.withScaling(SplitPlan.Scaling.NONE), rng);
        int[] rows = none.trainRows();
        assertThat(none.train()).isEqualTo(raw.get(new ai.djl.ndarray.index.NDIndex("{}", m.create(longs(rows)))));
        Split each = Split.of(m, table, plan.withScaling(SplitPlan.Scaling.EACH_COLUMN), rng);
        assertThat(each.train()
                        .sub(Standardizer.columns(none.train()).apply(none.train()))
                        .abs()
                        .max()
                        .getDouble())
                .isLessThan(1e-13);
        Split white = Split.of(m, table, plan, rng);
        assertThat(white.train()
                        .sub(Standardizer.whitening(none.train()).apply(none.train()))
                        .abs()
                        .max()
                        .getDouble())
                .isLessThan(1e-13);
    }

    @Test
    void tableAndRowsAreTheWayBackAndForth() {
        Split split = Split.of(m, table, SplitPlan.of().withType(DataType.FLOAT64), rng);
        Table back = split.table(split.test());
        Table expected = table.rows(split.testRows());
        assertThat(back.columnNames()).containsExactly("a", "b");
        for (String name : back.columnNames()) {
            assertThat(back.doubleColumn(name).asDoubleArray())
                    .containsExactly(expected.doubleColumn(name).asDoubleArray(), within(1e-11));
        }
        Table turned = Table.create(expected.column("b"), StringColumn.create("text", 20), expected.column("a"));
        assertThat(split.rows(m, turned)).isEqualTo(split.test());
        assertThatThrownBy(() -> split.rows(m, table.rejectColumns("b")))
                .hasMessage("column must be one of the table's, [a], got b");
    }

    @Test
    void sourceBatchesTheTrainingRows() {
        Split split = Split.of(m, table, rng);
        assertThat(split.source().size()).hasValue(160);
        assertThat(split.source().sampleShape()).isEqualTo(new Shape(2));
    }

    @Nested
    class Groups {
        @Test
        void equalRowsStayTogether() {
            Table twice = table.copy().append(table).append(table.first(50));
            for (long seed = 0; seed < 5; seed++) {
                Split split = Split.of(m, twice, Rng.of(seed));
                Set<Integer> trained = originals(split.trainRows());
                Set<Integer> tested = originals(split.testRows());
                assertThat(tested).doesNotContainAnyElementsOf(trained).isNotEmpty();
                assertThat(originals(split.validationRows()))
                        .doesNotContainAnyElementsOf(trained)
                        .doesNotContainAnyElementsOf(tested);
                assertThat(split.testRows().length).isBetween(45, 47);
            }
        }

        @Test
        void rowsOfOneKeyStayTogetherAndTheKeyIsNotData() {
            String[] patients =
                    IntStream.range(0, 200).mapToObj(i -> "p" + i % 25).toArray(String[]::new);
            Table keyed = table.copy().addColumns(StringColumn.create("patient", patients));
            Split split = Split.of(m, keyed, SplitPlan.of().withKey("patient"), rng);
            assertThat(split.columns()).containsExactly("a", "b");
            Set<Integer> trained = patients(split.trainRows());
            assertThat(patients(split.testRows())).doesNotContainAnyElementsOf(trained);
            assertThat(patients(split.validationRows()))
                    .doesNotContainAnyElementsOf(trained)
                    .doesNotContainAnyElementsOf(patients(split.testRows()));
            assertThat(split.testRows()).hasSize(24); // 20 wanted, 8 to a patient
            assertThatThrownBy(() -> Split.of(m, keyed, SplitPlan.of().withKey("person"), rng))
                    .hasMessage("column must be one of the table's, [a, b, patient], got person");
        }

        /** a = b across keys: rows 0-1 share a key, 1-2 a content, 2-3 a key: all four are one group. */
        @Test
        void keysAndEqualRowsLinkOn() {
            double[] values = IntStream.range(0, 40).mapToDouble(i -> i).toArray();
            values[2] = values[1];
            double[] keys = IntStream.range(0, 40).mapToDouble(i -> i / 2).toArray();
            Table linked = Table.create(DoubleColumn.create("x", values), DoubleColumn.create("key", keys));
            for (long seed = 0; seed < 20; seed++) {
                Split split = Split.of(m, linked, SplitPlan.of().withKey("key"), Rng.of(seed));
                long parts = List.of(split.trainRows(), split.validationRows(), split.testRows()).stream()
                        .filter(part -> IntStream.of(part).anyMatch(row -> row < 4))
                        .count();
                assertThat(parts).isEqualTo(1);
            }
        }

        private Set<Integer> originals(int[] rows) {
            return set(IntStream.of(rows).map(row -> row % 200).toArray());
        }

        private Set<Integer> patients(int[] rows) {
            return set(IntStream.of(rows).map(row -> row % 25).toArray());
        }
    }

    @Nested
    class Jitter {
        private final double[] values =
                IntStream.range(0, 300).mapToDouble(i -> i % 30 * 0.5).toArray();
        private final Table rounded = Table.create(
                DoubleColumn.create("half", values),
                DoubleColumn.create("other", rng.numbers().doubles(300).toArray()));
        private final SplitPlan plan = SplitPlan.of()
                .withScaling(SplitPlan.Scaling.NONE)
                .withType(DataType.FLOAT64)
                .withJitter("half");

        /** Uniform on ±g with g = 0.5: mean square g²/3; 240 rows, relative standard error √(4/5)/√240 = 0.058. */
        @Test
        void isUniformOnTheGap() {
            Split split = Split.of(m, rounded, plan, rng);
            double[] got = split.train().get(":, 0").toDoubleArray();
            int[] rows = split.trainRows();
            double square = 0;
            for (int i = 0; i < got.length; i++) {
                double noise = got[i] - values[rows[i]];
                assertThat(noise).isBetween(-0.5, 0.5).isNotZero();
                square += noise * noise / got.length;
            }
            // 3.3 standard errors of a mean: false alarm 0.1 %
            assertThat(square).isCloseTo(0.25 / 3, within(0.25 / 3 * 0.058 * 3.3));
            Split without = Split.of(m, rounded, plan.withJitter(), rng);
            assertThat(without.trainRows()).containsExactly(rows);
            assertThat(without.train().get(":, 1")).isEqualTo(split.train().get(":, 1"));
            assertThat(without.train().get(":, 0").toDoubleArray())
                    .containsExactly(
                            IntStream.of(rows).mapToDouble(i -> values[i]).toArray());
        }

        @Test
        void gapIsTheMedianOfNeighbours() {
            assertThat(Split.medianGap(new double[] {5, 1, 2, 2, 4})).isEqualTo(1); // gaps 1 2 1
            assertThat(Split.medianGap(new double[] {0, 1, 4})).isEqualTo(2); // gaps 1 3
            assertThatThrownBy(() -> Split.medianGap(new double[] {3, 3}))
                    .hasMessage("values of a column to jitter must be more than one, got 1");
        }

        @Test
        void refusesAnUnknownColumn() {
            assertThatThrownBy(() -> Split.of(m, rounded, plan.withJitter("whole"), rng))
                    .hasMessage("column must be one of the table's, [half, other], got whole");
        }
    }

    @Nested
    class Refusals {
        @Test
        void tooFewRows() {
            assertThatThrownBy(() -> Split.of(m, table.first(5), rng))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "test rows must be at least 1, got 0 at a share of 0.1 of 5 rows: get more rows, or give"
                                    + " another share with SplitPlan.of().withShares(validation, test)");
            assertThatThrownBy(() -> Split.of(m, table.first(2), SplitPlan.of().withShares(0, 0), rng))
                    .hasMessage("rows to whiten with must be more than the 2 columns, got 2: leave columns out, or"
                            + " scale each by itself");
            Table same = table.first(1).append(table.first(1)).append(table.first(1));
            assertThatThrownBy(() -> Split.of(m, same, SplitPlan.of().withShares(0, 0.4), rng))
                    .hasMessage("training rows must be at least 2, got 0 of 3 rows in 1 groups of equal rows or one"
                            + " key");
        }

        @Test
        void columnsWithoutWidthByName() {
            double[] ones = new double[200];
            Arrays.fill(ones, 4);
            Table constant = table.copy().addColumns(DoubleColumn.create("wheels", ones));
            assertThatThrownBy(() -> Split.of(m, constant, rng))
                    .hasMessage(
                            "column wheels must be of more than one value, got 4.0 in each of the 160 rows: leave it"
                                    + " out, a density has no width along it");
            Table doubled = table.copy()
                    .addColumns(table.doubleColumn("a")
                            .multiply(2)
                            .subtract(table.doubleColumn("b"))
                            .setName("c"));
            assertThatThrownBy(() -> Split.of(m, doubled, rng))
                    .hasMessageContaining("columns must be linearly independent, got [a, b, c], of which each");
        }

        @Test
        void textByColumnAndRow() {
            Table named = table.copy().addColumns(StringColumn.create("name", 200));
            named.stringColumn("name").set(0, "Ann");
            assertThatThrownBy(() -> Split.of(m, named, rng))
                    .hasMessageContaining("column name must hold numbers, got \"Ann\" in row 0");
        }

        @Test
        void sharesThatAreNone() {
            assertThatThrownBy(() -> SplitPlan.of().withShares(-0.1, 0.1))
                    .hasMessage("validation share must be in [0, 1), got -0.1");
            assertThatThrownBy(() -> SplitPlan.of().withShares(0.1, Double.NaN))
                    .hasMessage("test share must be in [0, 1), got NaN");
            assertThatThrownBy(() -> SplitPlan.of().withShares(0.5, 0.5))
                    .hasMessage("validation and test share together must be < 1, got 1.0");
            assertThatThrownBy(() -> SplitPlan.of().withType(DataType.INT32))
                    .hasMessage("type must be floating, got int32");
        }
    }

    private static int[] concat(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
    }

    private static long[] longs(int[] rows) {
        return IntStream.of(rows).asLongStream().toArray();
    }

    private static Set<Integer> set(int[] numbers) {
        Set<Integer> set = new HashSet<>();
        IntStream.of(numbers).forEach(set::add);
        return set;
    }
}
