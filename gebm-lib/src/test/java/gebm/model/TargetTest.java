package gebm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every target must know, on {@link TargetCases}; what an energy must do, {@link EnergyTest} asks. */
class TargetTest {
    private final Rng rng = Rng.of(31);
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    static List<Target> targets() {
        return TargetCases.all();
    }

    /** In the dimensions where a grid over everything is possible. */
    static List<Target> planar() {
        return List.of(
                Targets.gaussian(new double[] {1, -0.5}, new double[][] {{1, 0.7}, {0.7, 0.8}}),
                Targets.gaussianWithCondition(2, 10),
                Targets.mixture(new double[] {1, 3}, new double[][] {{1, -1}, {-2, 1}}, new double[][][] {
                    {{0.5, 0.3}, {0.3, 0.6}}, {{0.3, 0}, {0, 0.2}}
                }),
                Targets.mixture(new double[] {0.3, 0.7}, new double[][] {{1, -1}, {-2, 1}}, new double[] {0.5, 0.8}),
                Targets.doubleWell(2, 3),
                Targets.doubleWell(2, 0.1),
                Targets.banana(2, 1, 0.2),
                Targets.funnel(2, 0.25),
                Targets.ring(1.5, 0.4),
                Targets.ring(1, 0.8));
    }

    private static final double EDGE = 12; // all of planar() have below 1e-12 of their mass and of their squares beyond
    private static final int SIDE = 800;

    /** Points of a grid over {@code [−EDGE, EDGE]²}, and {@code p} there times the area of a cell. */
    private double[][] grid(Target target) {
        double step = 2 * EDGE / SIDE;
        NDArray axis = m.arange(SIDE)
                .toType(DataType.FLOAT64, false)
                .add(0.5)
                .mul(step)
                .sub(EDGE);
        NDArray x = axis.repeat(SIDE).reshape(SIDE * SIDE, 1);
        NDArray y = axis.reshape(1, SIDE).repeat(0, SIDE).reshape(SIDE * SIDE, 1);
        NDArray mass = target.logDensity(x.concat(y, 1)).exp().mul(step * step);
        return new double[][] {x.toDoubleArray(), y.toDoubleArray(), mass.toDoubleArray()};
    }

    /** The midpoint rule converges exponentially for what is smooth and vanishes at the edge. */
    @ParameterizedTest
    @MethodSource("planar")
    void normaliserAndMomentsEqualThoseOfAGrid(Target target) {
        double[][] grid = grid(target);
        double mass = 0;
        double[] mean = new double[2];
        double[][] second = new double[2][2];
        for (int p = 0; p < grid[2].length; p++) {
            mass += grid[2][p];
            for (int i = 0; i < 2; i++) {
                mean[i] += grid[i][p] * grid[2][p];
                for (int j = 0; j < 2; j++) {
                    second[i][j] += grid[i][p] * grid[j][p] * grid[2][p];
                }
            }
        }
        assertThat(mass).isCloseTo(1, within(1e-10));
        for (int i = 0; i < 2; i++) {
            assertThat(mean[i]).isCloseTo(target.mean()[i], within(1e-9));
            for (int j = 0; j < 2; j++) {
                assertThat(second[i][j] - mean[i] * mean[j]).isCloseTo(target.covariance()[i][j], within(1e-9));
            }
        }
    }

