package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Ops;
import java.util.Arrays;

/** Gaussians on a square grid of five by five; the two coordinates are independent. */
record GaussianGrid() implements KnownDensity {
    private static final int SIDE = 5;
    private static final double SPACING = 1 / Math.sqrt(2);
    private static final double SIGMA = 0.05 / Math.sqrt(8);

    @Override
    public NDArray batch(NDManager scope, int size, long index, Rng rng) {
        return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
            for (int axis = 0; axis < 2; axis++) {
                point[axis] = centre(numbers.nextInt(SIDE)) + SIGMA * numbers.nextGaussian();
            }
        });
    }

    private static double centre(int i) {
        return SPACING * (i - (SIDE - 1) / 2);
    }

    @Override
    public Shape sampleShape() {
        return PlanarSets.SAMPLE;
    }

    @Override
    public NDArray logDensity(NDArray x) {
        Require.rows("x", x, 2);
        double[] centres = new double[SIDE];
        Arrays.setAll(centres, GaussianGrid::centre);
        NDArray away = x.expandDims(2).sub(PlanarSets.constant(x, centres)).div(SIGMA);
        NDArray axes = Ops.logMeanExp(away.square().mul(-0.5), 2).sub(0.5 * Math.log(2 * Math.PI * SIGMA * SIGMA));
        return axes.sum(new int[] {1});
    }
}
