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
import gebm.sampler.Hmc;
import gebm.sampler.KineticLangevin;
import gebm.sampler.Langevin;
import gebm.sampler.Mala;
import gebm.sampler.Microcanonical;
import gebm.sampler.Sampler;
import gebm.sampler.SamplingPlan;
import java.util.Locale;
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
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What a gradient costs in each sampler: 128 chains on the energy of an MLP d-64-64-64-1 with tanh, plus ½‖x‖².
 *
 * <p>A run includes recording and compiling its two programs, spread over its steps. {@code eager} is Langevin with
 * DJL's own gradients. Besides JMH's table, {@link #main} prints {@code workload,ours,metric,value} lines:
 * {@code mvn -Pbenchmark -pl gebm-lib -DskipTests verify -Djmh.main=gebm.trace.SamplerBenchmark}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class SamplerBenchmark {
    private static final int GRADIENTS = 5_000;
    private static final int LEAPFROGS = 10;
    private static final double STEP = 0.005;

    @Param({"2", "100"})
    public int d;

    private NDManager scope;
    private Network network;
    private Energy energy;
    private NDArray start;

    @Setup(Level.Trial)
    public void open() {
        scope = NDManager.newBaseManager();
        network = Network.of(Mlp.of(Activation::tanh, d, 64, 64, 64, 1), new Shape(d), Rng.of(1));
        energy = x ->
                network.apply(x).reshape(-1).add(x.square().sum(new int[] {1}).mul(0.5));
        start = Rng.of(2).normal(scope, new Shape(128, d));
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
        network.close();
    }

    private float run(Sampler<?> sampler, int steps) {
        try (NDManager run = scope.newSubManager()) {
            NDArray from = start.duplicate();
            from.attach(run);
            return sampler.run(energy, from, SamplingPlan.of(steps), Rng.of(3))
                    .position()
                    .getFloat(0, 0);
        }
    }

    @Benchmark
    @OperationsPerInvocation(GRADIENTS)
    public float langevin() {
        return run(new Langevin(Schedule.constant(STEP)), GRADIENTS);
    }

    @Benchmark
    @OperationsPerInvocation(GRADIENTS)
    public float mala() {
        return run(new Mala(Schedule.constant(STEP)), GRADIENTS);
    }

    @Benchmark
    @OperationsPerInvocation(GRADIENTS)
    public float hmc() {
        var hmc = new Hmc(Schedule.constant(0.05), Schedule.constant(LEAPFROGS));
        return run(hmc, GRADIENTS / LEAPFROGS);
    }

    @Benchmark
    @OperationsPerInvocation(GRADIENTS)
    public float kinetic() {
        return run(KineticLangevin.of(Schedule.constant(0.1), 1), GRADIENTS);
    }

    @Benchmark
    @OperationsPerInvocation(GRADIENTS)
    public float microcanonical() {
        return run(new Microcanonical(Schedule.constant(0.1), 3), GRADIENTS);
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
        return h.reshape(-1).add(x.square().sum(new int[] {1}).mul(0.5));
    }

    /** Runs this benchmark with JMH's arguments, and prints its lines. */
    public static void main(String[] arguments) throws RunnerException, CommandLineOptionException {
        var options = new OptionsBuilder()
                .parent(new CommandLineOptions(arguments))
                .include(SamplerBenchmark.class.getName())
                .build();
        for (RunResult result : new Runner(options).run()) {
            String method = result.getParams().getBenchmark();
            System.out.printf(
                    Locale.ROOT,
                    "%s-d%s,gebm,us_per_gradient_mean,%.2f%n",
                    method.substring(method.lastIndexOf('.') + 1),
                    result.getParams().getParam("d"),
                    result.getPrimaryResult().getScore());
        }
    }
}
