package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlicedWassersteinTest {
    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray normal(int seed, int n, int d) {
        return Rng.of(seed).normal(m, new Shape(n, d), DataType.FLOAT64);
    }

    /** In one dimension every direction is ±1: {@code ∫(F⁻¹ − G⁻¹)²}, by hand for {0, 1, 5} and {1, 3}. */
    @Test
    void isExactInOneDimension() {
        NDArray a = m.create(new double[][] {{5}, {0}, {1}});
        NDArray b = m.create(new double[][] {{3}, {1}});
        // u in (0, ⅓): 0 and 1; (⅓, ½): 1 and 1; (½, ⅔): 1 and 3; (⅔, 1): 5 and 3
        double expected = Math.sqrt(1 / 3.0 + 0 + 4 / 6.0 + 4 / 3.0);
        assertThat(SlicedWasserstein.distance(a, b, 3, Rng.of(1))).isCloseTo(expected, within(1e-12));
    }

    /** A shift by t moves every projection by θ·t, and E(θ·t)² = ‖t‖²/d: over 20,000 directions to 3 %. */
    @Test
    void ofAShiftIsItsLengthOverTheRootOfTheDimension() {
        NDArray a = normal(1, 50, 4);
        NDArray shift = m.create(new double[] {3, 0, -4, 0});
        double found = SlicedWasserstein.distance(a, a.add(shift), 20_000, Rng.of(2));
        assertThat(found).isCloseTo(5 / Math.sqrt(4), within(0.03));
    }

    /** A scale by s of N(0, I): projections N(0, 1) and N(0, s²), so SW₂ = s − 1, up to 4,000 samples' noise. */
    @Test
    void ofAScaleIsTheDifferenceOfDeviations() {
        double found = SlicedWasserstein.distance(
                normal(1, 4_000, 3), normal(2, 4_000, 3).mul(2), 50, Rng.of(3));
        assertThat(found).isCloseTo(1, within(0.06));
    }

    @Test
    void isSymmetricAndZeroToItselfAndSeeded() {
        NDArray a = normal(1, 30, 3);
        NDArray b = normal(2, 40, 3);
        double found = SlicedWasserstein.distance(a, b, 20, Rng.of(3));
        assertThat(SlicedWasserstein.distance(b, a, 20, Rng.of(3))).isCloseTo(found, within(1e-12));
        assertThat(SlicedWasserstein.distance(a, b, 20, Rng.of(3))).isEqualTo(found);
        assertThat(SlicedWasserstein.distance(a, a, 20, Rng.of(3))).isZero();
    }

    @Test
    void rejectsWhatItCannotCompare() {
        assertThatThrownBy(() -> SlicedWasserstein.distance(normal(1, 3, 2), normal(1, 3, 3), 5, Rng.of(1)))
                .hasMessage("width of b must be that of a, 2, got 3");
        assertThatThrownBy(() ->
                        SlicedWasserstein.distance(normal(1, 3, 2).mul(Double.NaN), normal(1, 3, 2), 5, Rng.of(1)))
                .hasMessage("a projection of a must be finite, got NaN");
    }
}
