package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;

/**
 * A monotone spline of quotients of parabolas on [−bound, bound], and the identity outside.
 *
 * <p>From data to latents, between neighbouring knots (x₀, z₀) and (x₁, z₁) with slopes δ₀ and δ₁, and with
 * {@code ξ = (x − x₀)/(x₁ − x₀)}, {@code s = (z₁ − z₀)/(x₁ − x₀)}:
 * {@code z = z₀ + (z₁ − z₀)·(s·ξ² + δ₀·ξ(1 − ξ)) / (s + (δ₀ + δ₁ − 2s)·ξ(1 − ξ))}. Back, ξ is the root of a quadratic
 * equation. Values and slopes are continuous.
 *
 * <p>Parameters: those of {@code bins} widths, of {@code bins} heights and of {@code bins − 1} inner slopes. Widths and
 * heights are {@code 2·bound·softmax(a/(1 + 2|a|/log 1000))}, so that no bin is more than a thousand times wider than
 * another; slopes are {@code exp(a/(1 + |a|/log 1000))}; at both ends the slope is 1. Zeros give the identity.
 *
 * <p>Cost: {@code 3·bins − 1} outputs of the network for each coordinate.
 * <p>Source: Durkan, Bekasov, Murray and Papamakarios (2019), Neural Spline Flows, NeurIPS 32, section 3.1, equations 4 to
 * 8. Differs: widths, heights and slopes are bounded as in zuko 1.6.0, where the paper adds smallest values.
 *
 * <pre>{@code
 * var spline = new RationalQuadraticSpline(8, 5);
 * var type = ai.djl.ndarray.types.DataType.FLOAT32;
 * var map = MaskedAutoregressive.of(new int[] {1, 2, 3}, 16, spline, type, Rng.of(1));
 * }</pre>
 *
 * @param bins intervals between knots, at least 2
 * @param bound where the identity begins, in units of the data
 */
public record RationalQuadraticSpline(int bins, double bound) implements ScalarBijection {
    /** Checks the numbers. */
    public RationalQuadraticSpline {
        Require.that(bins >= 2, "bins", ">= 2", bins);
        Require.positive("bound", bound);
    }

    @Override
    public int parameters() {
        return 3 * bins - 1;
    }

    /** The bins in which numbers lie. */
    private record Bin(NDArray x, NDArray z, NDArray width, NDArray height, NDArray slope, NDArray nextSlope) {
        NDArray mean() {
            return height.div(width);
        }

        NDArray curvature() {
            return slope.add(nextSlope).sub(mean().mul(2));
        }

        /** {@code log dz/dx} at the part ξ of the bin. */
        NDArray logSlopeAt(NDArray part) {
            NDArray rest = part.neg().add(1);
            NDArray both = part.mul(rest);
            NDArray s = mean();
            NDArray numerator =
                    nextSlope.mul(part.square()).add(s.mul(both).mul(2)).add(slope.mul(rest.square()));
            NDArray denominator = s.add(curvature().mul(both));
            return numerator.log().add(s.log().sub(denominator.log()).mul(2));
        }
    }

    /** Places of the knots in x and in z, and slopes there: {@code (n, k, 3, bins + 1)}. */
    private NDArray knots(NDArray parameters) {
        NDManager scope = parameters.getManager();
        DataType type = parameters.getDataType();
        long n = parameters.getShape().get(0);
        long k = parameters.getShape().get(1);
        NDArray sizes = parameters.get(":, :, :" + 2 * bins).reshape(n, k, 2, bins);
        NDArray sums = ScalarBijection.softClip(sizes, LOG_LIMIT / 2).exp().cumSum(3);
        NDArray parts = sums.div(sums.get(":, :, :, " + (bins - 1) + ":")); // bounded, so a softmax needs no shift
        NDArray zero = scope.zeros(new Shape(n, k, 2, 1), type);
        NDArray places =
                NDArrays.concat(new NDList(zero, parts), 3).mul(2 * bound).sub(bound);
        NDArray inner = ScalarBijection.softClip(parameters.get(":, :, " + 2 * bins + ":"), LOG_LIMIT);
        NDArray one = scope.ones(new Shape(n, k, 1), type);
        NDArray slopes = NDArrays.concat(new NDList(one, inner.exp(), one), 2);
        return NDArrays.concat(new NDList(places, slopes.expandDims(2)), 2);
    }

    /** The bin of each number, which is one of the data or of the latents. */
    private Bin bin(NDArray number, NDArray parameters, boolean ofData) {
        NDArray knots = knots(parameters);
        long n = number.getShape().get(0);
        long k = number.getShape().get(1);
        NDArray place = number.expandDims(2)
                .gte(knots.get(":, :, " + (ofData ? 0 : 1) + ", 1:" + bins))
                .toType(DataType.INT64, false)
                .sum(new int[] {2})
                .reshape(n, k, 1, 1)
                .broadcast(new Shape(n, k, 3, 1));
        NDArray left = knots.gather(place, 3).reshape(n, k, 3);
        NDArray right = knots.gather(place.add(1), 3).reshape(n, k, 3);
        NDArray size = right.sub(left);
        return new Bin(of(left, 0), of(left, 1), of(size, 0), of(size, 1), of(left, 2), of(right, 2));
    }

    private static NDArray of(NDArray rows, int number) {
        return rows.get(":, :, " + number);
    }

    private Moved inside(NDArray number, NDArray moved, NDArray logSlope) {
        NDArray within = number.abs().lt(bound);
        return new Moved(NDArrays.where(within, moved, number), NDArrays.where(within, logSlope, logSlope.zerosLike()));
    }

    @Override
    public Moved inverse(NDArray x, NDArray parameters) {
        NDArray clipped = x.clip(-bound, bound);
        Bin bin = bin(clipped, parameters, true);
        NDArray part = clipped.sub(bin.x()).div(bin.width());
        NDArray both = part.mul(part.neg().add(1));
        NDArray s = bin.mean();
        NDArray rise = s.mul(part.square())
                .add(bin.slope().mul(both))
                .div(s.add(bin.curvature().mul(both)));
        return inside(x, bin.z().add(bin.height().mul(rise)), bin.logSlopeAt(part));
    }

    @Override
    public Moved forward(NDArray z, NDArray parameters) {
        NDArray clipped = z.clip(-bound, bound);
        Bin bin = bin(clipped, parameters, false);
        NDArray above = clipped.sub(bin.z());
        NDArray bent = above.mul(bin.curvature());
        NDArray a = bin.height().mul(bin.mean().sub(bin.slope())).add(bent);
        NDArray b = bin.height().mul(bin.slope()).sub(bent);
        NDArray c = bin.mean().mul(above).neg();
        NDArray root = b.square().sub(a.mul(c).mul(4)).maximum(0).sqrt(); // positive, but for rounding
        NDArray part = c.mul(2).div(b.add(root).neg());
        NDArray x = bin.x().add(bin.width().mul(part));
        return inside(z, x, bin.logSlopeAt(part).neg());
    }
}
