package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.trace.Program;
import gebm.trace.Special;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ToyTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Rng rng = Rng.of(7);

    static DataSource[] sets() {
        return new DataSource[] {
            Toy.eightGaussians(),
            Toy.twentyFiveGaussians(),
            Toy.circles(),
            Toy.moons(),
            Toy.swissRoll(),
            Toy.spirals(),
            Toy.checkerboard(),
            Toy.pinwheel(),
            Toy.figureOneCurve()
        };
    }

    /** A set with a square that holds it, and the length below which its density is smooth. */
    record Known(KnownDensity set, double edge, double scale) {
        @Override
        public String toString() {
            return set.toString();
        }
    }

    static Known[] known() {
        return new Known[] {
            new Known(Toy.eightGaussians(), 5.2, Toy.EightGaussians.SIGMA),
            new Known(Toy.twentyFiveGaussians(), 1.6, 0.0177),
            new Known(Toy.circles(), 4.6, 0.24),
            new Known(Toy.moons(), 4.4, 0.2),
            new Known(Toy.swissRoll(), 4.4, 0.2),
            new Known(Toy.spirals(), 4.0, 0.1),
            new Known(Toy.checkerboard(), 5, 0.2) // no bin has an edge of a square inside
        };
    }

    private static final int BINS = 40;

    /** The mass of {@code BINS × BINS} bins by the midpoint rule, {@code side × side} points a bin. */
    private double[][] masses(Known known, int side) {
        int n = BINS * side;
        double step = 2 * known.edge() / n;
        double[][] masses = new double[BINS][BINS];
        for (int i = 0; i < n; i++) {
            double[][] points = new double[n][2];
            for (int j = 0; j < n; j++) {
                points[j] = new double[] {(i + 0.5) * step - known.edge(), (j + 0.5) * step - known.edge()};
            }
            try (NDManager scope = m.newSubManager()) {
                double[] logs = known.set().logDensity(scope.create(points)).toDoubleArray();
                for (int j = 0; j < n; j++) {
                    masses[i / side][j / side] += Math.exp(logs[j]) * step * step;
                }
            }
        }
        return masses;
    }

    /** Points a bin so that they lie at most half a scale apart. */
    private static int side(Known known) {
        return (int) Math.ceil(2 * known.edge() / BINS / (0.5 * known.scale()));
    }

    /**
     * Pearson's χ² of 40,000 points in bins that expect at least 5, all others in one: the threshold is the 0.9999
     * quantile, 0.07 % false alarms for all seven sets. The density's integral is checked on the way.
     */
    @ParameterizedTest
    @MethodSource("known")
    void samplesHaveTheDensity(Known known) {
        double[][] masses = masses(known, side(known));
        int n = 40_000;
        float[] x = known.set().batch(m, n, 0, rng).toFloatArray();
        int[][] counts = new int[BINS][BINS];
        int outside = 0;
        for (int i = 0; i < x.length; i += 2) {
            int row = (int) Math.floor((x[i] + known.edge()) / (2 * known.edge()) * BINS);
            int column = (int) Math.floor((x[i + 1] + known.edge()) / (2 * known.edge()) * BINS);
            if (Math.min(row, column) < 0 || Math.max(row, column) >= BINS) {
                outside++;
            } else {
                counts[row][column]++;
            }
        }
        double chiSquare = 0;
        double rest = n;
        int restCount = n;
        int degrees = 0;
        double total = 0;
        for (int i = 0; i < BINS; i++) {
            for (int j = 0; j < BINS; j++) {
                total += masses[i][j];
                double expected = n * masses[i][j];
                if (expected >= 5) {
                    chiSquare += Math.pow(counts[i][j] - expected, 2) / expected;
                    rest -= expected;
                    restCount -= counts[i][j];
                    degrees++;
                }
            }
        }
        // smooth and small at the edge, where nothing is, or whole squares: 4.9 standard deviations in the worst case
        assertThat(total).isCloseTo(1, within(2e-6));
        assertThat(outside).isLessThanOrEqualTo(restCount);
        if (rest >= 5) {
            chiSquare += Math.pow(restCount - rest, 2) / rest;
        } else {
            assertThat(restCount).isLessThan(25); // P(Poisson(5) >= 25) = 1e-10
            degrees--;
        }
        double ninth = 2.0 / (9 * degrees);
        assertThat(chiSquare).isLessThan(degrees * Math.pow(1 - ninth + 3.72 * Math.sqrt(ninth), 3)); // Wilson-Hilferty
    }

    /** Float32 loses what its digits lose: an exponent of size e has an error of about 1e-7·e. */
    @ParameterizedTest
    @MethodSource("known")
    void densityIsTheSameInBothTypesAndInAProgram(Known known) {
        NDArray x = known.set().batch(m, 200, 5, rng);
        NDArray wide = x.toType(DataType.FLOAT64, true);
        double[] exact = known.set().logDensity(wide).toDoubleArray();
        NDArray narrow = known.set().logDensity(x);
        assertThat(narrow.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(narrow.toType(DataType.FLOAT64, true).toDoubleArray())
                .usingComparatorWithPrecision(2e-4)
                .containsExactly(exact);
        NDArray traced = Program.of(known.set()::logDensity).run(wide);
        assertThat(traced.toDoubleArray()).usingComparatorWithPrecision(1e-10).containsExactly(exact);
    }

    @ParameterizedTest
    @MethodSource("known")
    void refusesPointsOfAnotherWidth(Known known) {
        assertThatThrownBy(() -> known.set().logDensity(m.ones(new Shape(4, 3))))
                .hasMessage("x must be of shape (n, 2), got (4, 3)");
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
    class Densities {
        private double at(KnownDensity set, double x, double y) {
            return set.logDensity(m.create(new double[][] {{x, y}})).getDouble(0);
        }

        /** A circle of radius r with noise: {@code exp(−(ρ² + r²)/(2σ²))·I₀(ρr/σ²)/(2πσ²)}. */
        @Test
        void ofCirclesIsBessels() {
            double variance = 0.24 * 0.24;
            for (double rho : new double[] {0, 0.7, 1.5, 2.2, 3, 4.5, 8}) {
                double[] logs = new double[2];
                for (int i = 0; i < 2; i++) {
                    double r = i == 0 ? 3 : 1.5;
                    double bessel = Special.i0e(m.create(new double[] {rho * r / variance}))
                            .getDouble(0);
                    logs[i] = -(rho - r) * (rho - r) / (2 * variance) + Math.log(bessel / (2 * Math.PI * variance));
                }
                double top = Math.max(logs[0], logs[1]);
                double expected = top + Math.log(0.5 * (Math.exp(logs[0] - top) + Math.exp(logs[1] - top)));
                for (double angle : new double[] {0, 0.02, 1, 4}) {
                    assertThat(at(Toy.circles(), rho * Math.cos(angle), rho * Math.sin(angle)))
                            .isCloseTo(expected, within(1e-8));
                }
            }
        }

        /** Simpson's rule with 40,000 steps along each curve. */
        @Test
        void ofCurvesIsTheirIntegral() {
            double[][] points = {{0, 0}, {1, 0.8}, {-3, -0.3}, {2.6, 1}, {-1, -0.2}, {5, -6}, {0.3, 7.9}};
            for (double[] p : points) {
                double moons = 0.5
                        * (integral(p, 0.2, u ->
                                        new double[] {2 * Math.cos(Math.PI * u) - 1, 2 * Math.sin(Math.PI * u) - 0.2})
                                + integral(p, 0.2, u ->
                                        new double[] {1 - 2 * Math.cos(Math.PI * u), 0.8 - 2 * Math.sin(Math.PI * u)}));
                assertThat(at(Toy.moons(), p[0], p[1])).isCloseTo(Math.log(moons), within(1e-8));
                double roll = integral(p, 0.2, u -> {
                    double t = 1.5 * Math.PI * (1 + 2 * u);
                    return new double[] {t * Math.cos(t) / 5, t * Math.sin(t) / 5};
                });
                assertThat(at(Toy.swissRoll(), p[0], p[1])).isCloseTo(Math.log(roll), within(1e-8));
            }
        }

        private static double integral(double[] x, double sigma, DoubleFunction<double[]> curve) {
            return simpson(40_000, 0, 1, u -> {
                        double[] c = curve.apply(u);
                        double square = Math.pow(x[0] - c[0], 2) + Math.pow(x[1] - c[1], 2);
                        return Math.exp(-square / (2 * sigma * sigma));
                    })
                    / (2 * Math.PI * sigma * sigma);
        }

        private static double simpson(int n, double low, double high, DoubleUnaryOperator f) {
            double step = (high - low) / n;
            double sum = 0;
            for (int i = 0; i <= n; i++) {
                sum += (i == 0 || i == n ? 1 : i % 2 == 0 ? 2 : 4) * f.applyAsDouble(low + i * step);
            }
            return sum * step / 3;
        }

        /** The same along an arm, with the uniform noise integrated by Simpson's rule too. */
        @Test
        void ofSpiralsIsItsIntegral() {
            for (double[] p :
                    new double[][] {{0.05, 0.02}, {1, 1}, {-2, 0.4}, {3.1, 0.5}, {-2.5, -2.2}, {4.5, 2.5}, {-3, 4.4}}) {
                double density = simpson(8_000, 0, 3 * Math.PI, t -> {
                    double sum = 0;
                    for (int arm = -1; arm <= 1; arm += 2) {
                        double across = blurred(arm * p[0] + t * Math.cos(t) / 3);
                        double along = blurred(arm * p[1] - t * Math.sin(t) / 3);
                        sum += t / (9 * Math.PI * Math.PI) * across * along;
                    }
                    return sum;
                });
                assertThat(at(Toy.spirals(), p[0], p[1])).isCloseTo(Math.log(density), within(1e-8));
            }
        }

        /** The density of uniform on [0, 1/6] plus normal noise of 0.1; far out by Mills' ratio. */
        private static double blurred(double z) {
            double from = 10 * (Math.abs(z - 1.0 / 12) - 1.0 / 12); // standard deviations to the box
            return from > 4
                    ? 6 * (tail(from) - tail(from + 10.0 / 6))
                    : 6
                            * simpson(
                                    600,
                                    0,
                                    1.0 / 6,
                                    v -> Math.exp(-50 * (z - v) * (z - v)) * 10 / Math.sqrt(2 * Math.PI));
        }

        /** {@code 1 − Φ(y)} by Laplace's continued fraction. */
        private static double tail(double y) {
            double fraction = y;
            for (int k = 100; k >= 1; k--) {
                fraction = y + k / fraction;
            }
            return Math.exp(-0.5 * y * y) / Math.sqrt(2 * Math.PI) / fraction;
        }

        @Test
        void farAwayIsFinite() {
            for (Known known : known()) {
                double log = at(known.set(), 9, -9);
                if (known.set().toString().startsWith("Checkerboard")) {
                    assertThat(log).isEqualTo(Double.NEGATIVE_INFINITY);
                } else {
                    assertThat(log).isBetween(-1e6, -20.0);
                }
            }
        }
    }

    @Nested
    class Checkerboard {
        private final KnownDensity board = Toy.checkerboard();

        @Test
        void everyPointIsOnADarkSquareInFloat32() {
            NDArray logs = board.logDensity(board.batch(m, 100_000, 2, rng));
            assertThat(logs.min().getFloat()).isEqualTo((float) -Math.log(32));
            assertThat(logs.max().getFloat()).isEqualTo((float) -Math.log(32));
        }

        @Test
        void squaresAlternate() {
            NDArray x =
                    m.create(new float[][] {{-4, -4}, {-1, -4}, {0, 0}, {3.9f, 3.9f}, {4, 4}, {-4.1f, -4}, {1, -1}});
            float dark = (float) -Math.log(32);
            float none = Float.NEGATIVE_INFINITY;
            assertThat(board.logDensity(x).toFloatArray()).containsExactly(dark, none, dark, dark, none, none, none);
        }
    }

    @Nested
    class Pinwheel {
        private final float[] x = Toy.pinwheel().batch(m, 40_000, 0, rng).toFloatArray();

        @Test
        void turningKeepsTheNorm() {
            double sum = 0;
            for (float value : x) {
                sum += value * value;
            }
            // E = 4(1 + 0.09 + 0.01); var = 16(2·0.09² + 4·0.09 + 2·0.01²), standard error 0.0123, 3.3: 0.1 %
            assertThat(sum / 40_000).isCloseTo(4.4, within(0.0405));
        }

        /** Undone the bend, with half the norm for f₁, the points lie around five directions, as many around each. */
        @Test
        void hasFiveArms() {
            int[] counts = new int[5];
            double cosines = 0;
            for (int i = 0; i < x.length; i += 2) {
                double along = Math.hypot(x[i], x[i + 1]) / 2;
                double angle = -Math.atan2(x[i + 1], x[i]) - 0.25 * Math.exp(along);
                counts[Math.floorMod((int) Math.round(angle / (0.4 * Math.PI)), 5)]++;
                cosines += Math.cos(5 * angle) / 40_000;
            }
            double chiSquare = 0;
            for (int count : counts) {
                chiSquare += Math.pow(count - 8_000, 2) / 8_000;
            }
            assertThat(chiSquare).isLessThan(18.47); // 0.999 quantile with 4 degrees of freedom
            assertThat(cosines).isGreaterThan(0.75); // the angle's noise is about 0.1: exp(−25·0.01/2) = 0.88
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
