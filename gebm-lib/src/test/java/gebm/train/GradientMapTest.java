package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GradientMapTest {
    private static final double[] G = {-3, -0.5, 0, 0.25, 0.9, 40};

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    record Case(String name, GradientMap map, DoubleUnaryOperator formula) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> elementwise() {
        return List.of(
                new Case("newton", GradientMap.newton(), g -> g / (1 - g)),
                new Case("softClip", GradientMap.softClip(), g -> 2 * g / (1 + g * g)),
                new Case("clip", GradientMap.clip(0.7), g -> Math.max(-0.7, Math.min(0.7, g))),
                new Case("clip, then softClip", GradientMap.clip(0.7).andThen(GradientMap.softClip()), g -> {
                    double c = Math.max(-0.7, Math.min(0.7, g));
                    return 2 * c / (1 + c * c);
                }));
    }

    @ParameterizedTest
    @MethodSource("elementwise")
    void isItsFormulaOnEveryArray(Case c) {
        NDList gradients = new NDList(m.create(G), m.create(G, new Shape(2, 3)).mul(0.1));
        NDList mapped = c.map().apply(gradients);
        NDList traced = Program.ofList(c.map()::apply).run(m, gradients);
        for (int i = 0; i < 2; i++) {
            double scale = i == 0 ? 1 : 0.1;
            double[] expected = Arrays.stream(G)
                    .map(g -> c.formula().applyAsDouble(g * scale))
                    .toArray();
            assertThat(mapped.get(i).getShape()).isEqualTo(gradients.get(i).getShape());
            assertThat(mapped.get(i).toDoubleArray())
                    .usingComparatorWithPrecision(1e-13)
                    .containsExactly(expected);
            assertThat(traced.get(i).toDoubleArray())
                    .usingComparatorWithPrecision(1e-13)
                    .containsExactly(expected);
        }
        assertThat(gradients.get(0).toDoubleArray()).containsExactly(G);
    }

    @Test
    void softClipIsBoundedByOne() {
        NDArray g = m.linspace(-100, 100, 2_001);
        NDArray clipped = GradientMap.softClip().apply(new NDList(g)).get(0);
        assertThat(clipped.abs().max().getFloat()).isLessThanOrEqualTo(1);
    }

    /** All arrays have one norm, here √(9 + 16 + 144) = 13. */
    @Test
    void clipNormScalesAllByTheirCommonNorm() {
        NDList gradients = new NDList(m.create(new double[] {3, -4}), m.create(new double[] {12}));
        NDList scaled = GradientMap.clipNorm(6.5).apply(gradients);
        assertThat(scaled.get(0).toDoubleArray())
                .usingComparatorWithPrecision(1e-14)
                .containsExactly(1.5, -2);
        assertThat(scaled.get(1).getDouble(0)).isCloseTo(6, within(1e-14));
        NDList kept = GradientMap.clipNorm(13.5).apply(gradients);
        assertThat(kept.get(0).toDoubleArray())
                .usingComparatorWithPrecision(1e-14)
                .containsExactly(3, -4);
    }

    @Test
    void clipNormLeavesZeros() {
        NDList zeros = new NDList(m.zeros(new Shape(3)));
        assertThat(GradientMap.clipNorm(1).apply(zeros).get(0).toFloatArray()).containsOnly(0);
    }
}
