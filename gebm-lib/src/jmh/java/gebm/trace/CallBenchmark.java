package gebm.trace;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.concurrent.TimeUnit;
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
 * What a call of a recorded program costs beside its work, which is one operation on four numbers here.
 *
 * <p>To be held: less than 10 µs and 0.3 µs for each argument.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CallBenchmark {
    @Param({"1", "5", "20", "60"})
    public int arguments;

    private NDManager scope;
    private NDList inputs;
    private Program program;
    private Program drawing;
    private long key;

    @Setup(Level.Trial)
    public void open() {
        scope = NDManager.newBaseManager();
        inputs = new NDList();
        for (int i = 0; i < arguments; i++) {
            inputs.add(scope.ones(new Shape(4)));
        }
        program = Program.ofList(in -> new NDList(in.get(0).add(in.get(in.size() - 1))));
        drawing = Program.ofRandom((manager, in, rng) -> new NDList(rng.normal(manager, new Shape(4))));
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
    }

    /** DJL's own operation, for comparison. */
    @Benchmark
    public void eager() {
        inputs.get(0).add(inputs.get(arguments - 1)).close();
    }

    @Benchmark
    public void call() {
        program.run(scope, inputs).close();
    }

    /** With a random key that is read. */
    @Benchmark
    public void callThatDraws() {
        drawing.run(scope, inputs, Rng.of(key++)).close();
    }
}
