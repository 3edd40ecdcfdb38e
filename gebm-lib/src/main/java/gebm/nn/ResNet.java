package gebm.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import gebm.core.Require;
import gebm.trace.SpectralNorm;
import gebm.trace.XavierUniform;
import java.util.List;

/**
 * The residual generator and energy of the paper.
 *
 * <p>Images are {@code (channels, side, side)} in [−1, 1], with a side of 4 to 7 times a power of two: 32 or 28. The
 * paper's networks for CIFAR-10 are {@code generator(100, new Shape(3, 32, 32), 128)} and
 * {@code energy(new Shape(3, 32, 32), 128)}.
 *
 * <p>Source: the GEBM reference code, models/generator.py and models/discriminator.py ({@code resnet-sn}), after Miyato
 * et al. (2018), table 4; weights by Xavier's uniform initialisation, of gain √2 in convolutions beside a branch and 1 elsewhere.
 * Differs: no.
 */
public final class ResNet {
    private ResNet() {}

    /**
     * Latents to images: a linear layer, a residual block for each doubling of the size, batch normalisation, ReLU, a
     * convolution, tanh. A block is BN, ReLU, doubling, conv 3, BN, ReLU, conv 3, beside the doubled input.
     *
     * <p>Shapes: {@code (n, latent) → (n, image)}.
     *
     * @param width channels in between: 128 in the paper
     */
    public static Block generator(int latent, Shape image, int width) {
        Require.positive("latent", latent);
        Require.positive("width", width);
        int halvings = Layers.halvings(image);
        long side = image.get(1) >> halvings;
        SequentialBlock block = new SequentialBlock();
        block.add(ConvNet.xavier(Layers.linear(width * side * side))).add(Layers.image(width, side));
        for (int i = 0; i < halvings; i++) {
            SequentialBlock branch = Layers.chain(
                    Layers.batchNorm(),
                    Layers.relu(),
                    Layers.on("doubled", Layers::doubled),
                    ConvNet.xavier(Layers.conv(width, 3)),
                    Layers.batchNorm(),
                    Layers.relu(),
                    ConvNet.xavier(Layers.conv(width, 3)));
            block.add(sum(branch, Layers.on("doubled", Layers::doubled)));
        }
        block.add(Layers.batchNorm()).add(Layers.relu());
        block.add(ConvNet.xavier(Layers.conv((int) image.get(0), 3))).add(Layers.tanh());
        return block;
    }

    /**
     * Images to an energy: two residual blocks that halve the size, two that keep it, ReLU, the mean over pixels, a
     * linear layer, all of them spectrally normalised.
     *
     * <p>Shapes: {@code (n, image) → (n, 1)}, the side a multiple of 4.
     *
     * @param width channels in between: 128 in the paper
     */
    public static Block energy(Shape image, int width) {
        Require.positive("width", width);
        Layers.halvings(image);
        return Layers.chain(
                sum(
                        Layers.chain(branchConv(width), Layers.relu(), branchConv(width), halved()),
                        Layers.chain(halved(), skipConv(width))),
                sum(branch(width).add(halved()), Layers.chain(skipConv(width), halved())),
                sum(branch(width), Blocks.identityBlock()),
                sum(branch(width), Blocks.identityBlock()),
                Layers.relu(),
                Layers.on("pixelMean", Layers::pixelMean),
                SpectralNorm.of(ConvNet.xavier(Layers.linear(1))));
    }

    private static SequentialBlock branch(int width) {
        return Layers.chain(Layers.relu(), branchConv(width), Layers.relu(), branchConv(width));
    }

    private static Block branchConv(int width) {
        return SpectralNorm.of(ConvNet.xavier(Layers.conv(width, 3)));
    }

    private static Block skipConv(int width) {
        Block conv = Layers.conv(width, 1);
        conv.setInitializer(new XavierUniform(Math.sqrt(2)), Parameter.Type.WEIGHT);
        return SpectralNorm.of(conv);
    }

    private static Block halved() {
        return Layers.on("halved", Layers::halved);
    }

    private static Block sum(Block a, Block b) {
        return new ParallelBlock(
                lists -> {
                    NDArray first = lists.get(0).singletonOrThrow();
                    return new NDList(first.add(lists.get(1).singletonOrThrow()));
                },
                List.of(a, b));
    }
}
