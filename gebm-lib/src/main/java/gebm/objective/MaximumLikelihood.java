package gebm.objective;

import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Gebm;

/** Maximum likelihood for what has a density, a flow for example. */
public final class MaximumLikelihood {
    private MaximumLikelihood() {}

    /**
     * {@code −mean log p(data)}.
     *
     * <p>Term: {@code negativeLogLikelihood}, in nats a row.
     */
    public static Objective<DensityBase> loss() {
        return new OfDensity();
    }

    /**
     * {@link #loss} of a model's base, for training energy and base in turn: {@code Trainer.alternating}.
     *
     * @throws IllegalArgumentException from {@code evaluate}, if the base has no density
     */
    public static Objective<Gebm> baseLoss() {
        return new OfBase();
    }

    private record OfDensity() implements Objective<DensityBase> {
        @Override
        public Loss evaluate(DensityBase density, Batch batch, Rng rng) {
            return Loss.of(
                    "negativeLogLikelihood",
                    density.logDensity(batch.data()).mean().neg());
        }
    }

    private record OfBase() implements Objective<Gebm> {
        @Override
        public Loss evaluate(Gebm model, Batch batch, Rng rng) {
            Require.that(
                    model.base() instanceof DensityBase, "the base", "one with a density (a flow, say)", model.base());
            return loss().evaluate((DensityBase) model.base(), batch, rng);
        }
    }
}
