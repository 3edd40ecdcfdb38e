package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
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
import gebm.nn.Mlp;
import gebm.sampler.Hmc;
import gebm.sampler.Langevin;
import gebm.sampler.Mala;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class AnnealedImportanceTest {
    static final Target GAUSSIAN = Targets.gaussian(new double[] {1, -0.5}, new double[][] {{0.5, 0.3}, {0.3, 0.4}});
    static final Target MIXTURE =
            Targets.mixture(new double[] {1, 3}, new double[][] {{2, 0}, {-1.5, 1}}, new double[] {0.4, 0.6});
    static final DensityBase NORMAL = DensityBase.standardNormal(2);
    static final DensityBase WIDE =
            Targets.gaussian(new double[2], new double[][] {{4, 0}, {0, 4}}).base(DataType.FLOAT32);
    static final Mala MALA = new Mala(Schedule.constant(0.1));

    private final NDManager m = NDManager.newBaseManager();
    private final Rng rng = Rng.of(61);

    @AfterEach
    void close() {
        m.close();
    }

    static DensityBase normal64() {
        return DensityBase.standardNormal(2, DataType.FLOAT64);
    }

    /** How many of 100 intervals hold the truth. */
    static int held(Target target, Function<Rng, LogNormaliser> estimate) {
        int held = 0;
        for (int run = 0; run < 100; run++) {
            LogNormaliser result = estimate.apply(Rng.of(1_000 + run));
            held += result.low() <= target.logNormaliser() && target.logNormaliser() <= result.high() ? 1 : 0;
        }
        return held;
    }

    /** If the true coverage is 95 %, fewer than 87 of 100 have a probability of 0.05 %. */
    @Nested
    class IntervalsHoldTheTruth {
        private final AnnealedImportance annealed = AnnealedImportance.of(MALA, 40);

        @Test
        void ofAGaussian() {
            assertThat(held(GAUSSIAN, key -> annealed.estimate(GAUSSIAN, NORMAL, 200, key)))
                    .isGreaterThanOrEqualTo(87);
        }

        @Test
        void ofAMixture() {
            assertThat(held(MIXTURE, key -> annealed.estimate(MIXTURE, WIDE, 200, key)))
                    .isGreaterThanOrEqualTo(87);
        }
    }

    @Nested
    class ClosedForms {
        /** From the reference to itself, shifted: every weight is the same. */
        @Test
        void shiftedReference() {
            Energy shifted = x -> normal64().logDensity(x).neg().add(3);
            LogNormaliser result = AnnealedImportance.of(MALA, 10).estimate(shifted, normal64(), 8, rng);
            assertThat(result.value()).isCloseTo(-3, within(1e-13));
            assertThat(result.standardError()).isLessThan(1e-13);
            assertThat(result.effectiveSampleSize()).isCloseTo(8, within(1e-10));
        }

        /** One step is importance sampling from the reference. */
        @Test
        void oneStep() {
            var once = AnnealedImportance.of(MALA, 1);
            NDArray x = normal64().sample(m, 50, rng.fork("start"));
            double[] d = GAUSSIAN.at(x).add(normal64().logDensity(x)).toDoubleArray();
            double mean = Arrays.stream(d).map(v -> Math.exp(-v)).average().orElseThrow();
            assertThat(once.estimate(GAUSSIAN, normal64(), 50, rng).value()).isCloseTo(Math.log(mean), within(1e-12));
        }

        /** Weights by hand, and the kernel's own steps. */
        @Test
        void manySteps() {
            double[] path = {0, 0.1, 0.35, 0.6, 1};
            var annealed =
                    AnnealedImportance.of(MALA, 1).withInverseTemperatures(path).withMoves(2);
            NDArray x = normal64().sample(m, 9, rng.fork("start"));
            NDArray logs = m.zeros(x.getShape().slice(0, 1), DataType.FLOAT64);
            for (int k = 1; k < path.length; k++) {
                double beta = path[k];
                logs = logs.sub(GAUSSIAN.at(x).add(normal64().logDensity(x)).mul(beta - path[k - 1]));
                Energy tempered = y ->
                        GAUSSIAN.at(y).mul(beta).sub(normal64().logDensity(y).mul(1 - beta));
                Langevin.State state = MALA.init(tempered, x, rng);
                for (int j = 0; j < 2; j++) {
                    state = MALA.step(tempered, state, j, rng.fork(k)).state();
                }
                x = state.position();
            }
            double mean =
                    Arrays.stream(logs.toDoubleArray()).map(Math::exp).average().orElseThrow();
            assertThat(annealed.estimate(GAUSSIAN, normal64(), 9, rng).value())
                    .isCloseTo(Math.log(mean), within(1e-10));
        }

        /** {@code A = log E[exp(−a·x)] = ‖a‖²/2} for x ~ N(0, I); 4.5 standard errors, 1e-5. */
        @Test
        void logPartitionOfAModel() {
            LatentBase base = LatentBase.pushForward(normal64(), new LambdaBlock(list -> list), Rng.of(1));
            Energy linear = x -> x.get(":, 0").add(x.get(":, 1").mul(0.5));
            try (Gebm model = Gebm.of(base, linear)) {
                LogNormaliser result = AnnealedImportance.of(MALA, 50).estimate(model, 400, rng);
                assertThat(result.value()).isCloseTo(0.625, within(4.5 * result.standardError()));
                assertThat(result.standardError()).isBetween(0.005, 0.05);
            }
        }

        /** Of a model of networks, against plain averages over the base; 4.5 standard errors of the difference. */
        @Test
        void logPartitionOfNetworks() {
            LatentBase base = LatentBase.pushForward(NORMAL, Mlp.of(2, 8, 2), Rng.of(2));
            Energy energy = Energy.neural(Mlp.of(2, 8, 1), base.sampleShape(), Rng.of(3))
                    .times(4);
            try (Gebm model = Gebm.of(base, energy)) {
                var plain = model.estimateLogPartition(100_000, rng);
                LogNormaliser result = AnnealedImportance.of(MALA, 30).estimate(model, 400, rng);
                double error = Math.hypot(plain.standardError(), result.standardError());
                assertThat(result.value()).isCloseTo(plain.value(), within(4.5 * error));
                assertThat(error).isLessThan(0.05);
            }
        }

        /** Half of the plane has no mass, and half of the reference's samples no weight; 4.5 standard errors. */
        @Test
        void targetWithAWall() {
            Energy half = x -> {
                NDArray e = x.square().sum(new int[] {1}).mul(0.5);
                NDArray none = e.zerosLike().add(Double.POSITIVE_INFINITY);
                return NDArrays.where(x.get(":, 0").gt(0.5), e, none);
            };
            LogNormaliser result = AnnealedImportance.of(MALA, 20).estimate(half, normal64(), 1_000, rng);
            double truth = Math.log(2 * Math.PI * 0.3085375387259869); // Φ(−0.5)
            assertThat(result.value()).isCloseTo(truth, within(4.5 * result.standardError()));
            assertThat(result.standardError()).isLessThan(0.06);
        }

        /** Trajectories within the loop; ten dimensions; 4.5 standard errors. */
        @Test
        void withHamiltonianMonteCarlo() {
            Target target = Targets.gaussianWithCondition(10, 10);
            var annealed = AnnealedImportance.of(Hmc.of(0.2, 1), 30);
            LogNormaliser result = annealed.estimate(target, DensityBase.standardNormal(10), 300, rng);
            assertThat(result.value()).isCloseTo(target.logNormaliser(), within(4.5 * result.standardError()));
            assertThat(result.standardError()).isLessThan(0.1);
            assertThat(result.acceptance()).hasSize(30);
            assertThat(Arrays.stream(result.acceptance()).boxed()).allMatch(a -> a > 0.8 && a <= 1);
        }
    }

    @Test
    void isPureAndTakesItsArgumentsAsTheyAre() {
        double[] path = {0, 0.5, 1};
        var annealed = AnnealedImportance.of(MALA, 1).withInverseTemperatures(path);
        LogNormaliser first = annealed.estimate(GAUSSIAN, NORMAL, 20, rng);
        path[1] = 2;
        annealed.inverseTemperatures()[1] = 2;
        LogNormaliser second = annealed.estimate(GAUSSIAN, NORMAL, 20, rng);
        assertThat(second).hasToString(first.toString());
        assertThat(second.value()).isEqualTo(first.value());
        assertThat(first.inverseTemperatures()).containsExactly(0, 0.5, 1);
        assertThat(annealed.estimate(GAUSSIAN, NORMAL, 20, rng.fork("other")).value())
                .isNotEqualTo(first.value());
    }

    @Test
    void reportsItsProgress() {
        List<Long> reports = new ArrayList<>();
        AnnealedImportance.of(MALA, 30)
                .withProgress((done, total, message) -> {
                    assertThat(total).isEqualTo(30);
                    reports.add(done);
                })
                .estimate(GAUSSIAN, NORMAL, 4, rng);
        assertThat(reports).startsWith(0L).endsWith(30L).isSorted();
    }

    @Nested
    class Refusals {
        @Test
        void pathsThatDoNotGoFromZeroToOne() {
            var annealed = AnnealedImportance.of(MALA, 10);
            assertThatThrownBy(() -> annealed.withInverseTemperatures(0.1, 1))
                    .hasMessage("first inverse temperature must be 0, got 0.1");
            assertThatThrownBy(() -> annealed.withInverseTemperatures(0, 0.5))
                    .hasMessage("last inverse temperature must be 1, got 0.5");
            assertThatThrownBy(() -> annealed.withInverseTemperatures(0, 0.5, 0.5, 1))
                    .hasMessage("inverse temperature 2 must be above the one before, 0.5, got 0.5");
            assertThatThrownBy(() -> annealed.withInverseTemperatures(0, Double.NaN, 1))
                    .hasMessage("inverse temperature 1 must be above the one before, 0.0, got NaN");
            assertThatThrownBy(() -> annealed.withInverseTemperatures(1))
                    .hasMessage("number of inverse temperatures must be >= 2, got 1");
        }

        @Test
        void numbersOutOfRange() {
            var annealed = AnnealedImportance.of(MALA, 10);
            assertThatThrownBy(() -> AnnealedImportance.of(MALA, 0)).hasMessage("steps must be > 0, got 0");
            assertThatThrownBy(() -> annealed.withMoves(0)).hasMessage("moves must be > 0, got 0");
            assertThatThrownBy(() -> annealed.estimate(GAUSSIAN, NORMAL, 3, rng))
                    .hasMessage("chains must be >= 4, got 3");
        }

        @Test
        void energiesThatAreNoNumbers() {
            Energy log = x -> x.get(":, 0").log(); // NaN for half of the reference's samples
            assertThatThrownBy(() -> AnnealedImportance.of(MALA, 10).estimate(log, NORMAL, 50, rng))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContaining("must be a number or +∞, got NaN for chain ")
                    .hasMessageContaining("at inverse temperature 0.0, position [-");
            Energy bottomless = x -> x.get(":, 0").zerosLike().sub(Double.POSITIVE_INFINITY);
            assertThatThrownBy(() -> AnnealedImportance.of(MALA, 10).estimate(bottomless, NORMAL, 50, rng))
                    .isInstanceOf(DivergedException.class)
                    .hasMessageContaining("got -Infinity for chain 0");
        }

        @Test
        void targetsWithoutMass() {
            Energy none = x -> x.get(":, 0").zerosLike().add(Double.POSITIVE_INFINITY);
            assertThatThrownBy(() -> AnnealedImportance.of(MALA, 10).estimate(none, NORMAL, 50, rng))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("all weights are zero");
        }

        @Test
        void targetsThatGiveNoNumberAPoint() {
            assertThatThrownBy(() -> AnnealedImportance.of(MALA, 10).estimate(x -> x, NORMAL, 2 * 2, rng))
                    .isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void threadsThatAreInterrupted() {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> AnnealedImportance.of(MALA, 10).estimate(GAUSSIAN, NORMAL, 50, rng))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("interrupted after 0 of 10 inverse temperatures");
            assertThat(Thread.interrupted()).as("the flag stays set").isTrue();
        }
    }
}
