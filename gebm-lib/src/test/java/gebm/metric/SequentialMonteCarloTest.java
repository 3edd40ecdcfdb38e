package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.LambdaBlock;
import gebm.core.DivergedException;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.model.Target;
import gebm.model.Targets;
import gebm.sampler.Mala;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class SequentialMonteCarloTest {
    private static final Target GAUSSIAN = AnnealedImportanceTest.GAUSSIAN;
    private static final DensityBase NORMAL = AnnealedImportanceTest.NORMAL;

    private final Rng rng = Rng.of(67);
    private final SequentialMonteCarlo sequential = SequentialMonteCarlo.of(AnnealedImportanceTest.MALA);

    private static DensityBase normal64() {
        return AnnealedImportanceTest.normal64();
    }

    /** If the true coverage is 95 %, fewer than 87 of 100 have a probability of 0.05 %. */
    @Nested
    class IntervalsHoldTheTruth {
        @Test
        void ofAGaussianOnAPathThatIsFound() {
            assertThat(AnnealedImportanceTest.held(GAUSSIAN, key -> sequential.estimate(GAUSSIAN, NORMAL, 50, key)))
                    .isGreaterThanOrEqualTo(87);
        }

        @Test
        void ofAMixtureOnAGivenPath() {
            Target mixture = AnnealedImportanceTest.MIXTURE;
            var given = sequential.withInverseTemperatures(0, 0.05, 0.15, 0.3, 0.5, 0.75, 1);
            assertThat(AnnealedImportanceTest.held(
                            mixture, key -> given.estimate(mixture, AnnealedImportanceTest.WIDE, 100, key)))
                    .isGreaterThanOrEqualTo(87);
        }
    }

    @Nested
    class ClosedForms {
        @Test
        void shiftedReference() {
            Energy shifted = x -> normal64().logDensity(x).neg().add(3);
            LogNormaliser result = sequential.estimate(shifted, normal64(), 5, rng);
            assertThat(result.value()).isCloseTo(-3, within(1e-13));
            assertThat(result.standardError()).isLessThan(1e-13);
            assertThat(result.inverseTemperatures()).containsExactly(0, 1);
        }

        /** Where nothing is ever resampled, the particles are those chains, and so is the mean of their weights. */
        @Test
        void isAnnealedImportanceWithoutResampling() {
            Energy close = x -> x.square().sum(new int[] {1}).mul(0.6);
            double[] path = {0, 0.3, 0.7, 1};
            LogNormaliser result = sequential
                    .withInverseTemperatures(path)
                    .withPopulations(4)
                    .withMoves(2)
                    .estimate(close, normal64(), 25, rng);
            LogNormaliser chains = AnnealedImportance.of(AnnealedImportanceTest.MALA, 1)
                    .withInverseTemperatures(path)
                    .withMoves(2)
                    .estimate(close, normal64(), 100, rng);
            assertThat(result.effectiveSampleSize()).isGreaterThan(50);
            assertThat(result.value()).isCloseTo(chains.value(), within(1e-12));
            assertThat(result.acceptance()).usingComparatorWithPrecision(1e-12).containsExactly(chains.acceptance());
        }

        /** {@code A = ‖a‖²/2} for an energy {@code a·x} and x ~ N(0, I); Student's 4.5 standard errors, 15 of freedom. */
        @Test
        void logPartitionOfAModel() {
            LatentBase base = LatentBase.pushForward(normal64(), new LambdaBlock(list -> list), Rng.of(1));
            Energy linear = x -> x.get(":, 0").add(x.get(":, 1").mul(0.5));
            try (Gebm model = Gebm.of(base, linear)) {
                LogNormaliser result = sequential.estimate(model, 100, rng);
                assertThat(result.value()).isCloseTo(0.625, within(4.5 * result.standardError()));
                assertThat(result.standardError()).isBetween(0.005, 0.05);
            }
        }

        @Test
        void targetWithAWall() {
            Energy half = x -> {
                NDArray e = x.square().sum(new int[] {1}).mul(0.5);
                NDArray none = e.zerosLike().add(Double.POSITIVE_INFINITY);
                return NDArrays.where(x.get(":, 0").gt(0.5), e, none);
            };
            LogNormaliser result = sequential.estimate(half, normal64(), 100, rng);
            double truth = Math.log(2 * Math.PI * 0.3085375387259869); // Φ(−0.5)
            assertThat(result.value()).isCloseTo(truth, within(4.5 * result.standardError()));
            assertThat(result.standardError()).isLessThan(0.06);
        }

        /** Populations of two particles often have none beyond a far wall: their estimate is 0, not a refusal. */
        @Test
        void populationsThatDie() {
            Energy tail = x -> {
                NDArray e = normal64().logDensity(x).neg();
                NDArray none = e.zerosLike().add(Double.POSITIVE_INFINITY);
                return NDArrays.where(x.get(":, 0").gt(1), e, none);
            };
            LogNormaliser result = sequential
                    .withInverseTemperatures(0, 1)
                    .withPopulations(2_000)
                    .estimate(tail, normal64(), 2, rng);
            double truth = Math.log(0.15865525393145707); // Φ(−1); n = 4,000, standard error 0.036
            assertThat(result.value()).isCloseTo(truth, within(4.5 * 0.0365));
        }
    }

    @Nested
    class Resampling {
        @Test
        void drawsEachAsOftenAsItsWeightSaysUpToOne() {
            double[] logs = {Math.log(0.1), Math.log(0.45), Double.NEGATIVE_INFINITY, Math.log(0.05), Math.log(0.4)};
            double[] mean = new double[5];
            for (int u = 0; u < 1_000; u++) {
                int[] counts = new int[5];
                for (int i : SequentialMonteCarlo.systematic(logs, (u + 0.5) / 1_000)) {
                    counts[i]++;
                }
                for (int i = 0; i < 5; i++) {
                    double expected = 5 * Math.exp(logs[i]);
                    assertThat(counts[i]).isBetween((int) Math.floor(expected), (int) Math.ceil(expected));
                    mean[i] += counts[i] / 1_000.0;
                }
            }
            assertThat(mean).usingComparatorWithPrecision(1e-9).containsExactly(new double[] {0.5, 2.25, 0, 0.25, 2});
        }

        @Test
        void happensWhereTheTargetIsNarrow() {
            Target narrow = Targets.gaussian(new double[] {1, 1}, new double[][] {{0.01, 0}, {0, 0.01}});
            var small = SequentialMonteCarlo.of(new Mala(Schedule.constant(0.003)));
            LogNormaliser result = small.withMoves(5).estimate(narrow, NORMAL, 200, rng);
            double[] path = result.inverseTemperatures();
            assertThat(path[0]).isEqualTo(0);
            assertThat(path[path.length - 1]).isEqualTo(1);
            assertThat(path).isSorted().hasSizeBetween(10, 40);
            assertThat(result.effectiveSampleSize()).isBetween(0.3 * 3_200, 0.55 * 3_200); // drawn anew at a half
            assertThat(result.acceptance()).hasSize(path.length - 1);
            assertThat(result.value()).isCloseTo(narrow.logNormaliser(), within(4.5 * result.standardError()));
        }
    }

    @Test
    void isPure() {
        LogNormaliser first = sequential.estimate(GAUSSIAN, NORMAL, 10, rng);
        LogNormaliser second = sequential.estimate(GAUSSIAN, NORMAL, 10, rng);
        assertThat(second).hasToString(first.toString());
        assertThat(second.value()).isEqualTo(first.value());
        assertThat(sequential.estimate(GAUSSIAN, NORMAL, 10, rng.fork("other")).value())
                .isNotEqualTo(first.value());
    }

    @Test
    void reportsItsProgress() {
        List<Long> reports = new ArrayList<>();
        sequential
                .withInverseTemperatures(0, 0.5, 1)
                .withProgress((done, total, message) -> {
                    assertThat(total).isEqualTo(2);
                    reports.add(done);
                })
                .estimate(GAUSSIAN, NORMAL, 4, rng);
        assertThat(reports).containsExactly(0L, 1L, 2L);
    }

    @Nested
    class Refusals {
        @Test
        void numbersOutOfRange() {
            assertThatThrownBy(() -> sequential.withMoves(0)).hasMessage("moves must be > 0, got 0");
            assertThatThrownBy(() -> sequential.withPopulations(3)).hasMessage("populations must be >= 4, got 3");
            assertThatThrownBy(() -> sequential.withInverseTemperatures())
                    .hasMessage("number of inverse temperatures must be >= 2, got 0");
            assertThatThrownBy(() -> sequential.estimate(GAUSSIAN, NORMAL, 1, rng))
                    .hasMessage("particles must be >= 2, got 1");
        }

        @Test
        void energiesThatAreNoNumbers() {
            Energy log = x -> x.get(":, 0").log();
            assertThatThrownBy(() -> sequential.estimate(log, NORMAL, 50, rng))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContaining("must be a number or +∞, got NaN for chain ");
        }

        @Test
        void targetsWithoutMass() {
            Energy none = x -> x.get(":, 0").zerosLike().add(Double.POSITIVE_INFINITY);
            assertThatThrownBy(() -> sequential.estimate(none, NORMAL, 50, rng))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("all weights are zero");
        }

        @Test
        void threadsThatAreInterrupted() {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> sequential
                            .withInverseTemperatures(0, 1)
                            .estimate(GAUSSIAN, DensityBase.standardNormal(2, DataType.FLOAT32), 50, rng))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("interrupted after 0 of 1 inverse temperatures");
            assertThat(Thread.interrupted()).as("the flag stays set").isTrue();
        }
    }
}
