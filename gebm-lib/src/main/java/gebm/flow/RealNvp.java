package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.trace.Network;
import gebm.trace.Program;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The reference's RealNVP: five affine couplings with alternating masks between data and {@code N(0, I)}.
 *
 * <p>From data to latent, coupling i keeps the coordinates of mask m, {@code mⱼ = (j + i) mod 2}, and moves the others:
 * {@code x ← x·exp(s) + t}, {@code s = (1 − m)·S(m·x)}, {@code t = (1 − m)·T(m·x)}, with the log-determinant
 * {@code Σⱼ sⱼ}; S is a perceptron with tanh, T one with ReLU, of two hidden layers each. From latent to data the couplings
 * are undone in reverse.
 *
 * <p>Shapes: samples and latents {@code (n, d)}, log-densities {@code (n)}.
 * <p>Units: nats.
 * <p>Cost: a density, and a sample with its density, is one pass through all couplings.
 * <p>Source: Dinh, Sohl-Dickstein and Bengio (2017), Density estimation using Real NVP, ICLR; the GEBM reference code at
 * f24a688, {@code made_model.CouplingLayer}. Differs: no.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var flow = RealNvp.of(2, gebm.core.Rng.of(1));
 *     var samples = flow.sampleWithLogDensity(scope, 100, gebm.core.Rng.of(2));
 * }
 * }</pre>
 */
public final class RealNvp implements LatentBase, DensityBase, AutoCloseable {
    private final int dimension;
    private final DataType type;
    private final List<Network> scales;
    private final List<Network> translations;
    private final Program toData =
            Program.ofList(list -> new NDList(undone(list.head()).value()));
    private final Program toDensity = Program.of(this::logDensityOf);
    private final Program sampling = Program.ofList(list -> {
        Samples samples = samplesOf(list.head());
        return new NDList(samples.values(), samples.logDensity());
    });

    private RealNvp(int dimension, DataType type, List<Network> scales, List<Network> translations) {
        this.dimension = dimension;
        this.type = type;
        this.scales = scales;
        this.translations = translations;
    }

    /** Five couplings with 100 hidden units, in float32: the reference's. */
    public static RealNvp of(int dimension, Rng rng) {
        return of(dimension, 5, 100, DataType.FLOAT32, rng);
    }

    /**
     * So many couplings with so many hidden units in each of two layers.
     *
     * @param dimension at least 2, so that a coupling has something to keep and something to move
     */
    public static RealNvp of(int dimension, int couplings, int hidden, DataType type, Rng rng) {
        Require.that(dimension >= 2, "dimension", ">= 2", dimension);
        Require.positive("couplings", couplings);
        Require.positive("hidden", hidden);
        List<Network> scales = new ArrayList<>();
        List<Network> translations = new ArrayList<>();
        Shape input = new Shape(dimension);
        for (int i = 0; i < couplings; i++) {
            Rng own = rng.fork(i);
            var scale = Mlp.of(Activation::tanh, dimension, hidden, hidden, dimension);
            var translation = Mlp.of(Activation::relu, dimension, hidden, hidden, dimension);
            scales.add(Network.of(scale, input, type, own.fork("scale")));
            translations.add(Network.of(translation, input, type, own.fork("translation")));
        }
        return new RealNvp(dimension, type, scales, translations);
    }

    /** Where a batch went, and the log-determinant of the way. */
    private record Moved(NDArray value, NDArray logDeterminant) {}

    private record Coupling(NDArray logScale, NDArray shift) {}

    private Coupling coupling(int i, NDArray x) {
        double[] keep = new double[dimension];
        double[] move = new double[dimension];
        for (int j = 0; j < dimension; j++) {
            keep[j] = (j + i) % 2;
            move[j] = 1 - keep[j];
        }
        NDManager scope = x.getManager();
        NDArray kept = x.mul(scope.create(keep).toType(type, false));
        NDArray moved = scope.create(move).toType(type, false);
        return new Coupling(
                scales.get(i).apply(kept).mul(moved),
                translations.get(i).apply(kept).mul(moved));
    }

    /** From data to latent. */
    private Moved moved(NDArray x) {
        NDArray sum = null;
        for (int i = 0; i < scales.size(); i++) {
            Coupling c = coupling(i, x);
            x = x.mul(c.logScale().exp()).add(c.shift());
            sum = sum == null ? c.logScale() : sum.add(c.logScale());
        }
        return new Moved(x, sum.sum(new int[] {1}));
    }

    /** From latent to data; the log-determinant is that of the way back, as in {@link #moved}. */
    private Moved undone(NDArray z) {
        NDArray sum = null;
        for (int i = scales.size() - 1; i >= 0; i--) {
            Coupling c = coupling(i, z);
            z = z.sub(c.shift()).mul(c.logScale().neg().exp());
            sum = sum == null ? c.logScale() : sum.add(c.logScale());
        }
        return new Moved(z, sum.sum(new int[] {1}));
    }

    private NDArray logDensityOf(NDArray x) {
        Moved latent = moved(x);
        return prior().logDensity(latent.value()).add(latent.logDeterminant());
    }

    private Samples samplesOf(NDArray z) {
        Moved data = undone(z);
        return new Samples(data.value(), prior().logDensity(z).add(data.logDeterminant()));
    }

    @Override
    public Shape sampleShape() {
        return new Shape(dimension);
    }

    @Override
    public DensityBase prior() {
        return DensityBase.standardNormal(dimension, type);
    }

    @Override
    public NDArray generate(NDArray z) {
        check("latents", z);
        return Program.isRecorded(z) ? undone(z).value() : toData.run(z);
    }

    @Override
    public NDArray logDensity(NDArray x) {
        check("samples", x);
        return Program.isRecorded(x) ? logDensityOf(x) : toDensity.run(x);
    }

    @Override
    public Samples sampleWithLogDensity(NDManager scope, int n, Rng rng) {
        Require.positive("n", n);
        NDArray z = prior().sample(scope, n, rng);
        if (Program.isRecorded(z)) {
            return samplesOf(z);
        }
        try (z) {
            NDList both = sampling.run(scope, new NDList(z));
            return new Samples(both.get(0), both.get(1));
        }
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        return sampleWithLogDensity(scope, n, rng).values();
    }

    private void check(String what, NDArray given) {
        Shape shape = given.getShape();
        Require.that(
                shape.dimension() == 2 && shape.get(1) == dimension, what, "of shape (n, " + dimension + ")", shape);
    }

    @Override
    public RealNvp copy() {
        return new RealNvp(
                dimension,
                type,
                scales.stream().map(Network::copy).toList(),
                translations.stream().map(Network::copy).toList());
    }

    @Override
    public NDList parameters() {
        NDList all = new NDList();
        arrays().values().forEach(all::add);
        return all;
    }

    @Override
    public Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        for (int i = 0; i < scales.size(); i++) {
            String coupling = "coupling" + i;
            scales.get(i).arrays().forEach((name, array) -> all.put(coupling + ".scale." + name, array));
            translations.get(i).arrays().forEach((name, array) -> all.put(coupling + ".translation." + name, array));
        }
        return all;
    }

    @Override
    public void close() {
        scales.forEach(Network::close);
        translations.forEach(Network::close);
    }
}
