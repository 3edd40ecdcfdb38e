package gebm.nn;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import gebm.core.Require;

/**
 * Sines and cosines of every coordinate, and the coordinates themselves: a first layer for functions of few inputs
 * that vary fast, which a perceptron alone learns slowly.
 *
 * <p>{@code x ↦ (x, sin πx, cos πx, sin 2πx, cos 2πx, …, sin πKx, cos πKx)} with {@code K = harmonics}; each group has
 * all coordinates. The waves repeat with period 2, the coordinates keep places a period apart distinct.
 *
 * <p>Shapes: {@code (n, d) → (n, d·(2·harmonics + 1))}. There is nothing to train.
 * <p>Source: Tancik et al. (2020), NeurIPS, Fourier features let networks learn high frequency functions, equation 5.
 * Differs: the frequencies are all multiples of ½ up to K/2 along each axis, not powers or random, and x itself stays.
 *
 * <pre>{@code
 * var energy = new ai.djl.nn.SequentialBlock().add(FourierFeatures.of(6)).add(Mlp.of(2 * 13, 64, 1));
 * }</pre>
 */
public final class FourierFeatures {
    private FourierFeatures() {}

    /**
     * The features up to {@code sin πKx} and {@code cos πKx}.
     *
     * @param harmonics K, {@code > 0}
     */
    public static Block of(int harmonics) {
        Require.positive("harmonics", harmonics);
        return new LambdaBlock(list -> {
            NDArray x = list.singletonOrThrow();
            NDList features = new NDList(x);
            for (int k = 1; k <= harmonics; k++) {
                NDArray angle = x.mul(Math.PI * k);
                features.add(angle.sin());
                features.add(angle.cos());
            }
            return new NDList(NDArrays.concat(features, 1));
        });
    }
}
