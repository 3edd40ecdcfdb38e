package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {
    private static final double[] SHARES = {0.1, 0.5, 0.8};

    @Nested
    class AgreesWithArviz {
        private static final List<ChainOracle.Case> CASES = ChainOracle.read().cases();
        private static final List<ChainOracle.Case> SIZED =
                CASES.stream().filter(chains -> chains.ess() != null).toList();

        @ParameterizedTest
        @FieldSource("CASES")
        void onRHat(ChainOracle.Case chains) {
            Quantity x = Quantity.of("x", chains.draws());
            assertThat(x.rHat()).isCloseTo(chains.rHat(), near(chains.rHat()));
            assertThat(x.mean().value()).isCloseTo(chains.mean(), near(chains.mean()));
            assertThat(x.standardDeviation().value()).isCloseTo(chains.sd(), near(chains.sd()));
        }

        @ParameterizedTest
        @FieldSource("SIZED")
        void onSizes(ChainOracle.Case chains) {
            Quantity x = Quantity.of("x", chains.draws());
            assertThat(x.bulkEffectiveSampleSize()).isCloseTo(chains.bulk(), near(chains.bulk()));
            assertThat(x.tailEffectiveSampleSize()).isCloseTo(chains.tail(), near(chains.tail()));
        }

        @ParameterizedTest
        @FieldSource("SIZED")
        void onMeanAndSpread(ChainOracle.Case chains) {
            Quantity x = Quantity.of("x", chains.draws());
            same(
                    x.mean(),
                    chains.mean(),
                    chains.mcse().get("mean"),
                    chains.ess().get("mean"));
            if (chains.ess().get("sd") != null) {
                same(
                        x.standardDeviation(),
                        chains.sd(),
                        chains.mcse().get("sd"),
                        chains.ess().get("sd"));
            }
        }

        @ParameterizedTest
        @FieldSource("SIZED")
        void onQuantiles(ChainOracle.Case chains) {
            Quantity x = Quantity.of("x", chains.draws());
            for (int i = 0; i < SHARES.length; i++) {
                same(x.quantile(SHARES[i]), chains.quantiles()[i], chains.quantileMcse()[i], chains.quantileEss()[i]);
            }
            assertThat(x.median()).isEqualTo(x.quantile(0.5));
        }

        @ParameterizedTest
        @FieldSource("CASES")
        void onAutocorrelations(ChainOracle.Case chains) {
            Quantity x = Quantity.of("x", chains.draws());
            int lags = Math.min(12, chains.draws()[0].length) - 1;
            double[][] correlations = x.autocorrelation(lags);
            assertThat(correlations).hasDimensions(chains.draws().length, lags + 1);
            for (int c = 0; c < correlations.length; c++) {
                if (chains.autocorrelation()[c] == null) {
                    assertThat(correlations[c]).containsOnly(Double.NaN);
                } else {
                    assertThat(correlations[c]).containsExactly(chains.autocorrelation()[c], within(1e-8));
                }
            }
        }

        private static void same(Estimate estimate, double value, double error, double size) {
            assertThat(estimate.value()).isCloseTo(value, near(value));
            assertThat(estimate.standardError()).isCloseTo(error, near(error));
            assertThat(estimate.effectiveSampleSize()).isCloseTo(size, near(size));
        }

        private static Offset<Double> near(double expected) {
            return within(1e-8 * Math.abs(expected) + Double.MIN_NORMAL);
        }
    }

    @Nested
    class ClosedForms {
        /**
         * {@code ESS = n·(1 − φ)/(1 + φ)} for {@code x_t = φ·x_{t−1} + ε_t}. 4 chains of 20,000 draws; tolerance 20 %. The
         * relative error has a standard deviation of at most 3.2 % (300 other seeds for each φ, none above 14 %), so the
         * tolerance is six of them: false alarm below 1e-6.
         */
        @ParameterizedTest
        @ValueSource(doubles = {-0.5, 0, 0.5, 0.8})
        void sizesOfAutoregressions(double phi) {
            double[][] draws = autoregression(phi, 4, 20_000, new Random(7));
            double expected = 80_000 * (1 - phi) / (1 + phi);
            Quantity x = Quantity.of("x", draws);
            assertThat(x.mean().effectiveSampleSize()).isCloseTo(expected, within(0.2 * expected));
            assertThat(x.bulkEffectiveSampleSize()).isCloseTo(expected, within(0.2 * expected));
        }

        /**
         * Means of h draws vary by {@code v = (τ − 2φ(1 − φʰ)/(h(1 − φ)²))/h} and the draws around them by
         * {@code (1 − v)·h/(h − 1)}: R-hat is 1.0202, near the {@code √(1 + (τ − 1)/h)} = 1.0198 of
         * {@link ChainDiagnostics}. 4,000 halves: standard deviation of R-hat 0.0007; tolerance 0.0035, false alarm below
         * 1e-6.
         */
        @Test
        void manyShortChainsHaveALargeRHat() {
            double phi = 0.5;
            int h = 50;
            double v = (3 - 2 * phi / (h * (1 - phi) * (1 - phi))) / h;
            double within = (1 - v) * h / (h - 1);
            double expected = Math.sqrt((h * v / within + h - 1) / h);
            double found = Quantity.of("x", autoregression(phi, 2_000, 2 * h, new Random(7)))
                    .rHat();
            assertThat(expected).isCloseTo(Math.sqrt(1 + 2.0 / h), within(1e-3));
            assertThat(found).isCloseTo(expected, within(0.0035));
        }

        /**
         * 400 runs of 4 chains of 200 draws. The mean of (error/standard error)² is 1.0 to 1.1 over 2,000 other runs, as
         * ESS is estimated too; its standard deviation here is √(2/400)·1.1 = 0.08 and the tolerance 0.4 five of them:
         * false alarm below 1e-5.
         */
        @Test
        void standardErrorsAreTheErrors() {
            double mean = 0;
            double spread = 0;
            double median = 0;
            for (int run = 0; run < 400; run++) {
                Quantity x = Quantity.of("x", autoregression(0.5, 4, 200, new Random(run)));
                mean += squared(x.mean(), 0) / 400;
                spread += squared(x.standardDeviation(), 1) / 400;
                median += squared(x.median(), 0) / 400;
            }
            assertThat(mean).isCloseTo(1.05, within(0.4));
            assertThat(spread).isCloseTo(1.05, within(0.4));
            assertThat(median).isCloseTo(1.05, within(0.4));
        }

        private double squared(Estimate estimate, double truth) {
            return Math.pow((estimate.value() - truth) / estimate.standardError(), 2);
        }

        @Test
        void autocorrelationsAreSumsOfProducts() {
            double[] x = autoregression(0.7, 1, 37, new Random(7))[0];
            double mean = Arrays.stream(x).average().orElseThrow();
            double[] expected = new double[37];
            for (int t = 0; t < 37; t++) {
                for (int i = 0; i + t < 37; i++) {
                    expected[t] += (x[i] - mean) * (x[i + t] - mean);
                }
            }
            double all = expected[0];
            assertThat(Quantity.of("x", new double[][] {x}).autocorrelation(36)[0])
                    .containsExactly(Arrays.stream(expected).map(e -> e / all).toArray(), within(1e-13));
        }

        @Test
        void quantilesInterpolateBetweenNeighbours() {
            Quantity x = Quantity.of("x", new double[][] {{4, 1, 3}, {2, 2, 10}});
            assertThat(x.quantile(0).value()).isEqualTo(1);
            assertThat(x.quantile(0.2).value()).isEqualTo(2);
            assertThat(x.quantile(0.5).value()).isEqualTo(2.5);
            assertThat(x.quantile(0.9).value()).isCloseTo(7, within(1e-12));
            assertThat(x.quantile(1).value()).isEqualTo(10);
        }

        @Test
        void aQuantileAmongEqualDrawsIsExactlyTheirs() {
            double[] equal = new double[103];
            Arrays.fill(equal, 0.1);
            equal[0] = -1;
            equal[1] = 2;
            Quantity x = Quantity.of("x", new double[][] {equal});
            for (double p = 0.05; p < 0.96; p += 0.05) {
                assertThat(x.quantile(p).value()).isEqualTo(0.1);
            }
        }

        @Test
        void ranksCountFromOneAndAreShared() {
            double[][] ranks =
                    Quantity.of("x", new double[][] {{1, 2, -0.0}, {2, 5, 0.0}}).ranks();
            assertThat(ranks[0]).containsExactly(3, 4.5, 1.5);
            assertThat(ranks[1]).containsExactly(4.5, 6, 1.5);
        }

        @Test
        void distributionsAreScipys() {
            for (double[] row : ChainOracle.read().normal()) {
                assertThat(NormalScores.normalQuantile(row[0])).isCloseTo(row[1], within(1e-14 * Math.abs(row[1])));
            }
            for (double[] row : ChainOracle.read().beta()) {
                double x = new BetaDistribution(row[0], row[1]).quantile(row[2]);
                assertThat(x).isCloseTo(row[3], within(1e-12 + 1e-10 * row[3]));
            }
        }
    }

    @Nested
    class Invariances {
        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5})
        void ofScaleAndPlace(long seed) {
            double[][] draws = grid(seed);
            Quantity x = Quantity.of("x", draws);
            for (double scale : new double[] {-1, 1024, 0x1p-70}) {
                Quantity y = Quantity.of("y", mapped(draws, v -> scale * (v - 3)));
                assertThat(y.rHat()).isCloseTo(x.rHat(), within(1e-12));
                assertThat(y.bulkEffectiveSampleSize()).isCloseTo(x.bulkEffectiveSampleSize(), within(1e-8));
                assertThat(y.standardDeviation().effectiveSampleSize())
                        .isCloseTo(x.standardDeviation().effectiveSampleSize(), within(1e-6));
                assertThat(y.mean().standardError() / Math.abs(scale))
                        .isCloseTo(x.mean().standardError(), within(1e-10));
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5})
        void ofOrderPreservingMaps(long seed) {
            double[][] draws = grid(seed);
            Quantity x = Quantity.of("x", draws);
            Quantity y = Quantity.of("y", mapped(draws, Math::exp));
            assertThat(y.bulkEffectiveSampleSize()).isEqualTo(x.bulkEffectiveSampleSize());
            assertThat(y.ranks()).isDeepEqualTo(x.ranks());
        }

        @ParameterizedTest
        @ValueSource(longs = {1, 2, 3, 4, 5})
        void ofTheOrderOfChainsAndOfTime(long seed) {
            double[][] draws = grid(seed);
            double[][] turned = new double[draws.length][];
            for (int c = 0; c < draws.length; c++) {
                double[] chain = draws[(c + 2) % draws.length];
                turned[c] = new double[chain.length];
                for (int i = 0; i < chain.length; i++) {
                    turned[c][i] = chain[chain.length - 1 - i];
                }
            }
            Quantity x = Quantity.of("x", draws);
            Quantity y = Quantity.of("y", turned);
            assertThat(y.rHat()).isCloseTo(x.rHat(), within(1e-12));
            assertThat(y.bulkEffectiveSampleSize()).isCloseTo(x.bulkEffectiveSampleSize(), within(1e-8));
            assertThat(y.tailEffectiveSampleSize()).isCloseTo(x.tailEffectiveSampleSize(), within(1e-8));
            assertThat(y.quantile(0.3).standardError())
                    .isEqualTo(x.quantile(0.3).standardError());
        }

        /** Multiples of 1/1024, so that shifts and scales by powers of two are exact. */
        private double[][] grid(long seed) {
            return mapped(autoregression(0.6, 5, 41, new Random(seed)), v -> Math.rint(1024 * v) / 1024);
        }
    }

    @Nested
    class Edges {
        @Test
        void fewDrawsTellNothing() {
            Quantity x = Quantity.of("x", new double[][] {{1, 2, 3}, {3, 1, 2}});
            nothing(x, "has fewer than 10 draws a chain");
            assertThat(x.mean().value()).isEqualTo(2);
            assertThat(Quantity.of("x", new double[][] {{1}})
                            .standardDeviation()
                            .value())
                    .isNaN();
        }

        @Test
        void fourDrawsTellRHat() {
            Quantity x = Quantity.of("x", autoregression(0.5, 2, 9, new Random(7)));
            assertThat(x.rHat()).isPositive();
            assertThat(x.bulkEffectiveSampleSize()).isNaN();
            assertThat(x.obstacle()).isEqualTo("has fewer than 10 draws a chain");
        }

        @Test
        void equalDrawsTellNothing() {
            Quantity x = Quantity.of("x", mapped(new double[2][12], v -> 0.1));
            nothing(x, "never moves");
            assertThat(x.mean().value()).isEqualTo(0.1);
            assertThat(x.standardDeviation().value()).isZero();
            assertThat(x.median().value()).isEqualTo(0.1);
        }

        @ParameterizedTest
        @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
        void aDrawThatIsNotFiniteIsNamed(double bad) {
            double[][] draws = autoregression(0.5, 3, 20, new Random(7));
            draws[2][4] = bad;
            draws[0][9] = Double.NaN;
            Quantity x = Quantity.of("x", draws);
            nothing(x, "is " + bad + " in draw 5 of chain 3");
            assertThat(x.median().value()).isNaN();
            assertThat(x.autocorrelation(2)[1][0]).isEqualTo(1);
            assertThat(x.autocorrelation(2)[2]).containsOnly(Double.NaN);
        }

        private void nothing(Quantity x, String obstacle) {
            assertThat(x.obstacle()).isEqualTo(obstacle);
            assertThat(x.rHat()).isNaN();
            assertThat(x.bulkEffectiveSampleSize()).isNaN();
            assertThat(x.tailEffectiveSampleSize()).isNaN();
            for (Estimate estimate : List.of(x.mean(), x.standardDeviation(), x.median())) {
                assertThat(estimate.effectiveSampleSize()).isNaN();
                assertThat(estimate.standardError()).isNaN();
            }
        }

        @Test
        void chainsThatStandStillApartAreInfinitelyBad() {
            Quantity x = Quantity.of("x", new double[][] {new double[20], mapped(new double[1][20], v -> 0.1)[0]});
            assertThat(x.rHat()).isEqualTo(Double.POSITIVE_INFINITY);
            assertThat(x.bulkEffectiveSampleSize()).isLessThan(4);
        }

        @Test
        void onlyThePlaceCountsWhereAllAreEquallyFarFromTheMedian() {
            double[][] signs = {{-1, 1, 1, -1, 1, -1, -1, 1}, {1, 1, 1, -1, -1, -1, 1, -1}};
            assertThat(Quantity.of("x", signs).rHat()).isBetween(0.8, 1.2);
        }

        @Test
        void halvesThatStandStillTellNothing() {
            double[] draws = new double[13];
            draws[6] = 1;
            assertThat(Quantity.of("x", new double[][] {draws}).rHat()).isNaN();
        }

        @Test
        void theMiddleOfAnOddNumberIsLeftOutOfRHat() {
            double[][] draws = autoregression(0.5, 2, 21, new Random(7));
            double before = Quantity.of("x", draws).rHat();
            draws[1][10] = 1e6;
            assertThat(Quantity.of("x", draws).rHat()).isEqualTo(before);
        }
    }

    @Nested
    class FromArrays {
        @Test
        void aDimensionIsTheDrawsOfItsChains() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray draws = Rng.of(7).normal(m, new Shape(6, 3, 2, 2));
                int before = m.getManagedArrays().size();
                double[][] x = Quantity.of("x", draws, 2).draws();
                assertThat(m.getManagedArrays()).hasSize(before);
                assertThat(x).hasDimensions(3, 6);
                assertThat(x[1][5]).isEqualTo(draws.getFloat(5, 1, 1, 0));
                assertThat(Quantity.of("x", draws.get(":, :, 1, 0"), 0).draws()).isDeepEqualTo(x);
            }
        }

        @Test
        void needAFittingShape() {
            try (NDManager m = NDManager.newBaseManager()) {
                assertThatThrownBy(() -> Quantity.of("x", m.ones(new Shape(5)), 0))
                        .hasMessage("draws of x must be of shape (draws, chains, d...), got (5)");
                assertThatThrownBy(() -> Quantity.of("x", m.ones(new Shape(5, 0, 2)), 0))
                        .hasMessage("draws of x must be of shape (draws, chains, d...), got (5, 0, 2)");
                assertThatThrownBy(() -> Quantity.of("x", m.ones(new Shape(5, 4, 3)), 3))
                        .hasMessage("dimension must be in 0..2, got 3");
            }
        }
    }

    @Test
    void copiesItsDraws() {
        double[][] draws = autoregression(0.5, 2, 10, new Random(7));
        Quantity x = Quantity.of("x", draws);
        double before = x.rHat();
        draws[0][0] = 99;
        x.draws()[0][0] = 99;
        assertThat(x.rHat()).isEqualTo(before);
        assertThat(x).hasToString("Quantity x, 2 chains of 10 draws");
        assertThat(x.name()).isEqualTo("x");
    }

    @Test
    void refusesWhatAreNoChains() {
        assertThatThrownBy(() -> Quantity.of("x", new double[0][]))
                .hasMessage("draws of x must be of at least one chain, got 0");
        assertThatThrownBy(() -> Quantity.of("x", new double[][] {{}}))
                .hasMessage("draws of x must be at least one a chain, got 0");
        assertThatThrownBy(() -> Quantity.of("x", new double[][] {{1, 2}, {1}}))
                .hasMessage("draws of chain 2 of x must be as many as of the first, 2, got 1");
        Quantity x = Quantity.of("x", new double[][] {{1, 2}});
        assertThatThrownBy(() -> x.quantile(1.5)).hasMessage("p must be in [0.0, 1.0], got 1.5");
        assertThatThrownBy(() -> x.autocorrelation(2)).hasMessage("lags must be in 0..1, got 2");
    }

    /** Stationary, of mean 0 and variance 1. */
    static double[][] autoregression(double phi, int chains, int draws, RandomGenerator numbers) {
        double[][] x = new double[chains][draws];
        for (double[] chain : x) {
            chain[0] = numbers.nextGaussian();
            for (int t = 1; t < draws; t++) {
                chain[t] = phi * chain[t - 1] + Math.sqrt(1 - phi * phi) * numbers.nextGaussian();
            }
        }
        return x;
    }

    private static double[][] mapped(double[][] draws, DoubleUnaryOperator map) {
        return Arrays.stream(draws)
                .map(chain -> Arrays.stream(chain).map(map).toArray())
                .toArray(double[][]::new);
    }
}
