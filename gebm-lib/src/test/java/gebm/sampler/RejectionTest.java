package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RejectionTest {
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** Base N(0, 1), as a generator without layers, with the energy {@code bx²/2}. */
    private static Gebm gaussian(double b) {
        DensityBase prior = DensityBase.standardNormal(1, DataType.FLOAT64);
        LatentBase base = LatentBase.pushForward(prior, new ai.djl.nn.SequentialBlock().add(x -> x), Rng.of(1));
        return Gebm.of(base, x -> x.square().sum(new int[] {1}).mul(b / 2));
    }

    /**
     * E = bx²/2 on N(0, 1) is N(0, 1/(1 + b)), and the acceptance is E[exp(−E)] = 1/√(1 + b) since the largest weight
     * is 1. 20,000 samples: the mean of x² has a relative standard error of √(2/20000) = 0.01, the acceptance one of
     * 0.003; 3.3 of each are exceeded with probability 0.1 %.
     */
    @Test
    void exactRejectionSamplesTheModel() {
        double b = 3;
        var kept = Rejection.exact().sample(m, gaussian(b), 20_000, Rng.of(2));
        assertThat(kept.samples().getShape()).isEqualTo(new Shape(20_000, 1));
        double variance = kept.samples().square().mean().getDouble();
        assertThat(variance * (1 + b)).isCloseTo(1, within(0.033));
        assertThat(kept.acceptance()).isCloseTo(1 / Math.sqrt(1 + b), within(0.008));
        assertThat(kept.largestLogWeight()).isCloseTo(0, within(1e-3));
        assertThat(kept.stop()).isEqualTo(new StopReason.Completed(20_000));
    }

    /** σ(F) at γ = 0 is exp(d − M); a larger γ keeps fewer, a smaller one more. */
    @Test
    void probabilityIsThePapersFormula() {
        for (double relative : new double[] {-8, -2, -0.5, -0.01}) {
            assertThat(Rejection.probability(relative, 0)).isCloseTo(Math.exp(relative), within(1e-6));
            double f = relative - Math.log(1 - Math.exp(relative - 1e-8));
            assertThat(Rejection.probability(relative, -1.5)).isCloseTo(1 / (1 + Math.exp(-f - 1.5)), within(1e-12));
        }
        assertThat(Rejection.probability(0, 0)).isCloseTo(1, within(1e-7));
    }

    /** Base 1, model 1/4: a low quantile gives a negative γ and a filter between the two, a high one a sharper filter. */
    @Test
    void filterGoesFromTheBaseToBeyondTheModel() {
        Gebm model = gaussian(3);
        double low = variance(Rejection.filter(0.05), model);
        double high = variance(Rejection.filter(0.95), model);
        assertThat(low).isBetween(0.4, 0.9);
        assertThat(high).isLessThan(0.2);
    }

    private double variance(Rejection rejection, Gebm model) {
        return rejection
                .sample(m, model, 5_000, Rng.of(3))
                .samples()
                .square()
                .mean()
                .getDouble();
    }

    @Test
    void sameKeySameSamples() {
        Gebm model = Gebm.of(
                LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 8, 2), Rng.of(1)),
                Energy.neural(Mlp.of(2, 8, 1), new Shape(2), Rng.of(2)));
        var first = Rejection.filter(0.5).sample(m, model, 100, Rng.of(3));
        var second = Rejection.filter(0.5).sample(m, model, 100, Rng.of(3));
        assertThat(second.samples().toFloatArray())
                .containsExactly(first.samples().toFloatArray());
    }

    @Test
    void stopsWithWhatItHas() {
        var rejection = Rejection.exact().withProgress((done, total, message) -> {
            if (done > 0) {
                Thread.currentThread().interrupt();
            }
        });
        var kept = rejection.sample(m, gaussian(1), 1_000_000, Rng.of(4));
        assertThat(Thread.interrupted()).isTrue();
        long n = kept.samples().getShape().get(0);
        assertThat(n).isBetween(1L, 1_000L);
        assertThat(kept.stop()).isEqualTo(new StopReason.Stopped(n));
    }

    @Test
    void rejectsNumbersOutOfRange() {
        assertThatThrownBy(() -> Rejection.filter(1)).hasMessage("quantile must be in [0, 1), got 1.0");
        assertThatThrownBy(() -> Rejection.exact().sample(m, gaussian(Double.NaN), 3, Rng.of(1)))
                .hasMessageContaining("energy of a sample of the base must be finite");
    }
}
