package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import gebm.core.Rng;
import gebm.nn.Mlp;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a network does with its arrays; what blocks compute is in {@link BlocksTest}. */
class NetworkTest {
    private static final Rng RNG = Rng.of(61);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static double[] numbers(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    /** A layer of 100 inputs: U(−0.1, 0.1); the largest of 5,000 such numbers is below 0.095 with probability e^−256. */
    @ParameterizedTest
    @EnumSource(
            value = DataType.class,
            names = {"FLOAT32", "FLOAT64"})
    void weightsAreUniformByTheNumberOfInputs(DataType type) {
        Network network = Network.of(Mlp.of(100, 50), new Shape(100), type, RNG);
        network.arrays().forEach((name, array) -> {
            assertThat(array.getDataType()).isEqualTo(type);
            double largest = Arrays.stream(numbers(array)).map(Math::abs).max().orElseThrow();
            assertThat(largest).as(name).isBetween(name.endsWith("weight") ? 0.095 : 0.05, 0.1);
        });
        assertThat(network.arrays().keySet()).containsExactly("01Linear_weight", "01Linear_bias");
        assertThat(network.type()).isEqualTo(type);
    }

    /** All in U(−½, ½), so that equal draws would be equal numbers. */
    @Test
    void everyArrayIsDrawnApart() {
        Network network = Network.of(Mlp.of(4, 4, 4, 4), new Shape(4), RNG);
        double[] firsts = network.arrays().values().stream()
                .mapToDouble(array -> numbers(array)[0])
                .toArray();
        assertThat(firsts).hasSize(6).doesNotHaveDuplicates();
    }

    @Test
    void scalesStartAtOneAndOffsetsAtZero() {
        Network network = Network.of(BatchNorm.builder().build(), new Shape(3), RNG);
        assertThat(numbers(network.arrays().get("gamma"))).containsOnly(1);
        assertThat(numbers(network.arrays().get("runningVar"))).containsOnly(1);
        assertThat(numbers(network.arrays().get("beta"))).containsOnly(0);
        assertThat(numbers(network.arrays().get("runningMean"))).containsOnly(0);
        assertThat(network.parameters()).hasSize(2);
        assertThat(network.arrays()).hasSize(4);
    }

    @Test
    void shapesAreThoseOfOneSample() {
        Block block = new SequentialBlock()
                .add(Conv2d.builder()
                        .setFilters(5)
                        .setKernelShape(new Shape(3, 3))
                        .build())
                .add(Activation.tanhBlock());
        Network network = Network.of(block, new Shape(2, 8, 6), RNG);
        assertThat(network.inputShape()).isEqualTo(new Shape(2, 8, 6));
        assertThat(network.outputShape()).isEqualTo(new Shape(5, 6, 4));
    }

    @Test
    void aDescriptionStaysOne() {
        Block block = Mlp.of(3, 4, 1);
        Network network = Network.of(block, new Shape(3), RNG);
        assertThat(block.isInitialized()).isFalse();
        network.apply(m.ones(new Shape(2, 3)));
        assertThat(block.isInitialized()).isFalse();
    }

    @Test
    void oneDescriptionMakesManyNetworks() {
        Block block = Mlp.of(3, 4, 1);
        NDArray x = m.ones(new Shape(2, 3));
        double[] first = numbers(Network.of(block, new Shape(3), RNG).apply(x));
        assertThat(numbers(Network.of(block, new Shape(3), RNG).apply(x))).containsExactly(first);
        assertThat(numbers(Network.of(block, new Shape(3), RNG.fork("other")).apply(x)))
                .isNotEqualTo(first);
    }

    @Test
    void anInitialisedBlockLendsItsValues() {
        Block block = Mlp.of(3, 2);
        block.setInitializer((scope, shape, type) -> scope.full(shape, 0.5f, type), p -> true);
        block.initialize(m, DataType.FLOAT32, new Shape(1, 3));
        Network network = Network.of(block, new Shape(3), RNG);
        assertThat(numbers(network.apply(m.ones(new Shape(1, 3))))).containsExactly(2, 2);
        block.getParameters().get(0).getValue().getArray().muli(3);
        assertThat(numbers(network.apply(m.ones(new Shape(1, 3))))).containsExactly(2, 2);
    }

    @Test
    void copyHasArraysOfItsOwn() {
        Network network = Network.of(Mlp.of(3, 4, 1), new Shape(3), RNG);
        Network copy = network.copy();
        NDArray x = m.ones(new Shape(2, 3));
        double[] before = numbers(network.apply(x));
        assertThat(numbers(copy.apply(x))).containsExactly(before);
        copy.parameters().forEach(p -> p.muli(2));
        assertThat(numbers(copy.apply(x))).isNotEqualTo(before);
        assertThat(numbers(network.apply(x))).containsExactly(before);
        network.close();
        assertThat(Arrays.stream(numbers(copy.apply(x)))).allMatch(Double::isFinite);
    }

    /** An embedding looks numbers up, so its input is whole numbers whatever the network's type. */
    @Test
    void takesWholeNumbers() {
        Block block = new IdEmbedding.Builder()
                .setDictionarySize(5)
                .setEmbeddingSize(2)
                .build();
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
            Network network = Network.of(block, new Shape(3), type, RNG);
            NDArray table = network.arrays().get("embedding");
            assertThat(table.getDataType()).isEqualTo(type);
            NDArray y = network.apply(m.create(new long[][] {{4, 0, 2}}));
            assertThat(y.getShape()).isEqualTo(new Shape(1, 3, 2));
            assertThat(numbers(y.get("0, 0"))).containsExactly(numbers(table.get(4)));
            assertThat(numbers(y.get("0, 2"))).containsExactly(numbers(table.get(2)));
        }
    }

    /** DJL makes the projections of attention in float32 whatever it is told. */
    @Test
    void arraysHaveTheTypeOfTheNetwork() {
        Block block = ScaledDotProductAttentionBlock.builder()
                .setEmbeddingSize(4)
                .setHeadCount(2)
                .build();
        Network network = Network.of(block, new Shape(3, 4), DataType.FLOAT64, RNG);
        assertThat(network.parameters()).allMatch(array -> array.getDataType() == DataType.FLOAT64);
    }

    @Test
    void textTellsShapesAndNoAddress() {
        Network network = Network.of(Mlp.of(2, 16, 3), new Shape(2), RNG);
        assertThat(network).hasToString("Network[(2) to (3), float32, 99 numbers]");
    }

    @Nested
    class Rejects {
        @Test
        void inputsOfAnotherShapeOrType() {
            Network network = Network.of(Mlp.of(3, 1), new Shape(3), RNG);
            assertThatThrownBy(() -> network.apply(m.ones(new Shape(3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the shape of a sample must be (3), got ()");
            assertThatThrownBy(() -> network.apply(m.ones(new Shape(2, 3), DataType.FLOAT64)))
                    .hasMessage("the type of the input must be float32, got float64");
        }

        @Test
        void changesToItsMap() {
            Network network = Network.of(Mlp.of(3, 1), new Shape(3), RNG);
            assertThatThrownBy(() -> network.arrays().clear()).isInstanceOf(UnsupportedOperationException.class);
        }
    }
}
