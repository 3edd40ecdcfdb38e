package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Rng;

/** A base whose density is known. */
public interface DensityBase extends Base {
    /** {@code log p(x)} in nats: {@code (n, sampleShape) → (n)}. */
    NDArray logDensity(NDArray x);

    @Override
    default DensityBase training() {
        return (DensityBase) Base.super.training();
    }

    @Override
    default DensityBase copy() {
        return (DensityBase) Base.super.copy();
    }

    /** Samples and their log-density. */
    record Samples(NDArray values, NDArray logDensity) {}

    /** Samples, and their log-density. */
    default Samples sampleWithLogDensity(NDManager scope, int n, Rng rng) {
        NDArray values = sample(scope, n, rng);
        return new Samples(values, logDensity(values));
    }

    /** N(0, I) in {@code dimension} dimensions, in float32. */
    static DensityBase standardNormal(int dimension) {
        return standardNormal(dimension, DataType.FLOAT32);
    }

    /** N(0, I) in {@code dimension} dimensions. */
    static DensityBase standardNormal(int dimension, DataType type) {
        return new StandardNormal(dimension, type);
    }

    /** The uniform distribution on {@code [0, 1)} in each of {@code dimension} dimensions, in float32. */
    static DensityBase uniform(int dimension) {
        return uniform(dimension, DataType.FLOAT32);
    }

    /** The uniform distribution on {@code [0, 1)} in each of {@code dimension} dimensions. */
    static DensityBase uniform(int dimension, DataType type) {
        return new Uniform(dimension, type);
    }
}
