package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import gebm.core.Rng;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
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
 * <p>Memory: arguments are borrowed, results belong to {@code scope}, constants made inside the function live as long
 * as the program. At most {@value #KEPT} combinations of shapes are kept; the one used longest ago goes first.
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
    private static final Map<Owner, Program> OWNED = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Owner, Program> eldest) {
            return size() > KEPT_FOR_OWNERS;
        }
    };

    private final Body body;
    private final Map<List<Object>, Executable> executables = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<List<Object>, Executable> eldest) {
            return size() > KEPT;
        }
    };
    private Executable latest;

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

    /** Objects by identity and what a program does for them. */
    private record Owner(Object first, Object second, String role) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Owner owner
                    && owner.first == first
                    && owner.second == second
                    && owner.role.equals(role);
        }

        @Override
        public int hashCode() {
            return 31 * System.identityHashCode(first) + System.identityHashCode(second) + role.hashCode();
        }
    }

    /**
     * The program that was made for exactly these two objects in this role, or a new one: for functions that are
     * called again and again without a place to keep their program. At most {@value #KEPT_FOR_OWNERS} are kept.
     */
    public static Program cached(Object first, Object second, String role, Supplier<Program> make) {
        synchronized (OWNED) {
            return OWNED.computeIfAbsent(new Owner(first, second, role), owner -> make.get());
        }
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
     * @throws UnsupportedOperationException from the first call, if the function does what cannot be recorded
     * @throws IllegalArgumentException if an operation refuses the shapes or types; the message has the user's line
     */
    public NDList run(NDManager scope, NDList arguments, Rng rng) {
        Recorder recording = recordingOf(scope, arguments);
        if (recording != null) {
            return body.apply(recording.manager(), arguments, rng);
        }
        try {
            return executable(scope, arguments).call(scope, rng.key(), arguments);
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

    private Executable executable(NDManager scope, NDList arguments) {
        List<Object> signature = signature(scope.getDevice(), arguments);
        synchronized (executables) {
            latest = executables.get(signature);
            if (latest == null) {
                latest = record(scope.getDevice(), arguments);
                executables.put(signature, latest);
            }
            return latest;
        }
    }

    private static List<Object> signature(Device device, NDList arguments) {
        Object[] parts = new Object[arguments.size() + 1];
        parts[0] = device;
        for (int i = 1; i < parts.length; i++) {
            NDArray argument = arguments.get(i - 1);
            parts[i] = new Pair<Shape, DataType>(argument.getShape(), argument.getDataType());
        }
        return List.of(parts);
    }

    private Executable record(Device device, NDList arguments) {
        NDManager constants = NDManager.newBaseManager(device, "PyTorch");
        try (Recorder recorder = new Recorder(arguments, constants)) {
            Rng rng = Rng.of(RecordedStream.ofCall(recorder));
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
     * Writes the program that ran last as a file that {@code torch.jit.load} opens.
     *
     * <p>Its arguments are the key (int64, one element), the function's arguments, and then the arrays read from the
     * surroundings, in the order in which the text names them.
     *
     * @throws IllegalStateException if none has run
     */
    public void save(Path file) {
        byte[] bytes = Archive.of(ran().source());
        try {
            Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), "program", ".part");
            Files.write(beside, bytes);
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write the program to " + file, e);
        }
    }

    private Executable ran() {
        synchronized (executables) {
            if (latest == null) {
                throw new IllegalStateException("the program has not run yet, so it has no text: call run first");
            }
            return latest;
        }
    }
}
