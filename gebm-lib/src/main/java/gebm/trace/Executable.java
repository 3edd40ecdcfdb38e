package gebm.trace;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Pair;
import gebm.core.Errors;
import gebm.trace.file.Archive;
import gebm.trace.file.NetworkFile;
import gebm.trace.file.SavedProgram;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program loaded into the engine, with the arrays it reads besides its arguments.
 *
 * <p>Several threads may call it at once, from the first call on. A call leaves the engine as it was: the thread's
 * gradient mode and graph optimiser, random stream and number of threads.
 *
 * <p>Memory: the engine's copy takes about 50 kB for a few operations and 200 kB for a small network's gradient. It is
 * given back, with the program's constants, once nobody {@linkplain #take uses} it, or when this object is collected.
 */
final class Executable implements AutoCloseable {
    private static final Pattern LINE = Pattern.compile("code/__torch__\\.py\", line (\\d+), in");
    private static final Pattern CAUSE =
            Pattern.compile("(?:RuntimeError|builtins\\.\\w+|\\w*Error): (.*)", Pattern.DOTALL);
    private static final Cleaner CLEANER = Cleaner.create();
    /** Unless told otherwise, off: the profiling executor only costs time on programs that are not fused anyway. */
    private static final String OPTIMIZER = "ai.djl.pytorch.graph_optimizer";

    private static final String THREADS = "ai.djl.pytorch.num_threads";

    static {
        // one thread is 5 to 20 times faster than two for small networks on a shared machine, unless told otherwise
        if (System.getProperty(THREADS) == null && System.getenv("OMP_NUM_THREADS") == null) {
            Engine.getEngine("PyTorch"); // sets the engine's own default first
            JniUtils.setNumThreads(1);
        }
    }

    private final Printer.Source source;
    private final NDList implicit;
    private final Recorded recorded;
    private final PtSymbolBlock block;
    private final Native resources;
    private final Cleaner.Cleanable cleaner;
    private final AtomicInteger users = new AtomicInteger(1);

    /** What a collected or closed program leaves behind; the manager must stay reachable, as it closes the block. */
    private static final class Native implements Runnable {
        private final NDManager manager;
        private volatile NDManager constants;

        private Native(NDManager manager) {
            this.manager = manager;
        }

        @Override
        public void run() {
            manager.close();
            if (constants != null) {
                constants.close();
            }
        }
    }

    /** What was recorded: the graph, the public view of it, and the networks of other files that it calls. */
    record Recorded(Graph graph, ProgramGraph view, List<NetworkFile> networks) {}

    /** Loads a program that reads its arguments only. */
    Executable(Printer.Source source, Device device, List<NetworkFile> networks) {
        this(Archive.of(source.text(), networks), source, device, new NDList(), null);
    }

    /** Loads a recorded program. */
    Executable(Printer.Source source, Device device, NDList implicit, Recorded recorded) {
        this(Archive.of(source.text(), recorded.networks()), source, device, implicit, recorded);
    }

    /** Loads a program from the bytes of a file. */
    Executable(byte[] archive, Printer.Source source, Device device, NDList implicit, Recorded recorded) {
        this.source = source;
        this.implicit = implicit;
        this.recorded = recorded;
        // not by DJL's Model, which leaves an empty folder on disk for each program
        PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
        try {
            block = JniUtils.loadModule(manager, new ByteArrayInputStream(archive), device.isGpu(), false);
        } catch (EngineException e) {
            manager.close();
            throw located(e);
        } catch (IOException e) {
            manager.close();
            throw new IllegalStateException("the engine refused a program:\n" + source.text(), e);
        }
        resources = new Native(manager);
        cleaner = CLEANER.register(this, resources);
    }

    /** This program, which closes {@code constants} when it goes itself. */
    Executable owning(NDManager constants) {
        resources.constants = constants;
        return this;
    }

    /** One more user, who must {@link #close}; false if the program has gone. The one who made it is a user. */
    boolean take() {
        int before = users.getAndUpdate(n -> n == 0 ? 0 : n + 1);
        return before > 0;
    }

