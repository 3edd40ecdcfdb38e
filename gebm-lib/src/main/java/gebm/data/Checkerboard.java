package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;

/** The eight dark squares of a board of four by four. */
record Checkerboard() implements KnownDensity {
    private static final int SQUARES = 4;
    private static final double SIDE = 2;
    private static final double EDGE = SIDE * SQUARES / 2;
    private static final int STEPS = 1 << 23; // in a square, so that no number is rounded over its edge in float32

    @Override
    public NDArray batch(NDManager scope, int size, long index, Rng rng) {
        return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
            int column = numbers.nextInt(SQUARES);
            int row = 2 * numbers.nextInt(SQUARES / 2) + column % 2;
            point[0] = SIDE * (column + numbers.nextInt(STEPS) / (double) STEPS) - EDGE;
            point[1] = SIDE * (row + numbers.nextInt(STEPS) / (double) STEPS) - EDGE;
        });
    }

    @Override
    public Shape sampleShape() {
        return PlanarSets.SAMPLE;
    }

    @Override
    public NDArray logDensity(NDArray x) {
        Require.rows("x", x, 2);
        NDArray square = x.div(SIDE).floor(); // −2 … 1 on the board
        NDArray onBoard = square.add(0.5).abs().max(new int[] {1}).lt(SQUARES / 2);
        NDArray half = square.sum(new int[] {1}).div(2);
        NDArray dark = half.floor().eq(half).logicalAnd(onBoard);
        NDArray level = half.zerosLike().sub(Math.log(SIDE * SIDE * SQUARES * SQUARES / 2));
        return NDArrays.where(dark, level, level.zerosLike().sub(Double.POSITIVE_INFINITY));
    }
}
