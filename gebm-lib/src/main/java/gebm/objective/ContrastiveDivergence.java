package gebm.objective;

import ai.djl.ndarray.NDArray;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.sampler.Sampler;
import gebm.sampler.SamplingPlan;
import java.util.Objects;

/**
 * Contrastive divergence: what the data have, against what chains of the model make of them.
 *
 * <p>Source: Hinton (2002), Training Products of Experts by Minimizing Contrastive Divergence; the GEBM reference code at
 * f24a688, {@code criterion cd}, whose chains are those of {@code Langevin} in data space.
 */
public final class ContrastiveDivergence {
    private ContrastiveDivergence() {}

    /**
     * {@code mean r(data) − mean r(x_K)}, where {@code x_K} are chains on r that start at the data, after {@code
     * plan.steps()} steps of {@code sampler}; no gradient flows through the chains.
     *
     * <p>r is the unnormalised energy of the model ({@code Gebm.unnormalized}) where the base has a density, and the
     * energy itself where it has none: then the model is {@code ∝ exp(−E)} on the whole space, whatever the base. The
     * constant c and the generated samples are not used. Chains too short to leave the data are what biases it: its
     * fixed point is the data's distribution only where one step of the chain leaves that invariant.
     *
     * <p>Term: {@code contrastiveDivergence}, in nats; near 0 when chains stay where the data are.
     * <p>Randomness: the chains' draws come from {@code rng.fork("chains")}.
     * <p>Cost: what the sampler takes for {@code plan.steps()} steps, for as many chains as data.
     *
     * @param plan its number of steps is used; there is no warm-up and no thinning, only the end counts
     */
    public static Objective<Trainable> of(Sampler<?> sampler, SamplingPlan plan) {
        return new FromData(sampler, plan.steps());
    }

    /**
     * {@code mean E(data) − mean E(generated)}, where {@code generated} are samples of the model: ends of {@link
     * PersistentChains}. Its gradient is that of the log-likelihood as far as they are.
     *
     * <p>Term: {@code contrastiveDivergence}, in nats.
     */
    public static Objective<Energy> loss() {
        return new OfGenerated();
    }

    private record OfGenerated() implements Objective<Energy> {
        @Override
        public Loss evaluate(Energy energy, Batch batch, Rng rng) {
            NDArray onData = energy.at(batch.data()).mean();
            return Loss.of(
                    "contrastiveDivergence",
                    onData.sub(energy.at(batch.generated()).mean()));
        }
    }

    private record FromData(Sampler<?> sampler, int steps) implements Objective<Trainable> {
        FromData {
            Objects.requireNonNull(sampler, "sampler");
        }

        @Override
        public Loss evaluate(Trainable model, Batch batch, Rng rng) {
            Energy r = model instanceof Gebm gebm && gebm.base() instanceof DensityBase
                    ? gebm.unnormalized()
                    : Penalties.energy(model);
            NDArray data = batch.data();
            NDArray end = sampler.advance(r, data, steps, rng.fork("chains"));
            NDArray total = r.at(data).mean().sub(r.at(end).mean());
            return Loss.of("contrastiveDivergence", total);
        }
    }
}
