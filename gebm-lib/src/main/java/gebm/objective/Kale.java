package gebm.objective;

import ai.djl.ndarray.NDArray;
import gebm.core.Rng;
import gebm.model.Gebm;
import gebm.trace.Ops;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * KALE, the KL Approximate Lower-bound Estimate, in its amortised form KALE-F.
 *
 * <p>Source: Arbel, Zhou and Gretton (2021), ICLR, equations of sections 3.1 and 3.2.
 */
public final class Kale {
    private Kale() {}

    /**
     * {@code −F = mean(E(data) + c) + mean exp(−(E(generated) + c)) − 1}, minimised over the energy and c.
     *
     * <p>{@code F(E + c) ≤ L(E)}, the Donsker–Varadhan value, with equality at {@code c = log mean
     * exp(−E(generated))}; its largest value over all energies is KL(data‖base).
     *
     * <p>Term: {@code kale} is F, in nats, as an estimate of the divergence.
     */
    public static Objective<Gebm> energyLoss() {
        return new EnergyLoss(false);
    }

    /**
     * {@link #energyLoss} with a second term, {@code batchLogPartition}: {@code Â = log mean exp(−E(generated))} of the
     * batch, which c estimates over many batches. Total and gradients are the same.
     */
    public static Objective<Gebm> watchedEnergyLoss() {
        return new EnergyLoss(true);
    }

    private record EnergyLoss(boolean watched) implements Objective<Gebm> {
        @Override
        public Loss evaluate(Gebm model, Batch batch, Rng rng) {
            NDArray c = model.logPartitionArray();
            NDArray onData = model.energy().at(batch.data()).add(c);
            NDArray onGenerated = model.energy().at(batch.generated()).add(c).neg();
            NDArray total = onData.mean().add(onGenerated.exp().mean()).sub(1);
            Map<String, NDArray> terms = new LinkedHashMap<>();
            terms.put("kale", total.neg());
            if (watched) {
                terms.put("batchLogPartition", Ops.logMeanExp(onGenerated).add(c));
            }
            return new Loss(total, terms);
        }
    }

    /**
     * {@code −(mean E(data) + log mean exp(−E(generated)))}, minimised over the base.
     *
     * <p>Its gradient is {@code Σᵢ softmax(−E)ᵢ ∇E(xᵢ)}: self-normalised with the batch's own log-partition, as in
     * the reference code; the paper's Algorithm 1 divides by the learned constant. Where the energy is given
     * unnormalised ({@link gebm.model.Gebm#unnormalized}), {@code log p} in it passes on gradients too: that of the
     * first term trains the base by maximum likelihood, towards a proposal that looks like the data.
     *
     * <p>Term: {@code baseLoss}, in nats.
     */
    public static Objective<Gebm> baseLoss() {
        return new BaseLoss();
    }

    private record BaseLoss() implements Objective<Gebm> {
        @Override
        public Loss evaluate(Gebm model, Batch batch, Rng rng) {
            return Loss.of(
                    "baseLoss", DonskerVaradhan.negativeBound(model, batch).neg());
        }
    }
}
