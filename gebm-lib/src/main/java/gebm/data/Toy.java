package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Procedural data in the plane, without end and without files.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var ring = Toy.eightGaussians();
 *     var x = ring.batch(scope, 512, 0, Rng.of(7));
 *     System.out.println(ring.logDensity(x).mean());
 * }
 * }</pre>
 */
public final class Toy {
    private static final Shape PLANE = new Shape(2);

    private Toy() {}

    /** Eight Gaussians on a circle, with their exact density. */
    public static EightGaussians eightGaussians() {
        return new EightGaussians();
    }

    /** The curve of figure 1 of the GEBM paper, dense at both ends. */
    public static FigureOneCurve figureOneCurve() {
        return new FigureOneCurve();
    }

    /**
     * Eight Gaussians on a circle: {@code p(x) = ⅛·Σ_k N(x; c_k, σ²I)}.
     *
     * <p>{@code c_k = r·(cos(kπ/4), sin(kπ/4))} with {@code r = 4/√2} and {@code σ = 0.5/√2}: the field's usual set,
     * radius 4 and noise 0.5, divided by √2.
     *
     * <p>Shapes: samples {@code (n, 2)}.
     * <p>Source: Grathwohl et al. (2019), FFJORD, arXiv 1810.01367, toy data. Differs: no.
     */
    public record EightGaussians() implements DataSource {
        /** Distance of every centre from the origin. */
        public static final double RADIUS = 4 / Math.sqrt(2);

        /** Standard deviation of each Gaussian along each axis. */
        public static final double SIGMA = 0.5 / Math.sqrt(2);

        @Override
        public NDArray batch(NDManager scope, int size, long index, Rng rng) {
            SplittableRandom numbers = numbers(size, index, rng);
            float[] points = new float[2 * size];
            for (int i = 0; i < size; i++) {
                double angle = numbers.nextInt(8) * Math.PI / 4;
                points[2 * i] = (float) (RADIUS * StrictMath.cos(angle) + SIGMA * numbers.nextGaussian());
                points[2 * i + 1] = (float) (RADIUS * StrictMath.sin(angle) + SIGMA * numbers.nextGaussian());
            }
            return scope.create(points, new Shape(size, 2));
        }

        @Override
        public Shape sampleShape() {
            return PLANE;
        }

        /**
         * The exact log density: {@code log ⅛·Σ_k exp(−‖x − c_k‖²/(2σ²)) − log(2πσ²)}, in nats.
         *
         * @param x points {@code (n, 2)}
         * @return {@code (n)}
         */
        public NDArray logDensity(NDArray x) {
            Shape shape = x.getShape();
            Require.that(shape.dimension() == 2 && shape.get(1) == 2, "x", "of shape (n, 2)", shape);
            NDArray centres = x.getManager().create(centres()).toType(x.getDataType(), false);
            NDArray exponents =
                    x.expandDims(1).sub(centres).square().sum(new int[] {2}).mul(-1 / (2 * SIGMA * SIGMA));
            NDArray largest = exponents.max(new int[] {1});
            NDArray sum = exponents.sub(largest.expandDims(1)).exp().sum(new int[] {1});
            return sum.log().add(largest).sub(Math.log(8 * 2 * Math.PI * SIGMA * SIGMA));
        }

        private static double[][] centres() {
            double[][] centres = new double[8][];
            for (int k = 0; k < 8; k++) {
                centres[k] = new double[] {RADIUS * Math.cos(k * Math.PI / 4), RADIUS * Math.sin(k * Math.PI / 4)};
            }
            return centres;
        }
    }

    /**
     * Points on a decaying sine: {@code (x, g(x))} with {@code g(x) = sin(8πx)/(1 + 4πx)} and {@code x ∈ [0, 1]}.
     *
     * <p>{@code x = sin²(πu/2)} with {@code u ~ U[0, 1]}, that is {@code x ~ Beta(½, ½)}, density
     * {@code 1/(π√(x(1 − x)))}: high at both ends and low between them.
     *
     * <p>Shapes: samples {@code (n, 2)}.
     * <p>Source: Arbel, Zhou and Gretton (2021), arXiv 2003.05033, figure 1. Differs: the paper's picture fixes the
     * curve up to scale but not the density along it; Beta(½, ½) is our choice.
     */
    public record FigureOneCurve() implements DataSource {
        private static final int CHORDS = 4_000; // each within 3e-6 of the curve
        private static final double[] HEIGHTS = IntStream.rangeClosed(0, CHORDS)
                .mapToDouble(c -> height(c / (double) CHORDS))
                .toArray();

        @Override
        public NDArray batch(NDManager scope, int size, long index, Rng rng) {
            SplittableRandom numbers = numbers(size, index, rng);
            float[] points = new float[2 * size];
            for (int i = 0; i < size; i++) {
                double x = quantile(numbers.nextDouble());
                points[2 * i] = (float) x;
                points[2 * i + 1] = (float) height(x);
            }
            return scope.create(points, new Shape(size, 2));
        }

        @Override
        public Shape sampleShape() {
            return PLANE;
        }

        /** {@code g(x) = sin(8πx)/(1 + 4πx)}. */
        public static double height(double x) {
            return StrictMath.sin(8 * Math.PI * x) / (1 + 4 * Math.PI * x);
        }

        /** The x below which lies the share {@code u} of the mass: {@code sin²(πu/2)}. */
        public static double quantile(double u) {
            double root = StrictMath.sin(Math.PI / 2 * u);
            return root * root;
        }

        /**
         * The distance of each point to the nearest point of the curve, whose ends count as such.
         *
         * <p>Measured to 4,000 chords of the curve, which lie within {@code 3e-6} of it.
         *
         * @param points {@code (n, 2)}, finite
         * @return n distances, in the units of the plane
         */
        public static double[] distances(NDArray points) {
            Shape shape = points.getShape();
            Require.that(shape.dimension() == 2 && shape.get(1) == 2, "points", "of shape (n, 2)", shape);
            double[] xy = points.toType(DataType.FLOAT64, false).toDoubleArray();
            double[] distances = new double[xy.length / 2];
            for (int i = 0; i < xy.length; i++) {
                Require.finite("points[" + i / 2 + ", " + i % 2 + "]", xy[i]);
                if (i % 2 == 1) {
                    distances[i / 2] = distance(xy[i - 1], xy[i]);
                }
            }
            return distances;
        }

        private static double distance(double x, double y) {
            double nearest = Double.POSITIVE_INFINITY; // squared
            for (int c = 0; c < CHORDS; c++) {
                double fromX = c / (double) CHORDS;
                double alongX = 1.0 / CHORDS;
                double alongY = HEIGHTS[c + 1] - HEIGHTS[c];
                double dx = x - fromX;
                double dy = y - HEIGHTS[c];
                double foot = (dx * alongX + dy * alongY) / (alongX * alongX + alongY * alongY);
                foot = Math.min(1, Math.max(0, foot));
                dx -= foot * alongX;
                dy -= foot * alongY;
                nearest = Math.min(nearest, dx * dx + dy * dy);
            }
            return Math.sqrt(nearest);
        }
    }

    private static SplittableRandom numbers(int size, long index, Rng rng) {
        Require.positive("batch size", size);
        Require.notNegative("batch index", index);
        return rng.fork(index).numbers();
    }
}
