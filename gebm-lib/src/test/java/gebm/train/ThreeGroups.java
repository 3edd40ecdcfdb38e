package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.Parts;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.Weights;
import gebm.data.DataSource;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.nn.Mlp;
import gebm.objective.Batch;
import gebm.objective.ContrastiveDivergence;
import gebm.objective.CrossEntropy;
import gebm.objective.Loss;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.objective.PersistentChains;
import gebm.sampler.Langevin;
import gebm.trace.Network;
import java.util.List;

/** A model of three groups: a classifier with labels, an energy with a buffer, and logits with an estimator's gradient. */
final class ThreeGroups {
    private ThreeGroups() {}

    static Parts model() {
        var block = new SequentialBlock()
                .add(Mlp.of(2, 8))
                .add(BatchNorm.builder().build())
                .add(Mlp.of(8, 2));
        try (NDManager scope = NDManager.newBaseManager()) {
            return Parts.of(
                            "classifier",
                            Network.of(block, new Shape(2), Rng.of(1)),
                            "energy",
                            Energy.neural(Mlp.of(2, 8, 1), new Shape(2), Rng.of(2)))
                    .and("logits", Weights.of("", scope.create(new float[] {0.3f, -0.2f, 0.1f})));
        }
    }

    /** {@code E Σ(b − 0.45)²}, b Bernoulli, by REINFORCE with the leave-one-out baseline: no derivative of a value. */
    record Reinforce() implements Objective<Weights> {
        @Override
        public Loss evaluate(Weights model, Batch batch, Rng rng) {
            NDArray data = batch.data();
            NDArray logits = data.getManager().from(model.parameters().head());
            NDArray p = logits.neg().exp().add(1).pow(-1);
            NDArray wide = p.reshape(1, 3).broadcast(new Shape(8, 3));
            NDArray b = rng.bernoulli(wide.stopGradient());
            NDArray f = b.sub(0.45).square().sum(new int[] {1});
            NDArray baseline = f.sum().sub(f).div(7);
            NDArray score = b.sub(wide); // ∂ log p(b)/∂ logits
            NDArray gradient = f.sub(baseline).reshape(8, 1).mul(score).mean(new int[] {0});
            return Loss.of("cost", f.mean()).withGradients(model.parameters(), new NDList(gradient));
        }
    }

    static Trainer<Parts> trainer(TrainingPlan plan) {
        var chains = PersistentChains.of(new Langevin(Schedule.constant(0.05)), 3, 8, DensityBase.standardNormal(2))
                .withCapacity(40)
                .withFreshShare(0.1);
        Objective<Energy> divergence = ContrastiveDivergence.loss().plus(0.01, Penalties.energySquares());
        Phase<Parts> classifier = Phase.of(
                "classifier",
                CrossEntropy.loss().<Parts>onPart("classifier"),
                Group.of("classifier", Adam.of(1e-2).withWeightDecay(0.01)).withAverage(0.9));
        Phase<Parts> energy = new Phase<>(
                "energy",
                List.of(Group.of("energy", Adam.of(Schedule.constant(1e-3).withWarmUp(5)))),
                divergence.onPart("energy"),
                chains.onPart("energy"),
                Schedule.opening(3, 2, 1, 4));
        Phase<Parts> logits =
                Phase.of("logits", new Reinforce().<Parts>onPart("logits"), Group.of("logits", Sgd.of(0.1)));
        return Trainer.of(plan.withBatchSize(16), classifier, energy, logits);
    }

    /** Points and whether they lie right of the axis, drawn anew for every batch. */
    static DataSource data() {
        return new DataSource() {
            @Override
            public NDArray batch(NDManager scope, int size, long index, Rng rng) {
                return rng.fork(index).normal(scope, new Shape(size, 2));
            }

            @Override
            public NDList arrays(NDManager scope, int size, long index, Rng rng) {
                NDArray points = batch(scope, size, index, rng);
                return new NDList(points, points.get(":, 0").gt(0).toType(DataType.INT64, false));
            }
        };
    }
}
