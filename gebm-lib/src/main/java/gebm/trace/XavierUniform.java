package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.initializer.Initializer;
import gebm.core.Require;

/**
 * Asks a {@link Network} to draw weights from {@code U(−b, b)}, {@code b = gain·√(6/(in + out))}.
 *
 * <p>Of a weight (out, in, …) in and out are multiplied by the size of the window. Say
 * {@code block.setInitializer(new XavierUniform(1), Parameter.Type.WEIGHT)} before the network is made; the draws come
 * from the network's key.
 *
 * <p>Source: Glorot and Bengio (2010), equation 16.
 *
 * @param gain finite and {@code > 0}
 */
public record XavierUniform(double gain) implements Initializer {
    /** Checks the number. */
    public XavierUniform {
        Require.positive("gain", gain);
    }

    /** {@code b} for a weight of this shape, of at least two dimensions. */
    double bound(Shape weight) {
        Require.that(weight.dimension() >= 2, "a weight of Xavier initialisation", "of shape (out, in, …)", weight);
        long window = weight.slice(2).size();
        return gain * Math.sqrt(6.0 / ((weight.get(0) + weight.get(1)) * window));
    }

    /** Always throws: a draw here would come from the engine's global stream. */
    @Override
    public NDArray initialize(NDManager manager, Shape shape, DataType type) {
        throw new UnsupportedOperationException(
                "XavierUniform draws from a key: make a gebm.trace.Network of the block");
    }
}
