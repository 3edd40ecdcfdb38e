package gebm.objective;

import gebm.core.Require;
import gebm.model.DensityBase;

/** Maximum likelihood for a base that has a density, a flow for example. */
public final class MaximumLikelihood {
    private MaximumLikelihood() {}

    /**
     * {@code −mean log p(data)}, minimised over the base; train it by {@code Trainer.baseOnly}.
     *
     * <p>The energy is not used.
     *
     * <p>Term: {@code negativeLogLikelihood}, in nats a row.
     *
     * @throws IllegalArgumentException from {@code evaluate}, if the base has no density
     */
    public static BaseLoss baseLoss() {
        return (model, batch, rng) -> {
            Require.that(
                    model.base() instanceof DensityBase, "the base", "one with a density (a flow, say)", model.base());
            DensityBase base = (DensityBase) model.base();
            return Loss.of(
                    "negativeLogLikelihood",
                    base.logDensity(batch.data()).mean().neg());
        };
    }
}
