package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import gebm.core.Errors;
import gebm.trace.file.NetworkFile;
import java.lang.reflect.Proxy;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A recording in progress: what recorded arrays do is written here, node by node.
 *
 * <p>The first input of every program is an int64 array of one element, the key. Then come the arrays handed in at each
 * call, then the arrays that were met on the way (parameters, constants), which are read anew at each call.
 */
final class Recorder implements AutoCloseable {
    private static final ThreadLocal<Recorder> CURRENT = new ThreadLocal<>();
    private static final ThreadLocal<Boolean> WITHOUT_RULES = ThreadLocal.withInitial(() -> false);
    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    private static final Pattern STATEMENT = Pattern.compile("\\$JShell\\$(\\d+).*");
    private static final String EMPTY_LIST = "annotate(List[Tensor], {0})";
    private static final String APPEND = "torch.append";
    private static final CodeSource LIBRARY = codeSource(Recorder.class);

    private final Recorder outer = CURRENT.get();
    private final List<Frame> frames = new ArrayList<>(List.of(new Frame()));
    private final List<Value> inputs = new ArrayList<>();
    private final List<NDArray> examples = new ArrayList<>(); // of the inputs after the key
    private final Map<NDArray, Value> captured = new IdentityHashMap<>();
    private final Facts facts = new Facts();
    private final Set<Value> unsized = new HashSet<>(); // as long as a loop takes steps
    private final Set<Value> selections = new HashSet<>(); // as many as there were values
    private final List<NetworkFile> networks = new ArrayList<>();
    private final NDManager constants;
    private final RecordingManager manager;
    /** Where dropout gets its masks. */
    final Masks masks = new Masks(this);
    /** What has been computed already. */
    final Known known = new Known(this);

    private Value keyNumber;
    private int ids;

    Recorder(NDList examples, NDManager constants) {
        this.constants = constants;
        manager = new RecordingManager(this);
        inputs.add(newValue()); // the key
        examples.forEach(this::addInput);
        CURRENT.set(this);
    }

