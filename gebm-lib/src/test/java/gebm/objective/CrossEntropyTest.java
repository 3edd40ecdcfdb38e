package gebm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.nn.Mlp;
import gebm.trace.Gradients;
import gebm.trace.Network;
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A linear classifier of three classes, by hand. */
class CrossEntropyTest {
    private final NDManager m = NDManager.newBaseManager();
    private final Network network = Network.of(Mlp.of(2, 3), new Shape(2), DataType.FLOAT64, Rng.of(1));
    private final NDArray x = m.create(new double[] {0.3, -1, 2, 0.5, -0.7, 1.5, 0, 0.1}, new Shape(4, 2));
    private final long[] labels = {2, 0, 1, 1};

    @AfterEach
    void close() {
        m.close();
        network.close();
    }

    private Batch batch(NDArray of) {
        return new Batch(new NDList(x, of), null);
    }

    /** {@code softmax} of each row's outputs. */
    private double[][] probabilities() {
        double[] out = network.apply(x).toDoubleArray();
        double[][] p = new double[4][3];
        for (int i = 0; i < 4; i++) {
            double sum = 0;
            for (int k = 0; k < 3; k++) {
                p[i][k] = Math.exp(out[3 * i + k]);
                sum += p[i][k];
            }
            for (int k = 0; k < 3; k++) {
                p[i][k] /= sum;
            }
        }
        return p;
    }

    @Test
    void valueAndAccuracyAreThoseByHand() {
        double[][] p = probabilities();
        double expected = 0;
        double right = 0;
        for (int i = 0; i < 4; i++) {
            int label = (int) labels[i];
            expected -= Math.log(p[i][label]) / 4;
            boolean largest = p[i][label] >= p[i][0] && p[i][label] >= p[i][1] && p[i][label] >= p[i][2];
            right += largest ? 0.25 : 0;
        }
        for (NDArray given : new NDArray[] {m.create(labels), m.create(labels).toType(DataType.INT32, true)}) {
            Loss loss = CrossEntropy.loss().evaluate(network, batch(given), Rng.of(0));
            assertThat(loss.total().getDouble()).isCloseTo(expected, within(1e-14));
            assertThat(loss.terms().get("accuracy").getDouble()).isEqualTo(right);
        }
    }

    /** By the bias: the mean of p − (label's indicator). */
    @Test
    void gradientIsThatByHand() {
        double[][] p = probabilities();
        double[] expected = new double[3];
        for (int i = 0; i < 4; i++) {
            for (int k = 0; k < 3; k++) {
                expected[k] += (p[i][k] - (labels[i] == k ? 1 : 0)) / 4;
            }
        }
        NDList gradients = Program.ofRandom((scope, in, key) -> Gradients.ofParameters(
                                network.parameters(),
                                () -> new Gradients.Loss(
                                        CrossEntropy.loss()
                                                .evaluate(network, new Batch(in, null), key)
                                                .total(),
                                        new NDList()))
                        .gradients())
                .run(m, new NDList(x, m.create(labels)), Rng.of(0));
        assertThat(gradients.get(1).toDoubleArray())
                .usingComparatorWithPrecision(1e-14)
                .containsExactly(expected);
    }

    @Test
    void refusesALabelThatIsNoClass() {
        for (long wrong : new long[] {3, -1}) {
            NDArray given = m.create(new long[] {2, wrong, 1, 1});
            Program program = Program.ofList(in -> new NDList(CrossEntropy.loss()
                    .evaluate(network, new Batch(in, null), Rng.of(0))
                    .total()));
            assertThatThrownBy(() -> program.run(m, new NDList(x, given)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(wrong < 0 ? "non-negative" : "smaller than num_classes");
        }
    }

    @Test
    void refusesLabelsOfAnotherShape() {
        assertThatThrownBy(() -> CrossEntropy.loss().evaluate(network, batch(m.ones(new Shape(4, 3))), Rng.of(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("labels must be a whole number for each of 4 samples, got (4, 3)");
    }
}
