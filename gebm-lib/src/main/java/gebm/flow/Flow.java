package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Base;
import gebm.model.DensityBase;
import gebm.model.LatentBase;
import gebm.trace.Known;
import gebm.trace.Program;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * A distribution with an exact density: a prior η, moved by a bijection from latents to data.
 *
 * <p>Samples are {@code x = G(z)}, {@code z ~ η}, and {@code log p(x) = log η(z) + log|det ∂z/∂x|} with
 * {@code z = G⁻¹(x)}. It is a base with latent and density: trained by maximum likelihood ({@code Trainer.of}), the
 * base of a GEBM, or a {@code DensityEnergy}.
 *
 * <p>Shapes: samples and latents {@code (n, d)}, log-densities {@code (n)}.
 * <p>Units: nats.
 * <p>Cost: a density is one pass through the inverse; samples with their density are one pass through the forward
 * direction, in which nothing is computed twice.
 * <p>Source: Rezende and Mohamed (2015), Variational Inference with Normalizing Flows, ICML; Papamakarios et al. (2021),
 * Normalizing Flows for Probabilistic Modeling and Inference, JMLR 22(57), equation 6.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var flow = Flow.realNvp(2, Rng.of(1));
 *     var samples = flow.sampleWithLogDensity(scope, 100, Rng.of(2));
 * }
 * }</pre>
 */
public final class Flow implements LatentBase, DensityBase {
    private final DensityBase prior;
    private final Bijection bijection;
    private final Program toData = Program.of(this::dataOf);
    private final Program toDensity = Program.of(x -> Known.once(this, parameters(), x, () -> logDensityOf(x)));
    private final Program toSamples = Program.ofList(latents -> {
        Bijection.Image data = bijection().forward(latents.get(0));
        return new NDList(data.value(), latents.get(1).sub(data.logDetJacobian()));
    });

    private Flow(DensityBase prior, Bijection bijection) {
        this.prior = prior;
        this.bijection = bijection;
    }

    /**
     * The flow of {@code prior} through {@code bijection}; the arrays stay theirs, and {@link #close} closes them.
     *
     * @throws IllegalArgumentException unless latents are vectors, of the bijection's dimension
     */
    public static Flow of(DensityBase prior, Bijection bijection) {
        Shape expected = new Shape(bijection.dimension());
        Require.that(
                prior.sampleShape().equals(expected),
                "samples of the prior",
                "of shape " + expected,
                prior.sampleShape());
        return new Flow(prior, bijection);
    }

    /**
     * A conditional flow: {@code log p(x | c)} for rows (x, c), the context in the last k columns.
     *
     * <p>The bijection is one of d + k columns that leaves the last k as they are, of parts that do: an {@link
     * AffineCoupling} that keeps them, a {@link MaskedAutoregressive} with 0 for them in its order, a permutation that
     * leaves them in place. {@link #logDensity} of rows (x, c) is {@code log p(x | c)}, so maximum likelihood on such rows
     * trains it as any flow. Samples are rows too, their contexts drawn from {@code contexts}, the data's own for example:
     * the log-density is that of the joint distribution with respect to {@code dx ⊗ contexts(dc)}. For samples or chains at
     * contexts of one's choice take {@link #given}.
     *
     * <p>Shapes: rows {@code (n, d + k)}, latents the same, their last k columns the context.
     *
     * <pre>{@code
     * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
     *     var type = ai.djl.ndarray.types.DataType.FLOAT32;
     *     var rows = Rng.of(1).normal(scope, new ai.djl.ndarray.types.Shape(500, 3)); // x in two columns, c in the third
     *     var map = MaskedAutoregressive.of(new int[] {1, 2, 0}, 16, new BoundedAffine(), type, Rng.of(2))
     *             .then(MaskedAutoregressive.of(new int[] {2, 1, 0}, 16, new BoundedAffine(), type, Rng.of(3)));
     *     var contexts = LatentBase.ofSamples(rows.get(":, 2:"));
     *     var flow = Flow.conditional(DensityBase.standardNormal(2), contexts, map);
     *     var phase = gebm.train.Phase.of("flow", gebm.objective.MaximumLikelihood.loss(), gebm.train.Adam.of(1e-3));
     *     var trained = Trainer.of(TrainingPlan.of(3).withBatchSize(50), phase)
     *             .fit(flow, DataSource.of(rows), Rng.of(4))
     *             .model();
     *     var density = trained.logDensity(rows); // log p(x | c), row by row
     *     var at = trained.given(scope.create(new float[] {0.5f}).reshape(1, 1));
     *     var samples = at.sample(scope, 100, Rng.of(5)); // (100, 2), all at c = 0.5
     * }
     * }</pre>
     *
     * @param prior of z, {@code (d)}
     * @param contexts of c, {@code (k)}, not trained
     * @throws IllegalArgumentException if dimensions or types do not fit, or the bijection moves the context
     */
    public static Flow conditional(DensityBase prior, Base contexts, Bijection bijection) {
        Contextual joint = new Contextual(prior, contexts);
        Flow flow = of(joint, bijection);
        try (NDManager scope = NDManager.newBaseManager()) {
            DataType type = prior.sample(scope, 1, Rng.of(0)).getDataType();
            DataType other = contexts.sample(scope, 1, Rng.of(0)).getDataType();
            Require.that(type == other, "type of the contexts", "the prior's, " + type, other);
            NDArray latents = joint.sample(scope, 5, Rng.of(0));
            String tail = ":, " + joint.latents() + ":";
            Require.that(
                    flow.generate(latents).get(tail).contentEquals(latents.get(tail)),
                    "the last " + joint.columns() + " columns, the context,",
                    "left as they are by the bijection",
                    "others");
        }
        return flow;
    }

