package gebm.objective;

import ai.djl.ndarray.NDArray;
import gebm.core.Rng;
import gebm.model.Energy;
import gebm.model.Gebm;
import java.util.Map;

/**
 * The self-normalised likelihood: a lower bound on the log-likelihood of an unnormalised density, with one learned
 * constant for its normaliser.
 *
 * <p>Source: Senetaire, Jeha, Mattei and Frellsen (2025), Learning Energy-Based Models by Self-normalising the
 * Likelihood, arXiv 2503.07021, whose b is c here and whose proposal is the base.
 */
public final class SelfNormalizedLikelihood {
    private SelfNormalizedLikelihood() {}

    /**
     * {@code −ℓ = mean(r(data) + c) + mean exp(−(r(generated) + c) − log p(generated)) − 1}, minimised over the energy
     * and c, for a model of density {@code ∝ exp(−r)} and a base of density p.
     *
     * <p>From {@code −log Z ≥ 1 − c − Z·e^(−c)} and {@code Z = E_B[exp(−r)/p]}: in expectation ℓ is at most the mean
     * log-likelihood {@code −mean r(data) − log Z}, with equality exactly at {@code c = log Z}, and at its maximum
     * {@code exp(−r − c)} is the density of the data. With {@code E = r + log p} it is KALE-F plus {@code mean log
     * p(data)}: for the energy and c the gradients are the same, and the value is a likelihood in place of a divergence
     * from the base. It says nothing about the base; one that is wider than the data and stays as it is will do.
     *
     * <p>Term: {@code selfNormalizedLikelihood} is ℓ, in nats a row.
     *
     * @throws IllegalArgumentException from {@code evaluate}, if the base has no density
     */
    public static Objective<Gebm> energyLoss() {
        return new EnergyLoss();
    }

    private record EnergyLoss() implements Objective<Gebm> {
        @Override
        public Loss evaluate(Gebm model, Batch batch, Rng rng) {
            Energy r = model.unnormalized();
            NDArray onData = r.at(batch.data()).add(model.logPartitionArray());
            NDArray onGenerated = model.energy().at(batch.generated()).add(model.logPartitionArray());
            NDArray total = onData.mean().add(onGenerated.neg().exp().mean()).sub(1);
            return new Loss(total, Map.of("selfNormalizedLikelihood", total.neg()));
        }
    }
}
