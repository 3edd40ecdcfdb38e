package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.nn.Mlp;
import gebm.trace.Network;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The coupling of RealNVP: some coordinates are kept, the others scaled and shifted by functions of the kept ones.
 *
 * <p>From data to latents {@code z = x·exp(s) + t}, where {@code s = (1 − m)·S(m·x)} and {@code t = (1 − m)·T(m·x)}, m is
 * 1 where a coordinate is kept and else 0, S is a perceptron with tanh and T one with ReLU, of two hidden layers each.
 * From latents to data {@code x = (z − t)·exp(−s)}, with the same s and t, since {@code m·z = m·x}.
 *
 * <p>Shapes: {@code (n, d)}, where d is the length of m; log-determinants {@code (n)}, {@code −Σⱼ sⱼ} from latents to data.
 * <p>Cost: one pass through S and T in either direction.
 * <p>Source: Dinh, Sohl-Dickstein and Bengio (2017), Density estimation using Real NVP, ICLR, equations 7 and 8; the GEBM
 * reference code at f24a688, {@code made_model.CouplingLayer}. Differs: no, from the latter; in the paper t is scaled too.
 */
public final class AffineCoupling implements Bijection {
    private final double[] kept;
    private final Network scale;
    private final Network translation;

    private AffineCoupling(double[] kept, Network scale, Network translation) {
        this.kept = kept;
        this.scale = scale;
        this.translation = translation;
    }

    /**
     * A coupling that keeps the coordinates where {@code kept} is true; the last ones may be a context.
     *
     * @param hidden units in each of two layers
     * @throws IllegalArgumentException unless some are kept and some are not
     */
    public static AffineCoupling of(boolean[] kept, int hidden, DataType type, Rng rng) {
        double[] mask = new double[kept.length];
        int count = 0;
        for (int j = 0; j < mask.length; j++) {
            mask[j] = kept[j] ? 1 : 0;
            count += kept[j] ? 1 : 0;
        }
        Require.that(count > 0 && count < mask.length, "coordinates kept", "some and not all of " + mask.length, count);
        Require.positive("hidden", hidden);
        int d = mask.length;
        Shape input = new Shape(d);
        var scale = Mlp.of(Activation::tanh, d, hidden, hidden, d);
        var translation = Mlp.of(Activation::relu, d, hidden, hidden, d);
        return new AffineCoupling(
                mask,
                Network.of(scale, input, type, rng.fork("scale")),
                Network.of(translation, input, type, rng.fork("translation")));
    }

    @Override
    public int dimension() {
        return kept.length;
    }

    private record Parts(NDArray logScale, NDArray shift) {}

    private Parts parts(NDArray x) {
        double[] moved = new double[kept.length];
        for (int j = 0; j < moved.length; j++) {
            moved[j] = 1 - kept[j];
        }
        NDManager scope = x.getManager();
        NDArray input = x.mul(scope.create(kept).toType(scale.type(), false));
        NDArray mask = scope.create(moved).toType(scale.type(), false);
        return new Parts(scale.apply(input).mul(mask), translation.apply(input).mul(mask));
    }

    @Override
    public Image forward(NDArray z) {
        return Way.FORWARD.of(this, z, latents -> {
            Parts parts = parts(latents);
            NDArray logSlope = parts.logScale().neg();
            return Image.ofSlopes(latents.sub(parts.shift()).mul(logSlope.exp()), logSlope);
        });
    }

    @Override
    public Image inverse(NDArray x) {
        return Way.INVERSE.of(this, x, points -> {
            Parts parts = parts(points);
            return Image.ofSlopes(points.mul(parts.logScale().exp()).add(parts.shift()), parts.logScale());
        });
    }

    @Override
    public AffineCoupling copy() {
        return new AffineCoupling(kept, scale.copy(), translation.copy());
    }

    @Override
    public NDList parameters() {
        NDList all = new NDList(scale.parameters());
        all.addAll(translation.parameters());
        return all;
    }

    @Override
    public Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        scale.arrays().forEach((name, array) -> all.put("scale." + name, array));
        translation.arrays().forEach((name, array) -> all.put("translation." + name, array));
        return all;
    }

    @Override
    public void close() {
        scale.close();
        translation.close();
    }
}