    /** One user less; after the last the engine's memory is given back. */
    @Override
    public void close() {
        if (users.decrementAndGet() == 0) {
            cleaner.clean();
        }
    }

    String source() {
        return source.text();
    }

    /** What this program was made of; null if it comes from a file. */
    Recorded recorded() {
        return recorded;
    }

    /** The arrays that this program reads besides its arguments. */
    NDList implicit() {
        return implicit;
    }

    /** Writes this program to {@code file}, the values of {@link #implicit} as they are now. */
    void save(Path file) {
        if (recorded == null) {
            throw new IllegalStateException("a program loaded from a file is saved already: copy the file");
        }
        List<Value> inputs = recorded.graph().inputs();
        List<Value> attributes = inputs.subList(inputs.size() - implicit.size(), inputs.size());
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (int i = 0; i < attributes.size(); i++) {
            arrays.put(attributes.get(i).toString(), implicit.get(i));
        }
        String text =
                Printer.print(recorded.graph(), attributes, recorded.networks()).text();
        var arguments = recorded.view().inputs().stream()
                .filter(input -> input.role() == ProgramGraph.Role.ARGUMENT)
                .map(input -> new Pair<>(input.shape(), input.type()))
                .toList();
        SavedProgram.write(file, text, arrays, recorded.networks(), arguments);
    }

    /** Runs the program; the results belong to {@code scope}. */
    NDList call(NDManager scope, long key, NDList arguments) {
        NDList all = new NDList(1 + arguments.size() + implicit.size());
        Key held = Key.take(scope, key);
        all.add(held.array());
        all.addAll(arguments);
        all.addAll(implicit);
        String[] names = takeNames(all);
        boolean gradMode = JniUtils.isGradMode();
        JniUtils.setGraphExecutorOptimize(Boolean.getBoolean(OPTIMIZER));
        try {
            return IValueUtils.forward(block, all, true);
        } catch (EngineException e) {
            throw located(e);
        } finally {
            JniUtils.setGraphExecutorOptimize(optimizesOtherwise());
            JniUtils.setGradMode(gradMode);
            giveNames(all, names);
            held.giveBack();
            Reference.reachabilityFence(this); // a collected program is deleted
        }
    }

    /**
     * What the engine's graph optimiser is outside of our calls. It is a property of the thread: on in a fresh one, and
     * DJL sets it to this system property before each call of a block, if there is one. The engine cannot be asked.
     */
    private static boolean optimizesOtherwise() {
        String told = System.getProperty(OPTIMIZER);
        return told == null || Boolean.parseBoolean(told);
    }

    /** The engine reads structure into names, so arrays travel without them. */
    private static String[] takeNames(NDList arrays) {
        String[] names = null;
        for (int i = 0; i < arrays.size(); i++) {
            String name = arrays.get(i).getName();
            if (name != null) {
                names = names == null ? new String[arrays.size()] : names;
                names[i] = name;
                arrays.get(i).setName(null);
            }
        }
        return names;
    }

    private static void giveNames(NDList arrays, String[] names) {
        for (int i = 0; names != null && i < names.length; i++) {
            if (names[i] != null) {
                arrays.get(i).setName(names[i]);
            }
        }
    }

    private RuntimeException located(EngineException e) {
        String message = String.valueOf(e.getMessage());
        Matcher line = LINE.matcher(message);
        StackTraceElement site = null;
        String text = "";
        while (line.find()) {
            int number = Integer.parseInt(line.group(1));
            List<StackTraceElement> sites = source.sites();
            if (number >= 1 && number <= sites.size()) {
                site = sites.get(number - 1);
                text = source.text().split("\n")[number - 1].strip();
            }
        }
        Matcher cause = CAUSE.matcher(message);
        String why = cause.find() ? cause.group(1).strip() : message.strip();
        String told = why + "\n  in " + text + "\n  recorded at " + Recorder.place(site);
        return Errors.shown(new IllegalArgumentException(told, Errors.areBrief() ? null : e));
    }
}
