package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;

/** Five Gaussians, drawn out along the radius and bent. */
record Pinwheel() implements DataSource {
    private static final int ARMS = 5;
    private static final double RADIAL = 0.3;
    private static final double TANGENTIAL = 0.1;
    private static final double RATE = 0.25;

    @Override
    public NDArray batch(NDManager scope, int size, long index, Rng rng) {
        return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
            double along = 1 + RADIAL * numbers.nextGaussian();
            double across = TANGENTIAL * numbers.nextGaussian();
            double angle = 2 * Math.PI * numbers.nextInt(ARMS) / ARMS + RATE * StrictMath.exp(along);
            double cos = StrictMath.cos(angle);
            double sin = StrictMath.sin(angle);
            point[0] = 2 * (along * cos + across * sin);
            point[1] = 2 * (across * cos - along * sin);
        });
    }

    @Override
    public Shape sampleShape() {
        return PlanarSets.SAMPLE;
    }
}
