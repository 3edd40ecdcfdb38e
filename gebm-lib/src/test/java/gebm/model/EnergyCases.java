package gebm.model;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.flow.Flow;
import gebm.nn.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One row for each kind of energy, in both types; on points of dimension 3 where that is free. */
final class EnergyCases {
    record Case(String name, DataType type, int dimension, Supplier<Energy> energy) {
        Case(String name, DataType type, Supplier<Energy> energy) {
            this(name, type, 3, energy);
        }

        @Override
        public String toString() {
            return name + ", " + type;
        }
    }

    private EnergyCases() {}

    static Energy neural(DataType type, String label) {
        return Energy.neural(Mlp.of(3, 8, 8, 1), new Shape(3), type, Rng.of(41).fork(label));
    }

    private static Flow flow(DataType type) {
        return Flow.realNvp(3, 2, 5, type, Rng.of(42));
    }

    static List<Case> all() {
        List<Case> rows = new ArrayList<>();
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
            rows.add(new Case("neural", type, () -> neural(type, "a")));
            rows.add(
                    new Case("neural in training", type, () -> neural(type, "a").training()));
            rows.add(new Case("floored", type, () -> neural(type, "a")
                    .plus(x -> x.sum(new int[] {1})) // so that the floor divides the points
                    .flooredAt(0)));
            rows.add(new Case("times", type, () -> neural(type, "a").times(-2.5)));
            rows.add(new Case("plus", type, () -> neural(type, "a").plus(neural(type, "b"))));
            rows.add(new Case("nested", type, () -> neural(type, "a")
                    .times(3)
                    .plus(neural(type, "b").flooredAt(-0.1))));
            rows.add(new Case(
                    "analytic", type, () -> x -> x.square().sub(1).square().sum(new int[] {1})));
            rows.add(new Case("of a density", type, () -> DensityEnergy.of(flow(type))));
            rows.add(new Case("of a density with offset", type, () -> DensityEnergy.of(flow(type))
                    .withOffset()));
            rows.add(new Case("relative to a density", type, () -> Gebm.unnormalized(flow(type), neural(type, "a"))
                    .energy()));
            for (Target target : TargetCases.all()) {
                rows.add(new Case(target.name(), type, target.dimension(), () -> target));
            }
        }
        return rows;
    }
}
