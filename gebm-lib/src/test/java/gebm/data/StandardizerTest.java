package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class StandardizerTest {
    private final NDManager m = NDManager.newBaseManager();
    /** Columns of scales from 1e-4 to 1e3, correlated, away from 0. */
    private final NDArray rows = Rng.of(7)
            .normal(m, new Shape(60, 3), DataType.FLOAT64)
            .matMul(m.create(new double[][] {{2e-4, 0, 500}, {0, 3, 900}, {0, 1, -200}}))
            .add(m.create(new double[] {1, -50, 4e3}));

    @AfterEach
    void close() {
        m.close();
    }

    static Function<NDArray, Standardizer>[] all() {
        @SuppressWarnings("unchecked")
        Function<NDArray, Standardizer>[] all = new Function[] {
            (Function<NDArray, Standardizer>) Standardizer::whitening,
            (Function<NDArray, Standardizer>) Standardizer::columns,
            (Function<NDArray, Standardizer>) x -> Standardizer.identity(3)
        };
        return all;
    }

    @ParameterizedTest
    @MethodSource("all")
    void invertUndoesApply(Function<NDArray, Standardizer> fit) {
        Standardizer standardizer = fit.apply(rows);
        NDArray copy = rows.duplicate();
        NDArray scaled = standardizer.apply(rows);
        assertThat(rows).isEqualTo(copy);
        assertThat(scaled.getManager()).isSameAs(m);
        assertThat(standardizer.invert(scaled).sub(rows).div(rows).abs().max().getDouble())
                .isLessThan(1e-12);
    }

    /** The determinant of the map's matrix, read off by applying it to the unit vectors. */
    @ParameterizedTest
    @MethodSource("all")
    void logDeterminantIsThatOfTheMap(Function<NDArray, Standardizer> fit) {
        Standardizer standardizer = fit.apply(rows);
        NDArray origin = standardizer.apply(m.zeros(new Shape(1, 3), DataType.FLOAT64));
        double[] a =
                standardizer.apply(m.eye(3, 3, 0, DataType.FLOAT64)).sub(origin).toDoubleArray();
        double determinant = a[0] * (a[4] * a[8] - a[5] * a[7])
                - a[1] * (a[3] * a[8] - a[5] * a[6])
                + a[2] * (a[3] * a[7] - a[4] * a[6]);
        assertThat(standardizer.logDeterminant()).isCloseTo(Math.log(Math.abs(determinant)), within(1e-9));
    }

    @Test
    void whiteningGivesMeanZeroAndCovarianceIdentity() {
        NDArray y = Standardizer.whitening(rows).apply(rows);
        assertThat(y.mean(new int[] {0}).abs().max().getDouble()).isLessThan(1e-12);
        assertThat(y.transpose()
                        .matMul(y)
                        .div(60)
                        .sub(m.eye(3, 3, 0, DataType.FLOAT64))
                        .abs()
                        .max()
                        .getDouble())
                .isLessThan(1e-11);
    }

    /** Each column of V has its entry of largest magnitude positive, so a second fit gives the same map. */
    @Test
    void whiteningFixesSigns() {
        Standardizer whitening = Standardizer.whitening(rows);
        NDArray origin = whitening.apply(m.zeros(new Shape(1, 3), DataType.FLOAT64));
        NDArray matrix = whitening.apply(m.eye(3, 3, 0, DataType.FLOAT64)).sub(origin);
        for (int k = 0; k < 3; k++) {
            double[] column = matrix.get(":, " + k).toDoubleArray();
            double largest = 0;
            for (double entry : column) {
                largest = Math.abs(entry) > Math.abs(largest) ? entry : largest;
            }
            assertThat(largest).isPositive();
        }
        // largest singular value first: the coordinate with the smallest scale of its matrix
        double[] lengths = matrix.square().sum(new int[] {0}).toDoubleArray();
        assertThat(lengths).isSorted();
    }

    @Test
    void columnsGivesEachVarianceOne() {
        NDArray y = Standardizer.columns(rows).apply(rows);
        assertThat(y.square().mean(new int[] {0}).sub(1).abs().max().getDouble())
                .isLessThan(1e-12);
    }

    /** The density of x by the rule of change of variables, for a Gaussian whose own formula is known. */
    @Test
    void logDensitiesGoToTheTablesUnits() {
        Standardizer standardizer = Standardizer.columns(m.create(new double[][] {{3}, {7}})); // mean 5, sigma 2
        double x = 6;
        double y = standardizer.apply(m.create(new double[][] {{x}})).getDouble(0, 0);
        assertThat(y).isEqualTo(0.5);
        double inScaledUnits = -y * y / 2 - Math.log(2 * Math.PI) / 2;
        double inTablesUnits = -Math.pow((x - 5) / 2, 2) / 2 - Math.log(2) - Math.log(2 * Math.PI) / 2;
        assertThat(inScaledUnits + standardizer.logDeterminant()).isCloseTo(inTablesUnits, within(1e-15));
    }

    @Test
    void float32KeepsItsTypeAndIsComputedInDouble() {
        NDArray single = rows.toType(DataType.FLOAT32, true);
        NDArray y = Standardizer.whitening(rows).apply(single);
        assertThat(y.getDataType()).isEqualTo(DataType.FLOAT32);
        NDArray exact = Standardizer.whitening(rows).apply(single.toType(DataType.FLOAT64, true));
        assertThat(y.toType(DataType.FLOAT64, true).sub(exact).abs().max().getDouble())
                .isLessThan(3e-7);
    }

    @Test
    void leavesNothingBehind() {
        Standardizer standardizer = Standardizer.whitening(rows);
        int before = m.getManagedArrays().size();
        standardizer.apply(rows).close();
        standardizer.invert(rows).close();
        assertThat(m.getManagedArrays()).hasSize(before);
    }

    @Test
    void refusesWhatHasNoWidth() {
        NDArray constant = m.create(new double[][] {{1, 2}, {3, 2}, {5, 2}, {9, 2}});
        assertThatThrownBy(() -> Standardizer.columns(constant))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("column 1 must be of more than one value, got 2.0 in each of the 4 rows: leave it out, a"
                        + " density has no width along it");
        assertThatThrownBy(() -> Standardizer.whitening(constant)).hasMessageContaining("column 1 must be of more");
        NDArray dependent = rows.get(":, 0:1").mul(3).sub(rows.get(":, 2:3"));
        assertThatThrownBy(() -> Standardizer.whitening(rows.concat(dependent, 1)))
                .hasMessageContaining("columns must be linearly independent, got [")
                .hasMessageContaining("3], of which each is a linear function of the others")
                .hasMessageContaining("leave one of them out");
        assertThatThrownBy(() -> Standardizer.whitening(rows.get("0:3")))
                .hasMessage("rows to whiten with must be more than the 3 columns, got 3: leave columns out, or scale"
                        + " each by itself");
        assertThatThrownBy(() -> Standardizer.columns(rows.get("0:1"))).hasMessage("rows must be at least 2, got 1");
    }

    @Test
    void refusesOtherWidthsAndNaN() {
        assertThatThrownBy(() -> Standardizer.whitening(rows).apply(rows.get(":, 0:2")))
                .hasMessage("x must be of shape (n, 3), got (60, 2)");
        assertThatThrownBy(() -> Standardizer.whitening(rows).invert(m.ones(new Shape(3))))
                .hasMessage("y must be of shape (n, 3), got (3)");
        assertThatThrownBy(() -> Standardizer.columns(m.create(new double[][] {{1, 2}, {3, Double.NaN}})))
                .hasMessage("rows in row 1, column 1 must be finite, got NaN");
        assertThatThrownBy(() -> Standardizer.identity(0)).hasMessage("d must be > 0, got 0");
    }
}
