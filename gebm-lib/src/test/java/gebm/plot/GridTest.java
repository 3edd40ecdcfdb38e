package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class GridTest {
    private static final double[] ENDS = {0, 1};

    @Test
    void evaluatesRowByRow() {
        Grid grid = Grid.of(x -> x.get(":, 0").add(x.get(":, 1").mul(10)), 0, 1, 2, 4);
        assertThat(grid.values()[0][120]).isCloseTo(21, within(1e-5));
        assertThat(grid.values()[120][0]).isCloseTo(40, within(1e-5));
        assertThat(grid.at(0.505, 3.01)).isCloseTo(30.605, within(1e-5)); // linear, so the interpolation is exact
        assertThat(grid).hasToString("Grid[121x121 points, x 0 to 1, y 2 to 4]");
    }

    @Test
    void refusesWhatIsNoGrid() {
        assertThatThrownBy(() -> Grid.of(x -> x, 0, 1)).hasMessage("values must be of shape 14641, got (14641, 2)");
        assertThatThrownBy(() -> Grid.of(x -> x, 1, 1)).hasMessage("x limits must be increasing, got 1.0 to 1.0");
        assertThatThrownBy(() -> new Grid(new double[] {0, 0}, ENDS, new double[2][2]))
                .hasMessage("x[1] must be > 0.0, got 0.0");
        assertThatThrownBy(() -> new Grid(ENDS, ENDS, new double[1][2]))
                .hasMessage("rows of values must be as many as in y, 2, got 1");
        assertThatThrownBy(() -> new Grid(ENDS, ENDS, new double[2][3]))
                .hasMessage("values[0] must be of length 2, as x is, got 3");
    }

    @Nested
    class AContour {
        /**
         * On an edge of length h linear interpolation of r² errs by at most h²/4 (|f''|·h²/8 with f'' = 2), so r, near
         * 1, by h²/8 up to higher orders.
         */
        @Test
        void ofTheSquaredRadiusIsACircle() {
            Grid grid = Grid.of(x -> x.square().sum(new int[] {1}), -2, 2);
            double h = 4.0 / 120;
            List<double[][]> lines = grid.contour(1.003);
            assertThat(lines).hasSize(1);
            double[][] circle = lines.get(0);
            assertThat(circle[0]).isEqualTo(circle[circle.length - 1]);
            double length = 0;
            for (int i = 0; i < circle.length; i++) {
                double radius = Math.hypot(circle[i][0], circle[i][1]);
                assertThat(radius).isCloseTo(Math.sqrt(1.003), within(h * h / 8 * 1.01));
                length += i == 0 ? 0 : Math.hypot(circle[i][0] - circle[i - 1][0], circle[i][1] - circle[i - 1][1]);
            }
            assertThat(length).isCloseTo(2 * Math.PI * Math.sqrt(1.003), within(2e-3)); // once around
        }

        @Test
        void thatLeavesTheGridIsOpen() {
            Grid grid = Grid.of(x -> x.get(":, 0").mul(1), -1, 1);
            double[][] line = grid.contour(0.251).get(0);
            assertThat(line).hasNumberOfRows(121);
            for (double[] point : line) {
                assertThat(point[0]).isCloseTo(0.251, within(1e-6));
            }
            assertThat(Math.abs(line[0][1] - line[120][1])).isEqualTo(2);
        }

        @Test
        void avoidsHoles() {
            double[][] values = {{0, 1, 2, 3}, {0, 1, Double.NaN, 3}, {0, 1, 2, 3}, {0, 1, 2, 3}};
            double[] axis = {0, 1, 2, 3};
            assertThat(new Grid(axis, axis, values).contour(0.5).get(0)).hasNumberOfRows(4);
            assertThat(new Grid(axis, axis, values).contour(1.5).get(0)).hasNumberOfRows(2);
        }

        @Test
        void ofASaddleFollowsTheMiddle() {
            double[][] high = {{1, 0}, {0, 1.5}}; // mean 0.625: the ones are joined, the zeros cut off
            for (double[][] line : new Grid(ENDS, ENDS, high).contour(0.5)) {
                double side = line[0][0] - line[0][1] > 0 ? 1 : -1;
                assertThat((line[1][0] - line[1][1]) * side).isPositive(); // both ends beside one zero
            }
            double[][] low = {{1, 0}, {0, 0.6}};
            for (double[][] line : new Grid(ENDS, ENDS, low).contour(0.5)) {
                double side = line[0][0] + line[0][1] > 1 ? 1 : -1;
                assertThat((line[1][0] + line[1][1] - 1) * side).isPositive();
            }
            assertThat(new Grid(ENDS, ENDS, low).contour(0.5)).hasSize(2);
        }

        @Test
        void ofAValueThatIsNotTakenIsEmpty() {
            assertThat(new Grid(ENDS, ENDS, new double[2][2]).contour(7)).isEmpty();
        }
    }
}
