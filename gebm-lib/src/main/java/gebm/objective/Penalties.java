package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.Tensors;
import gebm.trace.Gradients;
import java.util.Arrays;

/** Penalties that keep an energy smooth; add them with {@link Objective#plus}.
 *
 * <p>The energy is that of a GEBM, or the model itself where it is one. */
public final class Penalties {
    private Penalties() {}

    /**
     * {@code mean ‖∇E(x̃)‖²} at {@code x̃ = α·data + (1 − α)·generated}, {@code α ~ U(0, 1)} for each sample.
     *
     * <p>Zero-centred: there is no target norm of 1. Data and generated samples must be equally many; where they are
     * not, the first {@code min(n, m)} of each are used.
     *
     * <p>Cost: one gradient of the energy, differentiated once more.
     * <p>Term: {@code gradientPenalty}.
     * <p>Source: the GEBM reference code, penalty type {@code gradient}; Mescheder, Geiger and Nowozin (2018), ICML.
     */
    public static Objective<Trainable> gradient() {
        return new Gradient();
    }

    private record Gradient() implements Objective<Trainable> {
        @Override
        public Loss evaluate(Trainable model, Batch batch, Rng rng) {
            long n = Math.min(
                    batch.data().getShape().get(0), batch.generated().getShape().get(0));
            NDArray data = batch.data().get(":" + Require.positive("samples", n));
            NDArray generated = batch.generated().get(":" + n);
            long[] perSample = new long[data.getShape().dimension()];
            Arrays.fill(perSample, 1);
            perSample[0] = n;
            NDArray alpha = rng.fork("alpha")
                    .uniform(
                            data.getManager(),
                            new Shape(perSample),
                            batch.data().getDataType());
            NDArray between = generated.add(data.sub(generated).mul(alpha));
            NDArray slope = Gradients.gradient(energy(model)::at, between);
            NDArray total = slope.square().sum().div((double) n);
            return Loss.of("gradientPenalty", total);
        }
    }

    /** The energy that a loss is about: a GEBM's, or the model itself. */
    static Energy energy(Trainable model) {
        if (model instanceof Gebm gebm) {
            return gebm.energy();
        }
        Require.that(model instanceof Energy, "the model of this loss", "a GEBM or an energy", model);
        return (Energy) model;
    }

    /**
     * {@code mean E(data)² + mean E(generated)²}, which keeps the energies near zero; without it those of an energy that is
     * trained by chains drift.
     *
     * <p>Term: {@code energySquares}.
     * <p>Source: Du and Mordatch (2019), Implicit Generation and Modeling with Energy-Based Models, where its weight is 1.
     */
    public static Objective<Trainable> energySquares() {
        return new EnergySquares();
    }

    private record EnergySquares() implements Objective<Trainable> {
        @Override
        public Loss evaluate(Trainable model, Batch batch, Rng rng) {
            NDArray onData = energy(model).at(batch.data()).square().mean();
            NDArray onGenerated = energy(model).at(batch.generated()).square().mean();
            return Loss.of("energySquares", onData.add(onGenerated));
        }
    }

    /**
     * {@code Σ p²} over all parameters of the model; of a GEBM, of its energy.
     *
     * <p>Term: {@code weightPenalty}.
     * <p>Source: the GEBM reference code, penalty type {@code l2}.
     */
    public static Objective<Trainable> weights() {
        return new Weights(false, false);
    }

    /**
     * {@code Σ p²/d}, d the sum of all dimensions of all parameter arrays: a matrix {@code (a, b)} counts {@code a + b}.
     *
     * <p>{@code gradient().plus(1, weightsByDimension())} is the reference code's penalty type {@code gradient_l2}.
     *
     * <p>Term: {@code weightPenalty}.
     */
    public static Objective<Trainable> weightsByDimension() {
        return new Weights(false, true);
    }

    /**
     * {@code Σ p²} over all parameters of a GEBM's base, for a base loss.
     *
     * <p>Term: {@code weightPenalty}.
     */
    public static Objective<Trainable> baseWeights() {
        return new Weights(true, false);
    }

    private record Weights(boolean ofBase, boolean byDimension) implements Objective<Trainable> {
        @Override
        public Loss evaluate(Trainable model, Batch batch, Rng rng) {
            NDList parameters = penalised(model).parameters();
            Require.that(!parameters.isEmpty(), "a penalised part", "one with parameters", "none");
            NDArray squares =
                    Tensors.flat(batch.data().getManager(), parameters).square().sum();
            long dimensions = parameters.stream()
                    .flatMapToLong(p -> Arrays.stream(p.getShape().getShape()))
                    .sum();
            return Loss.of("weightPenalty", byDimension ? squares.div((double) dimensions) : squares);
        }

        private Trainable penalised(Trainable model) {
            return model instanceof Gebm gebm ? ofBase ? gebm.base() : gebm.energy() : model;
        }
    }
}
