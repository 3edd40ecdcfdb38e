package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
}
