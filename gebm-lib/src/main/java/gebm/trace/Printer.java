package gebm.trace;

import gebm.trace.file.NetworkFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes a graph as TorchScript, one operation a line, and remembers which line came from where. */
final class Printer {
    private final StringBuilder text = new StringBuilder();
    private final List<StackTraceElement> sites = new ArrayList<>();
    private final boolean oneTrip;
    private String indent = "    ";
    private int gradients; // how many gradient bodies enclose the place we are at
    private int names;

    private Printer(boolean oneTrip) {
        this.oneTrip = oneTrip;
    }

    /** A program's text; line {@code i} (from 1) came from {@code sites.get(i - 1)}, which may be null. */
    record Source(String text, List<StackTraceElement> sites) {}

    /**
     * The text of {@code graph}, which calls {@code networks}, and of whose inputs some are attributes of the program
     * instead of arguments.
     */
    static Source print(Graph graph, List<Value> attributes, List<NetworkFile> networks) {
        Printer printer = new Printer(false);
        printer.header(graph.inputs(), attributes, networks);
        printer.block(graph.nodes());
        printer.line("return [" + String.join(", ", printer.owned(graph)) + "]", null);
        return new Source(printer.text.toString(), printer.sites);
    }

    /**
     * The text of a program that returns type code and shape of each result of {@code graph}; loops take one step.
     */
    static Source printShapes(Graph graph, List<NetworkFile> networks) {
        Printer printer = new Printer(true);
        printer.header(graph.inputs(), List.of(), networks);
        printer.block(graph.nodes());
        String shapes = graph.results().stream()
                .map(v -> "torch.tensor(torch.add([ops.prim.dtype(" + v + ")], torch.size(" + v + ")), dtype=4)")
                .collect(Collectors.joining(", "));
        printer.line("_off = torch.set_grad_enabled(False)", null);
        printer.line("return [" + shapes + "]", null);
        return new Source(printer.text.toString(), printer.sites);
    }

    private void header(List<Value> inputs, List<Value> attributes, List<NetworkFile> networks) {
        indent = "";
        line("class Program(Module):", null);
        indent = "  ";
        line("__parameters__ = []", null);
        String names = attributes.stream().map(v -> "\"" + v + "\", ").collect(Collectors.joining());
        line("__buffers__ = [" + names + "]", null);
        line("training : bool", null);
        attributes.forEach(v -> line(v + " : Tensor", null));
        for (int i = 0; i < networks.size(); i++) {
            line(NetworkFile.attribute(i) + " : " + networks.get(i).type(i), null);
        }
        String arguments = inputs.stream()
                .filter(v -> !attributes.contains(v))
                .map(v -> ", " + v + ": Tensor")
                .collect(Collectors.joining());
        line("def forward(self: __torch__.Program" + arguments + ") -> List[Tensor]:", null);
        indent = "    ";
        line("_off = torch.set_grad_enabled(False)", null);
        attributes.forEach(v -> line(v + " = self." + v, null));
    }

    /** Results, copied where they could share memory with an input or with each other. */
    private List<String> owned(Graph graph) {
        Set<Value> shared = graph.sharedWithInputs();
        Map<Value, Value> roots = graph.roots();
        List<String> names = new ArrayList<>();
        for (Value result : graph.results()) {
            boolean own = !shared.contains(result) && shared.add(roots.getOrDefault(result, result));
            names.add(own ? result.toString() : "torch.clone(" + result + ")");
            shared.add(result);
        }
        return names;
    }

