package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.SplittableRandom;

/** What the sets of points in the plane share. */
final class PlanarSets {
    static final Shape SAMPLE = new Shape(2);

    private PlanarSets() {}

    /** Writes one point. */
    @FunctionalInterface
    interface Draw {
        void into(double[] point, SplittableRandom numbers);
    }

    /** {@code size} independent points in float32, {@code (size, 2)}. */
    static NDArray batch(NDManager scope, int size, long index, Rng rng, Draw draw) {
        Require.positive("batch size", size);
        Require.notNegative("batch index", index);
        SplittableRandom numbers = rng.fork(index).numbers();
        float[] points = new float[2 * size];
        double[] point = new double[2];
        for (int i = 0; i < size; i++) {
            draw.into(point, numbers);
            points[2 * i] = (float) point[0];
            points[2 * i + 1] = (float) point[1];
        }
        return scope.create(points, new Shape(size, 2));
    }

    static NDArray constant(NDArray like, double[] numbers) {
        return like.getManager().create(numbers).toType(like.getDataType(), false);
    }
}
