package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ToyTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Rng rng = Rng.of(7);

    static DataSource[] sets() {
        return new DataSource[] {Toy.eightGaussians(), Toy.figureOneCurve()};
    }

    @AfterEach
    void close() {
        m.close();
    }

    @ParameterizedTest
    @MethodSource("sets")
    void isPureInIndexAndKey(DataSource set) {
        NDArray batch = set.batch(m, 64, 3, rng);
        assertThat(batch.getShape()).isEqualTo(new Shape(64, 2));
        assertThat(batch.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(set.sampleShape()).isEqualTo(new Shape(2));
        assertThat(set.size()).isEmpty();
        assertThat(set.batch(m, 64, 3, rng)).isEqualTo(batch);
        assertThat(set.batch(m, 64, 4, rng)).isNotEqualTo(batch);
        assertThat(set.batch(m, 64, 3, Rng.of(8))).isNotEqualTo(batch);
    }

    @ParameterizedTest
    @MethodSource("sets")
    void refusesAnEmptyBatch(DataSource set) {
        assertThatThrownBy(() -> set.batch(m, 0, 0, rng)).hasMessage("batch size must be > 0, got 0");
        assertThatThrownBy(() -> set.batch(m, 1, -2, rng)).hasMessage("batch index must be >= 0, got -2");
    }

    @Nested
    class EightGaussians {
        private final Toy.EightGaussians ring = Toy.eightGaussians();

        @Test
        void densityIsTheSumOfEight() {
            double[][] points = {{0, 0}, {2.5, 0.3}, {-2, 2}, {100, -50}};
            NDArray x = m.create(points);
            for (int i = 0; i < points.length; i++) {
                assertThat(ring.logDensity(x).getDouble(i)).isCloseTo(logDensity(points[i]), within(1e-9));
            }
        }

        @Test
        void densityIntegratesToOne() {
            int n = 400;
            double step = 12.0 / n;
            NDArray axis = m.arange(n)
                    .toType(DataType.FLOAT64, false)
                    .add(0.5)
                    .mul(step)
                    .sub(6);
            NDArray x = axis.repeat(n).reshape(n * n, 1);
            NDArray y = axis.reshape(1, n).repeat(0, n).reshape(n * n, 1);
            double mass = ring.logDensity(x.concat(y, 1)).exp().sum().getDouble() * step * step;
            assertThat(mass).isCloseTo(1, within(1e-9)); // the midpoint rule on a smooth function; 9σ to the border
        }

        @Test
        void everyGaussianIsAsLikely() {
            float[] x = ring.batch(m, 40_000, 0, rng).toFloatArray();
            int[] counts = new int[8];
            for (int i = 0; i < x.length; i += 2) {
                counts[(int) Math.round(Math.atan2(x[i + 1], x[i]) / (Math.PI / 4) + 8) % 8]++;
            }
            double chiSquare = 0;
            for (int count : counts) {
                chiSquare += Math.pow(count - 5_000, 2) / 5_000;
            }
            assertThat(chiSquare).isLessThan(24.3); // 0.999 quantile with 7 degrees of freedom
        }

        @Test
        void secondMomentIsRadiusAndNoise() {
            NDArray x = ring.batch(m, 40_000, 1, rng);
            double expected = Math.pow(Toy.EightGaussians.RADIUS, 2) + 2 * Math.pow(Toy.EightGaussians.SIGMA, 2);
            assertThat(expected).isCloseTo(8.25, within(1e-12));
            // var ‖x‖² = 4r²σ² + 4σ⁴ = 4.0625, so one standard error is 0.0101; 3.3 of them: false alarm 0.1 %
            assertThat(x.square().sum().getFloat() / 40_000).isCloseTo((float) expected, within(0.034f));
        }

        @Test
        void refusesPointsOfAnotherWidth() {
            assertThatThrownBy(() -> ring.logDensity(m.ones(new Shape(4, 3))))
                    .hasMessage("x must be of shape (n, 2), got (4, 3)");
        }

        private double logDensity(double[] x) {
            double r = 4 / Math.sqrt(2);
            double variance = 0.125;
            double largest = Double.NEGATIVE_INFINITY;
            double[] exponents = new double[8];
            for (int k = 0; k < 8; k++) {
                double dx = x[0] - r * Math.cos(k * Math.PI / 4);
                double dy = x[1] - r * Math.sin(k * Math.PI / 4);
                exponents[k] = -(dx * dx + dy * dy) / (2 * variance);
                largest = Math.max(largest, exponents[k]);
            }
            double sum = 0;
            for (double exponent : exponents) {
                sum += Math.exp(exponent - largest);
            }
            return largest + Math.log(sum / 8) - Math.log(2 * Math.PI * variance);
        }
    }

    @Nested
    class FigureOneCurve {
        @Test
        void pointsLieOnTheCurve() {
            float[] x = Toy.figureOneCurve().batch(m, 1_000, 0, rng).toFloatArray();
            for (int i = 0; i < x.length; i += 2) {
                assertThat(x[i]).isBetween(0f, 1f);
                double height = Math.sin(8 * Math.PI * x[i]) / (1 + 4 * Math.PI * x[i]);
                assertThat(x[i + 1]).isCloseTo((float) height, within(2e-6f)); // x is rounded to float
            }
        }

        @Test
        void densityIsHighAtBothEnds() {
            float[] x =
                    Toy.figureOneCurve().batch(m, 30_000, 1, rng).get(":, 0").toFloatArray();
            int low = 0;
            int high = 0;
            for (float value : x) {
                low += value < 0.25 ? 1 : 0;
                high += value > 0.75 ? 1 : 0;
            }
            // P(x < 1/4) = 2/π·asin(1/2) = 1/3; standard error 0.0027, 3.5 of them: false alarm below 0.1 % for both
            assertThat(low / 30_000.0).isCloseTo(1 / 3.0, within(0.0096));
            assertThat(high / 30_000.0).isCloseTo(1 / 3.0, within(0.0096));
        }

        /** The distribution function is {@code 2/π·asin √x}. */
        @Test
        void quantileInvertsTheDistributionFunction() {
            for (double u : new double[] {0, 0.01, 0.3, 0.5, 0.77, 1}) {
                double x = Toy.FigureOneCurve.quantile(u);
                assertThat(2 / Math.PI * Math.asin(Math.sqrt(x))).isCloseTo(u, within(1e-8));
            }
        }

        @Test
        void itsOwnPointsAreAtNoDistance() {
            double[] distances =
                    Toy.FigureOneCurve.distances(Toy.figureOneCurve().batch(m, 2_000, 2, rng));
            assertThat(distances).hasSize(2_000);
            for (double distance : distances) {
                assertThat(distance).isBetween(0.0, 3.5e-6); // chords 3e-6, and x and y rounded to float
            }
        }

        /** Against the nearest of a million points of the curve, which are at most 2.5e-5 apart. */
        @Test
        void distanceIsThatToTheNearestPoint() {
            double[][] points = {{0.5, 0.5}, {0.06, 0.4}, {0.2, -0.1}, {-0.3, 0.1}, {1.2, -0.2}, {0.9, 0.0}};
            double[] distances = Toy.FigureOneCurve.distances(m.create(points));
            for (int i = 0; i < points.length; i++) {
                double nearest = Double.POSITIVE_INFINITY;
                for (int k = 0; k <= 1_000_000; k++) {
                    double x = k / 1e6;
                    double y = Math.sin(8 * Math.PI * x) / (1 + 4 * Math.PI * x);
                    nearest = Math.min(nearest, Math.hypot(points[i][0] - x, points[i][1] - y));
                }
                assertThat(distances[i]).isCloseTo(nearest, within(3.5e-6)); // chords 3e-6, points far less
            }
        }

        @Test
        void refusesPointsOfAnotherWidthOrNotFinite() {
            assertThatThrownBy(() -> Toy.FigureOneCurve.distances(m.ones(new Shape(4, 3))))
                    .hasMessage("points must be of shape (n, 2), got (4, 3)");
            assertThatThrownBy(() -> Toy.FigureOneCurve.distances(m.create(new double[][] {{0, 1}, {2, Double.NaN}})))
                    .hasMessage("points[1, 1] must be finite, got NaN");
        }
    }
}
