package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class FrechetTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Oracle oracle = Oracle.frechet();

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class Distance {
        private final NDArray a = m.create(oracle.a());
        private final NDArray b = m.create(oracle.b());

        @Test
        void agreesWithScipy() {
            assertThat(Frechet.distance(a, b)).isCloseTo(oracle.distance(), within(1e-10));
        }

        @Test
        void leavesItsArgumentsAlone() {
            Frechet.distance(a, b);
            assertThat(a).isEqualTo(m.create(oracle.a()));
            assertThat(b).isEqualTo(m.create(oracle.b()));
        }

        @Test
        void isSymmetricAndZeroToItself() {
            assertThat(Frechet.distance(b, a)).isCloseTo(Frechet.distance(a, b), within(1e-12));
            assertThat(Frechet.distance(a, a)).isBetween(0.0, 1e-7);
        }

        @Test
        void matchesTheClosedFormOfDiagonalGaussians() {
            // rows (±s, 0) and (0, ±t) have mean 0 and covariance diag(2s², 2t²)/3
            NDArray p = cross(1, 3).add(m.create(new double[] {1, 0}));
            NDArray q = cross(2, 5);
            double expected = 1 + 2.0 / 3 * (1 + 4); // ‖μ‖² + Σ (σ_p − σ_q)²
            assertThat(Frechet.distance(p, q)).isCloseTo(expected, within(1e-12));
        }

        @Test
        void doesNotChangeUnderARotation() {
            double c = Math.cos(0.7);
            double s = Math.sin(0.7);
            NDArray rotation = m.create(new double[][] {{c, s, 0}, {-s, c, 0}, {0, 0, 1}});
            assertThat(Frechet.distance(a.matMul(rotation), b.matMul(rotation)))
                    .isCloseTo(Frechet.distance(a, b), within(1e-10));
        }

        @Test
        void acceptsFewerRowsThanColumns() {
            NDArray few = a.get(":2");
            assertThat(Frechet.distance(few, few)).isBetween(0.0, 1e-6);
        }

        private NDArray cross(double s, double t) {
            return m.create(new double[][] {{s, 0}, {-s, 0}, {0, t}, {0, -t}});
        }
    }

    @Nested
    class OnComponents {
        @Test
        void isTheDistanceOfTheFeatures() {
            NDArray a = m.create(oracle.a()).toType(DataType.FLOAT32, false);
            NDArray b = m.create(oracle.b()).toType(DataType.FLOAT32, false);
            PrincipalComponents components = PrincipalComponents.fit(a, 2);
            int before = m.getManagedArrays().size();
            double distance = Frechet.of(components).between(b, a);
            assertThat(m.getManagedArrays()).hasSize(before);
            assertThat(distance).isEqualTo(Frechet.distance(components.apply(b), components.apply(a)));
        }

        @Test
        void allComponentsChangeNothing() {
            NDArray a = m.create(oracle.a());
            Frechet all = Frechet.of(PrincipalComponents.fit(a, 3));
            assertThat(all.between(m.create(oracle.b()), a)).isCloseTo(oracle.distance(), within(1e-10));
        }
    }

    @Nested
    class Refusals {
        @Test
        void aRowThatIsNotFinite() {
            NDArray good = m.ones(new Shape(4, 2));
            NDArray bad = m.create(new float[] {1, 2, 3, 4, Float.NaN, 6}, new Shape(3, 2));
            assertThatThrownBy(() -> Frechet.distance(good, bad))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("b must be finite, got NaN in row 2");
        }

        @Test
        void tooFewRowsAndOtherWidths() {
            NDArray good = m.ones(new Shape(4, 2));
            assertThatThrownBy(() -> Frechet.distance(good, m.ones(new Shape(1, 2))))
                    .hasMessage("b must be of shape (n, d) with n >= 2, got (1, 2)");
            assertThatThrownBy(() -> Frechet.distance(good, m.ones(new Shape(4, 3))))
                    .hasMessage("width of b must be that of a, 2, got 3");
        }

        @Test
        void samplesAreNamed() {
            Frechet frechet = Frechet.of(PrincipalComponents.fit(m.create(oracle.a()), 2));
            NDArray bad = m.create(new double[] {1, 2, Double.POSITIVE_INFINITY, 4, 5, 6}, new Shape(2, 3));
            assertThatThrownBy(() -> frechet.between(bad, m.create(oracle.a())))
                    .hasMessageStartingWith("samples must be finite, got ")
                    .hasMessageEndingWith("in row 0");
        }
    }
}
