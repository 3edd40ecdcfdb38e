package gebm.objective;

import ai.djl.ndarray.NDArray;
import gebm.core.Rng;
import gebm.model.Gebm;
import gebm.trace.Ops;
import java.util.Map;

/**
 * The Donsker–Varadhan bound on KL(data‖base), called KALE-DV in the paper.
 *
 * <p>Source: Donsker and Varadhan (1983); Arbel, Zhou and Gretton (2021), section 3.1.
 */
public final class DonskerVaradhan {
    private DonskerVaradhan() {}

    /**
     * {@code −L = mean E(data) + log mean exp(−E(generated))}, minimised over the energy.
     *
     * <p>The model's constant c does not occur and gets no gradient: afterwards, take it from {@code
     * Gebm.estimateLogPartition}. On batches of m generated samples L̂ is biased by the order 1/m.
     *
     * <p>Term: {@code donskerVaradhan} is L, in nats.
     */
    public static Objective<Gebm> energyLoss() {
        return new EnergyLoss();
    }

    /** {@code −L} of a batch. */
    static NDArray negativeBound(Gebm model, Batch batch) {
        NDArray logPartition =
                Ops.logMeanExp(model.energy().at(batch.generated()).neg());
        return model.energy().at(batch.data()).mean().add(logPartition);
    }

    private record EnergyLoss() implements Objective<Gebm> {
        @Override
        public Loss evaluate(Gebm model, Batch batch, Rng rng) {
            NDArray total = negativeBound(model, batch);
            return new Loss(total, Map.of("donskerVaradhan", total.neg()));
        }
    }
}
