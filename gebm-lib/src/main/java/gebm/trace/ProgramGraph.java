package gebm.trace;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a program does, as a value to look at: the graph after all passes, for one combination of shapes and types.
 *
 * <p>{@link #toString} prints it, an operation a line with its type, its shape where known, and the user's line that
 * asked for it.
 *
 * @param inputs what is handed in at each call, in order; the first is the key of random draws
 * @param operations in the order in which they run
 * @param results names of the values that the program returns
 * @param derivatives how each gradient or tangent is computed, inner ones first
 */
public record ProgramGraph(
        List<Input> inputs, List<Operation> operations, List<String> results, List<Derivative> derivatives) {
    private static final Pattern NAME = Pattern.compile("(?:torch\\.)?([\\w.]+)");

    /** An array from outside. */
    public record Input(String name, Role role, Shape shape, DataType type) {}

    /** Where an input comes from. */
    public enum Role {
        /** The key of random draws. */
        KEY,
        /** An argument of the function. */
        ARGUMENT,
        /** An array of the function's surroundings (a parameter, a constant), read anew at each call. */
        SURROUNDINGS
    }

    /**
     * One operation, or the head of a loop or of a gradient by the engine, whose body follows one level deeper.
     *
     * @param depth how many loops and gradients enclose it
     * @param name PyTorch's name of the operation, or {@code for}, {@code break}, {@code gradient}, {@code tangent}
     * @param results names of its results
     * @param text the operation with its arguments
     * @param shape of the result, or null where it is not known before the program runs
     * @param type of the result, or null where it is not known or no array
     * @param line the user's line, or null
     */
    public record Operation(
            int depth,
            String name,
            List<String> results,
            String text,
            Shape shape,
            DataType type,
            StackTraceElement line) {}

    /**
     * How a gradient or a tangent is computed.
     *
     * @param tangent whether it is a derivative along a direction (forward mode)
     * @param byRules whether it is plain operations of this program; if not, the engine's autograd computes it
     * @param because the operation without a rule, null by rules
     * @param line the user's line that asked for it, or null
     */
    public record Derivative(boolean tangent, boolean byRules, String because, StackTraceElement line) {
        @Override
        public String toString() {
            String how = byRules ? "by rules" : "by the engine's autograd, because of " + because;
            return (tangent ? "tangent" : "gradient") + at(line) + ": " + how;
        }
    }

    /** The names of all operations, in order. */
    public List<String> names() {
        return operations.stream().map(Operation::name).toList();
    }

    @Override
    public String toString() {
        List<String[]> rows = new ArrayList<>();
        for (Input input : inputs) {
            String role = input.role().name().toLowerCase(Locale.ROOT);
            rows.add(new String[] {input.name() + "  " + role, facts(input.shape(), input.type()), ""});
        }
        for (Operation operation : operations) {
            String left = operation.results().isEmpty() ? "" : String.join(", ", operation.results()) + " = ";
            rows.add(new String[] {
                "  ".repeat(operation.depth()) + left + operation.text(),
                facts(operation.shape(), operation.type()),
                operation.line() == null ? "" : where(operation.line())
            });
        }
        int first = Math.min(72, width(rows, 0));
        int second = width(rows, 1);
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            text.append(String.format("%-" + first + "s  %-" + second + "s  %s", (Object[]) row)
                            .stripTrailing())
                    .append('\n');
        }
        text.append("return ").append(String.join(", ", results)).append('\n');
        derivatives.forEach(derivative -> text.append(derivative).append('\n'));
        return text.toString();
    }

    private static int width(List<String[]> rows, int column) {
        return Math.max(
                1, rows.stream().mapToInt(row -> row[column].length()).max().orElse(1));
    }

    private static String facts(Shape shape, DataType type) {
        String name = type == null ? "" : type.name().toLowerCase(Locale.ROOT);
        return shape == null ? name : (name + " " + shape).strip();
    }

    private static String where(StackTraceElement line) {
        String file = line.getFileName() == null ? line.getClassName() : line.getFileName();
        return file + ":" + line.getLineNumber();
    }

    private static String at(StackTraceElement line) {
        return line == null ? "" : " at " + where(line);
    }

    // ---------------------------------------------------------------- made of a graph

    /** The public view of {@code graph}, whose first {@code explicit} inputs after the key are arguments. */
    static ProgramGraph of(Graph graph, int explicit, Facts facts, List<Derivatives.Method> methods) {
        List<Input> inputs = new ArrayList<>();
        for (int i = 0; i < graph.inputs().size(); i++) {
            Value value = graph.inputs().get(i);
            Role role = i == 0 ? Role.KEY : i <= explicit ? Role.ARGUMENT : Role.SURROUNDINGS;
            Shape shape = i == 0 ? new Shape(1) : facts.shape(value);
            inputs.add(new Input(value.toString(), role, shape, i == 0 ? DataType.INT64 : facts.type(value)));
        }
        List<Operation> operations = new ArrayList<>();
        add(graph.nodes(), 0, facts, operations);
        List<Derivative> derivatives = methods.stream()
                .map(method -> new Derivative(
                        method.tangent(),
                        method.without() == null,
                        method.without() == null ? null : reason(method),
                        method.site()))
                .toList();
        return new ProgramGraph(
                inputs,
                operations,
                graph.results().stream().map(Value::toString).toList(),
                derivatives);
    }

    private static String reason(Derivatives.Method method) {
        Node without = method.without();
        String what = without instanceof Node.Call call
                ? name(call) + (call.effect() ? " (in place)" : "")
                : without instanceof Node.Loop ? "a loop" : "a derivative by the engine";
        return what + at(without.site());
    }

    private static void add(List<Node> nodes, int depth, Facts facts, List<Operation> operations) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                facts.see(call);
                boolean one = call.outputs().size() == 1;
                operations.add(new Operation(
                        depth,
                        name(call),
                        call.outputs().stream().map(Value::toString).toList(),
                        Printer.text(call).replace("torch.", ""),
                        one ? facts.shape(call.output()) : null,
                        one ? facts.type(call.output()) : null,
                        call.site()));
            } else if (node instanceof Node.BreakIf stop) {
                String text = "break if " + Printer.argument(stop.condition());
                operations.add(new Operation(depth, "break", List.of(), text, null, null, stop.site()));
            } else {
                Node.Structure structure = (Node.Structure) node;
                operations.add(head(structure, depth));
                add(structure.body(), depth + 1, facts, operations);
            }
        }
    }

    private static Operation head(Node.Structure node, int depth) {
        List<String> results = node.outputs().stream().map(Value::toString).toList();
        String binding = Printer.argument(node.parameters()) + " from " + Printer.argument(node.arguments());
        String out = " giving " + Printer.argument(node.results());
        if (node instanceof Node.Loop loop) {
            String range = "for " + loop.index() + " in " + Printer.argument(loop.start()) + ".."
                    + Printer.argument(loop.end()) + " carrying ";
            return new Operation(depth, "for", results, range + binding + out, null, null, node.site());
        }
        String name = node instanceof Node.Tangent ? "tangent" : "gradient";
        return new Operation(depth, name, results, name + " by the engine, " + binding + out, null, null, node.site());
    }

    /** {@code torch.name} or {@code name_} as PyTorch calls it; of a filled-in text the first operation in it. */
    private static String name(Node.Call call) {
        String target = call.target();
        if (TorchScript.isCall(target)) {
            return TorchScript.nameIn(target);
        }
        Matcher name = NAME.matcher(target.substring(Math.max(0, target.indexOf("torch."))));
        return name.lookingAt() ? name.group(1) : "alias";
    }

    /** How often each operation occurs. */
    public Map<String, Long> counts() {
        return operations.stream().collect(Collectors.groupingBy(Operation::name, TreeMap::new, Collectors.counting()));
    }
}
