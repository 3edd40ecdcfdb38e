package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.model.Tensors;
import gebm.trace.Gradients;
import java.util.Arrays;

/** Penalties that keep an energy smooth; add them with {@link EnergyLoss#plus}. */
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
    public static EnergyLoss gradient() {
        return (model, batch, rng) -> {
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
            NDArray slope = Gradients.gradient(model.energy()::at, between);
            NDArray total = slope.square().sum().div((double) n);
            return Loss.of("gradientPenalty", total);
        };
    }

    /**
     * {@code Σ p²} over all parameters of the energy.
     *
     * <p>Term: {@code weightPenalty}.
     * <p>Source: the GEBM reference code, penalty type {@code l2}.
     */
    public static EnergyLoss weights() {
        return (model, batch, rng) ->
                Loss.of("weightPenalty", squares(model.energy().parameters(), batch));
    }

    /**
     * {@code Σ p²/d} over all parameters of the energy, d the sum of all dimensions of all parameter arrays: a matrix
     * {@code (a, b)} counts {@code a + b}.
     *
     * <p>{@code gradient().plus(1, weightsByDimension())} is the reference code's penalty type {@code gradient_l2}.
     *
     * <p>Term: {@code weightPenalty}.
     */
    public static EnergyLoss weightsByDimension() {
        return (model, batch, rng) -> {
            NDList parameters = model.energy().parameters();
            long dimensions = parameters.stream()
                    .flatMapToLong(p -> Arrays.stream(p.getShape().getShape()))
                    .sum();
            return Loss.of("weightPenalty", squares(parameters, batch).div((double) dimensions));
        };
    }

    /**
     * {@code Σ p²} over all parameters of the base, for a base loss.
     *
     * <p>Term: {@code weightPenalty}.
     */
    public static BaseLoss baseWeights() {
        return (model, batch, rng) ->
                Loss.of("weightPenalty", squares(model.base().parameters(), batch));
    }

    private static NDArray squares(NDList parameters, Batch batch) {
        Require.that(!parameters.isEmpty(), "a penalised part", "one with parameters", "none");
        return Tensors.flat(batch.data().getManager(), parameters).square().sum();
    }
}
