package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.core.Weights;
import gebm.trace.Program;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A Generalized Energy-Based Model: a base that knows the support and an energy that re-weights the mass on it.
 *
 * <p>{@code Q(dx) = exp(−E(x) − A)·B(dx)} with {@code A = log E_B[exp(−E)]}. The model keeps a scalar {@code c}, the
 * learned estimate of A, which KALE-F trains together with the energy.
 *
 * <p>Units: energies, log-partition and log-weights in nats.
 * <p>Memory: parameters live until {@link #close}, which also closes base and energy where they can be closed; a model
 * that shares its parts with others is closed last.
 * <p>Source: Arbel, Zhou and Gretton (2021), ICLR, section 3.
 */
public final class Gebm implements Trainable {
    private static final String C = "";
    private static final String CONSTANT = "logPartition";

    private final LatentBase base;
    private final Energy energy;
    private final Weights constant; // c, (), float64

    private Gebm(LatentBase base, Energy energy, Weights constant) {
        this.base = base;
        this.energy = energy;
        this.constant = constant;
    }

    private static Gebm owning(LatentBase base, Energy energy, double logPartition) {
        try (NDManager scope = NDManager.newBaseManager()) {
            return new Gebm(base, energy, Weights.of(C, scope.create(new double[] {logPartition}, new Shape())));
        }
    }

    /**
     * The model of {@code base} and {@code energy}, with c = 0.
     *
     * @throws IllegalArgumentException if the energy does not take the base's samples
     */
    public static Gebm of(LatentBase base, Energy energy) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray samples = base.sample(scope, 2, Rng.of(0));
            NDArray values;
            try {
                values = energy.at(samples);
            } catch (RuntimeException e) {
                throw new IllegalArgumentException(
                        "the energy must take the base's samples, of shape " + base.sampleShape() + ": "
                                + e.getMessage(),
                        e);
            }
            Require.that(
                    values.getShape().equals(new Shape(2)),
                    "the energy of 2 samples",
                    "of shape (2)",
                    values.getShape());
        }
        return owning(base, energy, 0);
    }

    /**
     * The model with density {@code ∝ exp(−r(x))}, of a base that has a density p and {@code r = unnormalized}.
     *
     * <p>Its energy is {@code E(x) = r(x) + log p(x)}, so that {@code exp(−E)·B = exp(−r) dx}: the base proposes, and
     * the model does not depend on it. The energy's parameters are those of r; {@code log p} moves with the base, in
     * copies of the model too, and passes on gradients to the base's parameters.
     *
     * <p>Source: Arbel, Zhou and Gretton (2021), the density estimation of section 5; the GEBM reference code at f24a688,
     * {@code TrainerEBM}.
     *
     * @throws IllegalArgumentException if the base has no density, or r does not take its samples
     */
    public static Gebm unnormalized(LatentBase base, Energy unnormalized) {
        return of(base, new Relative(unnormalized, densityOf(base)));
    }

    private static DensityBase densityOf(LatentBase base) {
        Require.that(base instanceof DensityBase, "the base", "one with a density (a flow, say)", base);
        return (DensityBase) base;
    }

    /** {@code energy} where it is relative to the density of a base, relative to that of {@code base}. */
    private static Energy tied(Energy energy, LatentBase base) {
        return energy instanceof Relative relative ? relative.on(densityOf(base)) : energy;
    }

    /**
     * {@code r(x) = E(x) − log p(x)} for a base with density p: the model's density is {@code exp(−r(x) − A)}.
     *
     * @throws IllegalArgumentException if the base has no density
     */
    public Energy unnormalized() {
        if (energy instanceof Relative relative) {
            return relative.unnormalized();
        }
        DensityBase density = densityOf(base);
        return energy.plus(x -> density.logDensity(x).neg());
    }

    /** The half that samples. */
    public LatentBase base() {
        return base;
    }

    /** The half that weighs. */
    public Energy energy() {
        return energy;
    }

    /** c, the learned estimate of the log-partition A. */
    public double logPartition() {
        return logPartitionArray().getDouble();
    }

    /** c as an array of no dimension, float64, for losses. */
    public NDArray logPartitionArray() {
        return constant.get(C);
    }

    /** {@code log dQ/dB = −E(x) − c}: {@code (n, …) → (n)}. */
    public NDArray logWeight(NDArray x) {
        return energy.at(x).add(logPartitionArray()).neg();
    }

    /**
     * {@code U(z) = inverseTemperature·E(G(z)) − log η(z)}, whose samples z give samples {@code G(z)} of the model.
     *
     * <p>At 1 this is the model itself; larger values sharpen it (the paper's images use 100).
     *
     * <p>Source: Arbel, Zhou and Gretton (2021), section 4; the reference code's {@code Latent_potential}.
     */
    public Energy latentEnergy(double inverseTemperature) {
        Require.positive("inverseTemperature", inverseTemperature);
        return new Latent(this, inverseTemperature, true);
    }

    /** An energy of latents: a record, so that samplers know one made anew as the one that they have met. */
    private record Latent(Gebm model, double inverseTemperature, boolean withPrior) implements Energy {
        @Override
        public NDArray at(NDArray z) {
            NDArray energy = model.energyOf(z);
            return withPrior
                    ? energy.mul(inverseTemperature).sub(model.base.prior().logDensity(z))
                    : energy;
        }
    }

    /** {@code E(G(z))}, the energy of what a latent generates, without the prior: {@code (n, k) → (n)}. */
    public Energy generatedEnergy() {
        return new Latent(this, 1, false);
    }

    private NDArray energyOf(NDArray z) {
        Shape latent = base.prior().sampleShape();
        Shape given = z.getShape();
        Require.that(
                given.dimension() > 0 && given.slice(1).equals(latent),
                "latents",
                "of shape (n" + latent.toString().replace("(", ", "),
                given + ": did you pass data instead of latents?");
        return energy.at(base.generate(z));
    }

    /** A Monte-Carlo estimate of {@code A} and its standard error. */
    public record LogPartitionEstimate(double value, double standardError) {}

    /**
     * {@code log((1/n) Σ exp(−E(xᵢ)))} over {@code n} samples of the base, with the standard error of first order.
     *
     * <p>Cost: n network evaluations, in parts of at most 1,000.
     */
    public LogPartitionEstimate estimateLogPartition(int n, Rng rng) {
        Require.that(n >= 2, "n", ">= 2", n);
        double[] logs = new double[n];
        for (int start = 0, part = 0; start < n; start += 1_000, part++) {
            int size = Math.min(1_000, n - start);
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray e = energyOfSamples(scope, size, rng.fork(part));
                double[] values = e.toType(DataType.FLOAT64, false).toDoubleArray();
                for (int i = 0; i < size; i++) {
                    logs[start + i] = -values[i];
                }
            }
        }
        return logMeanExp(logs);
    }

    /** Where the energy has the base's log-density in it, one program computes that with the samples. */
    private NDArray energyOfSamples(NDManager scope, int n, Rng rng) {
        if (!(energy instanceof Relative)) {
            return energy.at(base.sample(scope, n, rng));
        }
        NDArray z = base.prior().sample(scope, n, rng);
        Program program = Program.cached(this, null, "energyOfSamples", () -> Program.of(this::energyOf));
        return program.run(z);
    }

    private static LogPartitionEstimate logMeanExp(double[] logs) {
        double largest = Arrays.stream(logs).max().orElseThrow();
        double mean = 0;
        double square = 0;
        for (double log : logs) {
            double weight = Math.exp(log - largest);
            mean += weight / logs.length;
            square += weight * weight / logs.length;
        }
        double relative = Math.sqrt(Math.max(0, square / (mean * mean) - 1) / logs.length);
        return new LogPartitionEstimate(largest + Math.log(mean), relative);
    }

    /** {@code log dQ/dx = −r(x) − c}, of a base that has a density: {@code (n, …) → (n)}. */
    public NDArray logDensity(NDArray x) {
        return unnormalized().at(x).add(logPartitionArray()).neg();
    }

    /** This model with base and energy shared and another c. */
    public Gebm withLogPartition(double value) {
        return owning(base, energy, Require.finite("logPartition", value));
    }

    /** c, as {@code logPartition}. */
    @Override
    public Map<String, Double> numbers() {
        return Map.of(CONSTANT, logPartition());
    }

    @Override
    public Parts parts() {
        return Parts.of("energy", energy, "base", base).and(CONSTANT, constant);
    }

    /** Where the energy is relative to the density of the base, it is to that of the other one. */
    @Override
    public Gebm with(Parts parts) {
        LatentBase other = parts.get("base");
        return new Gebm(other, tied(parts.get("energy"), other), parts.get(CONSTANT));
    }

    /** Those of the energy, c, and those of the base. */
    @Override
    public NDList parameters() {
        NDList all = new NDList(energy.parameters());
        all.add(logPartitionArray());
        all.addAll(base.parameters());
        return all;
    }

    @Override
    public Gebm copy() {
        return (Gebm) Trainable.super.copy();
    }

    /** Writes all arrays to a safetensors file, which Python reads too; an existing file is replaced in one move. */
    public void save(Path file) {
        Tensors.write(file, arrays());
    }

    /**
     * A copy of this model with the arrays of {@code file}.
     *
     * @throws IllegalArgumentException if the file has other names or shapes than this model
     * @throws java.io.UncheckedIOException if the file is missing or damaged
     */
    public Gebm load(Path file) {
        Gebm copy = copy();
        try (NDManager scope = NDManager.newBaseManager()) {
            Tensors.assign(copy.arrays(), Tensors.read(scope, file), file.toString());
        }
        return copy;
    }
}
