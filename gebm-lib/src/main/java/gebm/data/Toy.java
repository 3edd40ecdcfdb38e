package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Ops;
import java.util.stream.IntStream;

/**
 * Procedural data in the plane, without end and without files: the sets that the field compares its models on.
 *
 * <p>Scales are those of FFJORD's toy data (Grathwohl et al. (2019), arXiv 1810.01367, and its code), which most papers
 * took over. Points are independent and in float32. Where the density is known it is exact: a formula, or for curves
 * with noise a sum over points of the curve that is the integral to a relative 1e-8 within 8 of the origin.
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
    private static final double SWISS_START = 1.5 * Math.PI;

    private Toy() {}

    /** Eight Gaussians on a circle, with their exact density. */
    public static EightGaussians eightGaussians() {
        return new EightGaussians();
    }

    /**
     * Twenty-five Gaussians on a grid of five by five, {@code 1/√2} apart, {@code σ = 0.05/√8}, as likely each: 40
     * standard deviations between neighbours, so that a missed mode shows.
     *
     * <p>Source: Gulrajani et al. (2017), Improved Training of Wasserstein GANs, arXiv 1704.00028, their code's toy
     * data. Differs: they draw as many points from each, in an order fixed once, and divide by 2.828.
     */
    public static KnownDensity twentyFiveGaussians() {
        return new GaussianGrid();
    }

    /**
     * Two circles around the origin with radii 3 and 1.5 and Gaussian noise, {@code σ = 0.24}.
     *
     * <p>Source: scikit-learn's {@code make_circles} with factor 0.5 and noise 0.08, times 3, as in FFJORD. Differs:
     * the angle is uniform; scikit-learn's angles are equally spaced, and half of the points are on each circle.
     */
    public static KnownDensity circles() {
        return new NoisyCurves("circles", 0.24, QuadratureRule.periodic(160), circle(3), circle(1.5));
    }

    /**
     * Two half circles of radius 2, one in the other's bend, and Gaussian noise, {@code σ = 0.2}.
     *
     * <p>{@code (2cos θ − 1, 2sin θ − 0.2)} and {@code (1 − 2cos θ, 0.8 − 2sin θ)}, {@code θ ~ U[0, π]}.
     *
     * <p>Source: scikit-learn's {@code make_moons} with noise 0.1, times 2 and moved by (−1, −0.2), as in FFJORD.
     * Differs: the angle is uniform; scikit-learn's are equally spaced, and half of the points are on each moon.
     */
    public static KnownDensity moons() {
        return new NoisyCurves(
                "moons",
                0.2,
                QuadratureRule.gaussLegendre(250),
                u -> polar(2, Math.PI * u, -1, -0.2),
                u -> polar(-2, Math.PI * u, 1, 0.8));
    }

    /**
     * A spiral: {@code (t·cos t, t·sin t)/5} with {@code t ~ U[3π/2, 9π/2]}, and Gaussian noise, {@code σ = 0.2}.
     *
     * <p>Source: the first and third coordinate of scikit-learn's {@code make_swiss_roll} with noise 1, divided by 5,
     * as in FFJORD. Differs: no.
     */
    public static KnownDensity swissRoll() {
        return new NoisyCurves("swissRoll", 0.2, QuadratureRule.gaussLegendre(400), u -> {
            double t = SWISS_START * (1 + 2 * u);
            return polar(t / 5, t, 0, 0);
        });
    }

    /**
     * Two spiral arms from the origin, {@code ±((−t·cos t, t·sin t)/3 + v) + 0.1·ξ} with {@code t = 3π√u}, u uniform on
     * [0, 1], v uniform on a square of side 1/6 and {@code ξ ~ N(0, I)}.
     *
     * <p>Source: Grathwohl et al. (2019), FFJORD, toy data. Differs: the sign is drawn; there, half of the points are
     * on each arm.
     */
    public static KnownDensity spirals() {
        return new Spirals();
    }

    /**
     * Uniform on every other square of a board of four by four, of side 8: those where {@code ⌊x₁/2⌋ + ⌊x₂/2⌋} is even.
     * Its entropy is {@code log 32}.
     *
     * <p>Source: Grathwohl et al. (2019), FFJORD, toy data. Differs: no.
     */
    public static KnownDensity checkerboard() {
        return new Checkerboard();
    }

    /**
     * Five arms: {@code f = (1 + 0.3·ξ₁, 0.1·ξ₂)}, turned clockwise by {@code 2πk/5 + ¼·exp(f₁)}, times 2.
     *
     * <p>Source: Grathwohl et al. (2019), FFJORD, toy data, after Johnson et al. (2016), arXiv 1603.06277. Differs: the
     * arm k is drawn; there, each has as many points. The density has no formula that needs no root, so it is not
     * offered.
     */
    public static DataSource pinwheel() {
        return new Pinwheel();
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
    public record EightGaussians() implements KnownDensity {
        /** Distance of every centre from the origin. */
        public static final double RADIUS = 4 / Math.sqrt(2);

        /** Standard deviation of each Gaussian along each axis. */
        public static final double SIGMA = 0.5 / Math.sqrt(2);

        @Override
        public NDArray batch(NDManager scope, int size, long index, Rng rng) {
            return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
                double angle = numbers.nextInt(8) * Math.PI / 4;
                point[0] = RADIUS * StrictMath.cos(angle) + SIGMA * numbers.nextGaussian();
                point[1] = RADIUS * StrictMath.sin(angle) + SIGMA * numbers.nextGaussian();
            });
        }

        @Override
        public Shape sampleShape() {
            return PlanarSets.SAMPLE;
        }

        /**
         * The exact log density: {@code log ⅛·Σ_k exp(−‖x − c_k‖²/(2σ²)) − log(2πσ²)}, in nats.
         *
         * @param x points {@code (n, 2)}
         * @return {@code (n)}
         */
        public NDArray logDensity(NDArray x) {
            Require.rows("x", x, 2);
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
            return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
                point[0] = quantile(numbers.nextDouble());
                point[1] = height(point[0]);
            });
        }

        @Override
        public Shape sampleShape() {
            return PlanarSets.SAMPLE;
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
            double[] xy = Ops.doubles(Require.rows("points", points, 2));
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

    private static NoisyCurves.Curve circle(double radius) {
        return u -> polar(radius, 2 * Math.PI * u, 0, 0);
    }

    private static double[] polar(double radius, double angle, double x, double y) {
        return new double[] {x + radius * StrictMath.cos(angle), y + radius * StrictMath.sin(angle)};
    }
}
