package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImportanceResamplingTest {
    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    /** Base N(0, 1): a generator that multiplies its latents by 1, with {@code energy}. */
    private static Gebm onGaussian(Energy energy) {
        DensityBase prior = DensityBase.standardNormal(1, DataType.FLOAT64);
        LatentBase base = LatentBase.pushForward(prior, new SequentialBlock().add(x -> x), Rng.of(1));
        return Gebm.of(base, energy);
    }

    private static Gebm tilted(double a) {
        return onGaussian(x -> x.sum(new int[] {1}).mul(a));
    }

    /**
     * βE = βax on N(0, 1) is N(−βa, 1), with log-partition (βa)²/2 and effective sample size N·exp(−(βa)²). At βa = 1 and
     * N = 40,000 the standard errors are, by the weights' moments: of the mean of x 0.0117 (√(2e/N)), of the log-partition
     * √((e − 1)/N) = 0.0066, of the variance at most 0.04. Independent choices add 1/√20,000 = 0.007 to the mean. Bounds
     * are 3.5 of these: exceeded with probability 0.05 % each.
     */
    @Test
    void tiltsAGaussian() {
        var plain = ImportanceResampling.of(40_000);
        for (var resampling :
                new ImportanceResampling[] {plain, plain.withIndependentChoices(), plain.withInverseTemperature(2)}) {
            double a = 1 / resampling.inverseTemperature();
            var found = resampling.sample(m, tilted(a), 20_000, Rng.of(2));
            assertThat(found.samples().getShape()).isEqualTo(new Shape(20_000, 1));
            double mean = found.samples().mean().getDouble();
            double variance = found.samples().sub(mean).square().mean().getDouble();
            assertThat(mean).isCloseTo(-1, within(0.05));
            assertThat(variance).isCloseTo(1, within(0.14));
            assertThat(found.logPartition()).isCloseTo(0.5, within(0.023));
            assertThat(found.standardError()).isCloseTo(Math.sqrt((Math.E - 1) / 40_000), within(0.001));
            assertThat(found.effectiveSampleSize() / 40_000).isCloseTo(Math.exp(-1), within(0.05));
            assertThat(found.stop()).isEqualTo(new StopReason.Completed(40_000));
        }
    }

    /** Equal weights: n of n candidates, chosen systematically, are all of them, each once; independently, 63 %. */
    @Test
    void equalWeightsChooseEachOnce() {
        var plain = ImportanceResampling.of(1_500);
        var all = plain.sample(m, tilted(0), 1_500, Rng.of(3));
        assertThat(all.distinct()).isEqualTo(1_500);
        assertThat(all.effectiveSampleSize()).isCloseTo(1_500, within(1e-9));
        assertThat(all.logPartition()).isZero();
        assertThat(all.standardError()).isZero();
        // 1 − 1/e of 1,500 is 948, with a standard deviation below √(1500·0.1) = 12
        assertThat(plain.withIndependentChoices()
                        .sample(m, tilted(0), 1_500, Rng.of(3))
                        .distinct())
                .isBetween(948 - 45, 948 + 45);
    }

    /** The weights of x > 0 are 0 in double: nothing of it is chosen. */
    @Test
    void weightlessCandidatesAreNeverChosen() {
        Gebm model = onGaussian(
                x -> x.gt(0).toType(DataType.FLOAT64, false).mul(2_000).sum(new int[] {1}));
        var found = ImportanceResampling.of(3_000).sample(m, model, 5_000, Rng.of(4));
        assertThat(found.samples().max().getDouble()).isLessThanOrEqualTo(0);
        assertThat(found.distinct()).isLessThanOrEqualTo(1_600);
    }

    @Test
    void samplesAreWhatTheLatentsGenerateAndTheSameForTheSameKey() {
        Gebm model = tilted(1);
        int before = m.getManagedArrays().size();
        var first = ImportanceResampling.of(2_500).sample(m, model, 1_200, Rng.of(5));
        assertThat(m.getManagedArrays()).hasSize(before + 2);
        NDArray again = model.base().generate(first.latents());
        assertThat(again.toDoubleArray()).containsExactly(first.samples().toDoubleArray());
        var second = ImportanceResampling.of(2_500).sample(m, model, 1_200, Rng.of(5));
        assertThat(second.samples()).isEqualTo(first.samples());
        assertThat(first.toString()).startsWith("1200 samples, " + first.distinct() + " of them distinct");
    }

    @Test
    void stopsWithTheCandidatesItHas() {
        var resampling = ImportanceResampling.of(1_000_000).withProgress((done, total, message) -> {
            if (done == 2_000) {
                Thread.currentThread().interrupt();
            }
        });
        var found = resampling.sample(m, tilted(1), 10, Rng.of(6));
        assertThat(Thread.interrupted()).isTrue();
        assertThat(found.stop()).isEqualTo(new StopReason.Stopped(2_000));
        assertThat(found.samples().getShape()).isEqualTo(new Shape(10, 1));
    }

    @Test
    void rejectsNumbersOutOfRange() {
        assertThatThrownBy(() -> ImportanceResampling.of(1)).hasMessage("candidates must be >= 2, got 1");
        assertThatThrownBy(() -> ImportanceResampling.of(9).withInverseTemperature(0))
                .hasMessageContaining("inverseTemperature must be")
                .hasMessageContaining("got 0.0");
        assertThatThrownBy(() -> ImportanceResampling.of(9).sample(m, tilted(Double.NaN), 3, Rng.of(1)))
                .hasMessageContaining("energy of a candidate must be finite, got NaN");
    }
}
