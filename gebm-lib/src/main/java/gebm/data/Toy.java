package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.SplittableRandom;

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
        @Override
        public NDArray batch(NDManager scope, int size, long index, Rng rng) {
            SplittableRandom numbers = numbers(size, index, rng);
            float[] points = new float[2 * size];
            for (int i = 0; i < size; i++) {
                double root = StrictMath.sin(Math.PI / 2 * numbers.nextDouble());
                points[2 * i] = (float) (root * root);
                points[2 * i + 1] = (float) height(root * root);
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
    }

    private static SplittableRandom numbers(int size, long index, Rng rng) {
        Require.positive("batch size", size);
        Require.notNegative("batch index", index);
        return rng.fork(index).numbers();
    }
}
