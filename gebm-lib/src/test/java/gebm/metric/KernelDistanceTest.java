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

class KernelDistanceTest {
    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    @Test
    void agreesWithNumpy() {
        FeatureOracle oracle = FeatureOracle.read();
        double found = KernelDistance.squared(m.create(oracle.samples()), m.create(oracle.reference()));
        assertThat(found / oracle.mmd()).isCloseTo(1, within(1e-10));
    }

    /**
     * The 95 % interval from 10 subsets of 50 covers 0, the distance of equal distributions, in 100 repetitions at least
     * 87 times: with a coverage of 95 % fewer happen with probability 0.15 %.
     */
    @Test
    void intervalCoversTheTruth() {
        int covered = 0;
        for (int i = 0; i < 100; i++) {
            NDArray a = Rng.of(i).fork("a").normal(m, new Shape(500, 3));
            NDArray b = Rng.of(i).fork("b").normal(m, new Shape(500, 3));
            double[] ends = KernelDistance.between(a, b, 50, Rng.of(i)).interval();
            covered += ends[0] <= 0 && ends[1] >= 0 ? 1 : 0;
        }
        assertThat(covered).isGreaterThanOrEqualTo(87);
    }

    /** Means apart by δ in one of d dimensions: the population's MMD² by the kernel's moments, 40 subsets of 100. */
    @Test
    void seesAShiftedMean() {
        NDArray a = Rng.of(1).normal(m, new Shape(4_000, 1));
        NDArray b = Rng.of(2).normal(m, new Shape(4_000, 1)).add(0.5);
        // k = Σ C(3,p)(xy)^p, so MMD² = Σ C(3,p)(E x^p − E y^p)²; E y = ½, E y² = 1¼, E y³ = 1/8 + 3/2
        double expected = 3 * 0.25 + 3 * 0.0625 + 1.625 * 1.625;
        var found = KernelDistance.between(a, b, 100, Rng.of(3));
        assertThat(found.subsets()).isEqualTo(40);
        assertThat(found.value()).isCloseTo(expected, within(3.6 * found.standardError()));
        assertThat(found.standardError()).isLessThan(0.5); // so that 0 would be seven errors away
    }

    @Test
    void studentsQuantilesAreThoseOfTheTables() {
        assertThat(KernelDistance.student(4)).isCloseTo(2.776, within(0.01));
        assertThat(KernelDistance.student(9)).isCloseTo(2.262, within(1e-3));
        assertThat(KernelDistance.student(49)).isCloseTo(2.0096, within(1e-4));
    }

    @Test
    void rejectsTooFewSamples() {
        assertThatThrownBy(
                        () -> KernelDistance.between(m.ones(new Shape(40, 2)), m.ones(new Shape(90, 2)), 10, Rng.of(1)))
                .hasMessage("subsets of 10 must be >= 5 (use smaller ones), got 4");
        assertThatThrownBy(() -> KernelDistance.squared(m.ones(new Shape(4, 2)), m.ones(new Shape(4, 3))))
                .hasMessage("width of b must be that of a, 2, got 3");
    }
}
