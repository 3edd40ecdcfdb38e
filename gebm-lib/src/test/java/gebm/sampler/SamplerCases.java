package gebm.sampler;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.nn.Mlp;
import java.util.ArrayList;
import java.util.List;

/** One row for each sampler, type of array and kind of target, on points of dimension 2. */
final class SamplerCases {
    record Case(String name, Sampler<?> sampler, DataType type, Energy target) {
        @Override
        public String toString() {
            return name + ", " + type;
        }
    }

    private SamplerCases() {}

    static List<Case> all() {
        List<Case> rows = new ArrayList<>();
        Energy analytic = x -> x.square().sub(1).square().sum(new int[] {1});
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
            Energy network = Energy.neural(Mlp.of(2, 8, 1), new Shape(2), type, Rng.of(51));
            Energy neural = network.plus(x -> x.square().sum(new int[] {1}));
            rows.add(new Case("Langevin, analytic", new Langevin(Schedule.constant(0.02)), type, analytic));
            rows.add(new Case("Langevin, neural", new Langevin(Schedule.constant(0.02)), type, neural));
            rows.add(new Case(
                    "Langevin, decaying step", new Langevin(Schedule.stepDecay(0.05, 0.5, 6)), type, analytic));
        }
        return rows;
    }
}
