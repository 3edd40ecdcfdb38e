package gebm.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.Require;
import java.util.function.UnaryOperator;

/** The layers that image networks are made of. */
final class Layers {
    private Layers() {}

    static Block on(String name, UnaryOperator<NDArray> function) {
        return new LambdaBlock(list -> new NDList(function.apply(list.singletonOrThrow())), name);
    }

    static SequentialBlock chain(Block... blocks) {
        SequentialBlock chain = new SequentialBlock();
        chain.addAll(blocks);
        return chain;
    }

    static Block relu() {
        return Activation.reluBlock();
    }

    static Block leakyRelu(double slope) {
        return Activation.leakyReluBlock((float) slope);
    }

    static Block tanh() {
        return on("tanh", NDArray::tanh);
    }

    static Block linear(long units) {
        return Linear.builder().setUnits(units).build();
    }

    /** A convolution that keeps the size, with a window of odd size. */
    static Block conv(int filters, int window) {
        return conv(filters, window, 1, window / 2);
    }

    static Block conv(int filters, int window, int stride, int padding) {
        return Conv2d.builder()
                .setKernelShape(new Shape(window, window))
                .setFilters(filters)
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .build();
    }

    static Block transposedConv(int filters, int window, int stride, int padding) {
        return Conv2dTranspose.builder()
                .setKernelShape(new Shape(window, window))
                .setFilters(filters)
                .optStride(new Shape(stride, stride))
                .optPadding(new Shape(padding, padding))
                .build();
    }

    static Block batchNorm() {
        return BatchNorm.builder().build();
    }

    /** {@code (n, c·h·w) → (n, c, h, w)}. */
    static Block image(long channels, long side) {
        return on("image", x -> x.reshape(-1, channels, side, side));
    }

    /** Each pixel twice in both directions. */
    static NDArray doubled(NDArray x) {
        long[] s = x.getShape().getShape();
        return x.reshape(s[0], s[1], s[2], 1, s[3], 1)
                .broadcast(new Shape(s[0], s[1], s[2], 2, s[3], 2))
                .reshape(s[0], s[1], 2 * s[2], 2 * s[3]);
    }

    /** The mean of each window of 2 × 2 pixels. */
    static NDArray halved(NDArray x) {
        long[] s = x.getShape().getShape();
        return x.reshape(s[0], s[1], s[2] / 2, 2, s[3] / 2, 2)
                .sum(new int[] {3, 5})
                .mul(0.25);
    }

    /** The mean over all pixels of each channel, {@code (n, c, h, w) → (n, c)}. */
    static NDArray pixelMean(NDArray x) {
        return x.sum(new int[] {2, 3}).div(x.getShape().get(2) * x.getShape().get(3));
    }

    /** How often an image may be halved on its way down to a side of at least 4. */
    static int halvings(Shape image) {
        Require.that(image.dimension() == 3 && image.get(1) == image.get(2), "image", "of shape (c, s, s)", image);
        long side = image.get(1);
        int halvings = 0;
        while (side % 2 == 0 && side / 2 >= 4) {
            side /= 2;
            halvings++;
        }
        Require.that(halvings > 0 && side <= 7, "side of the image", "4 to 7 times a power of two", image.get(1));
        return halvings;
    }
}