    @Override
    public void close() {
        if (outer == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outer);
        }
    }

    /** What {@code work} returns where programs are recorded with the engine's gradients only: a reference for tests. */
    static <T> T withoutRules(Supplier<T> work) {
        boolean before = WITHOUT_RULES.get();
        WITHOUT_RULES.set(true);
        try {
            return work.get();
        } finally {
            WITHOUT_RULES.set(before);
        }
    }

    /** The recording that this thread is writing, or null. */
    static Recorder current() {
        return CURRENT.get();
    }

    /**
     * The recording that this thread writes.
     *
     * @throws IllegalStateException with {@code rule} if there is none
     */
    static Recorder current(String rule) {
        if (current() == null) {
            throw new IllegalStateException(rule + ": call this from the function of a Program");
        }
        return current();
    }

    /** The recording behind {@code array}, or null for an ordinary array. */
    static Recorder of(NDArray array) {
        RecordingArray recorded = RecordingArray.of(array);
        return recorded == null ? null : recorded.recorder;
    }

    // ---------------------------------------------------------------- values

    NDManager manager() {
        return manager.proxy();
    }

    Device device() {
        return constants.getDevice();
    }

    /** Where constants made by the recorded function live: as long as the program. */
    NDManager constants() {
        return constants;
    }

    /** The arrays handed in at each call, as recorded arrays. */
    NDList arguments() {
        return arrays(inputs.subList(1, inputs.size()));
    }

    private Value addInput(NDArray example) {
        Value value = new Value(ids++, frames.get(0));
        inputs.add(value);
        examples.add(example);
        facts.put(value, example.getShape(), example.getDataType());
        return value;
    }

    Value newValue() {
        return new Value(ids++, frame());
    }

    Frame frame() {
        return frames.get(frames.size() - 1);
    }

    NDArray array(Value value) {
        return new RecordingArray(this, value).proxy();
    }

    /** An array that has this shape for sure. */
    NDArray array(Value value, Shape shape, DataType type) {
        facts.put(value, shape, type);
        return array(value);
    }

    /** What {@code array} is called at this place of the program; an ordinary array becomes an input. */
    Value valueOf(NDArray array) {
        if (array == null) {
            throw new IllegalArgumentException("an array of a program must not be null (at " + site() + ")");
        }
        RecordingArray recorded = RecordingArray.of(array);
        if (recorded == null) {
            return visible(captured.computeIfAbsent(array, this::addInput));
        }
        if (recorded.recorder != this) {
            throw unsupported(
                    "an array of another recording", "return it from that function and pass it on as argument");
        }
        return visible(recorded.value);
    }

    private Value visible(Value value) {
        if (!value.frame.open) {
            throw unsupported(
                    "an array from inside a gradient or loop that has ended",
                    "return it from the function that computed it");
        }
        Value name = value;
        for (Frame frame : frames) {
            name = frame.substitutes.getOrDefault(name, name);
        }
        return name;
    }

    /** Refuses to compute something from parameters in Java, while a gradient with respect to them is being recorded. */
    static void refuseConstantsOf(NDList parameters) {
        Recorder recorder = current();
        if (recorder == null || recorder.frames.stream().allMatch(frame -> frame.substitutes.isEmpty())) {
            return;
        }
        for (NDArray parameter : parameters) {
            Value value = recorder.captured.get(parameter);
            if (value != null && recorder.frames.stream().anyMatch(frame -> frame.substitutes.containsKey(value))) {
                throw unsupported(
                        "a function of trained parameters at an ordinary array, which would be a constant without gradient,",
                        "hand it a recorded array: scope.from(array), with the scope of the data for example");
            }
        }
    }

    /** What {@code array} is called in the whole program, if it has been met. */
    Value capturedValue(NDArray array) {
        RecordingArray recorded = RecordingArray.of(array);
        return recorded == null ? captured.get(array) : recorded.value;
    }

    /**
     * Whether a value of {@code at} and of the arrays {@code reads} that was computed in the block {@code from} is the same
     * here: in it or in a block inside it that is no loop and gives none of them another meaning.
     */
    boolean holdsHere(Frame from, Value at, NDList reads) {
        int first = frames.indexOf(from);
        for (Frame inner : frames.subList(first + 1, frames.size())) {
            boolean same = reads.stream().map(this::capturedValue).noneMatch(inner.substitutes::containsKey);
            if (inner.header instanceof Node.Loop || inner.substitutes.containsKey(at) || !same) {
                return false;
            }
        }
        return first >= 0;
    }

    /** The key of this call as an integer of the program. */
    Value keyNumber() {
        if (keyNumber == null) {
            keyNumber = new Value(ids++, frames.get(0));
            Node read =
                    new Node.Call("int(torch.item({0}))", List.of(inputs.get(0)), List.of(keyNumber), false, site());
            frames.get(0).nodes.add(0, read);
        }
        return keyNumber;
    }

    /** The device of the program, as an argument. */
    Value deviceArgument() {
        return call("ops.prim.device", inputs.get(0));
    }

    // ---------------------------------------------------------------- nodes

    /** Writes a call with one output. */
    Value call(String target, Object... args) {
        return add(target, false, args);
    }

    /** Writes a call with one output that changes something and must stay. */
    Value effect(String target, Object... args) {
        Value output = add(target, true, args);
        switch (target) {
            case APPEND -> {} // a list of the program's own
            case "torch.batch_norm" -> changes(List.of(args[3], args[4])); // the running statistics
            default -> changes(args[0]); // what an operation changes stands first
        }
        return output;
    }

    /** Notes that the program changes this array, or these of a list, here, so that nothing is known of what reads them. */
    void changes(Object changed) {
        if (changed instanceof List<?> list) {
            list.forEach(this::changes);
        } else {
            Value value = changed instanceof NDArray array ? capturedValue(array) : (Value) changed;
            known.changed(value, !inputs.contains(value));
        }
    }

    private Value add(String target, boolean effect, Object... args) {
        Node.Call call = new Node.Call(target, arguments(args), List.of(newValue()), effect, site());
        frame().nodes.add(call);
        facts.see(call);
        return call.output();
    }

    /** Writes a call that returns a tuple of {@code count}. */
    List<Value> tuple(int count, String target, Object... args) {
        List<Object> arguments = arguments(args);
        List<Value> outputs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            outputs.add(newValue());
        }
        frame().nodes.add(new Node.Call(target, arguments, outputs, false, site()));
        return outputs;
    }

    private List<Object> arguments(Object... args) {
        List<Object> list = new ArrayList<>();
        for (Object argument : args) {
            list.add(argument(argument));
        }
        return list;
    }

    /** {@code argument} as an argument of a node: arrays become values, numbers literals, shapes and types codes. */
    Object argument(Object argument) {
        if (argument instanceof NDArray array) {
            return valueOf(array);
        } else if (argument instanceof Value value) {
            return visible(value);
        } else if (argument instanceof Float || argument instanceof Double) {
            return ((Number) argument).doubleValue();
        } else if (argument instanceof Number number) {
            return number.longValue();
        } else if (argument instanceof DataType type) {
            return (long) Types.code(type);
        } else if (argument instanceof Shape shape) {
            return longs(shape.getShape());
        } else if (argument instanceof int[] numbers) {
            return longs(Arrays.stream(numbers).asLongStream().toArray());
        } else if (argument instanceof long[] numbers) {
            return longs(numbers);
        } else if (argument instanceof List<?> items) { // NDList too
            return arguments(items.toArray());
        } else if (argument instanceof Node.Named named) {
            return new Node.Named(named.name(), argument(named.value()));
        }
        return argument;
    }

    /** {@code numbers} as a list of literals, which can grow. */
    static List<Object> longs(long... numbers) {
        List<Object> list = new ArrayList<>();
        for (long number : numbers) {
            list.add(number);
        }
        return list;
    }

    // ---------------------------------------------------------------- structures

    /** A step's next state and what it puts out. */
    interface ScanStep {
        Loop.Result apply(NDList state, Value index);
    }

    /**
     * {@code for index in start..end-1: state = step(state, index)}, with what the steps put out besides, each stacked
     * along a first axis; start and end are numbers or 0-d arrays.
     */
    Loop.Result scan(Object start, Object end, NDList initial, ScanStep step) {
        Frame around = frame();
        Object from = bound(start);
        Object to = bound(end);
        List<Object> first = arguments(initial.toArray());
        Frame body = open();
        Value index = newValue();
        List<Value> parameters = like(first);
        body.header = new Node.Loop(index, from, to, parameters, first, List.of(), List.of(), List.of(), site());
        List<Object> results;
        List<Value> lists = new ArrayList<>();
        List<Value> rows = new ArrayList<>();
        try {
            Loop.Result result = step.apply(arrays(parameters), index);
            results = arguments(result.state().toArray());
            for (NDArray output : result.outputs()) {
                Value list = new Value(ids++, around);
                lists.add(list);
                rows.add(valueOf(output));
                effect(APPEND, list, output);
            }
        } finally {
            close(body);
        }
        if (results.size() != first.size()) {
            throw new IllegalArgumentException("a loop's step must return as many arrays as it carries, " + first.size()
                    + ", got " + results.size());
        }
        List<Value> outputs = like(first);
        for (Value list : lists) {
            around.nodes.add(new Node.Call(EMPTY_LIST, List.of(List.of()), List.of(list), false, site()));
        }
        Node.Loop loop = new Node.Loop(index, from, to, parameters, first, body.nodes, results, outputs, site());
        around.nodes.add(loop);
        NDList stacked = new NDList();
        for (int i = 0; i < lists.size(); i++) {
            stacked.add(array(stacked(lists.get(i), rows.get(i), loop)));
        }
        return new Loop.Result(arrays(outputs), stacked);
    }

    private Value stacked(Value list, Value row, Node.Loop loop) {
        Value stacked = call("torch.stack", list, 0);
        boolean stops = loop.body().stream().anyMatch(node -> node instanceof Node.BreakIf);
        if (stops || !(loop.start() instanceof Long start) || !(loop.end() instanceof Long end)) {
            unsized.add(stacked);
        } else if (facts.shape(row) != null) {
            facts.put(stacked, new Shape(end - start).addAll(facts.shape(row)), facts.type(row));
        }
        return stacked;
    }

    /** New values with the shapes and types of {@code models}. */
    private List<Value> like(List<?> models) {
        List<Value> values = new ArrayList<>();
        for (Object model : models) {
            Value value = newValue();
            facts.same(value, model);
            values.add(value);
        }
        return values;
    }

    /** A bound of a loop as a number of the program. */
    Object bound(Object bound) {
        return bound instanceof NDArray array ? call("int(torch.item({0}))", array) : argument(bound);
    }

    /** Leaves the innermost loop if {@code condition}, a truth value of the program, holds. */
    void breakIf(Value condition) {
        if (!(frame().header instanceof Node.Loop)) {
            throw unsupported("stopping here", "stop only directly inside a loop's step");
        }
        frame().nodes.add(new Node.BreakIf(condition, site()));
    }

    /**
     * The gradient of {@code function}'s total with respect to {@code wrt}; with {@code everywhere}, every mention of
     * {@code wrt} inside counts (parameters), without, only the arrays that the function is handed.
     */
    Gradients.ParameterGradients gradient(NDList wrt, boolean everywhere, Function<NDList, Gradients.Loss> function) {
        List<Object> outside = arguments(wrt.toArray());
        Frame body = open();
        List<Value> parameters = like(outside);
        if (everywhere) {
            for (int i = 0; i < outside.size(); i++) {
                body.substitutes.put((Value) outside.get(i), parameters.get(i));
            }
        }
        body.header =
                new Node.Gradient(parameters, outside, List.of(), null, List.of(), List.of(), List.of(), false, site());
        Object total;
        List<Object> extras;
        try {
            Gradients.Loss result = function.apply(arrays(parameters));
            total = valueOf(result.total());
            extras = arguments(result.others().toArray());
        } finally {
            close(body);
        }
        List<Value> values = like(extras);
        List<Value> gradients = like(outside);
        frame().nodes
                .add(new Node.Gradient(
                        parameters, outside, body.nodes, total, extras, values, gradients, false, site()));
        return new Gradients.ParameterGradients(arrays(gradients), arrays(values));
    }

    /** The gradient of each element of {@code function(x)} with respect to {@code wrt}. */
    NDList perSample(NDList wrt, UnaryOperator<NDArray> function, NDArray x) {
        NDList together = gradientOfSum(wrt, function, x);
        Node.Gradient sum = (Node.Gradient) frame().nodes.remove(frame().nodes.size() - 1);
        Node.Gradient apart = sum.apart();
        Graph all = new Graph(inputs, flat(), List.of());
        long samples = x.getShape().get(0);
        if (Derivatives.separates(apart, facts, this::newValue, all.roots())) {
            frame().nodes.add(apart);
            for (int i = 0; i < wrt.size(); i++) {
                Shape shape = facts.shape(apart.arguments().get(i));
                DataType type = facts.type(apart.arguments().get(i));
                facts.put(apart.gradients().get(i), new Shape(samples).addAll(shape), type);
            }
            return together;
        }
        return scan(0, samples, new NDList(), (none, index) -> {
                    Value end = call("torch.add", index, 1);
                    NDArray one = array(
                            call("torch.slice", x, 0, index, end, 1),
                            new Shape(1).addAll(x.getShape().slice(1)),
                            x.getDataType());
                    return new Loop.Result(none, gradientOfSum(wrt, function, one));
                })
                .outputs();
    }

    private NDList gradientOfSum(NDList wrt, UnaryOperator<NDArray> function, NDArray x) {
        return gradient(
                        wrt,
                        true,
                        inside -> new Gradients.Loss(function.apply(x).sum(), new NDList()))
                .gradients();
    }

    /** A function's values, and for each direction its tangents. */
    record Tangents(NDList values, List<NDList> tangents) {}

    /** {@code function} at {@code at}, and its derivatives along {@code directions}, lists like {@code at}. */
    Tangents tangents(NDList at, List<NDList> directions, UnaryOperator<NDList> function) {
        List<Object> outside = arguments(at.toArray());
        List<List<Object>> along = new ArrayList<>();
        directions.forEach(direction -> along.add(arguments(direction.toArray())));
        Frame body = open();
        List<Value> parameters = like(outside);
        body.header = new Node.Tangent(parameters, outside, along, List.of(), List.of(), List.of(), List.of(), site());
        List<Object> results;
        try {
            results = arguments(function.apply(arrays(parameters)).toArray());
        } finally {
            close(body);
        }
        List<Value> values = like(results);
        List<List<Value>> tangents = new ArrayList<>();
        along.forEach(direction -> tangents.add(like(results)));
        frame().nodes
                .add(new Node.Tangent(
                        parameters, outside, along, body.nodes, results, values, List.copyOf(tangents), site()));
        List<NDList> lists = new ArrayList<>();
        tangents.forEach(list -> lists.add(arrays(list)));
        return new Tangents(arrays(values), lists);
    }

    private Frame open() {
        Frame body = new Frame();
        frames.add(body);
        return body;
    }

    private void close(Frame body) {
        body.open = false;
        frames.remove(frames.size() - 1);
    }

    NDList arrays(List<Value> values) {
        NDList list = new NDList();
        values.forEach(value -> list.add(array(value)));
        return list;
    }

    // ---------------------------------------------------------------- shapes

    Shape shape(Value value) {
        if (facts.shape(value) == null) {
            if (dependsOnValues(value)) {
                throw unsupported("asking for a shape that depends on values", Refusals.SELECTION);
            }
            ask(value);
        }
        return facts.shape(value);
    }

    /** Whether {@code value}, as far as anybody knows, has as many elements as something selected by values. */
    boolean dependsOnValues(Value value) {
        return facts.shape(value) == null && holds(soFar(value), selections);
    }

    private Graph soFar(Value value) {
        return new Graph(inputs, flat(), List.of(visible(value))).withoutDeadCode();
    }

    private static boolean holds(Graph graph, Set<Value> values) {
        return graph.nodes().stream().anyMatch(node -> node.outputs().stream().anyMatch(values::contains));
    }

    DataType type(Value value) {
        if (facts.type(value) == null) {
            ask(value);
        }
        return facts.type(value);
    }

    /** Whether {@code array} is known to have no dimension. */
    boolean isScalar(NDArray array) {
        return facts.dimension(valueOf(array)) == 0;
    }

    /** Row {@code index} of {@code rows}. */
    NDArray row(NDArray rows, Value index) {
        return array(call("torch.select", rows, 0, index));
    }

    /** {@code value}, whose shape depends on values, so that it has none while recording. */
    Value selection(Value value) {
        selections.add(value);
        return value;
    }

    /** Shape and type of {@code array}, or null if they are not known without running anything. */
    Pair<Shape, DataType> known(NDArray array) {
        Value value = valueOf(array);
        Shape shape = facts.shape(value);
        DataType type = facts.type(value);
        return shape == null || type == null ? null : new Pair<>(shape, type);
    }

    /** The number of {@code network} among those that the program calls. */
    int number(NetworkFile network) {
        int number = networks.indexOf(network);
        if (number < 0) {
            networks.add(network);
        }
        return number < 0 ? networks.size() - 1 : number;
    }

    /** What is known of {@code value} without running anything. */
    String describe(Value value) {
        if (facts.shape(value) == null) {
            return value.toString();
        }
        return value + " " + facts.shape(value) + (facts.type(value) == null ? "" : " " + facts.type(value));
    }

    /** The indices of the loops that enclose this place of the program, from the outermost. */
    List<Value> loopIndices() {
        List<Value> indices = new ArrayList<>();
        for (Frame frame : frames) {
            if (frame.header instanceof Node.Loop loop) {
                indices.add(loop.index());
            }
        }
        return indices;
    }

    /** Runs what was recorded so far, on copies of the inputs, and asks it for the shape and type of {@code value}. */
    private void ask(Value value) {
        Graph graph = soFar(value);
        if (holds(graph, unsized)) {
            throw unsupported(
                    "asking for a shape that depends on the number of steps of a loop",
                    "give the loop fixed bounds and no early stop, or compute with axes instead of sizes");
        }
        long[] answer = run(graph);
        Shape shape = holds(graph, selections) ? null : new Shape(Arrays.copyOfRange(answer, 1, answer.length));
        facts.put(value, shape, Types.of((int) answer[0]));
    }

    private List<Node> flat() {
        List<Node> nodes = new ArrayList<>();
        for (Frame frame : frames) {
            if (frame.header instanceof Node.Loop loop) {
                nodes.add(Node.same(loop.index(), loop.start(), null));
            }
            for (int i = 0;
                    frame.header != null && i < frame.header.parameters().size();
                    i++) {
                Object argument = frame.header.arguments().get(i);
                nodes.add(Node.same(frame.header.parameters().get(i), argument, null));
            }
            for (Node node : frame.nodes) {
                if (node instanceof Node.Call call) {
                    boolean grows = call.target().equals(APPEND); // other changes give no shape
                    nodes.add(new Node.Call(call.target(), call.args(), call.outputs(), grows, call.site()));
                } else if (!(node instanceof Node.BreakIf)) {
                    nodes.add(node);
                }
            }
        }
        return nodes;
    }

    private long[] run(Graph graph) {
        Set<Value> read = graph.read();
        List<Value> needed = new ArrayList<>(List.of(inputs.get(0)));
        NDList arguments = new NDList();
        try (NDManager scope = constants.newSubManager()) {
            for (int i = 1; i < inputs.size(); i++) {
                if (read.contains(inputs.get(i))) {
                    needed.add(inputs.get(i));
                    arguments.add(examples.get(i - 1).duplicate());
                }
            }
            arguments.attach(scope);
            Graph small = new Graph(needed, graph.nodes(), graph.results());
            try (Executable program = new Executable(Printer.printShapes(small, networks), device(), networks)) {
                return program.call(scope, 0, arguments).get(0).toLongArray();
            }
        }
    }

    // ---------------------------------------------------------------- results

    /** The finished program that returns {@code results}. */
    Executable finish(NDList results) {
        List<Value> outputs = new ArrayList<>();
        results.forEach(result -> outputs.add(valueOf(result)));
        Graph recorded = new Graph(List.copyOf(inputs), frames.get(0).nodes, outputs).withoutDeadCode();
        Barriers.check(recorded);
        Derivatives.Result derived = WITHOUT_RULES.get()
                ? new Derivatives.Result(recorded, List.of())
                : Derivatives.applyTo(recorded, facts, this::newValue);
        Graph written = Convolutions.applyTo(derived.graph().withoutDeadCode(), facts, this::newValue);
        Graph merged = Merging.applyTo(written);
        Graph hoisted = Hoisting.applyTo(Folding.applyTo(merged, this)).withoutDeadCode();
        Graph graph = LoopReads.applyTo(hoisted, facts, this::newValue);
        int explicit = inputs.size() - 1 - captured.size();
        // captured arrays are the inputs after the explicit ones, in the order in which they were met
        NDList implicit = new NDList(examples.subList(explicit, examples.size()));
        ProgramGraph view = ProgramGraph.of(graph, explicit, facts, derived.methods());
        return new Executable(
                Printer.print(graph, List.of(), networks),
                device(),
                implicit,
                new Executable.Recorded(graph, view, networks));
    }

    static UnsupportedOperationException unsupported(String what, String advice) {
        return Errors.shown(
                new UnsupportedOperationException(what + " cannot be recorded (at " + place(site()) + "); " + advice));
    }

    /** {@code site} in words; of a notebook's statement its number, as in the kernel's own traces. */
    static String place(StackTraceElement site) {
        if (site == null) {
            return "an unknown line";
        }
        Matcher statement = STATEMENT.matcher(String.valueOf(site.getFileName()));
        return statement.matches() ? "#" + statement.group(1) : site.toString();
    }

    /** The innermost line that is neither this library's nor DJL's nor the JDK's. */
    static StackTraceElement site() {
        return WALKER.walk(frames -> frames.filter(frame -> isUsers(frame.getDeclaringClass()))
                .findFirst()
                .map(StackWalker.StackFrame::toStackTraceElement)
                .orElse(null));
    }

    static boolean isUsers(StackTraceElement frame) {
        try {
            return isUsers(Class.forName(frame.getClassName(), false, Recorder.class.getClassLoader()));
        } catch (ClassNotFoundException e) {
            return true; // a notebook's
        }
    }

    private static boolean isUsers(Class<?> type) {
        ClassLoader loader = type.getClassLoader();
        boolean platform = loader == null || loader == ClassLoader.getPlatformClassLoader();
        return !platform
                && !LIBRARY.equals(codeSource(type)) // a notebook's classes have no source
                && !type.getName().startsWith("ai.djl.")
                && !Proxy.isProxyClass(type);
    }

    private static CodeSource codeSource(Class<?> type) {
        return type.getProtectionDomain().getCodeSource();
    }
}
