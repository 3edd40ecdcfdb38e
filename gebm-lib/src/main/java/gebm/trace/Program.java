package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import gebm.core.Rng;
import gebm.trace.file.SavedProgram;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A function of arrays that runs as one native program.
 *
 * <p>The function is called once for each combination of shapes, types and device, with recording arrays; what it did
 * becomes a TorchScript program, and later calls run that program. It must be pure: what it does in Java happens at the
 * recording only. Arrays of its surroundings (parameters, constants) are read anew at each call, so a program sees
 * training. Inside another recording the function is written into that one.
 *
 * <p>Gradients do not leave a program: results are plain values. Copies ({@code duplicate}) and changes of type keep
 * the gradient, which DJL's own do not.
 *
 * <p>Randomness: draws come from the {@link Rng} handed in, by the same arithmetic as outside a program, so both give
 * the same bits.
 *
 * <p>Threads: a program may be called from several threads at once, from the first call on; only those that ask for a
 * combination that is being recorded wait for it. A call leaves the engine's settings and random stream as they were.
 *
 * <p>Memory: arguments are borrowed, results belong to {@code scope}, constants made inside the function live as long
 * as the program. At most {@value #KEPT} combinations of shapes are kept; the one used longest ago goes first.
 * A combination takes 50 to 200 kB of native memory, which goes back when it is dropped and no call runs in it.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var well = gebm.trace.Program.of(x -> x.square().sub(1).square().sum(new int[] {1}));
 *     float e = well.run(scope.create(new float[][] {{0, 2}})).getFloat(0); // 1 + 9
 * }
 * }</pre>
 */
public final class Program {
    private static final int KEPT = 32;

    private static final int KEPT_FOR_OWNERS = 64;
    private static final Map<List<Object>, Program> OWNED = Calls.recent(KEPT_FOR_OWNERS, Program::drop);

    private final Body body;
    /** By signature, the one used last at the end. */
    private final Map<List<Object>, Recording> recordings = Calls.recent(KEPT, Recording::drop);

    private Program(Body body) {
        this.body = body;
    }

    /** What a program computes from its arguments and its random key. */
    @FunctionalInterface
    public interface Body {
        /** Results for {@code arguments}; {@code scope} makes constants, {@code rng} draws. */
        NDList apply(NDManager scope, NDList arguments, Rng rng);
    }

    /** The program of a function of one array. */
    public static Program of(UnaryOperator<NDArray> function) {
        return ofList(list -> new NDList(function.apply(list.singletonOrThrow())));
    }

    /** The program of a function of several arrays. */
    public static Program ofList(Function<NDList, NDList> function) {
        return new Program((scope, list, rng) -> function.apply(list));
    }

    /** The program of a function that draws. */
    public static Program ofRandom(Body body) {
        return new Program(body);
    }

    /**
     * The program that was made for these two objects in this role, or a new one: for functions that are called again
     * and again without a place to keep their program.
     *
     * <p>An object is known by its identity; a record by its components, each by the same rule, so that one made anew of
     * the same parts is the same. What the function reads of the objects in Java must not change.
     *
     * <p>Memory: at most {@value #KEPT_FOR_OWNERS} programs are kept, with their objects; the one used longest ago goes
     * first, and gives back its memory at once.
     */
    public static Program cached(Object first, Object second, String role, Supplier<Program> make) {
        List<Object> owner = List.of(Identity.of(first), Identity.of(second), role);
        synchronized (OWNED) {
            return OWNED.computeIfAbsent(owner, made -> make.get());
        }
    }

    /** Gives back the memory of all combinations; one that is asked for later is recorded anew. */
    private void drop() {
        synchronized (recordings) {
            recordings.values().forEach(Recording::drop);
            recordings.clear();
        }
    }

    /**
     * {@code function(arguments)}: written into the recording that an argument belongs to, else run by the program
     * that is kept for {@code owner} in this role, as {@link #cached} keeps it; owned by the first argument's manager.
     */
    public static NDList call(Object owner, String role, NDList arguments, Function<NDList, NDList> function) {
        NDManager scope = arguments.head().getManager();
        if (recordingOf(scope, arguments) != null) {
            return function.apply(arguments);
        }
        return cached(owner, null, role, () -> ofList(function)).run(scope, arguments);
    }

    /** Whether {@code array} belongs to a recording: it has no values, only operations. */
    public static boolean isRecorded(NDArray array) {
        return RecordingArray.of(array) != null;
    }

    /** The result for {@code argument}, owned by the argument's manager. */
    public NDArray run(NDArray argument) {
        return run(argument.getManager(), new NDList(argument)).singletonOrThrow();
    }

    /** The results for {@code arguments}, owned by {@code scope}, of a function that draws nothing. */
    public NDList run(NDManager scope, NDList arguments) {
        return run(scope, arguments, Rng.of(0));
    }

