package gebm.objective;

import java.util.List;

/** One row for each energy loss of the library. */
final class EnergyLossCases {
    record Case(String name, EnergyLoss loss, List<String> terms, boolean usesConstant) {
        @Override
        public String toString() {
            return name;
        }
    }

    private EnergyLossCases() {}

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
                        true));
    }
}
