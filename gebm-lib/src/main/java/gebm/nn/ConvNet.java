package gebm.nn;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import gebm.core.Require;
import gebm.trace.SpectralNorm;
import gebm.trace.XavierUniform;
import java.util.function.UnaryOperator;

/**
 * The convolutional generator and energy of the paper, and a smaller pair for digits.
 *
 * <p>Images are {@code (channels, side, side)} in [−1, 1], with a side of 4 to 7 times a power of two: 32 or 28. The
 * paper's networks for CIFAR-10 are {@code generator(100, new Shape(3, 32, 32), 64)} and
 * {@code energy(new Shape(3, 32, 32), 64)}.
 *
 * <p>Source: the GEBM reference code, models/generator.py and models/discriminator.py ({@code sngan}), after Miyato et
 * al. (2018), table 3; all weights by Xavier's uniform initialisation. Differs: no.
 */
public final class ConvNet {
    private static final double SLOPE = 0.1;

    private ConvNet() {}

    /**
     * Latents to images: a linear layer to {@code width·2^k} channels of the smallest size, k transposed convolutions
     * that double the size and halve the channels, each after batch normalisation and ReLU, a last convolution, tanh.
     *
     * <p>Shapes: {@code (n, latent) → (n, image)}; k is how often the side can be halved down to 4 to 7: 3 for 32, 2
     * for 28.
     *
     * @param width channels before the last layer: 64 in the paper
     */
    public static Block generator(int latent, Shape image, int width) {
        Require.positive("latent", latent);
        Require.positive("width", width);
        int halvings = Layers.halvings(image);
        long side = image.get(1) >> halvings;
        int channels = width << halvings;
        SequentialBlock block = new SequentialBlock();
        block.add(Layers.linear(channels * side * side)).add(Layers.image(channels, side));
        for (int i = 0; i < halvings; i++) {
            channels /= 2;
            block.add(Layers.batchNorm()).add(Layers.relu()).add(Layers.transposedConv(channels, 4, 2, 1));
        }
        block.add(Layers.batchNorm())
                .add(Layers.relu())
                .add(Layers.transposedConv((int) image.get(0), 3, 1, 1))
                .add(Layers.tanh());
        return xavier(block);
    }

    /**
     * Images to an energy: a convolution to {@code width} channels, k pairs of one that halves the size and doubles the
     * channels and one that keeps both, leaky ReLU 0.1 after each, a linear layer; all but the last spectrally
     * normalised.
     *
     * <p>Shapes: {@code (n, image) → (n, 1)}; k as for {@link #generator}.
     *
     * @param width channels after the first layer: 64 in the paper
     */
    public static Block energy(Shape image, int width) {
        Require.positive("width", width);
        int halvings = Layers.halvings(image);
        int channels = width;
        SequentialBlock block = new SequentialBlock();
        block.add(SpectralNorm.of(Layers.conv(channels, 3))).add(Layers.leakyRelu(SLOPE));
        for (int i = 0; i < halvings; i++) {
            channels *= 2;
            block.add(SpectralNorm.of(Layers.conv(channels, 4, 2, 1))).add(Layers.leakyRelu(SLOPE));
            block.add(SpectralNorm.of(Layers.conv(channels, 3))).add(Layers.leakyRelu(SLOPE));
        }
        return xavier(block.add(Blocks.batchFlattenBlock()).add(Layers.linear(1)));
    }

    /**
     * A generator for two cores: a linear layer to {@code 2·width} channels, two transposed convolutions, to
     * {@code width} channels and to the image, batch normalisation and ReLU before each, tanh.
     *
     * <p>Shapes: {@code (n, latent) → (n, image)}, the side a multiple of 4. {@code width = 32} for digits.
     */
    public static Block smallGenerator(int latent, Shape image, int width) {
        Require.positive("latent", latent);
        Require.positive("width", width);
        long quarter = quarter(image);
        return Layers.chain(
                Layers.linear(2L * width * quarter * quarter),
                Layers.image(2L * width, quarter),
                Layers.batchNorm(),
                Layers.relu(),
                Layers.transposedConv(width, 4, 2, 1),
                Layers.batchNorm(),
                Layers.relu(),
                Layers.transposedConv((int) image.get(0), 4, 2, 1),
                Layers.tanh());
    }

    /**
     * An energy for two cores: convolutions to {@code width}, {@code 2·width} at half and a quarter of the size, one
     * more that keeps both, spectrally normalised, leaky ReLU 0.1 after each, a linear layer.
     *
     * <p>Shapes: {@code (n, image) → (n, 1)}, the side a multiple of 4. {@code width = 32} for digits.
     */
    public static Block smallEnergy(Shape image, int width) {
        return smallEnergy(image, width, SpectralNorm::of);
    }

    /**
     * {@link #smallEnergy(Shape, int)} with each convolution as {@code normalise} makes it: {@code
     * UnaryOperator.identity()} leaves them as they are.
     */
    public static Block smallEnergy(Shape image, int width, UnaryOperator<Block> normalise) {
        Require.positive("width", width);
        quarter(image);
        SequentialBlock block = new SequentialBlock();
        block.add(normalise.apply(Layers.conv(width, 4, 2, 1))).add(Layers.leakyRelu(SLOPE));
        block.add(normalise.apply(Layers.conv(2 * width, 4, 2, 1))).add(Layers.leakyRelu(SLOPE));
        block.add(normalise.apply(Layers.conv(2 * width, 3))).add(Layers.leakyRelu(SLOPE));
        return block.add(Blocks.batchFlattenBlock()).add(Layers.linear(1));
    }

    private static long quarter(Shape image) {
        Require.that(
                image.dimension() == 3 && image.get(1) == image.get(2) && image.get(1) % 4 == 0,
                "image",
                "of shape (c, s, s), s a multiple of 4",
                image);
        return image.get(1) / 4;
    }

    static Block xavier(Block block) {
        block.setInitializer(new XavierUniform(1), Parameter.Type.WEIGHT);
        return block;
    }
}
