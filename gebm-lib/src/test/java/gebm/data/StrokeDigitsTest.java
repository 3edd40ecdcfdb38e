package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Rng;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class StrokeDigitsTest {
    private static final Digits DIGITS = StrokeDigits.of(3_000, Rng.of(7));

    @Nested
    class Randomness {
        @Test
        void sameKeyDrawsTheSame() {
            assertThat(StrokeDigits.of(100, Rng.of(7)).sha256())
                    .isEqualTo(DIGITS.head(100).sha256())
                    .isNotEqualTo(StrokeDigits.of(100, Rng.of(8)).sha256());
        }

        @Test
        void everyDigitIsAsLikely() {
            int[] counts = new int[10];
            for (int label : DIGITS.labels()) {
                counts[label]++;
            }
            double chiSquare = 0;
            for (int count : counts) {
                chiSquare += Math.pow(count - 300, 2) / 300;
            }
            assertThat(chiSquare).isLessThan(27.9); // 0.999 quantile with 9 degrees of freedom
        }
    }

    @Nested
    class Images {
        @Test
        void lieInsideTheirFrame() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray mean = DIGITS.images(m).mean(new int[] {0}).reshape(28, 28);
                assertThat(mean.get("0").max().getFloat()).isLessThan(0.002f);
                assertThat(mean.get("27").max().getFloat()).isLessThan(0.002f);
                assertThat(mean.get(":, 0").max().getFloat()).isLessThan(0.002f);
                assertThat(mean.get(":, 27").max().getFloat()).isLessThan(0.002f);
                assertThat(mean.mean().getFloat()).isBetween(0.08f, 0.18f); // MNIST: 0.13
            }
        }

        @Test
        void canBeToldApartByTheirMeans() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray images = DIGITS.flattened(m);
                int[] labels = DIGITS.labels();
                float[][] oneHot = new float[10][3_000];
                for (int i = 0; i < 3_000; i++) {
                    oneHot[labels[i]][i] = 1;
                }
                NDArray member = m.create(oneHot);
                NDArray means = member.matMul(images).div(member.sum(new int[] {1}, true));
                NDArray score = images.matMul(means.transpose())
                        .mul(2)
                        .sub(means.square().sum(new int[] {1}));
                long[] nearest = score.argMax(1).toLongArray();
                int right = 0;
                for (int i = 0; i < 3_000; i++) {
                    right += nearest[i] == labels[i] ? 1 : 0;
                }
                assertThat(right / 3_000.0).isGreaterThan(0.85); // MNIST itself: 0.82
            }
        }
    }

    @Test
    void refusesAnEmptySet() {
        assertThatThrownBy(() -> StrokeDigits.of(0, Rng.of(1))).hasMessage("n must be > 0, got 0");
    }
}
