package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import gebm.trace.file.NetworkFile;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network of somebody else's, from a file that Python's {@code torch.jit.trace} or {@code torch.jit.script} made, as
 * a function of one array.
 *
 * <p>The network becomes part of the programs that call it, with its code and its weights: it runs inside loops and
 * losses, is saved with them, and can be differentiated with respect to its argument, again and again, by the engine.
 * Its weights stay as they are; they are not parameters.
 *
 * <p>It runs as in evaluation, whatever mode it was saved in: batch normalisation uses its running statistics, dropout
 * drops nothing. A network that draws random numbers itself is refused, as no key would repeat them: hand noise in as
 * part of the argument.
 *
 * <p>In Python: {@code torch.jit.script(module.eval().cpu()).save("generator.pt")}, or {@code torch.jit.trace(module,
 * example)}; what tracing fixes, such as a batch size in a {@code view}, stays fixed.
 *
 * <p>Memory: the file's bytes in Java, and one copy in the engine for each program that calls it.
 *
 * <pre>{@code
 * var file = java.nio.file.Path.of("src/test/resources/oracles/generator.pt");
 * var generator = gebm.trace.TorchScript.load(file);
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var z = scope.ones(new ai.djl.ndarray.types.Shape(3, 4));
 *     var slope = gebm.trace.Gradients.gradient(x -> generator.apply(x).square().sum(new int[] {1, 2, 3}), z);
 * }
 * }</pre>
 */
public final class TorchScript {
    private static final String CALL = "(self.";

    private final NetworkFile file;
    private final Map<Pair<Shape, DataType>, Pair<Shape, DataType>> kinds = new ConcurrentHashMap<>();
    private final Program program = Program.of(x -> Recorder.of(x).array(write(Recorder.of(x), x)));

    private TorchScript(NetworkFile file) {
        this.file = file;
    }

    /**
     * The network in {@code file}.
     *
     * @throws IllegalArgumentException if the file is missing, damaged or no TorchScript; if its {@code forward} does not
     *     take and give one tensor; or if it draws random numbers
     */
    public static TorchScript load(Path file) {
        return new TorchScript(NetworkFile.load(file));
    }

    /**
     * The output for {@code x}; works in recordings and on ordinary arrays.
     *
     * @throws IllegalArgumentException from the engine, if the network does not take such an array
     */
    public NDArray apply(NDArray x) {
        Recorder recorder = Recorder.of(x);
        if (recorder == null) {
            return program.run(x);
        }
        Value result = write(recorder, x);
        Pair<Shape, DataType> given = recorder.known(x);
        if (given == null) {
            return recorder.array(result);
        }
        Pair<Shape, DataType> kind = kinds.computeIfAbsent(given, this::kind);
        return recorder.array(result, kind.getKey(), kind.getValue());
    }

    private Value write(Recorder recorder, NDArray x) {
        String argument = file.changesArgument() ? "torch.clone({0})" : "{0}";
        return recorder.call(CALL + NetworkFile.attribute(recorder.number(file)) + ").forward(" + argument + ")", x);
    }

    /** Whether {@code target} is a call of a network, which may hand back its argument or a view of it. */
    static boolean isCall(String target) {
        return target.startsWith(CALL);
    }

    /** {@code networkN} of a call. */
    static String nameIn(String target) {
        return target.substring(CALL.length(), target.indexOf(')'));
    }

    private Pair<Shape, DataType> kind(Pair<Shape, DataType> argument) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray result = program.run(scope.zeros(argument.getKey(), argument.getValue()));
            return new Pair<>(result.getShape(), result.getDataType());
        }
    }

    @Override
    public String toString() {
        return "TorchScript[" + file + "]";
    }
}
