package gebm.plot;

import ai.djl.ndarray.NDManager;
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
 * How long a picture of each kind takes, from the data to the file.
 *
 * <p>To be held: less than 0.3 s each, 1 s for the animation of 40 frames.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class PictureBenchmark {
    @Param({
        "curves",
        "curves, with a band",
        "histogram",
        "scatter",
        "scatter, of three",
        "heatmap",
        "landscape",
        "landscape, with points and paths",
        "field",
        "walk",
        "pairs",
        "traces",
        "ranks",
        "training",
        "training, one term",
        "images",
        "sideBySide"
    })
    public String kind;

    private NDManager scope;
    private PictureCases.Drawing drawing;

    @Setup(Level.Trial)
    public void open() {
        scope = NDManager.newBaseManager();
        drawing = PictureCases.all(scope).get(kind);
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
    }

    @Benchmark
    public byte[] draw() {
        return drawing.png();
    }
}
