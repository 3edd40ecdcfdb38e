package gebm.sampler;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.nn.Mlp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One row for each sampler, type of array and kind of target, on points of dimension 2. */
final class SamplerCases {
    record Case(String name, Sampler<?> sampler, DataType type, Energy target) {
        /** Whether the energy it tells is that of its positions: the midpoint's, with ABOBA. */
        boolean tellsEnergyOfPosition() {
            return !(sampler instanceof KineticLangevin kinetic
                    && kinetic.splitting() == KineticLangevin.Splitting.ABOBA);
        }

        /** Whether two keys give two results. */
        boolean draws() {
            return !(sampler instanceof OptimalTransport);
        }

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
            boolean single = type == DataType.FLOAT32;
            samplers(type)
                    .forEach((name, sampler) -> rows.add(new Case(
                            name + (single ? ", neural" : ", analytic"), sampler, type, single ? neural : analytic)));
            rows.add(new Case(
                    "Langevin, decaying step", new Langevin(Schedule.stepDecay(0.05, 0.5, 6)), type, analytic));
        }
        return rows;
    }

    private static Map<String, Sampler<?>> samplers(DataType type) {
        Schedule small = Schedule.constant(0.02);
        Schedule medium = Schedule.constant(0.1);
        Schedule large = Schedule.constant(0.3);
        Map<String, Sampler<?>> samplers = new LinkedHashMap<>();
        samplers.put("Langevin", new Langevin(small));
        samplers.put("Mala", new Mala(small));
        samplers.put("RandomWalk", new RandomWalk(large));
        samplers.put("IndependenceMetropolis", new IndependenceMetropolis(DensityBase.standardNormal(2, type)));
        samplers.put("Hmc", Hmc.of(0.1, 0.5));
        samplers.put("KineticLangevin, ABOBA", KineticLangevin.of(medium, 1));
        samplers.put("KineticLangevin, BAOAB", new KineticLangevin(medium, 1, KineticLangevin.Splitting.BAOAB));
        samplers.put("Microcanonical", new Microcanonical(large, 2));
        samplers.put("Preconditioned Mala", new Preconditioned<>(new Mala(small), new double[] {0.5, 2}));
        samplers.put(
                "StochasticGradientLangevin",
                new StochasticGradientLangevin(Schedule.constant(0.05), Schedule.constant(0.1)));
        samplers.put(
                "StochasticGradientLangevin, clipped",
                new StochasticGradientLangevin(Schedule.constant(0.05), Schedule.constant(0.1)).withGradientClip(0.3));
        samplers.put(
                "ParallelTempering",
                new ParallelTempering<>(
                        new Mala(small), x -> x.square().sum(new int[] {1}), new double[] {1, 0.6, 0.2, 0}, 2));
        samplers.put("ParallelTempering of two", ParallelTempering.of(Hmc.of(0.1, 0.3), 2, 0.3));
        samplers.put("OptimalTransport", new OptimalTransport(Schedule.constant(0.05), 2));
        for (GradientFlow.Divergence divergence : GradientFlow.Divergence.values()) {
            samplers.put("GradientFlow, " + divergence, new GradientFlow(small, 0.5, divergence));
        }
        return samplers;
    }
}
