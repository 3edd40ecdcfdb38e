package gebm.objective;

import gebm.core.Schedule;
import gebm.model.Gebm;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import java.util.List;

/** One row for each objective of the library that an energy minimises. */
final class ObjectiveCases {
    /**
     * A row.
     *
     * @param needsDensity whether the base must have one
     * @param throughChains whether the value depends on parameters by chains that pass on no gradient
     */
    record Case(
            String name,
            Objective<? super Gebm> loss,
            List<String> terms,
            boolean usesConstant,
            boolean needsDensity,
            boolean throughChains) {
        Case(String name, Objective<? super Gebm> loss, List<String> terms, boolean usesConstant) {
            this(name, loss, terms, usesConstant, false, false);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private ObjectiveCases() {}

    static List<Case> all() {
        return List.of(
                new Case("KALE-F", Kale.energyLoss(), List.of("kale"), true),
                new Case("KALE-F, watched", Kale.watchedEnergyLoss(), List.of("kale", "batchLogPartition"), true),
                new Case("Donsker–Varadhan", DonskerVaradhan.energyLoss(), List.of("donskerVaradhan"), false),
                new Case("gradient penalty", Penalties.gradient(), List.of("gradientPenalty"), false),
                new Case(
                        "KALE-F with penalty",
                        Kale.energyLoss().plus(0.3, Penalties.gradient()),
                        List.of("kale", "gradientPenalty"),
                        true),
                new Case("weights", Penalties.weights(), List.of("weightPenalty"), false),
                new Case("energy squares", Penalties.energySquares(), List.of("energySquares"), false),
                new Case(
                        "contrastive divergence of generated samples",
                        ContrastiveDivergence.loss().<Gebm>onPart("energy"),
                        List.of("contrastiveDivergence"),
                        false),
                new Case("weights by dimension", Penalties.weightsByDimension(), List.of("weightPenalty"), false),
                new Case(
                        "self-normalised likelihood",
                        SelfNormalizedLikelihood.energyLoss(),
                        List.of("selfNormalizedLikelihood"),
                        true,
                        true,
                        false),
                new Case(
                        "contrastive divergence",
                        ContrastiveDivergence.of(new Langevin(Schedule.stepDecay(0.1, 0.5, 2)), SamplingPlan.of(4)),
                        List.of("contrastiveDivergence"),
                        false,
                        false,
                        true));
    }
}
