package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class CurveTest {
    @Test
    void countsFromZeroWithoutPositions() {
        assertThat(Curve.of("loss", 3, 2, 1).x()).containsExactly(0, 1, 2);
    }

    @Test
    void copiesItsPoints() {
        double[] y = {1, Double.NaN};
        Curve curve = Curve.of("loss", y);
        y[0] = 9;
        curve.y()[0] = 9;
        assertThat(curve.y()).containsExactly(1, Double.NaN);
        assertThat(curve).hasToString("Curve[loss, 2 points]");
    }

    @Test
    void refusesWhatCannotBeDrawn() {
        assertThatThrownBy(() -> Curve.of("loss")).hasMessage("loss must be a curve of at least one point, got 0");
        assertThatThrownBy(() -> Curve.of("loss", new double[] {1, 2}, new double[] {1}))
                .hasMessage("points of loss must be as many in y as in x, 2, got 1");
        assertThatThrownBy(() -> Curve.of("loss", 1, Double.POSITIVE_INFINITY))
                .hasMessage("loss.y[1] must be finite or NaN, got Infinity");
        assertThatThrownBy(() -> Curve.of("loss", new double[] {Double.NaN}, new double[] {1}))
                .hasMessage("loss.x[0] must be finite, got NaN");
    }

    @Test
    void bandsAreOneDeviationToEachSide() {
        Curve curve = Curve.ofRuns("loss", new double[] {0, 1}, new double[][] {{1, 5}, {3, 5}});
        assertThat(curve.y()).containsExactly(2, 5);
        assertThat(curve.low()).containsExactly(2 - Math.sqrt(2), 5); // n − 1 in the variance
        assertThat(curve.high()).containsExactly(2 + Math.sqrt(2), 5);
        assertThat(Curve.of("loss", 1, 2).withError(0.5).low()).containsExactly(0.5, 1.5);
    }

    @Test
    void refusesWrongBands() {
        assertThatThrownBy(() -> Curve.of("loss", 1, 2).withError(-1))
                .hasMessage("error of loss[0] must be finite and >= 0, got -1.0");
        assertThatThrownBy(() -> Curve.of("loss", 1, 2).withError(1, 2, 3))
                .hasMessage("error of loss must be one, or as many as points, 2, got 3");
        assertThatThrownBy(() -> Curve.of("loss", 1, 2).withBand(new double[] {1, 2}, new double[] {1, 1}))
                .hasMessage("loss.high[1] must be >= 2.0, got 1.0");
        assertThatThrownBy(() -> Curve.ofRuns("loss", new double[1], new double[1][1]))
                .hasMessage("runs of loss must be at least two, got 1");
    }
}
