package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class PrincipalComponentsTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Oracle oracle = Oracle.frechet();

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class AgainstNumpy {
        private final PrincipalComponents components = PrincipalComponents.fit(m.create(oracle.a()), 2);

        @Test
        void variancesAgree() {
            assertThat(components.variances()).containsExactly(oracle.variances(), within(1e-12));
            assertThat(components.explained()).isCloseTo(oracle.explained(), within(1e-12));
        }

        @Test
        void featuresAgree() {
            double[] expected = Arrays.stream(oracle.features())
                    .flatMapToDouble(Arrays::stream)
                    .toArray();
            NDArray features = components.apply(m.create(oracle.b()));
            assertThat(features.getShape()).isEqualTo(new Shape(9, 2));
            assertThat(features.toDoubleArray()).containsExactly(expected, within(1e-12));
        }

        @Test
        void keepsTheTypeOfItsArgument() {
            NDArray features = components.apply(m.create(oracle.b()).toType(DataType.FLOAT32, false));
            assertThat(features.getDataType()).isEqualTo(DataType.FLOAT32);
            assertThat(features.getManager()).isSameAs(m);
        }

        @Test
        void leavesNothingBehind() {
            NDArray x = m.create(oracle.b());
            int before = m.getManagedArrays().size();
            components.apply(x).close();
            PrincipalComponents.fit(x, 1);
            assertThat(m.getManagedArrays()).hasSize(before);
        }

        @Test
        void variancesAreACopy() {
            components.variances()[0] = -1;
            assertThat(components.variances()[0]).isPositive();
        }
    }

    @Test
    void allComponentsKeepDistances() {
        NDArray a = m.create(oracle.a());
        NDArray features = PrincipalComponents.fit(a, 3).apply(a);
        double before = a.get("0").sub(a.get("1")).square().sum().getDouble();
        double after = features.get("0").sub(features.get("1")).square().sum().getDouble();
        assertThat(after).isCloseTo(before, within(1e-12));
    }

    @Test
    void imagesAreFlattened() {
        NDArray a = m.create(oracle.a());
        NDArray images = a.reshape(12, 1, 1, 3);
        assertThat(PrincipalComponents.fit(images, 2).apply(images))
                .isEqualTo(PrincipalComponents.fit(a, 2).apply(a));
    }

    @Test
    void rowsBeyondOneChunkCount() {
        NDArray column = m.arange(10_000).toType(DataType.FLOAT32, false).reshape(10_000, 1);
        double variance = PrincipalComponents.fit(column, 1).variances()[0];
        assertThat(variance).isCloseTo(10_000.0 * 10_001 / 12, within(1e-4)); // of 0..n-1, unbiased: n(n + 1)/12
    }

    @Nested
    class Refusals {
        @Test
        void tooFewRows() {
            assertThatThrownBy(() -> PrincipalComponents.fit(m.ones(new Shape(1, 3)), 1))
                    .hasMessage("rows must be of shape (n, d) with n >= 2, got (1, 3)");
        }

        @Test
        void moreComponentsThanColumns() {
            assertThatThrownBy(() -> PrincipalComponents.fit(m.ones(new Shape(5, 3)), 4))
                    .hasMessage("k must be in 1..3, got 4");
        }

        @Test
        void anotherWidth() {
            PrincipalComponents components = PrincipalComponents.fit(m.create(oracle.a()), 2);
            assertThatThrownBy(() -> components.apply(m.ones(new Shape(5, 4))))
                    .hasMessage("x must be of width 3, got (5, 4)");
        }
    }
}
