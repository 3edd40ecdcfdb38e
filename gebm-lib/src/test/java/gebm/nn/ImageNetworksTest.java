package gebm.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import gebm.core.Rng;
import gebm.trace.Gradients;
import gebm.trace.Network;
import gebm.trace.Program;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageNetworksTest {
    private static final Shape COLOUR = new Shape(3, 32, 32);
    private static final Shape DIGIT = new Shape(1, 28, 28);

    /** @param weights numbers in all weights and biases, from the layers' sizes by hand */
    record Case(String name, Supplier<Block> block, Shape input, Shape output, long weights) {
        @Override
        public String toString() {
            return name;
        }
    }

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static long conv(long in, long out, long window) {
        return in * out * window * window + out;
    }

    private static long linear(long in, long out) {
        return in * out + out;
    }

    static List<Case> cases() {
        long paperGenerator = linear(100, 512 * 16)
                + 2 * 512
                + conv(512, 256, 4)
                + 2 * 256
                + conv(256, 128, 4)
                + 2 * 128
                + conv(128, 64, 4)
                + 2 * 64
                + conv(64, 3, 3);
        long paperEnergy = conv(3, 64, 3)
                + conv(64, 128, 4)
                + conv(128, 128, 3)
                + conv(128, 256, 4)
                + conv(256, 256, 3)
                + conv(256, 512, 4)
                + conv(512, 512, 3)
                + linear(8192, 1);
        long residualGenerator =
                linear(100, 128 * 16) + 3 * 2 * (2 * 128 + conv(128, 128, 3)) + 2 * 128 + conv(128, 3, 3);
        long residualEnergy = conv(3, 128, 3)
                + conv(128, 128, 3)
                + conv(3, 128, 1)
                + 6 * conv(128, 128, 3)
                + conv(128, 128, 1)
                + linear(128, 1);
        long digitGenerator =
                linear(64, 16 * 4 * 49) + 2 * 64 + conv(64, 32, 4) + 2 * 32 + conv(32, 16, 4) + 2 * 16 + conv(16, 1, 3);
        long digitEnergy = conv(1, 16, 3)
                + conv(16, 32, 4)
                + conv(32, 32, 3)
                + conv(32, 64, 4)
                + conv(64, 64, 3)
                + linear(64 * 49, 1);
        long smallGenerator = linear(64, 64 * 49) + 2 * 64 + conv(64, 32, 4) + 2 * 32 + conv(32, 1, 4);
        long smallEnergy = conv(1, 32, 4) + conv(32, 64, 4) + conv(64, 64, 3) + linear(64 * 49, 1);
        return List.of(
                new Case(
                        "ConvNet generator",
                        () -> ConvNet.generator(100, COLOUR, 64),
                        new Shape(100),
                        COLOUR,
                        paperGenerator),
                new Case("ConvNet energy", () -> ConvNet.energy(COLOUR, 64), COLOUR, new Shape(1), paperEnergy),
                new Case(
                        "ResNet generator",
                        () -> ResNet.generator(100, COLOUR, 128),
                        new Shape(100),
                        COLOUR,
                        residualGenerator),
                new Case("ResNet energy", () -> ResNet.energy(COLOUR, 128), COLOUR, new Shape(1), residualEnergy),
                new Case(
                        "ConvNet generator of digits",
                        () -> ConvNet.generator(64, DIGIT, 16),
                        new Shape(64),
                        DIGIT,
                        digitGenerator),
                new Case("ConvNet energy of digits", () -> ConvNet.energy(DIGIT, 16), DIGIT, new Shape(1), digitEnergy),
                new Case(
                        "small generator",
                        () -> ConvNet.smallGenerator(64, DIGIT, 32),
                        new Shape(64),
                        DIGIT,
                        smallGenerator),
                new Case("small energy", () -> ConvNet.smallEnergy(DIGIT, 32), DIGIT, new Shape(1), smallEnergy),
                new Case(
                        "small energy without spectral norm",
                        () -> ConvNet.smallEnergy(DIGIT, 32, java.util.function.UnaryOperator.identity()),
                        DIGIT,
                        new Shape(1),
                        smallEnergy));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void hasTheShapesAndSizesOfThePaper(Case c) {
        try (Network network = Network.of(c.block().get(), c.input(), Rng.of(1))) {
            assertThat(network.outputShape()).isEqualTo(c.output());
            long weights = network.parameters().stream()
                    .mapToLong(p -> p.getShape().size())
                    .sum();
            assertThat(weights).isEqualTo(c.weights());
            NDArray x = Rng.of(2).normal(m, new Shape(2).addAll(c.input()));
            NDArray y = network.apply(x);
            assertThat(y.getShape()).isEqualTo(new Shape(2).addAll(c.output()));
            assertThat(y.isNaN().any().getBoolean()).isFalse();
        }
    }

    /**
     * Every parameter of a small network of each kind receives a gradient, without autograd; an energy's in training
     * and through a penalty, a generator's in prediction, as in training batch normalisation takes away what the bias
     * before it adds.
     */
    @Test
    void everyParameterReceivesAGradient() {
        Shape image = new Shape(2, 8, 8);
        List<Block> blocks = List.of(
                ConvNet.generator(3, image, 2),
                ConvNet.energy(image, 2),
                ResNet.generator(3, image, 2),
                ResNet.energy(image, 2),
                ConvNet.smallGenerator(3, image, 2),
                ConvNet.smallEnergy(image, 2));
        for (int i = 0; i < blocks.size(); i++) {
            Shape input = i % 2 == 0 ? new Shape(3) : image;
            Network network = Network.of(blocks.get(i), input, DataType.FLOAT64, Rng.of(3));
            NDArray x = Rng.of(4).normal(m, new Shape(5).addAll(input), DataType.FLOAT64);
            boolean energy = i % 2 == 1;
            Program gradient = Program.ofList(in -> Gradients.ofParameters(network.parameters(), () -> {
                        NDArray y = network.apply(in.head(), energy);
                        NDArray total = y.square().sum();
                        if (energy) {
                            NDArray slope = Gradients.gradient(
                                    z -> network.apply(z, true).reshape(-1), in.head());
                            total = total.add(slope.square().sum());
                        }
                        return new Gradients.Loss(total, new NDList());
                    })
                    .gradients());
            NDList gradients = gradient.run(m, new NDList(x));
            List<String> names = network.arrays().entrySet().stream()
                    .filter(e -> network.parameters().contains(e.getValue()))
                    .map(java.util.Map.Entry::getKey)
                    .toList();
            for (int p = 0; p < gradients.size(); p++) {
                assertThat(gradients.get(p).abs().max().getDouble())
                        .as("network %d, %s", i, names.get(p))
                        .isGreaterThan(1e-12);
            }
            assertThat(gradient.source()).as("network %d", i).doesNotContain("autograd");
        }
    }

    /** Xavier: uniform within ±√(6/(in + out)); of the 128·64·16 numbers the largest is near the bound. */
    @Test
    void weightsAreXavierUniform() {
        Network network = Network.of(ConvNet.energy(COLOUR, 64), COLOUR, Rng.of(5));
        double[] bounds = {Math.sqrt(6.0 / (9 * 67)), Math.sqrt(6.0 / (16 * 192))};
        int index = 0;
        for (NDArray weight : network.parameters()) {
            if (weight.getShape().dimension() == 4 && index < 2) {
                double largest = weight.abs().max().getFloat();
                assertThat(largest).isBetween(0.99 * bounds[index], bounds[index] * 1.000001);
                index++;
            }
        }
    }

    @Test
    void doublingAndHalvingAreInverse() {
        NDArray x = m.create(new float[] {1, 2, 3, 4}, new Shape(1, 1, 2, 2));
        NDArray twice = Layers.doubled(x);
        assertThat(twice.toFloatArray()).containsExactly(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4);
        assertThat(Layers.halved(twice).toFloatArray()).containsExactly(1, 2, 3, 4);
        NDArray y = m.create(new float[] {0, 4, 8, 4}, new Shape(1, 1, 2, 2));
        assertThat(Layers.halved(y).toFloatArray()).containsExactly(4);
    }

    @Test
    void refusesSizesItCannotHalve() {
        assertThatThrownBy(() -> ConvNet.energy(new Shape(3, 30, 30), 8))
                .hasMessage("side of the image must be 4 to 7 times a power of two, got 30");
        assertThatThrownBy(() -> ConvNet.generator(10, new Shape(3, 32, 28), 8))
                .hasMessageContaining("image must be of shape (c, s, s), got (3, 32, 28)");
    }
}
