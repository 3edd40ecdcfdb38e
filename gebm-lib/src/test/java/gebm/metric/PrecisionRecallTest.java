package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PrecisionRecallTest {
    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    @Test
    void agreesWithBruteForce() {
        FeatureOracle oracle = FeatureOracle.read();
        for (PrecisionRecall expected : oracle.neighbours()) {
            var found = PrecisionRecall.of(m.create(oracle.samples()), m.create(oracle.reference()), expected.k());
            assertThat(found.precision()).isCloseTo(expected.precision(), within(1e-12));
            assertThat(found.recall()).isCloseTo(expected.recall(), within(1e-12));
            assertThat(found.density()).isCloseTo(expected.density(), within(1e-12));
            assertThat(found.coverage()).isCloseTo(expected.coverage(), within(1e-12));
        }
    }

    /**
     * Of equal distributions density is 1 and coverage {@code 1 − 2⁻ᵏ} on average. 1,500 rows each, more than one chunk
     * of distances; over seeds density spreads by 0.02 and coverage by 0.007, and 5 of these are allowed.
     */
    @Test
    void ofEqualDistributionsIsAsTheorySays() {
        NDArray a = Rng.of(1).normal(m, new Shape(1_500, 3));
        NDArray b = Rng.of(2).normal(m, new Shape(1_500, 3));
        var found = PrecisionRecall.of(a, b, 3);
        assertThat(found.density()).isCloseTo(1, within(0.1));
        assertThat(found.coverage()).isCloseTo(1 - 1 / 8.0, within(0.035));
    }

    /** Samples in one of two clusters are all real, and miss half of what is real. */
    @Test
    void aMissingModeIsMissed() {
        NDArray cluster = Rng.of(3).normal(m, new Shape(200, 2));
        NDArray reference = cluster.add(20).concat(Rng.of(4).normal(m, new Shape(200, 2)), 0);
        var found = PrecisionRecall.of(Rng.of(5).normal(m, new Shape(300, 2)), reference, 5);
        assertThat(found.precision()).isGreaterThan(0.9);
        assertThat(found.recall()).isBetween(0.4, 0.5);
        assertThat(found.coverage()).isBetween(0.4, 0.5);
    }

    @Test
    void rejectsWhatItCannotCompare() {
        assertThatThrownBy(() -> PrecisionRecall.of(m.ones(new Shape(3, 2)), m.ones(new Shape(9, 2)), 3))
                .hasMessage("samples must be of shape (n, d) with n > k = 3, got (3, 2)");
        assertThatThrownBy(() -> PrecisionRecall.of(m.ones(new Shape(9, 3)), m.ones(new Shape(9, 2)), 3))
                .hasMessage("width of the samples must be that of the reference, 2, got 3");
        assertThatThrownBy(() -> PrecisionRecall.of(m.ones(new Shape(9, 2)).mul(Float.NaN), m.ones(new Shape(9, 2)), 3))
                .hasMessage("sum of the samples must be finite, got NaN");
    }
}
