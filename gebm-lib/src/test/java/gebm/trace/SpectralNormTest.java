package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.Rng;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SpectralNormTest {
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static Block linear(int units) {
        return SpectralNorm.of(Linear.builder().setUnits(units).build());
    }

    private static NDArray named(Network network, String end) {
        return network.arrays().entrySet().stream()
                .filter(entry -> entry.getKey().endsWith(end))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    /** W = diag(3, 1, ½) after many training calls: the layer is W/3, to the last digits. */
    @Test
    void dividesByTheLargestSingularValue() {
        Network network = Network.of(linear(3), new Shape(3), DataType.FLOAT64, Rng.of(1));
        InPlace.assign(named(network, "weight"), m.create(new double[][] {{3, 0, 0}, {0, 1, 0}, {0, 0, 0.5}}));
        InPlace.assign(named(network, "bias"), m.zeros(new Shape(3), DataType.FLOAT64));
        NDArray x = m.create(new double[][] {{1, 2, 4}});
        for (int i = 0; i < 30; i++) {
            network.apply(x, true);
        }
        assertThat(network.apply(x).toDoubleArray())
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(1, 2 / 3.0, 2 / 3.0);
        assertThat(named(network, "u").toDoubleArray())
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(1, 0, 0);
    }

    /** One iteration from u = (1, 1): v = Wᵀu/‖·‖, u' = Wv/‖·‖, σ = ‖Wv‖; two calls in one program are two. */
    @Test
    void eachCallInTrainingIsOneIteration() {
        Network network = Network.of(linear(2), new Shape(2), DataType.FLOAT64, Rng.of(1));
        NDArray weight = m.create(new double[][] {{2, 1}, {0, 1}});
        InPlace.assign(named(network, "weight"), weight);
        double[] u = {1, 1};
        double[] sigmas = new double[2];
        for (int call = 0; call < 2; call++) {
            double[] v = unit(new double[] {2 * u[0], u[0] + u[1]});
            double[] wv = {2 * v[0] + v[1], v[1]};
            sigmas[call] = Math.hypot(wv[0], wv[1]);
            u = unit(wv);
        }
        NDArray x = m.create(new double[][] {{1, 0}});
        InPlace.assign(named(network, "bias"), m.zeros(new Shape(2), DataType.FLOAT64));
        NDList both = Program.ofList(in -> new NDList(network.apply(in.head(), true), network.apply(in.head(), true)))
                .run(m, new NDList(x));
        assertThat(both.get(0).getDouble(0, 0)).isCloseTo(2 / sigmas[0], within(1e-12));
        assertThat(both.get(1).getDouble(0, 0)).isCloseTo(2 / sigmas[1], within(1e-12));
        assertThat(named(network, "u").toDoubleArray())
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(u);
        network.apply(x);
        assertThat(named(network, "u").toDoubleArray())
                .as("prediction keeps nothing")
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(u);
    }

    private static double[] unit(double[] x) {
        double length = Math.hypot(x[0], x[1]);
        return new double[] {x[0] / length, x[1] / length};
    }

    /** With u held fixed at its limit the gradient of an output by W is (x − y·∂σ)/σ; here by differences. */
    @Test
    void gradientsOfWeightsAndOfAPenaltyMatchDifferences() {
        Block block = new SequentialBlock()
                .add(SpectralNorm.of(Conv2d.builder()
                        .setKernelShape(new Shape(3, 3))
                        .setFilters(4)
                        .optPadding(new Shape(1, 1))
                        .build()))
                .add(list -> new NDList(list.head().tanh()))
                .add(ai.djl.nn.Blocks.batchFlattenBlock())
                .add(linear(1));
        Network network = Network.of(block, new Shape(2, 4, 4), DataType.FLOAT64, Rng.of(3));
        NDArray x = Rng.of(4).normal(m, new Shape(3, 2, 4, 4), DataType.FLOAT64);
        for (int i = 0; i < 2_000; i++) {
            network.apply(x, true); // until u no longer moves, so that σ'(W) = u·vᵀ is the whole derivative
        }
        Program loss = Program.ofList(in -> new NDList(penalised(network, in.head())));
        Program gradient = Program.ofList(in -> Gradients.ofParameters(
                        network.parameters(), () -> new Gradients.Loss(penalised(network, in.head()), new NDList()))
                .gradients());
        NDList gradients = gradient.run(m, new NDList(x));
        for (int p = 0; p < gradients.size(); p++) {
            NDArray parameter = network.parameters().get(p);
            NDArray start = parameter.duplicate();
            NDArray direction = Rng.of(7 + p).normal(m, parameter.getShape(), DataType.FLOAT64);
            double step = 1e-5;
            InPlace.assign(parameter, start.add(direction.mul(step)));
            double above = loss.run(m, new NDList(x)).head().getDouble();
            InPlace.assign(parameter, start.sub(direction.mul(step)));
            double below = loss.run(m, new NDList(x)).head().getDouble();
            InPlace.assign(parameter, start);
            double slope = gradients.get(p).mul(direction).sum().getDouble();
            assertThat(slope).as("parameter %d", p).isCloseTo((above - below) / (2 * step), within(1e-6));
        }
    }

    private static NDArray penalised(Network network, NDArray x) {
        NDArray slope = Gradients.gradient(y -> network.apply(y).reshape(-1), x);
        return network.apply(x).sum().add(slope.square().sum());
    }

    /** A whole step as training takes it: the u of each layer moves, and rules, not the engine, take the gradients. */
    @Test
    void needsNoAutogradInTraining() {
        Network network = Network.of(
                new SequentialBlock()
                        .add(linear(8))
                        .add(list -> new NDList(list.head().tanh()))
                        .add(linear(1)),
                new Shape(2),
                Rng.of(3));
        Program gradient = Program.ofList(in -> Gradients.ofParameters(network.parameters(), () -> {
                    NDArray slope =
                            Gradients.gradient(y -> network.apply(y, true).reshape(-1), in.head());
                    NDArray total = network.apply(in.head(), true)
                            .sum()
                            .add(slope.square().sum());
                    return new Gradients.Loss(total, new NDList());
                })
                .gradients());
        NDArray x = Rng.of(4).normal(m, new Shape(5, 2));
        gradient.run(m, new NDList(x));
        assertThat(gradient.source()).doesNotContain("autograd");
        assertThat(named(network, "u").toFloatArray()).hasSize(8).doesNotContain(1);
    }

    @Test
    void refusesOtherLayers() {
        assertThatThrownBy(() -> SpectralNorm.of(BatchNorm.builder().build()))
                .hasMessage("a layer of spectral norm one must be Linear or Conv2d, got BatchNorm");
    }
}
