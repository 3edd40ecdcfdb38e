package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.nn.Mlp;
import gebm.trace.Network;
import java.util.Arrays;
import java.util.stream.DoubleStream;

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
 * reference code at f24a688, {@code made_model.CouplingLayer}. Differs: the paper's map from data to latents is {@code
 * (x − t)·exp(−s)}; from the reference code, no.
 *
 * <pre>{@code
 * var type = ai.djl.ndarray.types.DataType.FLOAT32;
 * var first = AffineCoupling.of(new boolean[] {true, false}, 32, type, Rng.of(1));
 * var flow = Flow.of(DensityBase.standardNormal(2), first.then(AffineCoupling.of(new boolean[] {false, true}, 32, type, Rng.of(2))));
 * }</pre>
 */
public final class AffineCoupling implements Bijection {
    private final double[] kept; // 1 where a coordinate is kept, else 0
    private final Parts networks; // scale and translation

    private AffineCoupling(double[] kept, Parts networks) {
        this.kept = kept;
        this.networks = networks;
    }

    /**
     * A coupling that keeps the coordinates where {@code kept} is true; the last ones may be a context.
     *
     * @param hidden units in each of two layers
     * @throws IllegalArgumentException unless some are kept and some are not
     */
    public static AffineCoupling of(boolean[] kept, int hidden, DataType type, Rng rng) {
        int d = kept.length;
        double[] mask = new double[d];
        Arrays.setAll(mask, j -> kept[j] ? 1 : 0);
        int count = (int) DoubleStream.of(mask).sum();
        Require.that(count > 0 && count < d, "coordinates kept", "some and not all of " + d, count);
        Require.positive("hidden", hidden);
        var scale = Mlp.of(Activation::tanh, d, hidden, hidden, d);
        var translation = Mlp.of(Activation::relu, d, hidden, hidden, d);
        return new AffineCoupling(
                mask,
                Parts.of(
                        "scale", Network.of(scale, new Shape(d), type, rng.fork("scale")),
                        "translation", Network.of(translation, new Shape(d), type, rng.fork("translation"))));
    }

    @Override
    public int dimension() {
        return kept.length;
    }

    /** s and t. */
    private record Affine(NDArray logScale, NDArray shift) {}

    private Affine affine(NDArray x) {
        Network scale = networks.get("scale");
        Network translation = networks.get("translation");
        double[] moved = DoubleStream.of(kept).map(k -> 1 - k).toArray();
        NDArray input = x.mul(x.getManager().create(kept).toType(scale.type(), false));
        NDArray mask = x.getManager().create(moved).toType(scale.type(), false);
        return new Affine(scale.apply(input).mul(mask), translation.apply(input).mul(mask));
    }

    @Override
    public Image toData(NDArray z) {
        Affine affine = affine(z);
        NDArray logSlope = affine.logScale().neg();
        return Image.ofSlopes(z.sub(affine.shift()).mul(logSlope.exp()), logSlope);
    }

    @Override
    public Image toLatents(NDArray x) {
        Affine affine = affine(x);
        return Image.ofSlopes(x.mul(affine.logScale().exp()).add(affine.shift()), affine.logScale());
    }

    @Override
    public Parts parts() {
        return networks;
    }

    @Override
    public AffineCoupling with(Parts others) {
        return new AffineCoupling(kept, others);
    }
}
