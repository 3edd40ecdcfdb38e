package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.metric.NegativeLogLikelihood.Method;
import gebm.model.AffineBase;
import gebm.model.Gebm;
import gebm.sampler.Mala;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code r = x²/2 + 3} under the base N(½, e^{0.4}): the density is N(0, 1). */
class NegativeLogLikelihoodTest {
    private static final Rng RNG = Rng.of(59);

    private final Gebm model = Gebm.unnormalized(
            new AffineBase(new double[] {0.5}, new double[] {0.2}),
            x -> x.square().sum(new int[] {1}).mul(0.5).add(3));
    private NDManager m;
    private NDArray rows;
    private double truth;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
        rows = m.create(new double[] {-1, 0.5, 2}, new Shape(3, 1));
        truth = 0.5 * Math.log(2 * Math.PI) + (1 + 0.25 + 4) / 6;
    }

    @AfterEach
    void close() {
        m.close();
    }

    @Test
    void exactIsTheMeanAndItsError() {
        var normal = new AffineBase(new double[] {0}, new double[] {0});
        NegativeLogLikelihood nll = NegativeLogLikelihood.exact(normal, rows);
        assertThat(nll.value()).isCloseTo(truth, within(1e-14));
        // of 0.5, 0.125 and 2: mean 0.875, squares 0.140625 + 0.5625 + 1.265625
        assertThat(nll.standardError()).isCloseTo(Math.sqrt(1.96875 / 2 / 3), within(1e-14));
        assertThat(nll.normalizerError()).isZero();
        assertThat(nll.method()).isEqualTo(Method.EXACT);
        assertThat(nll).hasToString("1.794 ± 0.573 nats (3 rows, exact)");
    }

    /** The weights' relative variance is 0.20; 3.3 standard errors are exceeded with probability 0.1 %. */
    @Test
    void importanceSamplingHasTheErrorOfItsWeights() {
        NegativeLogLikelihood nll = NegativeLogLikelihood.importance(model, rows, 50_000, RNG);
        assertThat(nll.normalizerError()).isCloseTo(0.0020, within(2e-4));
        assertThat(nll.value()).isCloseTo(truth, within(3.3 * 0.0020));
        assertThat(nll.toString()).contains("importance sampling, log Z ± 0.0020");
    }

    /** 3.3 of its own standard errors are exceeded with probability 0.1 %. */
    @Test
    void annealingHasItsOwnError() {
        var annealing = AnnealedImportance.of(new Mala(Schedule.constant(0.3)), 10);
        NegativeLogLikelihood nll = NegativeLogLikelihood.annealed(model, rows, annealing, 500, RNG);
        assertThat(nll.normalizerError()).isBetween(1e-4, 0.02);
        assertThat(nll.value()).isCloseTo(truth, within(3.3 * nll.normalizerError()));
        assertThat(nll.method()).isEqualTo(Method.ANNEALED_IMPORTANCE_SAMPLING);
    }

    @Test
    void learnedConstantIsTakenAtItsWord() {
        double log = 0.5 * Math.log(2 * Math.PI) - 3;
        NegativeLogLikelihood nll = NegativeLogLikelihood.learned(model.withLogPartition(log + 0.25), rows);
        assertThat(nll.value()).isCloseTo(truth + 0.25, within(1e-13));
        assertThat(nll.normalizerError()).isNaN();
        assertThat(nll.toString()).endsWith("(3 rows, learned constant, its error unknown)");
    }

    @Test
    void differencesArePaired() {
        NegativeLogLikelihood a = NegativeLogLikelihood.of(new double[] {-1, -2, -30}, 0, Method.EXACT);
        NegativeLogLikelihood b = NegativeLogLikelihood.of(new double[] {-1.5, -2.5, -30.8}, 0, Method.EXACT);
        NegativeLogLikelihood.Difference difference = a.minus(b);
        assertThat(difference.value()).isCloseTo(-0.6, within(1e-14));
        assertThat(difference.standardError()).isCloseTo(0.1, within(1e-14));
        assertThat(difference).hasToString("-0.60 ± 0.10");
    }

    @Test
    void refusesWhatCannotBeCompared() {
        NegativeLogLikelihood two = NegativeLogLikelihood.of(new double[] {-1, -2}, 0, Method.EXACT);
        NegativeLogLikelihood three = NegativeLogLikelihood.of(new double[] {-1, -2, -3}, 0, Method.EXACT);
        assertThatThrownBy(() -> two.minus(three))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the other's rows must be the same, 2 of them, got 3");
        assertThatThrownBy(() -> NegativeLogLikelihood.of(new double[] {-1}, 0, Method.EXACT))
                .hasMessage("rows must be >= 2, got 1");
        assertThatThrownBy(() -> NegativeLogLikelihood.of(new double[] {-1, Double.NaN}, 0, Method.EXACT))
                .hasMessage("the log-density of row 1 must be finite, got NaN");
    }
}
