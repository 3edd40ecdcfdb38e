package gebm.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.trace.Gradients;
import gebm.trace.Program;
import java.util.Arrays;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** At random parameters, three times as large as drawn, in float64. */
class FlowTest {
    private static final Rng RNG = Rng.of(53);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static Flow flow(int dimension) {
        Flow flow = Flow.realNvp(dimension, 4, 6, DataType.FLOAT64, RNG.fork("flow"));
        flow.parameters().forEach(p -> p.muli(3));
        return flow;
    }

    private NDArray points(int n, int d) {
        return RNG.fork("points").normal(m, new Shape(n, d), DataType.FLOAT64);
    }

    /** {@code log p(G(z)) = log η(z) − log|det ∂G/∂z|}, the determinant of central differences. */
    @Test
    void logDensityHasTheJacobianOfItsSamples() {
        int d = 3;
        Flow flow = flow(d);
        NDArray z = points(1, d);
        double[] at = z.toDoubleArray();
        double h = 1e-5;
        DMatrixRMaj jacobian = new DMatrixRMaj(d, d);
        for (int j = 0; j < d; j++) {
            double[] up = at.clone();
            double[] down = at.clone();
            up[j] += h;
            down[j] -= h;
            double[] high = flow.generate(m.create(up, new Shape(1, d))).toDoubleArray();
            double[] low = flow.generate(m.create(down, new Shape(1, d))).toDoubleArray();
            for (int i = 0; i < d; i++) {
                jacobian.set(i, j, (high[i] - low[i]) / (2 * h));
            }
        }
        double expected =
                flow.prior().logDensity(z).toDoubleArray()[0] - Math.log(Math.abs(CommonOps_DDRM.det(jacobian)));
        double actual = flow.logDensity(flow.generate(z)).toDoubleArray()[0];
        assertThat(actual).isCloseTo(expected, within(1e-8));
        assertThat(Math.abs(Math.log(Math.abs(CommonOps_DDRM.det(jacobian))))).isGreaterThan(0.05);
    }

    @Test
    void samplingKnowsTheDensity() {
        Flow flow = flow(3);
        var samples = flow.sampleWithLogDensity(m, 7, RNG);
        assertThat(samples.values().toDoubleArray())
                .containsExactly(flow.sample(m, 7, RNG).toDoubleArray());
        assertThat(samples.logDensity().toDoubleArray())
                .usingComparatorWithPrecision(1e-11)
                .containsExactly(flow.logDensity(samples.values()).toDoubleArray());
    }

    /** A sum over a grid of 400 × 400 points on [−10, 10]²: smooth, so its error is that of the tails. */
    @Test
    void integratesToOne() {
        Flow flow = Flow.realNvp(2, 4, 6, DataType.FLOAT64, RNG.fork("plane"));
        int n = 400;
        double width = 20.0 / n;
        double[] grid = new double[2 * n * n];
        for (int i = 0; i < n * n; i++) {
            grid[2 * i] = -10 + width * (i % n + 0.5);
            grid[2 * i + 1] = -10 + width * (i / n + 0.5);
        }
        double sum = Arrays.stream(
                        flow.logDensity(m.create(grid, new Shape(n * n, 2))).toDoubleArray())
                .map(Math::exp)
                .sum();
        assertThat(sum * width * width).isCloseTo(1, within(1e-3));
    }

    @Test
    void everyParameterHasItsGradient() {
        Flow flow = flow(3);
        NDArray x = points(4, 3);
        assertThat(flow.arrays()).hasSize(4 * 2 * 6);
        flow.arrays().forEach((name, array) -> {
            double[] gradient = Program.ofList(in -> Gradients.ofParameters(
                                    new NDList(array),
                                    () -> new Gradients.Loss(
                                            flow.logDensity(in.head()).sum(), new NDList()))
                            .gradients())
                    .run(m, new NDList(x))
                    .head()
                    .toDoubleArray();
            double[] values = array.toDoubleArray();
            int i = largest(gradient);
            double[] changed = values.clone();
            changed[i] = values[i] + 1e-5;
            array.set(changed);
            double up = flow.logDensity(x).sum().getDouble();
            changed[i] = values[i] - 1e-5;
            array.set(changed);
            double down = flow.logDensity(x).sum().getDouble();
            array.set(values);
            assertThat(gradient[i])
                    .as(name)
                    .isNotZero()
                    .isCloseTo((up - down) / 2e-5, within(1e-5 * Math.max(1, Math.abs(gradient[i]))));
        });
    }

    private static int largest(double[] gradient) {
        int at = 0;
        for (int i = 0; i < gradient.length; i++) {
            at = Math.abs(gradient[i]) > Math.abs(gradient[at]) ? i : at;
        }
        return at;
    }

    @Test
    void rejectsWhatItCannotCouple() {
        assertThatThrownBy(() -> Flow.realNvp(1, RNG)).hasMessage("dimension must be >= 2, got 1");
        assertThatThrownBy(() -> flow(3).logDensity(points(2, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("samples must be of shape (n, 3), got (2, 4)");
    }
}