    /** Sums of whole rows of the grid, with two terms of the Euler-Maclaurin series at the end. */
    @ParameterizedTest
    @MethodSource("planar")
    void marginalsEqualThoseOfAGrid(Target target) {
        double[][] grid = grid(target);
        double step = 2 * EDGE / SIDE;
        for (int coordinate = 0; coordinate < 2; coordinate++) {
            double[] rows = new double[SIDE];
            for (int p = 0; p < grid[2].length; p++) {
                rows[coordinate == 0 ? p / SIDE : p % SIDE] += grid[2][p];
            }
            double[] edges = new double[SIDE];
            Arrays.setAll(edges, i -> (i + 1) * step - EDGE);
            double[] p = target.marginalCdf(coordinate, edges);
            double below = rows[0] + rows[1];
            for (int i = 2; i + 2 < SIDE; i++) {
                below += rows[i];
                // the midpoint rule up to an edge errs by these derivatives there, in units of a row's mass
                double slope = (27 * (rows[i + 1] - rows[i]) - rows[i + 2] + rows[i - 1]) / 24;
                double third = rows[i + 2] - 3 * rows[i + 1] + 3 * rows[i] - rows[i - 1];
                assertThat(p[i])
                        .as("%s at %s", coordinate, edges[i])
                        .isCloseTo(below + slope / 24 - 7 * third / 5760, within(1e-8));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("targets")
    void marginalsAreDistributionFunctions(Target target) {
        double[] points =
                IntStream.rangeClosed(-200, 200).mapToDouble(i -> i / 10.0).toArray();
        for (int i = 0; i < target.dimension(); i++) {
            double[] p = target.marginalCdf(i, points);
            for (int k = 1; k < p.length; k++) {
                assertThat(p[k]).isBetween(p[k - 1], 1 + 1e-12);
            }
            assertThat(target.marginalCdf(i, -1e9)[0]).isCloseTo(0, within(1e-12));
            assertThat(target.marginalCdf(i, 1e9)[0]).isCloseTo(1, within(1e-12));
            assertThat(target.marginalCdf(i, Double.NaN)).containsExactly(Double.NaN);
        }
    }

    /**
     * Kolmogorov and Smirnov: with n = 20,000, {@code √n·D > 2.33} has probability {@code 2·exp(−2·2.33²) = 4e-5} for
     * each of the 29 coordinates, 0.1 % for all of them together.
     */
    @ParameterizedTest
    @MethodSource("targets")
    void samplesHaveTheMarginals(Target target) {
        int n = 20_000;
        NDArray x = target.sample(m, n, DataType.FLOAT64, rng);
        assertThat(x.getShape()).isEqualTo(new Shape(n, target.dimension()));
        for (int coordinate = 0; coordinate < target.dimension(); coordinate++) {
            double[] sorted = x.get(":, " + coordinate).toDoubleArray();
            Arrays.sort(sorted);
            double[] p = target.marginalCdf(coordinate, sorted);
            double distance = 0;
            for (int i = 0; i < n; i++) {
                distance = Math.max(distance, Math.max(p[i] - i / (double) n, (i + 1) / (double) n - p[i]));
            }
            assertThat(Math.sqrt(n) * distance).as("coordinate %d", coordinate).isLessThan(2.33);
        }
    }

    /**
     * Each mean and covariance of n = 20,000 samples is within 4.5 standard errors, estimated from the same samples:
     * 7e-6 for each of 87 numbers, below 0.1 % for all.
     */
    @ParameterizedTest
    @MethodSource("targets")
    void samplesHaveTheMoments(Target target) {
        int n = 20_000;
        int d = target.dimension();
        double[] x = target.sample(m, n, DataType.FLOAT64, rng.fork("moments")).toDoubleArray();
        double[] mean = target.mean();
        double[][] covariance = target.covariance();
        for (int i = 0; i < d; i++) {
            for (int j = 0; j <= i; j++) {
                double[] products = new double[n];
                double[] values = new double[n];
                for (int p = 0; p < n; p++) {
                    values[p] = x[p * d + i] - mean[i];
                    products[p] = values[p] * (x[p * d + j] - mean[j]) - covariance[i][j];
                }
                assertThat(standardised(values)).as("mean %d", i).isBetween(-4.5, 4.5);
                assertThat(standardised(products)).as("covariance %d, %d", i, j).isBetween(-4.5, 4.5);
            }
        }
    }

    private static double standardised(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double square = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
        return mean / Math.sqrt((square - mean * mean) / values.length);
    }

    @ParameterizedTest
    @MethodSource("targets")
    void samplesArePureAndOfTheTypeAsked(Target target) {
        NDArray x = target.sample(m, 50, rng);
        assertThat(x.getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(x.getManager()).isSameAs(m);
        assertThat(target.sample(m, 50, rng)).isEqualTo(x);
        assertThat(target.sample(m, 50, rng.fork("other"))).isNotEqualTo(x);
        assertThat(target.base(DataType.FLOAT32).sample(m, 50, rng)).isEqualTo(x);
        assertThat(target.base(DataType.FLOAT64).logDensity(x)).isEqualTo(target.logDensity(x));
        assertThat(target.base(DataType.FLOAT32).sampleShape()).isEqualTo(new Shape(target.dimension()));
        assertThatThrownBy(() -> target.sample(m, 0, rng)).hasMessage("n must be > 0, got 0");
    }

    @ParameterizedTest
    @MethodSource("targets")
    void numbersAreCopies(Target target) {
        target.mean()[0] = 99;
        target.covariance()[0][0] = 99;
        assertThat(target.mean()[0]).isNotEqualTo(99);
        assertThat(target.covariance()[0][0]).isNotEqualTo(99);
        assertThat(target).hasToString(target.name());
    }

    @ParameterizedTest
    @MethodSource("targets")
    void refusesPointsAndCoordinatesItDoesNotHave(Target target) {
        int d = target.dimension();
        assertThatThrownBy(() -> target.at(m.ones(new Shape(4, d + 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("x must be of shape (n, " + d + "), got (4, " + (d + 1) + ")");
        assertThatThrownBy(() -> target.marginalCdf(d, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("coordinate must be in 0.." + (d - 1) + ", got " + d);
    }

    /** Numbers that can be checked by hand. */
    @Nested
    class ClosedForms {
        private double at(Target target, double... point) {
            return target.at(m.create(point, new Shape(1, point.length))).getDouble(0);
        }

        @Test
        void gaussian() {
            Target target = Targets.gaussian(new double[] {1, 2}, new double[][] {{4, 0}, {0, 0.25}});
            assertThat(at(target, 3, 3)).isCloseTo(0.5 + 2, within(1e-14));
            assertThat(target.logNormaliser()).isCloseTo(Math.log(2 * Math.PI), within(1e-14));
            Target correlated = Targets.gaussian(new double[] {0, 0}, new double[][] {{2, 1}, {1, 1}});
            assertThat(at(correlated, 1, 2)).isCloseTo(0.5 * (1 - 4 + 8), within(1e-14)); // inverse {{1, −1}, {−1, 2}}
            assertThat(correlated.logNormaliser()).isCloseTo(Math.log(2 * Math.PI), within(1e-14));
        }

        @Test
        void condition() {
            double[][] covariance = Targets.gaussianWithCondition(3, 100).covariance();
            assertThat(covariance[0][0]).isEqualTo(1);
            assertThat(covariance[1][1]).isCloseTo(0.1, within(1e-15));
            assertThat(covariance[2][2]).isCloseTo(0.01, within(1e-15));
        }

        @Test
        void mixtureIsNormalised() {
            Target target = Targets.mixture(new double[] {2, 6}, new double[][] {{0}, {3}}, new double[] {1, 0.5});
            double p = 0.25 * Math.exp(-0.5) / Math.sqrt(2 * Math.PI)
                    + 0.75 * Math.exp(-0.5 * 16) / (0.5 * Math.sqrt(2 * Math.PI));
            assertThat(at(target, 1)).isCloseTo(-Math.log(p), within(1e-14));
            assertThat(target.mean()).containsExactly(2.25);
            assertThat(target.covariance()[0][0]).isCloseTo(0.25 + 0.75 * (9 + 0.25) - 2.25 * 2.25, within(1e-14));
        }

        /** A mixture far from everything neither overflows nor vanishes. */
        @Test
        void mixtureFarAway() {
            Target target = Targets.mixture(new double[] {1, 1}, new double[][] {{0}, {3}}, new double[] {1, 1});
            NDArray x = m.create(new float[] {1e4f}, new Shape(1, 1));
            assertThat(target.at(x).getFloat()).isCloseTo(0.5f * 9997f * 9997f, within(8f));
        }

        @Test
        void doubleWellHasItsBarrier() {
            Target target = Targets.doubleWell(2, 5);
            assertThat(at(target, 0, 0)).isEqualTo(5);
            assertThat(at(target, -1, 2)).isEqualTo(2);
            // ∫ exp(−b(t² − 1)²) dt = (π/2)·e^(−b/2)·(I_{1/4}(b/2) + I_{−1/4}(b/2)), here for b = 5 by the power series
            double expected = -0.18145137058752162;
            assertThat(target.logNormaliser() - 0.5 * Math.log(2 * Math.PI)).isCloseTo(expected, within(1e-12));
        }

        /** At both ends of what a barrier may be, against sums of 400,000 terms. */
        @Test
        void doubleWellsSteepAndFlat() {
            for (double barrier : new double[] {0.01, 1_000}) {
                Target target = Targets.doubleWell(1, barrier);
                double reach = Math.sqrt(1 + Math.sqrt(45 / barrier));
                double step = reach / 400_000;
                double sum = 0;
                double squares = 0;
                double[] at = {0.97, 1, 1.004};
                double[] below = new double[3]; // of the right half
                for (int i = 0; i < 400_000; i++) {
                    double x = (i + 0.5) * step;
                    double p = step * Math.exp(-barrier * Math.pow(x * x - 1, 2));
                    sum += p;
                    squares += x * x * p;
                    for (int k = 0; k < 3; k++) {
                        // a share of the last cell
                        below[k] += p * Math.max(0, Math.min(1, (at[k] - i * step) / step));
                    }
                }
                assertThat(target.logNormaliser()).isCloseTo(Math.log(2 * sum), within(1e-11));
                assertThat(target.covariance()[0][0]).isCloseTo(squares / sum, within(1e-11));
                double[] p = target.marginalCdf(0, at);
                for (int k = 0; k < 3; k++) {
                    assertThat(p[k]).isCloseTo(0.5 + 0.5 * below[k] / sum, within(1e-8));
                }
            }
        }

        @Test
        void bananaAndFunnel() {
            assertThat(at(Targets.banana(3, 2, 0.5), 2, 1, 3)).isCloseTo(0.5 + 0.5 + 4.5, within(1e-14));
            assertThat(at(Targets.funnel(3, 3), Math.log(4), 2, 4))
                    .isCloseTo(Math.pow(Math.log(4), 2) / 18 + 0.5 * 20 / 4 + Math.log(4), within(1e-14));
            assertThat(Targets.funnel(10, 3).covariance()[9][9]).isCloseTo(Math.exp(4.5), within(1e-12));
        }

        @Test
        void ringIsFlatAtTheOrigin() {
            Target target = Targets.ring(2, 0.5);
            assertThat(at(target, 0, 0)).isEqualTo(2); // radius²/(8·width²)
            assertThat(at(target, 0, 2)).isEqualTo(0);
            NDArray origin = m.zeros(new Shape(1, 2), DataType.FLOAT64);
            assertThat(target.valueAndGradient(origin).gradient().abs().toDoubleArray())
                    .containsExactly(0, 0);
        }

        /** Of a narrow ring, the marginal is nearly that of a circle: {@code 1 − acos(x/r)/π}. */
        @Test
        void narrowRing() {
            double[] p = Targets.ring(1, 0.01).marginalCdf(0, 0, 0.5, -0.5);
            assertThat(p[0]).isCloseTo(0.5, within(1e-9));
            assertThat(p[1]).isCloseTo(2.0 / 3, within(1e-4));
            assertThat(p[2]).isCloseTo(1.0 / 3, within(1e-4));
        }
    }

    @Nested
    class Refusals {
        @Test
        void covariancesThatAreNone() {
            double[] mean = {0, 0};
            assertThatThrownBy(() -> Targets.gaussian(mean, new double[][] {{1, 2}, {2, 1}}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("covariance must be positive definite, got [[1.0, 2.0], [2.0, 1.0]]");
            assertThatThrownBy(() -> Targets.gaussian(mean, new double[][] {{1, 0.1}, {0.2, 1}}))
                    .hasMessage("covariance must be symmetric and finite, got [[1.0, 0.1], [0.2, 1.0]]");
            assertThatThrownBy(() -> Targets.gaussian(mean, new double[][] {{1, 0}, {0, Double.NaN}}))
                    .hasMessageContaining("NaN");
            assertThatThrownBy(() -> Targets.gaussian(mean, new double[][] {{1}}))
                    .hasMessage("covariance must be of 2 rows, got 1");
            assertThatThrownBy(() -> Targets.gaussian(new double[] {Double.NaN}, new double[][] {{1}}))
                    .hasMessage("mean must be finite, got NaN");
        }

        @Test
        void mixturesThatDoNotFit() {
            double[][] means = {{0, 0}, {1, 1}};
            assertThatThrownBy(() -> Targets.mixture(new double[] {1}, means, new double[] {1}))
                    .hasMessage("number of means must be that of weights, 1, got 2");
            assertThatThrownBy(() -> Targets.mixture(new double[] {1, 0}, means, new double[] {1, 1}))
                    .hasMessage("weights[1] must be finite and > 0, got 0.0");
            assertThatThrownBy(() -> Targets.mixture(new double[] {1, 1}, means, new double[] {1, -1}))
                    .hasMessage("sigmas[1] must be finite and > 0, got -1.0");
            assertThatThrownBy(() ->
                            Targets.mixture(new double[] {1, 1}, new double[][] {{0, 0}, {1}}, new double[] {1, 1}))
                    .hasMessage("dimension of means[1] must be > 0 and that of means[0], 2, got 1");
        }

        @Test
        void numbersOutOfRange() {
            assertThatThrownBy(() -> Targets.gaussianWithCondition(1, 2)).hasMessage("dimension must be >= 2, got 1");
            assertThatThrownBy(() -> Targets.gaussianWithCondition(2, 0.5))
                    .hasMessage("condition must be finite and >= 1, got 0.5");
            assertThatThrownBy(() -> Targets.doubleWell(2, 1e4))
                    .hasMessage("barrier must be in [0.0, 1000.0], got 10000.0");
            assertThatThrownBy(() -> Targets.doubleWell(2, 0)).hasMessage("barrier must be finite and > 0, got 0.0");
            assertThatThrownBy(() -> Targets.banana(1, 1, 1)).hasMessage("dimension must be >= 2, got 1");
            assertThatThrownBy(() -> Targets.funnel(2, -1)).hasMessage("scale must be finite and > 0, got -1.0");
            assertThatThrownBy(() -> Targets.ring(1, 0)).hasMessage("width must be finite and > 0, got 0.0");
        }
    }
}