    /**
     * The results for {@code arguments}, owned by {@code scope}.
     *
     * @throws UnsupportedOperationException from the first call, if the function does what cannot be recorded; or if a
     *     gradient with respect to parameters of the function is being recorded, and the arguments are ordinary arrays:
     *     the result would be a constant there
     * @throws IllegalArgumentException if an operation refuses the shapes or types; the message has the user's line
     */
    public NDList run(NDManager scope, NDList arguments, Rng rng) {
        Recorder recording = recordingOf(scope, arguments);
        if (recording != null) {
            return body.apply(recording.manager(), arguments, rng);
        }
        try (Executable executable = executable(scope, arguments)) {
            Recorder.refuseConstantsOf(executable.implicit());
            return executable.call(scope, rng.key(), arguments);
        } finally {
            Reference.reachabilityFence(this); // the function holds the owners of the arrays that the program reads
        }
    }

    private static Recorder recordingOf(NDManager scope, NDList arguments) {
        Recorder recorder = RecordingManager.of(scope);
        for (NDArray argument : arguments) {
            recorder = recorder == null ? Recorder.of(argument) : recorder;
        }
        return recorder;
    }

    /** What is made once for each signature, by the first thread that asks; others that ask for the same wait. */
    private final class Recording {
        private volatile Executable executable;

        Executable get(Device device, NDList arguments) {
            Executable made = executable;
            return made == null ? make(device, arguments) : made;
        }

        private synchronized Executable make(Device device, NDList arguments) {
            if (executable == null) {
                executable = record(device, arguments);
            }
            return executable;
        }

        /** Nobody finds this any more; calls that run end before memory goes. */
        void drop() {
            if (executable != null) { // else it is being made, and goes when it is collected
                executable.close();
            }
        }
    }

    /** The program for such arguments, with the caller as its user. */
    private Executable executable(NDManager scope, NDList arguments) {
        List<Object> signature = signature(scope.getDevice(), arguments);
        while (true) {
            Recording recording;
            synchronized (recordings) {
                recording = recordings.computeIfAbsent(signature, key -> new Recording());
            }
            Executable executable = recording.get(scope.getDevice(), arguments);
            if (executable.take()) { // else it was dropped a moment ago
                return executable;
            }
        }
    }

    private static List<Object> signature(Device device, NDList arguments) {
        List<Pair<Shape, DataType>> kinds = new ArrayList<>(arguments.size());
        for (NDArray argument : arguments) {
            kinds.add(new Pair<>(argument.getShape(), argument.getDataType()));
        }
        return List.of(device, kinds);
    }

    private Executable record(Device device, NDList arguments) {
        NDManager constants = NDManager.newBaseManager(device, "PyTorch");
        try (Recorder recorder = new Recorder(arguments, constants)) {
            Rng rng = RecordedDraws.ofCall(recorder);
            return recorder.finish(body.apply(recorder.manager(), recorder.arguments(), rng))
                    .owning(constants);
        } catch (RuntimeException e) {
            constants.close();
            throw Refusals.explained(e);
        }
    }

    /**
     * The TorchScript text of the program that ran last.
     *
     * @throws IllegalStateException if none has run
     */
    public String source() {
        return ran().source();
    }

    /**
     * What the program that ran last does: its operations after all passes, with shapes, types and the user's lines, and
     * how each derivative in it is computed.
     *
     * @throws IllegalStateException if none has run
     */
    public ProgramGraph graph() {
        Executable.Recorded recorded = ran().recorded();
        if (recorded == null) {
            throw new IllegalStateException("a program loaded from a file has its text only: see source()");
        }
        return recorded.view();
    }

    /** {@link #graph} as text, an operation a line. */
    public String explain() {
        return graph().toString();
    }

    /**
     * Writes the program that ran last as a file that {@link #load} and {@code torch.jit.load} open. The arrays of the
     * surroundings (parameters, constants) go into it with the values that they have now.
     *
     * <p>In Python it is called with the key (int64, one element) and the function's arguments, and returns a list.
     *
     * @throws IllegalStateException if none has run
     */
    public void save(Path file) {
        ran().save(file);
    }

    /** The program in {@code file}, on the CPU. */
    public static Program load(Path file) {
        return load(file, Device.cpu());
    }

    /**
     * A program that {@link #save} wrote. It takes arguments of the shapes and types that it was recorded for, and
     * cannot become part of another program.
     *
     * @throws IllegalArgumentException if the file is missing, damaged or not of this library
     */
    public static Program load(Path file, Device device) {
        SavedProgram saved = SavedProgram.read(file);
        Printer.Source source = new Printer.Source(saved.source(), List.of());
        Program program = new Program((scope, arguments, rng) -> {
            throw saved.refusal(arguments);
        });
        Recording recording = program.new Recording();
        recording.executable = new Executable(saved.archive(), source, device, new NDList(), null);
        program.recordings.put(List.of(device, saved.arguments()), recording);
        return program;
    }

    Executable ran() {
        Executable latest = null;
        synchronized (recordings) {
            for (Recording recording : recordings.values()) {
                latest = recording.executable == null ? latest : recording.executable;
            }
        }
        if (latest == null) {
            throw new IllegalStateException("the program has not run yet, so it has no text: call run first");
        }
        return latest;
    }
}
