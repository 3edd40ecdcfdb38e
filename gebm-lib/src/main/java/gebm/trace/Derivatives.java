package gebm.trace;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Derivatives from graph to graph: a gradient or tangent whose body has a rule for every operation that matters becomes
 * plain operations; any other is left to the engine's own gradient inside the program.
 *
 * <p>{@link Rules} says how each operation hands a cotangent back to its arguments. Tangents need no rules of their
 * own: what the rules write is linear in the cotangent, so reversing it once more, from the arguments' side, gives the
 * derivative along a direction. That costs nothing: the cotangents themselves are dead code afterwards.
 *
 * <p>Inner derivatives go first, so that a gradient of a gradient needs the engine for neither; what the rules write
 * has rules itself.
 */
final class Derivatives {
    /** How one gradient or tangent is computed, and, where by the engine, the node that asked for it. */
    record Method(boolean tangent, StackTraceElement site, Node without) {}

    /** An adjoint with one number everywhere, in the shape of {@code like}: written only where an array is needed. */
    private record Constant(Object like, double number) {}

    /** A body ready to be reversed, with the values that depend on its parameters; or the node that prevents it. */
    private record Body(List<Node> nodes, Set<Value> active, Node without) {}

    final Facts facts;
    private final Supplier<Value> newValue;
    private final Map<Value, Value> roots;
    private final List<Method> methods = new ArrayList<>();
    private List<Node> out;
    private StackTraceElement site;
    private Set<Value> wanted; // the values whose adjoints count in what is being reversed
    private Set<Value> apart = Set.of(); // the parameters of which every sample has a gradient of its own

    private Derivatives(Facts facts, Supplier<Value> newValue, Map<Value, Value> roots) {
        this.facts = facts;
        this.newValue = newValue;
        this.roots = roots;
    }

    /** A graph with derivatives written out, and how each was. */
    record Result(Graph graph, List<Method> methods) {}

    /** {@code graph} with every derivative written out that can be. */
    static Result applyTo(Graph graph, Facts facts, Supplier<Value> newValue) {
        Derivatives d = new Derivatives(facts, newValue, graph.roots());
        return new Result(new Graph(graph.inputs(), d.rewrite(graph.nodes()), graph.results()), d.methods);
    }

    /** Whether {@code node}, a gradient per sample, can be written out. */
    static boolean separates(Node.Gradient node, Facts facts, Supplier<Value> newValue, Map<Value, Value> roots) {
        Derivatives d = new Derivatives(facts, newValue, roots);
        d.rewrite(node);
        return d.methods.get(d.methods.size() - 1).without() == null;
    }