    private void block(List<Node> nodes) {
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                call(call);
            } else if (node instanceof Node.BreakIf stop) {
                line("if " + argument(stop.condition()) + ":", stop.site());
                line("  break", stop.site());
            } else if (node instanceof Node.Loop loop) {
                loop(loop);
            } else {
                differentiated((Node.Structure) node);
            }
        }
    }

    private void call(Node.Call call) {
        String left = call.outputs().stream().map(Value::toString).collect(Collectors.joining(", "));
        line((left.isEmpty() ? "_" + names++ : left) + " = " + text(call), call.site());
    }

    /** The right side of {@code call}. */
    static String text(Node.Call call) {
        if (!call.target().contains("{0}")) {
            return call.target()
                    + call.args().stream().map(Printer::argument).collect(Collectors.joining(", ", "(", ")"));
        }
        String text = call.target();
        for (int i = 0; i < call.args().size(); i++) {
            text = text.replace("{" + i + "}", argument(call.args().get(i)));
        }
        return text;
    }

    private void loop(Node.Loop loop) {
        for (int i = 0; i < loop.outputs().size(); i++) {
            line(loop.outputs().get(i) + " = " + argument(loop.arguments().get(i)), loop.site());
        }
        String start = argument(loop.start());
        String end = oneTrip ? "torch.add(" + start + ", 1)" : argument(loop.end());
        line("for " + loop.index() + " in range(" + start + ", " + end + "):", loop.site());
        String outer = indent;
        indent = outer + "  ";
        for (int i = 0; i < loop.outputs().size(); i++) {
            line(loop.parameters().get(i) + " = " + loop.outputs().get(i), loop.site());
        }
        block(loop.body());
        for (int i = 0; i < loop.outputs().size(); i++) {
            line(loop.outputs().get(i) + " = " + argument(loop.results().get(i)), loop.site());
        }
        if (loop.outputs().isEmpty() && loop.body().isEmpty()) {
            line("pass", loop.site());
        }
        indent = outer;
    }

    /** A gradient or a tangent by the engine: its body with the engine's record of operations switched on. */
    private void differentiated(Node.Structure node) {
        boolean nested = gradients++ > 0;
        for (int i = 0; i < node.parameters().size(); i++) {
            String cut = nested ? "torch.alias(" : "torch.detach(";
            line(
                    node.parameters().get(i) + " = torch.requires_grad_(" + cut
                            + argument(node.arguments().get(i)) + "), True)",
                    node.site());
        }
        line("_on = torch.set_grad_enabled(True)", node.site());
        block(node.body());
        if (node instanceof Node.Gradient gradient) {
            differentiate(gradient, nested);
        } else {
            differentiate((Node.Tangent) node, nested);
        }
        if (!nested) {
            line("_off = torch.set_grad_enabled(False)", node.site());
        }
        for (int i = 0; i < node.handedOut().size(); i++) {
            String value = argument(node.results().get(i));
            line(node.handedOut().get(i) + " = " + (nested ? value : "torch.detach(" + value + ")"), node.site());
        }
        gradients--;
    }

    private void differentiate(Node.Gradient node, boolean nested) {
        String all = gradients(argument(node.total()), names(node.parameters()), nested, node.site());
        for (int i = 0; i < node.gradients().size(); i++) {
            givenOrZero(
                    node.gradients().get(i),
                    all + "[" + i + "]",
                    node.parameters().get(i),
                    node.site());
        }
    }

    /** {@code J·v = ∂((Jᵀu)·v)/∂u}: two sweeps backwards make one forwards. */
    private void differentiate(Node.Tangent node, boolean nested) {
        StackTraceElement site = node.site();
        String total = "t" + names++;
        line(total + " = 0.", site);
        List<String> cotangents = new ArrayList<>();
        for (Object result : node.results()) {
            String u = "u" + names++;
            cotangents.add(u);
            // Jᵀu is linear in u, so any u would do; some derivatives of the engine take the logarithm of u
            line(u + " = torch.requires_grad_(torch.ones_like(" + argument(result) + "), True)", site);
            String product = "torch.sum(torch.mul(" + argument(result) + ", " + u + "))";
            String sum = "t" + names++;
            line(sum + " = torch.add(" + product + ", " + total + ")", site);
            total = sum;
        }
        String all = gradients(total, names(node.parameters()), true, site);
        for (int k = 0; k < node.directions().size(); k++) {
            String along = "t" + names++;
            line(along + " = torch.zeros_like(" + total + ")", site);
            for (int i = 0; i < node.parameters().size(); i++) {
                String g = "g" + names++;
                line(g + " = " + all + "[" + i + "]", site);
                line("if torch.__isnot__(" + g + ", None):", site);
                String direction = argument(node.directions().get(k).get(i));
                String product = "torch.sum(torch.mul(unchecked_cast(Tensor, " + g + "), " + direction + "))";
                line("  " + along + " = torch.add(" + along + ", " + product + ")", site);
            }
            String list = "[" + String.join(", ", cotangents) + "]";
            String tangents =
                    gradients(along, list, nested || k + 1 < node.directions().size(), site);
            for (int i = 0; i < cotangents.size(); i++) {
                givenOrZero(node.tangents().get(k).get(i), tangents + "[" + i + "]", cotangents.get(i), site);
            }
        }
    }

    private static String names(List<Value> values) {
        return values.stream().map(Value::toString).collect(Collectors.joining(", ", "[", "]"));
    }

    /** Writes the engine's gradients of {@code total}, each there or None, and returns the name of their list. */
    private String gradients(String total, String wrt, boolean again, StackTraceElement site) {
        String all = "g" + names++;
        line("if ops.prim.requires_grad(" + total + "):", site);
        String grad = "torch.autograd.grad([" + total + "], " + wrt + ", None, None, " + (again ? "True" : "False")
                + ", True)";
        line("  " + all + " = " + grad, site);
        line("else:", site);
        String none = wrt.replaceAll("[^\\[\\], ]+", "None");
        line("  " + all + " = annotate(List[Optional[Tensor]], " + none + ")", site);
        return all;
    }

    private void givenOrZero(Value value, String given, Object like, StackTraceElement site) {
        String one = "g" + names++;
        line(one + " = " + given, site);
        line("if torch.__isnot__(" + one + ", None):", site);
        line("  " + value + " = unchecked_cast(Tensor, " + one + ")", site);
        line("else:", site);
        line("  " + value + " = torch.zeros_like(" + like + ")", site);
    }

    static String argument(Object argument) {
        if (argument == null) {
            return "None";
        }
        if (argument instanceof Boolean bool) {
            return bool ? "True" : "False";
        }
        if (argument instanceof Double number) {
            return number(number);
        }
        if (argument instanceof String string) {
            return '"' + string + '"';
        }
        if (argument instanceof List<?> list) {
            return list.stream().map(Printer::argument).collect(Collectors.joining(", ", "[", "]"));
        }
        if (argument instanceof Node.Named named) {
            return named.name() + "=" + argument(named.value());
        }
        return argument.toString();
    }

    private static String number(double number) {
        if (Double.isFinite(number)) {
            return Double.toString(number).replace('E', 'e');
        }
        return "float(\"" + (Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf") + "\")";
    }

    private void line(String line, StackTraceElement site) {
        text.append(indent).append(line).append('\n');
        sites.add(site);
    }
}
