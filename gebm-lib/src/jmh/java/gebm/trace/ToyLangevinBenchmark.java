package gebm.trace;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.training.GradientCollector;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.nn.Mlp;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
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
 * Workload W1: a step of Langevin on a 2-D energy, MLP 2-h-h-h-1 with tanh, traced and by DJL's own gradients.
 *
 * <p>A traced run includes recording and compiling its two programs, spread over its 10,000 steps.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class ToyLangevinBenchmark {
    private static final double STEP = 0.005; // λ; the peers' γ is 2λ = 0.01

    @Param({"64:128", "128:256"})
    public String sizes; // hidden units : chains

    private NDManager scope;
    private Energy energy;
    private Network network;
    private NDArray start;

    @Setup(Level.Trial)
    public void open() {
        int hidden = Integer.parseInt(sizes.split(":")[0]);
        int chains = Integer.parseInt(sizes.split(":")[1]);
        scope = NDManager.newBaseManager();
        var block = Mlp.of(Activation::tanh, 2, hidden, hidden, hidden, 1);
        network = Network.of(block, new Shape(2), Rng.of(1));
        energy = x -> network.apply(x).reshape(-1);
        start = Rng.of(2).normal(scope, new Shape(chains, 2));
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
        network.close();
    }

    @Benchmark
    @OperationsPerInvocation(10_000)
    public float traced() {
        try (NDManager run = scope.newSubManager()) {
            NDArray from = start.duplicate();
            from.attach(run);
            var langevin = new Langevin(Schedule.constant(STEP));
            return langevin.run(energy, from, SamplingPlan.of(10_000), Rng.of(3))
                    .position()
                    .getFloat(0, 0);
        }
    }

    @Benchmark
    @OperationsPerInvocation(200)
    public float eager() {
        NDArray z = start.duplicate();
        for (int step = 0; step < 200; step++) {
            try (NDManager one = scope.newSubManager()) {
                NDArray x = z.duplicate();
                z.close();
                x.attach(one);
                x.setRequiresGradient(true);
                try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                    collector.backward(eagerEnergy(x).sum());
                }
                NDArray noise = one.randomNormal(x.getShape());
                z = x.stopGradient().sub(x.getGradient().mul(STEP)).add(noise.mul(Math.sqrt(2 * STEP)));
                z.attach(scope);
            }
        }
        float result = z.getFloat(0, 0);
        z.close();
        return result;
    }

    private NDArray eagerEnergy(NDArray x) {
        var p = network.parameters();
        NDArray h = x;
        for (int i = 0; i < p.size(); i += 2) {
            h = h.getNDArrayInternal().linear(h, p.get(i), p.get(i + 1)).singletonOrThrow();
            h = i + 2 < p.size() ? h.tanh() : h;
        }
        return h;
    }
}
