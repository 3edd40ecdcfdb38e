package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.nn.Mlp;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the first call of a program costs: the gradient of the energy 2-64-64-1, by the points or by the parameters.
 *
 * <p>{@code firstCall} is all of it, and to be held below 10 ms; {@code record} runs the function on recording arrays
 * and {@code load} hands a written program to the engine; what remains is deriving, rewriting, printing and the call.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class RecordingBenchmark {
    @Param({"points", "parameters"})
    public String by;

    private NDManager scope;
    private Network network;
    private NDList inputs;
    private Printer.Source source;

    @Setup(Level.Trial)
    public void open() {
        scope = NDManager.newBaseManager();
        network = Network.of(Mlp.of(2, 64, 64, 1), new Shape(2), Rng.of(1));
        inputs = new NDList(scope.ones(new Shape(128, 2)));
        Program program = Program.ofList(function());
        program.run(scope, inputs).close();
        source = new Printer.Source(program.source(), List.of());
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
        network.close();
    }

    private Function<NDList, NDList> function() {
        return by.equals("points")
                ? in -> new NDList(Gradients.gradient(this::energy, in.get(0)))
                : in -> Gradients.ofParameters(
                                network.parameters(),
                                () -> new Gradients.Loss(energy(in.get(0)).mean(), new NDList()))
                        .gradients();
    }

    private NDArray energy(NDArray x) {
        return network.apply(x).reshape(-1);
    }

    @Benchmark
    public void firstCall() {
        Program.ofList(function()).run(scope, inputs).close();
    }

    /** Also what a function of recorded arrays costs by itself. */
    @Benchmark
    public NDList record() {
        try (Recorder recorder = new Recorder(inputs, scope)) {
            return function().apply(recorder.arguments());
        }
    }

    @Benchmark
    public void load() {
        new Executable(source, scope.getDevice(), java.util.List.of()).close();
    }
}
