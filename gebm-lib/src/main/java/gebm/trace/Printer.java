package gebm.trace;

import java.util.ArrayList;
import java.util.List;
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

    /** The text of {@code graph}. */
    static Source print(Graph graph) {
        Printer printer = new Printer(false);
        printer.header(graph.inputs());
        printer.block(graph.nodes());
        printer.line("return [" + String.join(", ", printer.owned(graph)) + "]", null);
        return new Source(printer.text.toString(), printer.sites);
    }

    /**
     * The text of a program that returns type code and shape of each result of {@code graph}; loops take one step.
     */
    static Source printShapes(Graph graph) {
        Printer printer = new Printer(true);
        printer.header(graph.inputs());
        printer.block(graph.nodes());
        String shapes = graph.results().stream()
                .map(v -> "torch.tensor(torch.add([ops.prim.dtype(" + v + ")], torch.size(" + v + ")), dtype=4)")
                .collect(Collectors.joining(", "));
        printer.line("_off = torch.set_grad_enabled(False)", null);
        printer.line("return [" + shapes + "]", null);
        return new Source(printer.text.toString(), printer.sites);
    }

    private void header(List<Value> inputs) {
        indent = "";
        line("class Program(Module):", null);
        indent = "  ";
        line("__parameters__ = []", null);
        line("__buffers__ = []", null);
        line("training : bool", null);
        String arguments = inputs.stream().map(v -> ", " + v + ": Tensor").collect(Collectors.joining());
        line("def forward(self: __torch__.Program" + arguments + ") -> List[Tensor]:", null);
        indent = "    ";
        line("_off = torch.set_grad_enabled(False)", null);
    }

    /** Results, copied where they could share memory with an input or with each other. */
    private List<String> owned(Graph graph) {
        Set<Value> shared = graph.sharedWithInputs();
        List<String> names = new ArrayList<>();
        for (Value result : graph.results()) {
            names.add(shared.add(result) ? result.toString() : "torch.clone(" + result + ")");
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
                gradient((Node.Gradient) node);
            }
        }
    }

    private void call(Node.Call call) {
        String left = call.outputs().stream().map(Value::toString).collect(Collectors.joining(", "));
        String right;
        if (call.target().contains("{0}")) {
            right = call.target();
            for (int i = 0; i < call.args().size(); i++) {
                right = right.replace("{" + i + "}", argument(call.args().get(i)));
            }
        } else {
            right = call.target()
                    + call.args().stream().map(Printer::argument).collect(Collectors.joining(", ", "(", ")"));
        }
        line((left.isEmpty() ? "_" + names++ : left) + " = " + right, call.site());
    }

    private void loop(Node.Loop loop) {
        for (int i = 0; i < loop.outputs().size(); i++) {
            line(loop.outputs().get(i) + " = " + argument(loop.initial().get(i)), loop.site());
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

    private void gradient(Node.Gradient node) {
        boolean nested = gradients++ > 0;
        for (int i = 0; i < node.parameters().size(); i++) {
            String cut = nested ? "torch.alias(" : "torch.detach(";
            line(
                    node.parameters().get(i) + " = torch.requires_grad_(" + cut
                            + argument(node.wrt().get(i)) + "), True)",
                    node.site());
        }
        line("_on = torch.set_grad_enabled(True)", node.site());
        block(node.body());
        differentiate(node, nested);
        if (!nested) {
            line("_off = torch.set_grad_enabled(False)", node.site());
        }
        for (int i = 0; i < node.values().size(); i++) {
            String extra = argument(node.extras().get(i));
            line(node.values().get(i) + " = " + (nested ? extra : "torch.detach(" + extra + ")"), node.site());
        }
        gradients--;
    }

    private void differentiate(Node.Gradient node, boolean nested) {
        String total = argument(node.total());
        String all = "g" + names++;
        String wrt = node.parameters().stream().map(Value::toString).collect(Collectors.joining(", ", "[", "]"));
        line("if ops.prim.requires_grad(" + total + "):", node.site());
        String grad = "torch.autograd.grad([" + total + "], " + wrt + ", None, None, " + (nested ? "True" : "False")
                + ", True)";
        line("  " + all + " = " + grad, node.site());
        line("else:", node.site());
        String none = node.parameters().stream().map(v -> "None").collect(Collectors.joining(", ", "[", "]"));
        line("  " + all + " = annotate(List[Optional[Tensor]], " + none + ")", node.site());
        for (int i = 0; i < node.gradients().size(); i++) {
            String one = "g" + names++;
            Value gradient = node.gradients().get(i);
            line(one + " = " + all + "[" + i + "]", node.site());
            line("if torch.__isnot__(" + one + ", None):", node.site());
            line("  " + gradient + " = unchecked_cast(Tensor, " + one + ")", node.site());
            line("else:", node.site());
            line("  " + gradient + " = torch.zeros_like(" + node.parameters().get(i) + ")", node.site());
        }
    }

    private static String argument(Object argument) {
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
