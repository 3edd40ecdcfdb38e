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

class MmdTest {
    private final NDManager m = NDManager.newBaseManager();
    private final FeatureOracle oracle = FeatureOracle.read();

    @AfterEach
    void close() {
        m.close();
    }

    @Test
    void agreesWithNumpy() {
        double found = Mmd.of(0.5, 2).squared(m.create(oracle.samples()), m.create(oracle.reference()));
        assertThat(found / oracle.gaussianMmd()).isCloseTo(1, within(1e-10));
    }

    @Test
    void medianDistanceAgreesWithNumpy() {
        Mmd mmd = Mmd.ofMedianDistance(m.create(oracle.reference()), Rng.of(1));
        assertThat(mmd.bandwidths()).hasSize(1);
        assertThat(mmd.bandwidths()[0]).isCloseTo(oracle.medianDistance(), within(1e-12));
    }

    /** More rows than are compared at a time give what all at once would: each set against itself, {@code 2·mean of k}. */
    @Test
    void moreRowsThanOnePart() {
        NDArray a = Rng.of(1).normal(m, new Shape(1_300, 2));
        NDArray b = Rng.of(2).normal(m, new Shape(2_100, 2)).add(0.5);
        NDArray gaps = SampleMatrix.squaredDistances(a, b).div(-2).exp();
        double within = 0;
        for (NDArray x : new NDArray[] {a, b}) {
            double n = x.getShape().get(0);
            within += (SampleMatrix.squaredDistances(x, x).div(-2).exp().sum().getFloat() - n) / (n * (n - 1));
        }
        assertThat(Mmd.of(1).squared(a, b)).isCloseTo(within - 2 * gaps.mean().getFloat(), within(1e-5));
    }

    /**
     * N(0, 1) against N(δ, 1) with σ: {@code MMD² = 2s(1 − exp(−δ²s²/2))}, {@code s = σ/√(σ² + 2)} and s² = 1/(σ² + 2)
     * in the exponent. Over keys the estimate from 2,000 rows each spreads by less than 0.005; 3.5 of these are allowed.
     */
    @Test
    void seesAShiftedMeanAsTheClosedFormSays() {
        NDArray a = Rng.of(1).normal(m, new Shape(2_000, 1));
        NDArray b = Rng.of(2).normal(m, new Shape(2_000, 1)).add(1);
        double sigma = 0.8;
        double width = sigma * sigma + 2;
        double expected = 2 * sigma / Math.sqrt(width) * (1 - Math.exp(-1 / (2 * width)));
        assertThat(Mmd.of(sigma).squared(a, b)).isCloseTo(expected, within(0.018));
        assertThat(Mmd.of(sigma).squared(a, b.sub(1))).isCloseTo(0, within(0.005));
    }

    @Test
    void rejectsWhatItCannotCompare() {
        assertThatThrownBy(() -> Mmd.of(1, -2))
                .hasMessageContaining("bandwidths[1]")
                .hasMessageContaining("got -2.0");
        assertThatThrownBy(() -> Mmd.of()).hasMessage("bandwidths must be at least one, got 0");
        assertThatThrownBy(() -> Mmd.of(1).squared(m.ones(new Shape(1, 2)), m.ones(new Shape(4, 2))))
                .hasMessage("a must be of shape (n, d) with n >= 2, got (1, 2)");
        assertThatThrownBy(() -> Mmd.of(1).squared(m.ones(new Shape(4, 2)), m.ones(new Shape(4, 3))))
                .hasMessage("width of b must be that of a, 2, got 3");
        assertThatThrownBy(() -> Mmd.of(1).squared(m.ones(new Shape(4, 2)).mul(Float.NaN), m.ones(new Shape(4, 2))))
                .hasMessage("squared MMD (are all numbers finite?) must be finite, got NaN");
        assertThatThrownBy(() -> Mmd.ofMedianDistance(m.ones(new Shape(4, 2)), Rng.of(1)))
                .hasMessageContaining("median squared distance in the reference")
                .hasMessageContaining("got 0.0");
    }
}
