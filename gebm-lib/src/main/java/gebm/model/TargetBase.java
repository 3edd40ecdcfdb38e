package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.Objects;

/** The distribution of a target. */
record TargetBase(Target target, DataType type) implements DensityBase {
    TargetBase {
        Objects.requireNonNull(type, "type");
    }

    @Override
    public Shape sampleShape() {
        return new Shape(target.dimension());
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        return target.sample(scope, n, type, rng);
    }

    @Override
    public NDArray logDensity(NDArray x) {
        return target.logDensity(x);
    }
}
