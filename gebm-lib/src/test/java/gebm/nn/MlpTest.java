package gebm.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import gebm.core.Rng;
import gebm.trace.Network;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class MlpTest {
    private static void assertActivatesBetweenLayersOnly(Block block, DoubleUnaryOperator activation) {
        Network network = Network.of(block, new Shape(2), DataType.FLOAT64, Rng.of(61));
        double[] w = network.parameters().get(0).toDoubleArray();
        double[] b = network.parameters().get(1).toDoubleArray();
        double[] v = network.parameters().get(2).toDoubleArray();
        double expected = network.parameters().get(3).toDoubleArray()[0];
        double[] x = {0.7, -1.3};
        for (int i = 0; i < 3; i++) {
            expected += v[i] * activation.applyAsDouble(w[2 * i] * x[0] + w[2 * i + 1] * x[1] + b[i]);
        }
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray y = network.apply(m.create(x, new Shape(1, 2)));
            assertThat(y.toDoubleArray()).usingComparatorWithPrecision(1e-14).containsExactly(expected);
        }
    }

    @Test
    void activatesBetweenLayersOnly() {
        assertActivatesBetweenLayersOnly(Mlp.of(Activation::relu, 2, 3, 1), a -> Math.max(0, a));
        assertActivatesBetweenLayersOnly(Mlp.of(Activation::tanh, 2, 3, 1), Math::tanh);
    }

    @Test
    void activatesBySwishUnlessToldOtherwise() {
        assertActivatesBetweenLayersOnly(Mlp.of(2, 3, 1), a -> a / (1 + Math.exp(-a)));
    }

    @Test
    void rejectsOneSizeAndNone() {
        assertThatThrownBy(() -> Mlp.of(3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sizes must be at least input and output, got 1 sizes");
        assertThatThrownBy(() -> Mlp.of(3, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sizes[1] must be > 0, got 0");
    }
}
