package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;

/** U[0, 1) in each dimension: log density 0 inside and −∞ outside. */
record Uniform(int dimension, DataType type) implements DensityBase {
    Uniform {
        Require.positive("dimension", dimension);
    }

    @Override
    public Shape sampleShape() {
        return new Shape(dimension);
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        return rng.uniform(scope, new Shape(Require.positive("n", n), dimension), type);
    }

    @Override
    public NDArray logDensity(NDArray x) {
        Require.rows("x", x, dimension);
        NDArray outside = x.lt(0).logicalOr(x.gte(1)).toType(x.getDataType(), false);
        return outside.max(new int[] {1}).neg().add(1).log();
    }
}
