package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.trace.Gradients;
import gebm.trace.Loop;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RngTest {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    @Nested
    class Keys {
        /** The published outputs of SplitMix64 from the state 1234567, read as signed numbers. */
        @Test
        void mixIsSplitMix64() {
            long[] expected = {
                6457827717110365317L,
                3203168211198807973L,
                Long.parseUnsignedLong("9817491932198370423"),
                4593380528125082431L,
                Long.parseUnsignedLong("16408922859458223821")
            };
            for (int i = 0; i < expected.length; i++) {
                assertThat(Rng.mix(1234567 + (i + 1) * GOLDEN)).isEqualTo(expected[i]);
            }
        }

        @ParameterizedTest
        @ValueSource(longs = {0, 1, -1, 7, Long.MIN_VALUE, Long.MAX_VALUE})
        void ofIsTheFirstOutputOfTheJdksSplitMix(long seed) {
            assertThat(Rng.of(seed).key()).isEqualTo(new SplittableRandom(seed).nextLong());
        }

        @Test
        void forksFollowTheirFormulas() {
            Rng rng = Rng.ofKey(42);
            assertThat(rng.fork(3).key()).isEqualTo(Rng.mix(42 + 4 * GOLDEN));
            assertThat(rng.fork("a").key()).isEqualTo(Rng.mix(42 ^ Rng.hash("a")));
        }

        /** {@code String.hashCode} gives both the number 2112. */
        @Test
        void labelsThatStringHashConfusesDiffer() {
            assertThat("Aa".hashCode()).isEqualTo("BB".hashCode());
            assertThat(Rng.of(1).fork("Aa")).isNotEqualTo(Rng.of(1).fork("BB"));
        }

        @Test
        void forksAreTheSameStreamForTheSameLabel() {
            assertThat(Rng.of(1).fork("a").fork(2))
                    .isEqualTo(Rng.of(1).fork("a").fork(2));
            assertThat(Rng.of(1).fork("a").fork(2))
                    .hasSameHashCodeAs(Rng.of(1).fork("a").fork(2));
            assertThat(Rng.of(1).fork(2).fork("a"))
                    .isNotEqualTo(Rng.of(1).fork("a").fork(2));
        }

        @ParameterizedTest
        @ValueSource(longs = {0, -1, 5, Long.MIN_VALUE})
        void roundTrip(long key) {
            assertThat(Rng.ofKey(key).key()).isEqualTo(key);
            Rng rng = Rng.of(key).fork("x");
            assertThat(Rng.ofKey(rng.key())).isEqualTo(rng);
        }

        /** 64-bit keys: a collision among 10⁵ has probability 3e-10. */
        @Test
        void neighboursDoNotCollide() {
            Rng rng = Rng.of(3);
            assertThat(IntStream.range(0, 100_000)
                            .mapToLong(i -> rng.fork(i).key())
                            .distinct()
                            .count())
                    .isEqualTo(100_000);
        }
    }

    @Nested
    class Permutations {
        @Test
        void holdEachNumberOnce() {
            for (int n = 1; n <= 40; n++) {
                int[] order = Rng.of(n).permutation(n);
                Arrays.sort(order);
                assertThat(order).containsExactly(IntStream.range(0, n).toArray());
            }
        }

        @Test
        void areAFunctionOfTheKey() {
            assertThat(Rng.of(1).permutation(50)).containsExactly(Rng.of(1).permutation(50));
            assertThat(Rng.of(1).permutation(50)).isNotEqualTo(Rng.of(2).permutation(50));
        }

        /**
         * 24,000 permutations of 4 things fall on 24 cells; χ² with 23 degrees of freedom exceeds 49.73 with
         * probability 0.1 %.
         */
        @Test
        void areUniform() {
            Map<String, Integer> counts = new HashMap<>();
            for (int i = 0; i < 24_000; i++) {
                counts.merge(Arrays.toString(Rng.of(9).fork(i).permutation(4)), 1, Integer::sum);
            }
            assertThat(counts).hasSize(24);
            double chiSquare = counts.values().stream()
                    .mapToDouble(count -> (count - 1_000.0) * (count - 1_000.0) / 1_000)
                    .sum();
            assertThat(chiSquare).isLessThan(49.73);
        }

        @Test
        void rejectEmpty() {
            assertThatThrownBy(() -> Rng.of(1).permutation(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("n must be > 0, got 0");
        }
    }

    @Nested
    class Draws {
        private static final int N = 100_000;

        /** The thresholds are 3.3 standard errors, 1/√n of the mean and √(2/n) of the variance: 0.1 % each. */
        @ParameterizedTest
        @EnumSource(
                value = DataType.class,
                names = {"FLOAT32", "FLOAT64"})
        void normalHasMeanZeroAndVarianceOne(DataType type) {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray x = Rng.of(5).normal(m, new Shape(N), type);
                assertThat(x.getDataType()).isEqualTo(type);
                double[] numbers = x.toType(DataType.FLOAT64, true).toDoubleArray();
                double mean = Arrays.stream(numbers).average().orElseThrow();
                double square = Arrays.stream(numbers).map(v -> v * v).average().orElseThrow();
                assertThat(mean).isCloseTo(0, within(3.3 / Math.sqrt(N)));
                assertThat(square).isCloseTo(1, within(3.3 * Math.sqrt(2.0 / N)));
            }
        }

        /** The mean's standard error is √(1/12/n), the second moment's √(4/45/n); 3.3 of them: 0.1 % each. */
        @ParameterizedTest
        @EnumSource(
                value = DataType.class,
                names = {"FLOAT32", "FLOAT64"})
        void uniformLiesInTheUnitInterval(DataType type) {
            try (NDManager m = NDManager.newBaseManager()) {
                double[] numbers = Rng.of(6)
                        .uniform(m, new Shape(N), type)
                        .toType(DataType.FLOAT64, true)
                        .toDoubleArray();
                assertThat(Arrays.stream(numbers).allMatch(v -> v >= 0 && v < 1))
                        .isTrue();
                double mean = Arrays.stream(numbers).average().orElseThrow();
                double square = Arrays.stream(numbers).map(v -> v * v).average().orElseThrow();
                assertThat(mean).isCloseTo(0.5, within(3.3 * Math.sqrt(1 / 12.0 / N)));
                assertThat(square).isCloseTo(1 / 3.0, within(3.3 * Math.sqrt(4 / 45.0 / N)));
            }
        }

        /** Streams of neighbouring forks: a correlation of n pairs has standard error 1/√n; 3.3 of them: 0.1 %. */
        @Test
        void neighbouringForksAreUncorrelated() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray a = Rng.of(1).fork(0).normal(m, new Shape(N));
                NDArray b = Rng.of(1).fork(1).normal(m, new Shape(N));
                assertThat((double) a.mul(b).mean().getFloat()).isCloseTo(0, within(3.3 / Math.sqrt(N)));
            }
        }

        @Test
        void areEqualForEqualKeysAndLeaveTheGlobalStreamAlone() {
            try (NDManager m = NDManager.newBaseManager()) {
                m.getEngine().setRandomSeed(11);
                float[] global = m.randomNormal(new Shape(3)).toFloatArray();
                m.getEngine().setRandomSeed(11);
                float[] first = Rng.of(1).normal(m, new Shape(4)).toFloatArray();
                assertThat(m.randomNormal(new Shape(3)).toFloatArray()).containsExactly(global);
                assertThat(Rng.of(1).normal(m, new Shape(4)).toFloatArray()).containsExactly(first);
            }
        }

        @Test
        void belongToTheScope() {
            try (NDManager m = NDManager.newBaseManager()) {
                for (NDArray drawn : List.of(
                        Rng.of(1).normal(m, new Shape(2)), Rng.of(1).uniform(m, new Shape(2), DataType.FLOAT64))) {
                    assertThat(drawn.getManager()).isSameAs(m);
                }
            }
        }

        @Test
        void numbersContinueFromTheKey() {
            assertThat(Rng.of(4).numbers().nextLong())
                    .isEqualTo(new SplittableRandom(Rng.of(4).key()).nextLong());
        }
    }

    /** Draws with parameters. Every threshold below is one of a false alarm in 10⁶ at most. */
    @Nested
    class Distributions {
        private static final int N = 100_000;
        private static final double SIGMAS = 4.9; // a normal deviate is beyond with probability 9.6e-7

        private NDManager m;

        @BeforeEach
        void open() {
            m = NDManager.newBaseManager();
        }

        @AfterEach
        void close() {
            m.close();
        }

        private static double[] doubles(NDArray array) {
            return array.toType(DataType.FLOAT64, true).toDoubleArray();
        }

        private NDArray all(double number, DataType type) {
            return m.full(new Shape(N), (float) number, type);
        }

        /** First and second moments of {@code x} lie within SIGMAS standard errors, from moments up to the fourth. */
        private void assertMoments(double[] x, double... moments) {
            for (int k = 1; k <= 2; k++) {
                int power = k;
                double mean =
                        Arrays.stream(x).map(v -> Math.pow(v, power)).average().orElseThrow();
                double error = Math.sqrt((moments[2 * k - 1] - moments[k - 1] * moments[k - 1]) / x.length);
                assertThat(mean).as("moment %d", k).isCloseTo(moments[k - 1], within(SIGMAS * error));
            }
        }

        record Draw(String name, BiFunction<NDManager, Rng, NDArray> draw) {
            @Override
            public String toString() {
                return name;
            }
        }

        static List<Draw> draws() {
            Shape shape = new Shape(3, 4);
            return List.of(
                    new Draw("normal", (m, rng) -> rng.normal(m, shape)),
                    new Draw("uniform", (m, rng) -> rng.uniform(m, shape, DataType.FLOAT64)),
                    new Draw("exponential", (m, rng) -> rng.exponential(m, shape)),
                    new Draw("permutation", (m, rng) -> rng.permutation(m, 12)),
                    new Draw(
                            "normal of arrays",
                            (m, rng) -> rng.normal(
                                    m.create(new float[] {1, 2, 3, 4}),
                                    m.create(new float[] {1, 2, 3}, new Shape(3, 1)))),
                    new Draw("bernoulli", (m, rng) -> rng.bernoulli(m.full(shape, 0.4f))),
                    new Draw("categorical", (m, rng) -> rng.categorical(m.zeros(shape))),
                    new Draw("categorical n", (m, rng) -> rng.categorical(m.zeros(shape), 5)),
                    new Draw("gamma", (m, rng) -> rng.gamma(m.full(shape, 0.7f))));
        }

        @ParameterizedTest
        @MethodSource("draws")
        void areAFunctionOfTheKeyInsideAProgramAndOutside(Draw row) {
            Rng rng = Rng.of(5).fork("x");
            m.getEngine().setRandomSeed(11);
            float[] global = m.randomNormal(new Shape(3)).toFloatArray();
            m.getEngine().setRandomSeed(11);
            NDArray first = row.draw().apply(m, rng);
            double[] expected = doubles(first);
            assertThat(first.getManager()).isSameAs(m);
            assertThat(doubles(row.draw().apply(m, Rng.of(6)))).isNotEqualTo(expected);
            System.gc();
            assertThat(doubles(row.draw().apply(m, rng))).containsExactly(expected);
            assertThat(m.randomNormal(new Shape(3)).toFloatArray()).containsExactly(global);
            Program inside = Program.ofRandom((scope, none, key) -> {
                key.fork("other").normal(scope, new Shape(2));
                return new NDList(
                        row.draw().apply(scope, key.fork("x")), row.draw().apply(scope, rng));
            });
            for (NDArray drawn : inside.run(m, new NDList(), Rng.of(5))) {
                assertThat(drawn.getDataType()).isEqualTo(first.getDataType());
                assertThat(drawn.getShape()).isEqualTo(first.getShape());
                assertThat(doubles(drawn)).containsExactly(expected);
            }
        }

        /** A loop that draws from one key gets the same draw in each step, and from a fork by step its own. */
        @ParameterizedTest
        @MethodSource("draws")
        void areTheSameInLoops(Draw row) {
            Rng rng = Rng.of(7);
            Shape shape = row.draw().apply(m, rng).getShape();
            Program program = Program.ofRandom((scope, none, key) -> {
                NDArray zeros = scope.zeros(shape, DataType.FLOAT64);
                return Loop.run(
                        0,
                        3,
                        new NDList(zeros, zeros),
                        (state, step) -> new NDList(
                                state.get(0).add(row.draw().apply(scope, key).toType(DataType.FLOAT64, true)),
                                state.get(1)
                                        .mul(2)
                                        .add(row.draw()
                                                .apply(scope, step.fork(key))
                                                .toType(DataType.FLOAT64, true))));
            });
            NDArray same =
                    row.draw().apply(m, rng).toType(DataType.FLOAT64, true).mul(3);
            NDArray apart = m.zeros(shape, DataType.FLOAT64);
            for (int i = 0; i < 3; i++) {
                apart = apart.mul(2).add(row.draw().apply(m, rng.fork(i)).toType(DataType.FLOAT64, true));
            }
            NDList sums = program.run(m, new NDList(), rng);
            assertThat(doubles(sums.get(0))).usingComparatorWithPrecision(1e-12).containsExactly(doubles(same));
            assertThat(doubles(sums.get(1))).containsExactly(doubles(apart));
        }

        @Test
        void normalIsMeanPlusScaleTimesTheStandardDraw() {
            NDArray mean = m.create(new double[] {1, -2, 5});
            NDArray scale = m.create(new double[] {0.1, 2}, new Shape(2, 1));
            NDArray standard = Rng.of(1).normal(m, new Shape(2, 3), DataType.FLOAT64);
            assertThat(doubles(Rng.of(1).normal(mean, scale)))
                    .containsExactly(doubles(scale.mul(standard).add(mean)));
            NDList slopes = Program.ofRandom((scope, list, rng) -> new NDList(
                            Gradients.gradient(v -> rng.normal(v, list.get(1)).sum(), list.get(0)),
                            Gradients.gradient(v -> rng.normal(list.get(0), v).sum(), list.get(1))))
                    .run(m, new NDList(mean, scale), Rng.of(1));
            assertThat(doubles(slopes.get(0))).containsExactly(2, 2, 2);
            assertThat(doubles(slopes.get(1)))
                    .usingComparatorWithPrecision(1e-12)
                    .containsExactly(doubles(standard.sum(new int[] {1})));
        }

        @ParameterizedTest
        @EnumSource(
                value = DataType.class,
                names = {"FLOAT32", "FLOAT64"})
        void exponentialHasItsMoments(DataType type) {
            NDArray x = Rng.of(8).exponential(m, new Shape(N), type);
            assertThat(x.getDataType()).isEqualTo(type);
            assertThat(x.min().toType(DataType.FLOAT64, true).getDouble()).isNotNegative();
            assertMoments(doubles(x), 1, 2, 6, 24);
        }

        @ParameterizedTest
        @ValueSource(doubles = {0, 1e-3, 0.3, 0.97, 1})
        void bernoulliIsOneAsOftenAsItShould(double p) {
            for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
                NDArray x = Rng.of(9).bernoulli(all(p, type));
                assertThat(x.getDataType()).isEqualTo(type);
                double[] numbers = doubles(x);
                assertThat(Arrays.stream(numbers).allMatch(v -> v == 0 || v == 1))
                        .isTrue();
                // Bernstein: beyond σt + t²/3 of the sum with probability 2 exp(−t²/2), at most 1e-6
                double t = Math.sqrt(2 * Math.log(2e6));
                double bound = p == 0 || p == 1 ? 0 : t * Math.sqrt(N * p * (1 - p)) + t * t / 3;
                assertThat(Arrays.stream(numbers).sum()).isCloseTo(N * (double) (float) p, within(bound));
            }
        }

        @Test
        void bernoulliHasNoDerivative() {
            NDArray p = m.create(new float[] {0.2f, 0.7f, 0.9f});
            Program slope = Program.ofRandom((scope, list, rng) ->
                    new NDList(Gradients.gradient(v -> rng.bernoulli(v).mul(v).sum(), list.singletonOrThrow())));
            assertThat(slope.run(m, new NDList(p), Rng.of(2)).singletonOrThrow().toFloatArray())
                    .containsExactly(Rng.of(2).bernoulli(p).toFloatArray());
        }

        @Test
        void bernoulliOfNoProbabilityIsNan() {
            float[] p = {-0.1f, 1.1f, Float.NaN, Float.POSITIVE_INFINITY, 1};
            assertThat(Rng.of(1).bernoulli(m.create(p)).toFloatArray())
                    .containsExactly(Float.NaN, Float.NaN, Float.NaN, Float.NaN, 1);
        }

        /** χ² with 3 degrees of freedom exceeds 30.7 with probability 1e-6. */
        @ParameterizedTest
        @EnumSource(
                value = DataType.class,
                names = {"FLOAT32", "FLOAT64"})
        void categoricalHasItsProbabilities(DataType type) {
            double[] p = {0.5, 0.01, 0.29, 0, 0.2};
            NDArray logits = m.create(p).log().add(700).toType(type, true); // shifted: exp would overflow
            for (NDArray drawn : List.of(
                    Rng.of(10).categorical(logits, N),
                    Rng.of(11).categorical(logits.expandDims(0).broadcast(new Shape(N, 5))))) {
                assertThat(drawn.getDataType()).isEqualTo(DataType.INT64);
                assertThat(drawn.getShape()).isEqualTo(new Shape(N));
                long[] counts = new long[5];
                Arrays.stream(drawn.toLongArray()).forEach(i -> counts[(int) i]++);
                assertThat(counts[3]).isZero();
                double chiSquare = 0;
                for (int i : new int[] {0, 1, 2, 4}) {
                    chiSquare += Math.pow(counts[i] - N * p[i], 2) / (N * p[i]);
                }
                assertThat(chiSquare).isLessThan(30.7);
            }
        }

        /** With 2²⁵ equal categories half the indices are odd; a uniform number of 24 bits would reach only even ones. */
        @Test
        void categoricalReachesEveryCategory() {
            NDArray drawn = Rng.of(12).categorical(m.zeros(new Shape(1 << 25)), 10_000);
            double odd =
                    Arrays.stream(drawn.toLongArray()).filter(i -> i % 2 == 1).count();
            assertThat(odd).isCloseTo(5_000, within(SIGMAS * 50));
        }

        @Test
        void categoricalOfBatchesTakesEachRowsLogits() {
            NDArray logits = m.zeros(new Shape(2, 3, 4)).sub(50);
            logits.set(new ai.djl.ndarray.index.NDIndex("1, 2, 3"), 50);
            NDArray one = Rng.of(13).categorical(logits);
            assertThat(one.getShape()).isEqualTo(new Shape(2, 3));
            assertThat(one.getLong(1, 2)).isEqualTo(3);
            assertThat(Rng.of(13).categorical(logits, 7).getShape()).isEqualTo(new Shape(2, 3, 7));
            assertThat(Rng.of(13).categorical(logits.get("1, 2")).getShape()).isEqualTo(new Shape());
        }

        @Test
        void categoricalOfNoDistributionIsNoIndex() {
            float inf = Float.POSITIVE_INFINITY;
            float[][] rows = {{Float.NaN, 0}, {0, inf}, {-inf, -inf}, {-inf, 0}};
            assertThat(Rng.of(14).categorical(m.create(rows)).toLongArray()).containsExactly(2, 2, 2, 1);
        }

        /** {@code E xᵏ = a(a + 1)…(a + k − 1)}. */
        @ParameterizedTest
        @ValueSource(doubles = {0.1, 1, 7.5})
        void gammaHasItsMoments(double a) {
            for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
                NDArray x = Rng.of(15).gamma(all(a, type));
                assertThat(x.getDataType()).isEqualTo(type);
                double second = a * (a + 1);
                double third = second * (a + 2);
                assertMoments(doubles(x), a, second, third, third * (a + 3));
            }
        }

        @Test
        void gammaOfSmallConcentrationIsNeverZero() {
            NDArray x = Rng.of(1).gamma(all(0.001, DataType.FLOAT32));
            assertThat(x.min().getFloat()).isEqualTo(Float.MIN_NORMAL);
        }

        @Test
        void gammaOfNoConcentrationIsNan() {
            float[] a = {0, -3, Float.NaN, Float.POSITIVE_INFINITY};
            assertThat(Rng.of(1).gamma(m.create(a)).toFloatArray())
                    .containsExactly(Float.NaN, Float.NaN, Float.NaN, Float.NaN);
        }

        /** {@code dx/da = −(∂P(a, x)/∂a)/p(x)}; its mean is d E x/da = 1, and its variance is below 1 here. */
        @Test
        void gammaHasAFirstDerivativeOnly() {
            NDArray a = all(3, DataType.FLOAT64);
            Program slope = Program.ofRandom((scope, list, rng) ->
                    new NDList(Gradients.gradient(v -> rng.gamma(v).sum(), list.singletonOrThrow())));
            double[] slopes = doubles(slope.run(m, new NDList(a), Rng.of(16)).singletonOrThrow());
            assertThat(Arrays.stream(slopes).average().orElseThrow()).isCloseTo(1, within(SIGMAS / Math.sqrt(N)));
            Program second = Program.ofRandom((scope, list, rng) -> new NDList(Gradients.gradient(
                    u -> Gradients.gradient(v -> rng.gamma(v).sum(), u).sum(), list.singletonOrThrow())));
            assertThatThrownBy(() -> second.run(m, new NDList(a), Rng.of(16)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("_standard_gamma_grad");
        }

        /** 1,000 orders of 5 things: the count of each thing first; χ² with 4 degrees exceeds 33.4 at 1e-6. */
        @Test
        void permutationHoldsEachNumberOnceAndPutsEachFirst() {
            int[] first = new int[5];
            for (int i = 0; i < 1_000; i++) {
                NDArray order = Rng.of(17).fork(i).permutation(m, 5);
                assertThat(order.getDataType()).isEqualTo(DataType.INT64);
                long[] numbers = order.toLongArray();
                first[(int) numbers[0]]++;
                assertThat(numbers).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
            }
            double chiSquare = Arrays.stream(first)
                    .mapToDouble(count -> (count - 200.0) * (count - 200.0) / 200)
                    .sum();
            assertThat(chiSquare).isLessThan(33.4);
        }

        @Test
        void refuseWhatDoesNotFit() {
            assertThatThrownBy(() -> Rng.of(1).normal(m.zeros(new Shape(2)), m.ones(new Shape(3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("scale must be of a shape that broadcasts with (2), got (3)");
            assertThatThrownBy(() -> Rng.of(1).categorical(m.zeros(new Shape(2)), 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("n must be > 0, got 0");
            assertThatThrownBy(() -> Rng.of(1).categorical(m.create(1f)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("logits must be of shape (..., k), got ()");
        }
    }
}
