package gebm.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import gebm.core.Rng;
import gebm.trace.Gradients;
import gebm.trace.Network;
import gebm.trace.Program;
import org.junit.jupiter.api.Test;

class FourierFeaturesTest {
    private static final double[][] POINTS = {{0.3, -1.7}, {0, 2.5}};

    private static Network features(int harmonics) {
        return Network.of(FourierFeatures.of(harmonics), new Shape(2), DataType.FLOAT64, Rng.of(1));
    }

    @Test
    void areThePointItsSinesAndItsCosines() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray y = features(3).apply(m.create(POINTS));
            assertThat(y.getShape()).isEqualTo(new Shape(2, 14));
            for (int i = 0; i < 2; i++) {
                for (int j = 0; j < 2; j++) {
                    assertThat(y.getDouble(i, j)).isEqualTo(POINTS[i][j]);
                    for (int k = 1; k <= 3; k++) {
                        double angle = k * Math.PI * POINTS[i][j];
                        assertThat(y.getDouble(i, 4 * k - 2 + j)).isCloseTo(Math.sin(angle), near());
                        assertThat(y.getDouble(i, 4 * k + j)).isCloseTo(Math.cos(angle), near());
                    }
                }
            }
        }
    }

    /** {@code d/dx (Σ features) = 1 + Σ_k kπ(cos kπx − sin kπx)}. */
    @Test
    void haveTheSlopesOfTheirWaves() {
        var sum = Program.ofList(list -> {
            NDArray x = list.singletonOrThrow();
            return new NDList(Gradients.gradient(z -> features(2).apply(z).sum(new int[] {1}), x));
        });
        try (NDManager m = NDManager.newBaseManager()) {
            double[] slope = sum.run(m, new NDList(m.create(POINTS))).get(0).toDoubleArray();
            for (int i = 0; i < 4; i++) {
                double x = POINTS[i / 2][i % 2];
                double expected = 1;
                for (int k = 1; k <= 2; k++) {
                    expected += k * Math.PI * (Math.cos(k * Math.PI * x) - Math.sin(k * Math.PI * x));
                }
                assertThat(slope[i]).isCloseTo(expected, near());
            }
        }
    }

    @Test
    void feedAPerceptron() {
        var block = new SequentialBlock().add(FourierFeatures.of(4)).add(Mlp.of(9, 5, 1));
        Network network = Network.of(block, new Shape(1), Rng.of(2));
        assertThat(network.outputShape()).isEqualTo(new Shape(1));
        assertThat(network.parameters().stream().mapToLong(NDArray::size).sum()).isEqualTo(9 * 5 + 5 + 5 + 1);
    }

    @Test
    void refuseNoHarmonics() {
        assertThatThrownBy(() -> FourierFeatures.of(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("harmonics must be > 0, got 0");
    }

    private static org.assertj.core.data.Offset<Double> near() {
        return org.assertj.core.api.Assertions.within(1e-12);
    }
}
