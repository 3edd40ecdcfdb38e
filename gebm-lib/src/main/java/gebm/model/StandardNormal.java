package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;

/** N(0, I). */
record StandardNormal(int dimension, DataType type) implements DensityBase {
    StandardNormal {
        Require.positive("dimension", dimension);
    }

    @Override
    public Shape sampleShape() {
        return new Shape(dimension);
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        return rng.normal(scope, new Shape(Require.positive("n", n), dimension), type);
    }

    @Override
    public NDArray logDensity(NDArray x) {
        return x.square().sum(new int[] {1}).mul(-0.5).sub(0.5 * dimension * Math.log(2 * Math.PI));
    }
}
