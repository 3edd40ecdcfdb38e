package gebm.nn;

import ai.djl.ndarray.NDList;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import gebm.core.Require;
import java.util.function.Function;

/** Multi-layer perceptrons as DJL blocks: affine layers with an activation between them and none at the end. */
public final class Mlp {
    private Mlp() {}

    /**
     * The perceptron with layers of {@code sizes} and {@code x·sigmoid(x)} between them.
     *
     * <p>Shapes: {@code (n, sizes[0]) → (n, sizes[last])}.
     */
    public static Block of(int... sizes) {
        return of(list -> Activation.swish(list, 1), sizes);
    }

    /** The perceptron with layers of {@code sizes} and {@code activation} between them. */
    public static Block of(Function<NDList, NDList> activation, int... sizes) {
        Require.that(sizes.length >= 2, "sizes", "at least input and output", sizes.length + " sizes");
        SequentialBlock block = new SequentialBlock();
        for (int i = 1; i < sizes.length; i++) {
            block.add(Linear.builder()
                    .setUnits(Require.positive("sizes[" + i + "]", sizes[i]))
                    .build());
            if (i < sizes.length - 1) {
                block.add(new LambdaBlock(activation));
            }
        }
        return block;
    }
}