    /**
     * The flow of x alone at given contexts, of a {@link #conditional} one; it shares the parameters, and closes them.
     *
     * @param context one row {@code (1, k)} for all points, or {@code (n, k)}, a row for each of n points; copied
     * @throws IllegalArgumentException if the flow is not conditional, or the context has other columns
     */
    public Flow given(NDArray context) {
        Require.that(
                prior instanceof Contextual, "the flow", "conditional (see Flow.conditional)", "one without context");
        Contextual joint = (Contextual) prior;
        Require.rows("context", context.getShape(), joint.columns());
        return of(joint.inner(), FixedContext.of(bijection, context));
    }

    /** The reference's RealNVP: five couplings with 100 hidden units, in float32. */
    public static Flow realNvp(int dimension, Rng rng) {
        return realNvp(dimension, 5, 100, DataType.FLOAT32, rng);
    }

    /**
     * RealNVP: affine couplings with alternating masks, from N(0, I).
     *
     * <p>From data to latents, coupling i of {@link AffineCoupling} keeps the coordinates j where j + i is odd.
     *
     * <p>Source: Dinh, Sohl-Dickstein and Bengio (2017), Density estimation using Real NVP, ICLR; the GEBM reference code at
     * f24a688, {@code made_model.CouplingLayer}. Differs: no, from the latter.
     *
     * @param dimension at least 2, so that a coupling has something to keep and something to move
     * @param hidden units in each of a coupling's two hidden layers
     */
    public static Flow realNvp(int dimension, int couplings, int hidden, DataType type, Rng rng) {
        Require.positive("couplings", couplings);
        Parts maps = maps(dimension, "coupling", couplings, i -> {
            boolean[] kept = new boolean[dimension];
            for (int j = 0; j < dimension; j++) {
                kept[j] = (j + i) % 2 == 1;
            }
            return AffineCoupling.of(kept, hidden, type, rng.fork(i));
        });
        return fromNormal(dimension, type, maps);
    }

    /** Five masked autoregressive layers with 100 hidden units, in float32. */
    public static Flow maskedAutoregressive(int dimension, Rng rng) {
        return maskedAutoregressive(dimension, 5, 100, DataType.FLOAT32, rng);
    }

    /**
     * MAF: layers that scale and shift each coordinate by functions of those before it, from N(0, I).
     *
     * <p>Every other layer takes the coordinates from the last to the first. A density is one pass through each layer's
     * network, a sample d passes.
     *
     * <p>Source: Papamakarios, Pavlakou and Murray (2017), Masked Autoregressive Flow for Density Estimation, NeurIPS 30.
     * Differs: see {@link MaskedAutoregressive} and {@link BoundedAffine}.
     */
    public static Flow maskedAutoregressive(int dimension, int layers, int hidden, DataType type, Rng rng) {
        Require.positive("layers", layers);
        return fromNormal(dimension, type, affineLayers(dimension, layers, hidden, type, rng));
    }

    /** Five affine layers on one of mixtures with 10 components, 100 hidden units, in float32: the paper's MAF MoG (5). */
    public static Flow mixtureAutoregressive(int dimension, Rng rng) {
        return mixtureAutoregressive(dimension, 5, 100, DataType.FLOAT32, rng);
    }

    /**
     * MAF MoG: {@link #maskedAutoregressive} whose latents are not normal but autoregressive mixtures of 10 Gaussians.
     *
     * <p>Without layers it is MADE MoG. The latents of this flow are still those of N(0, I). A sample is d passes, with a
     * bisection in each: slow, and exact to rounding.
     *
     * <p>Source: Papamakarios, Pavlakou and Murray (2017), Masked Autoregressive Flow for Density Estimation, NeurIPS 30,
     * section 3.3. Differs: see {@link GaussianMixtureMap}.
     *
     * @param layers affine ones, at least 0
     */
    public static Flow mixtureAutoregressive(int dimension, int layers, int hidden, DataType type, Rng rng) {
        Require.notNegative("layers", layers);
        Parts maps = affineLayers(dimension, layers, hidden, type, rng);
        int[] order = order(dimension, layers % 2 == 1);
        var mixture = new GaussianMixtureMap(10);
        var last = MaskedAutoregressive.of(order, hidden, mixture, type, rng.fork("mixture"));
        return fromNormal(dimension, type, maps.and("mixture", last));
    }

