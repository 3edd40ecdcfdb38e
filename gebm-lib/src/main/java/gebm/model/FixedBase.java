package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/** A push-forward whose parameters nobody trains. */
record FixedBase(PushForward inner) implements LatentBase, AutoCloseable {
    @Override
    public Shape sampleShape() {
        return inner.sampleShape();
    }

    @Override
    public DensityBase prior() {
        return inner.prior();
    }

    @Override
    public NDArray generate(NDArray z) {
        return inner.generate(z);
    }

    @Override
    public LatentBase copy() {
        return new FixedBase((PushForward) inner.copy());
    }

    @Override
    public Map<String, NDArray> arrays() {
        return inner.arrays();
    }

    @Override
    public void close() {
        inner.close();
    }

    @Override
    public String toString() {
        return "a fixed generator of samples of shape " + sampleShape();
    }
}
