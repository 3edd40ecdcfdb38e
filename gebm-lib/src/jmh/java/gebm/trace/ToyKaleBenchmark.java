package gebm.trace;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import gebm.core.Rng;
import gebm.data.DataSource;
import gebm.data.Toy;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Kale;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.train.Adam;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Workload W2: an iteration of KALE training on 2-D data, 5 energy steps and a base step; base 2-h-h-2 with ReLU, energy
 * 2-h-h-1 with leaky ReLU.
 *
 * <p>DJL's own gradients cannot take the gradient penalty, so the comparison is without; {@code tracedWithPenalty} is
 * the whole workload. A traced run includes recording and compiling, spread over its 1,000 iterations.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@Fork(1)
public class ToyKaleBenchmark {
    private static final int ENERGY_STEPS = 5;
    private static final double RATE = 1e-6; // without the penalty the energy would run away at the peers' 1e-4

    @Param({"32:64", "128:256"})
    public String sizes; // hidden units : batch

    private int batch;
    private NDManager scope;
    private Gebm model;
    private NDArray rows;
    private DataSource data;

    @Setup(Level.Trial)
    public void open() {
        int hidden = Integer.parseInt(sizes.split(":")[0]);
        batch = Integer.parseInt(sizes.split(":")[1]);
        scope = NDManager.newBaseManager();
        var base = LatentBase.pushForward(
                DensityBase.standardNormal(2), Mlp.of(Activation::relu, 2, hidden, hidden, 2), Rng.of(1));
        var critic = Mlp.of(x -> Activation.leakyRelu(x, 0.1f), 2, hidden, hidden, 1);
        model = Gebm.of(base, Energy.neural(critic, new Shape(2), Rng.of(2)));
        rows = Toy.eightGaussians().batch(scope, 20_000, 0, Rng.of(3));
        data = DataSource.of(rows);
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
        model.close();
    }

    @Benchmark
    @OperationsPerInvocation(1_000)
    public double traced() {
        return train(Kale.energyLoss());
    }

    @Benchmark
    @OperationsPerInvocation(1_000)
    public double tracedWithPenalty() {
        return train(Kale.energyLoss().plus(1, Penalties.gradient()));
    }

    private double train(Objective<Gebm> loss) {
        var plan = TrainingPlan.of(1_000)
                .withEnergySteps(i -> ENERGY_STEPS)
                .withBatchSize(batch)
                .withOptimizers(Adam.of(RATE).withBetas(0.5, 0.999));
        var run = Trainer.alternating(loss, Kale.baseLoss(), plan).fit(model, data, Rng.of(4));
        double c = run.model().logPartition();
        run.model().close();
        return c;
    }

    @Benchmark
    @OperationsPerInvocation(50)
    public float eager() {
        try (NDManager run = scope.newSubManager()) {
            NDList energy = trained(run, model.energy().parameters());
            energy.add(run.zeros(new Shape())); // c
            energy.get(energy.size() - 1).setRequiresGradient(true);
            NDList base = trained(run, model.base().parameters());
            Optimizer adam = Optimizer.adam()
                    .optLearningRateTracker(Tracker.fixed((float) RATE))
                    .optBeta1(0.5f)
                    .build();
            for (int i = 0; i < 50; i++) {
                for (int j = 0; j < ENERGY_STEPS; j++) {
                    energyStep(run, energy, base, adam, i * (ENERGY_STEPS + 1) + j);
                }
                baseStep(run, energy, base, adam, i * (ENERGY_STEPS + 1) + ENERGY_STEPS);
            }
            return energy.get(energy.size() - 1).getFloat();
        }
    }

    private static NDList trained(NDManager scope, NDList parameters) {
        NDList copies = new NDList();
        parameters.forEach(p -> {
            NDArray copy = p.duplicate();
            copy.attach(scope);
            copy.setRequiresGradient(true);
            copies.add(copy);
        });
        return copies;
    }

    private void energyStep(NDManager run, NDList energy, NDList base, Optimizer adam, int index) {
        try (NDManager one = run.newSubManager()) {
            NDArray x = data.batch(one, batch, index, Rng.of(5));
            NDArray y = mlp(one.randomNormal(new Shape(batch, 2)), base, false).stopGradient();
            NDArray c = energy.get(energy.size() - 1);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray onData = mlp(x, energy, true).add(c).mean();
                NDArray onGenerated = mlp(y, energy, true).add(c).neg().exp().mean();
                collector.backward(onData.add(onGenerated));
            }
            update("energy", energy, adam);
        }
    }

    private void baseStep(NDManager run, NDList energy, NDList base, Optimizer adam, int index) {
        try (NDManager one = run.newSubManager()) {
            NDArray z = one.randomNormal(new Shape(batch, 2));
            NDArray x = data.batch(one, batch, index, Rng.of(5));
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray y = mlp(z, base, false);
                NDArray a = mlp(y, energy, true).neg().exp().mean().log();
                collector.backward(mlp(x, energy, true).mean().add(a).neg());
            }
            update("base", base, adam);
            energy.forEach(p -> p.getGradient().subi(p.getGradient()));
        }
    }

    private static void update(String name, NDList parameters, Optimizer adam) {
        for (int k = 0; k < parameters.size(); k++) {
            NDArray p = parameters.get(k);
            adam.update(name + k, p, p.getGradient());
            p.getGradient().subi(p.getGradient());
        }
    }

    private static NDArray mlp(NDArray x, NDList p, boolean leaky) {
        NDArray h = x;
        for (int i = 0; i + 1 < p.size(); i += 2) {
            h = h.getNDArrayInternal().linear(h, p.get(i), p.get(i + 1)).singletonOrThrow();
            if (i + 3 < p.size()) {
                h = leaky ? Activation.leakyRelu(h, 0.1f) : Activation.relu(h);
            }
        }
        return h;
    }
}