    private static Parts affineLayers(int dimension, int layers, int hidden, DataType type, Rng rng) {
        var affine = new BoundedAffine();
        return maps(dimension, "layer", layers, i -> {
            int[] order = order(dimension, i % 2 == 1);
            return MaskedAutoregressive.of(order, hidden, affine, type, rng.fork(i));
        });
    }

    /** 1, ..., d, or backwards. */
    private static int[] order(int dimension, boolean backwards) {
        return IntStream.range(0, dimension)
                .map(j -> backwards ? dimension - j : j + 1)
                .toArray();
    }

    /** Six spline couplings with 100 hidden units, in float32. */
    public static Flow splineCoupling(int dimension, Rng rng) {
        return splineCoupling(dimension, 6, 100, DataType.FLOAT32, rng);
    }

    /**
     * Neural spline flow: couplings by rational-quadratic splines of 8 bins on [−5, 5], from N(0, I).
     *
     * <p>Coupling i keeps the coordinates j where j + i is odd, as in {@link #realNvp}. Density and sample are one pass
     * through each coupling's network. Rows should be scaled to lie within [−5, 5], mostly: outside, a spline does nothing.
     *
     * <p>Source: Durkan, Bekasov, Murray and Papamakarios (2019), Neural Spline Flows, NeurIPS 32. Differs: see {@link
     * RationalQuadraticSpline}; the paper has a linear map before each coupling, which {@link Bijection#then} can add.
     */
    public static Flow splineCoupling(int dimension, int couplings, int hidden, DataType type, Rng rng) {
        Require.positive("couplings", couplings);
        var spline = new RationalQuadraticSpline(8, 5);
        Parts maps = maps(dimension, "coupling", couplings, i -> {
            int[] order =
                    IntStream.range(0, dimension).map(j -> 1 - (j + i) % 2).toArray();
            return MaskedAutoregressive.of(order, hidden, spline, type, rng.fork(i));
        });
        return fromNormal(dimension, type, maps);
    }

    /** Maps called name0, name1, ... */
    private static Parts maps(int dimension, String name, int count, IntFunction<Bijection> map) {
        Require.that(dimension >= 2, "dimension", ">= 2", dimension);
        Parts maps = Parts.none();
        for (int i = 0; i < count; i++) {
            maps = maps.and(name + i, map.apply(i));
        }
        return maps;
    }

    /** From N(0, I), through maps in the order from data to latents. */
    private static Flow fromNormal(int dimension, DataType type, Parts maps) {
        return of(DensityBase.standardNormal(dimension, type), new Chain(maps, true));
    }

    /** G, from latents to data. */
    public Bijection bijection() {
        return bijection;
    }

    @Override
    public DensityBase prior() {
        return prior;
    }

    @Override
    public Shape sampleShape() {
        return prior.sampleShape();
    }

    /** G(z), whose log-density a recording then knows without going back. */
    private NDArray dataOf(NDArray z) {
        Bijection.Image data = bijection.forward(z);
        Supplier<NDArray> logDensity = () -> prior.logDensity(z).sub(data.logDetJacobian());
        Known.remember(this, parameters(), data.value(), logDensity);
        return data.value();
    }

    private NDArray logDensityOf(NDArray x) {
        Bijection.Image latent = bijection.inverse(x);
        return prior.logDensity(latent.value()).add(latent.logDetJacobian());
    }

    @Override
    public NDArray generate(NDArray z) {
        Require.rows("latents", z.getShape(), bijection.dimension());
        return toData.run(z);
    }

    @Override
    public NDArray logDensity(NDArray x) {
        Require.rows("samples", x.getShape(), bijection.dimension());
        return toDensity.run(x);
    }

    @Override
    public Samples sampleWithLogDensity(NDManager scope, int n, Rng rng) {
        Require.positive("n", n);
        try (NDManager own = scope.newSubManager()) {
            Samples latents = prior.sampleWithLogDensity(own, n, rng);
            NDList both = toSamples.run(scope, new NDList(latents.values(), latents.logDensity()));
            return new Samples(both.get(0), both.get(1));
        }
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        Require.positive("n", n);
        try (NDManager own = scope.newSubManager()) {
            return toData.run(scope, new NDList(prior.sample(own, n, rng))).head();
        }
    }

    /** The bijection, whose arrays keep their names, and the prior. */
    @Override
    public Parts parts() {
        return Parts.of("", bijection, "prior", prior);
    }

    @Override
    public Flow with(Parts parts) {
        return new Flow(parts.get("prior"), parts.get(""));
    }

    @Override
    public Flow training() {
        return (Flow) LatentBase.super.training();
    }

    @Override
    public Flow copy() {
        return (Flow) LatentBase.super.copy();
    }
}