    private List<Node> rewrite(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            if (node instanceof Node.Loop loop) {
                result.add(loop.withBody(rewrite(loop.body())));
            } else if (node instanceof Node.Structure structure) {
                result.addAll(rewrite(structure));
            } else {
                result.add(node);
            }
        }
        return result;
    }

    private List<Node> rewrite(Node.Structure node) {
        Node.Structure inside = node.withBody(rewrite(node.body()));
        List<Node> outer = out;
        out = new ArrayList<>();
        site = node.site();
        for (int i = 0; i < node.parameters().size(); i++) {
            out.add(Node.same(node.parameters().get(i), node.arguments().get(i), null));
        }
        apart = node instanceof Node.Gradient gradient && gradient.perSample()
                ? Set.copyOf(node.parameters())
                : Set.of();
        Body body = prepared(inside.body(), inside.parameters());
        Node without = body.without();
        if (without == null) {
            out.addAll(body.nodes());
            without = node instanceof Node.Gradient gradient
                    ? gradient(gradient, body)
                    : tangent((Node.Tangent) node, body);
            for (int i = 0; i < node.handedOut().size(); i++) {
                out.add(Node.same(node.handedOut().get(i), node.results().get(i), null));
            }
        }
        methods.add(new Method(node instanceof Node.Tangent, node.site(), without));
        List<Node> result = without == null ? out : List.of(inside);
        out = outer;
        return result;
    }

    // ---------------------------------------------------------------- what can be reversed

    private Body prepared(List<Node> nodes, List<Value> parameters) {
        Set<Value> active = new HashSet<>(parameters);
        Set<Value> changed = new HashSet<>();
        nodes.forEach(node -> collectChanged(node, changed));
        List<Node> result = new ArrayList<>();
        Node without = prepare(nodes, active, changed, result);
        return new Body(without == null ? result : nodes, active, without);
    }

    /** Prepares each of {@code nodes}, up to the first that has no rule, which it returns. */
    private Node prepare(List<Node> nodes, Set<Value> active, Set<Value> changed, List<Node> result) {
        for (Node node : nodes) {
            Node without = prepare(node, active, changed, result);
            if (without != null) {
                return without;
            }
        }
        return null;
    }

    /** Adds {@code node}, or what it consists of, to {@code result}; returns it if it has no rule. */
    private Node prepare(Node node, Set<Value> active, Set<Value> changed, List<Node> result) {
        if (!mentions(node, active) || node instanceof Node.Call call && Rules.isConstant(call)) {
            result.add(node);
            return null;
        }
        if (node instanceof Node.Loop loop) {
            List<Node> steps = Unrolling.of(loop, facts, newValue);
            return steps == null ? loop : prepare(steps, active, changed, result);
        }
        if (!(node instanceof Node.Call call)) {
            return node;
        }
        Rules.Decomposition parts = Rules.decomposition(call);
        if (parts != null && parts.fits().test(this, call.args())) {
            return prepare(decomposed(call, parts), active, Set.of(), result) == null ? null : call;
        }
        if (call.args().stream().anyMatch(argument -> Graph.reads(argument, apart))
                && Rules.perSample(this, call) == null) {
            return call;
        }
        boolean pure = !call.effect() && call.args().stream().noneMatch(argument -> isChanged(argument, changed));
        if (!pure || Rules.of(this, call) == null) {
            return call;
        }
        active.addAll(call.outputs());
        result.add(call);
        return null;
    }

    private List<Node> decomposed(Node.Call call, Rules.Decomposition parts) {
        List<Node> outer = out;
        StackTraceElement before = site;
        out = new ArrayList<>();
        site = call.site();
        out.add(Node.same(call.output(), parts.parts().of(this, call.args()), null));
        List<Node> result = out;
        out = outer;
        site = before;
        return result;
    }

    private static boolean mentions(Node node, Set<Value> values) {
        return node.reads().stream().anyMatch(argument -> Graph.reads(argument, values))
                || node instanceof Node.Structure structure
                        && (structure.results().stream().anyMatch(result -> Graph.reads(result, values))
                                || structure.body().stream().anyMatch(inner -> mentions(inner, values)));
    }

    /** Memory that is overwritten in the body cannot be read again when the body is reversed. */
    private void collectChanged(Node node, Set<Value> changed) {
        if (node instanceof Node.Call call && call.effect() && Rules.decomposition(call) == null) {
            Graph.forEach(call.args(), value -> changed.add(roots.getOrDefault(value, value)));
        } else if (node instanceof Node.Structure structure) {
            structure.body().forEach(inner -> collectChanged(inner, changed));
        }
    }

    private boolean isChanged(Object argument, Set<Value> changed) {
        boolean[] found = {false};
        Graph.forEach(argument, value -> found[0] |= changed.contains(roots.getOrDefault(value, value)));
        return found[0];
    }

    // ---------------------------------------------------------------- reversing

    private Node gradient(Node.Gradient node, Body body) {
        Map<Value, Object> seeds = new HashMap<>();
        if (body.active().contains(node.total())) {
            seeds.put((Value) node.total(), new Constant(node.total(), 1));
        }
        Map<Value, Object> adjoints = reverse(body, seeds);
        site = node.site();
        for (int i = 0; i < node.parameters().size(); i++) {
            Value parameter = node.parameters().get(i);
            handOut(node.gradients().get(i), written(adjoints.get(parameter)), parameter);
        }
        return null;
    }

    private Node tangent(Node.Tangent node, Body body) {
        Map<Value, Object> seeds = new HashMap<>();
        List<Value> cotangents = new ArrayList<>();
        for (Object result : node.results()) {
            Value cotangent = op("zeros_like", result);
            cotangents.add(cotangent);
            if (body.active().contains(result)) {
                seeds.merge((Value) result, cotangent, this::sum);
            }
        }
        int start = out.size();
        Map<Value, Object> adjoints = reverse(body, seeds);
        Body transposed = prepared(List.copyOf(out.subList(start, out.size())), cotangents);
        if (transposed.without() != null) {
            return transposed.without();
        }
        for (int k = 0; k < node.directions().size(); k++) {
            Map<Value, Object> along = new HashMap<>();
            for (int i = 0; i < node.parameters().size(); i++) {
                if (adjoints.get(node.parameters().get(i)) instanceof Value adjoint) {
                    along.merge(adjoint, node.directions().get(k).get(i), this::sum);
                }
            }
            Map<Value, Object> tangents = reverse(transposed, along);
            site = node.site();
            for (int i = 0; i < cotangents.size(); i++) {
                handOut(node.tangents().get(k).get(i), written(tangents.get(cotangents.get(i))), cotangents.get(i));
            }
        }
        return null;
    }

    private void handOut(Value value, Object adjoint, Object like) {
        boolean typed = facts.type(adjoint) != null && facts.type(adjoint) == facts.type(like);
        String target = adjoint == null ? "torch.zeros_like" : typed ? "{0}" : "torch.type_as";
        Object model = adjoint == null && apart.contains(like) ? op("expand", like, list(facts.shape(value))) : like;
        List<Object> args = adjoint == null ? List.of(model) : typed ? List.of(adjoint) : List.of(adjoint, like);
        out.add(new Node.Call(target, args, List.of(value), false, site));
    }

    /** The adjoints of everything in {@code body}, from those of some of its values. */
    private Map<Value, Object> reverse(Body body, Map<Value, Object> seeds) {
        wanted = body.active();
        Map<Value, Object> adjoints = new HashMap<>(seeds);
        for (int i = body.nodes().size() - 1; i >= 0; i--) {
            if (!(body.nodes().get(i) instanceof Node.Call call)
                    || call.outputs().size() != 1
                    || !wanted.contains(call.output())
                    || !adjoints.containsKey(call.output())) {
                continue;
            }
            site = call.site();
            Object g = adjoints.get(call.output());
            if (call.args().stream().anyMatch(argument -> Graph.reads(argument, apart))) {
                g = written(g);
                List<Object> own = Rules.perSample(this, call).adjoints(this, call.args(), call.output(), g);
                for (int k = 0; k < own.size(); k++) {
                    if (apart.contains(call.args().get(k))) {
                        adjoints.merge((Value) call.args().get(k), own.get(k), this::sum);
                    }
                }
            }
            List<Object> parts = g instanceof Constant constant ? adjointsOfConstant(call, constant.number()) : null;
            if (parts == null) {
                parts = Rules.of(this, call).adjoints(this, call.args(), call.output(), written(g));
            }
            for (int k = 0; k < parts.size(); k++) {
                pass(call.args().get(k), parts.get(k), adjoints);
            }
        }
        return adjoints;
    }

    /** Adds {@code adjoint} to that of {@code argument}; of a list, item by item. */
    private void pass(Object argument, Object adjoint, Map<Value, Object> adjoints) {
        if (argument instanceof List<?> items && adjoint instanceof List<?> parts) {
            for (int i = 0; i < parts.size(); i++) {
                pass(items.get(i), parts.get(i), adjoints);
            }
        } else if (adjoint != null && wants(argument)) {
            adjoints.merge((Value) argument, adjoint, this::sum);
        }
    }

    private Object sum(Object a, Object b) {
        if (a instanceof Constant one && b instanceof Constant other) {
            return new Constant(one.like(), one.number() + other.number());
        }
        if (a instanceof Constant one) {
            return op("add", b, one.number());
        }
        return op("add", a, b instanceof Constant other ? other.number() : b);
    }

    private Object written(Object adjoint) {
        if (!(adjoint instanceof Constant constant)) {
            return adjoint;
        }
        return constant.number() == 1
                ? op("ones_like", constant.like())
                : op("full_like", constant.like(), constant.number());
    }

    // ---------------------------------------------------------------- one number everywhere

    /** Adjoints where the incoming one is {@code v} everywhere; null where it must be an array. */
    private List<Object> adjointsOfConstant(Node.Call call, double v) {
        Object x = call.args().isEmpty() ? null : call.args().get(0);
        Value y = call.output();
        return switch (call.target()) {
            case "{0}", "torch.alias", "torch.clone", "torch.reshape", "torch.sum" -> Rules.first(new Constant(x, v));
            case "torch.neg" -> Rules.first(new Constant(x, -v));
            case "torch.exp" -> Rules.first(v == 1 ? y : op("mul", y, v));
            case "torch.mean" -> ratio(x, y) instanceof Double count ? Rules.first(new Constant(x, v / count)) : null;
            case "torch.add" -> sameOfSum(call, v, v);
            case "torch.sub" -> sameOfSum(call, v, -v);
            case "torch.linear" -> sameOfLinear(call, v);
            default -> null;
        };
    }

    private List<Object> sameOfSum(Node.Call call, double first, double second) {
        Object a = call.args().get(0);
        Object b = call.args().get(1);
        Object ofA = wants(a) ? sameUnbroadcast(call.output(), a, first) : "none";
        Object ofB = wants(b) ? sameUnbroadcast(call.output(), b, second) : "none";
        return ofA == null || ofB == null ? null : Arrays.asList(ofA, ofB);
    }

    private Object sameUnbroadcast(Value sum, Object argument, double v) {
        Shape from = facts.shape(sum);
        Shape to = facts.shape(argument);
        if (from == null || to == null || !(from.equals(to) || to.dimension() == 0)) {
            return null;
        }
        return new Constant(argument, from.equals(to) ? v : v * from.size());
    }

    /** Sums in place of products with a matrix of one number. */
    private List<Object> sameOfLinear(Node.Call call, double v) {
        Object x = call.args().get(0);
        Object w = call.args().get(1);
        Object b = call.args().get(2);
        Shape in = facts.shape(x);
        Shape weight = facts.shape(w);
        if (weight == null || in == null || in.dimension() != 2) {
            return null;
        }
        return Arrays.asList(
                wants(x) ? op("expand", scaledSum(w, v), list(in)) : null,
                wants(w) ? op("expand", scaledSum(x, v), list(weight)) : null,
                wants(b) ? new Constant(b, v * in.get(0)) : null);
    }

    private Object scaledSum(Object rows, double v) {
        Object sum = sum(rows, List.of(0L), true);
        return v == 1 ? sum : op("mul", sum, v);
    }

    // ---------------------------------------------------------------- for the rules

    /** Whether the adjoint of {@code argument} counts. */
    boolean wants(Object argument) {
        return argument instanceof Value value && wanted.contains(value) && !apart.contains(value);
    }

    /** Writes {@code torch.name(args…)}. */
    Value op(String name, Object... args) {
        return write("torch." + name, args);
    }

    /** Writes a call. */
    Value write(String target, Object... args) {
        return write(false, target, args);
    }

    /** Writes a call that changes something. */
    Value effect(String target, Object... args) {
        return write(true, target, args);
    }

    private Value write(boolean effect, String target, Object... args) {
        Node.Call call = new Node.Call(target, Arrays.asList(args), List.of(newValue.get()), effect, site);
        facts.see(call);
        out.add(call);
        return call.output();
    }

    /** The sum over some axes. */
    Object sum(Object x, List<?> axes, boolean keep) {
        return op("sum", x, axes, keep, new Node.Named("dtype", null));
    }

    /** The mean over some axes, which stay with length one. */
    Object mean(Object x, List<?> axes) {
        return op("mean", x, axes, true, new Node.Named("dtype", null));
    }

    /** {@code g}, summed over what was broadcast, in the shape and type of {@code like}. */
    Object unbroadcast(Object g, Object like) {
        Shape from = facts.shape(g);
        Shape to = facts.shape(like);
        Object result = g;
        if (to != null && to.dimension() == 0) {
            result = from != null && from.dimension() == 0 ? g : op("sum", g);
        } else if (from == null || !from.equals(to)) {
            result = op("sum_to_size", g, to == null ? op("size", like) : list(to));
        }
        DataType type = facts.type(like);
        boolean other = type != null && facts.type(g) != null && type != facts.type(g);
        return other ? op("type_as", result, like) : result;
    }

    /** {@code g} in the shape of {@code like}, which has as many elements. */
    Object likeShape(Object g, Object like) {
        return op("reshape", g, size(like));
    }

    /** The shape of {@code x} as an argument. */
    Object size(Object x) {
        Shape shape = facts.shape(x);
        return shape == null ? op("size", x) : list(shape);
    }

    static List<Object> list(Shape shape) {
        return Recorder.longs(shape.getShape());
    }

    /** How many elements of {@code x} went into one of {@code y}. */
    Object ratio(Object x, Object y) {
        Shape from = facts.shape(x);
        Shape to = facts.shape(y);
        if (from != null && to != null) {
            return (double) from.size() / to.size();
        }
        return write("torch.div({0}, {1})", op("numel", x), op("numel", y));
    }

    /** {@code reduced} with the axes that a reduction with arguments {@code a} took away put back as axes of length one. */
    Object kept(List<Object> a, Object reduced) {
        if (a.size() == 1 || Boolean.TRUE.equals(a.get(2))) {
            return reduced;
        }
        List<?> axes = a.get(1) instanceof List<?> list ? list : List.of(a.get(1));
        return withAxes(reduced, axes, facts.dimension(a.get(0)));
    }

    /** {@code x} with axes of length one put in at {@code axes} of {@code dimension}. */
    Object withAxes(Object x, List<?> axes, int dimension) {
        Object result = x;
        List<Long> places = new ArrayList<>();
        for (Object axis : axes) {
            long place = (Long) axis;
            places.add(place < 0 && dimension > 0 ? place + dimension : place);
        }
        Collections.sort(places);
        for (long place : places) {
            result = op("unsqueeze", result, place);
        }
        return result;
    }
}
