package gebm.trace;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reverse-mode derivatives, from graph to graph: a gradient whose body has a rule for every operation becomes plain
 * operations; any other is left to the engine's own gradient inside the program.
 *
 * <p>Inner gradients go first, so a gradient of a gradient needs the engine for neither. What the rules write has
 * rules itself.
 */
final class Derivatives {
    /** Adjoints of the arguments of {@code call}, in their order, null where there is none. */
    private interface Rule {
        List<Object> adjoints(Derivatives d, Node.Call call, Object g);
    }

    private static final Map<String, Rule> RULES = new HashMap<>();
    /** Operations through which no gradient flows. */
    private static final Set<String> CONSTANT = Set.of(
            "torch.detach",
            "torch.zeros_like",
            "torch.ones_like",
            "torch.full_like",
            "torch.size",
            "torch.sign",
            "torch.eq",
            "torch.ne",
            "torch.gt",
            "torch.ge",
            "torch.lt",
            "torch.le",
            "ops.prim.device",
            "ops.prim.dtype",
            "torch.isnan",
            "torch.isinf",
            "torch.logical_not",
            "torch.isfinite");

    /** An adjoint with one number everywhere, in the shape of {@code like}: written only where an array is needed. */
    private record Same(Object like, double number) {}

    private final Shapes shapes;
    private final Supplier<Value> newValue;
    private List<Node> out;
    private StackTraceElement site;
    private Set<Value> wanted; // the values whose adjoints count in the gradient being written

    private Derivatives(Shapes shapes, Supplier<Value> newValue) {
        this.shapes = shapes;
        this.newValue = newValue;
    }

    /** {@code graph} with every gradient written out that can be. */
    static Graph applyTo(Graph graph, Map<Value, Shape> known, Supplier<Value> newValue) {
        Derivatives d = new Derivatives(new Shapes(known), newValue);
        return new Graph(graph.inputs(), d.rewrite(graph.nodes()), graph.results());
    }

    private List<Node> rewrite(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            if (node instanceof Node.Call call) {
                shapes.see(call);
                result.add(call);
            } else if (node instanceof Node.Loop loop) {
                for (int i = 0; i < loop.parameters().size(); i++) {
                    shapes.same(loop.parameters().get(i), loop.initial().get(i));
                    shapes.same(loop.outputs().get(i), loop.initial().get(i));
                }
                result.add(loop.withBody(rewrite(loop.body())));
            } else if (node instanceof Node.Gradient gradient) {
                result.addAll(rewrite(gradient));
            } else {
                result.add(node);
            }
        }
        return result;
    }

    private List<Node> rewrite(Node.Gradient node) {
        for (int i = 0; i < node.parameters().size(); i++) {
            shapes.same(node.parameters().get(i), node.wrt().get(i));
            shapes.same(node.gradients().get(i), node.wrt().get(i));
        }
        List<Node> body = rewrite(node.body());
        Set<Value> active = active(node, body);
        if (active == null) {
            return List.of(node.withBody(body));
        }
        List<Node> outer = out;
        out = new ArrayList<>();
        site = node.site();
        for (int i = 0; i < node.parameters().size(); i++) {
            out.add(same(node.parameters().get(i), node.wrt().get(i)));
        }
        out.addAll(body);
        reverse(node, body, active);
        for (int i = 0; i < node.values().size(); i++) {
            out.add(same(node.values().get(i), node.extras().get(i)));
        }
        List<Node> result = out;
        out = outer;
        return result;
    }

    /** The values that depend on the parameters, or null if one of them comes from an operation without a rule. */
    private Set<Value> active(Node.Gradient node, List<Node> body) {
        Set<Value> active = new HashSet<>(node.parameters());
        for (Node inner : body) {
            if (!(inner instanceof Node.Call call)) {
                return null;
            }
            if (CONSTANT.contains(call.target()) || !reads(call.args(), active)) {
                continue;
            }
            if (!hasRule(call)) {
                return null;
            }
            active.addAll(call.outputs());
        }
        return active;
    }

    private boolean hasRule(Node.Call call) {
        if (call.effect() || call.outputs().size() != 1 || !RULES.containsKey(call.target())) {
            return false;
        }
        return switch (call.target()) {
            case "torch.linear" -> isMatrix(call.args().get(0));
            case "torch.matmul" ->
                isMatrix(call.args().get(0)) && isMatrix(call.args().get(1));
            case "torch.pow" -> call.args().get(1) instanceof Number;
            case "torch.rsub" -> call.args().get(1) instanceof Number;
            case "torch.sum", "torch.mean", "torch.logsumexp" -> call.args().size() == 1 || axesAreClear(call);
            default -> true;
        };
    }

    private boolean isMatrix(Object argument) {
        Shape shape = shapes.of(argument);
        return shape != null && shape.dimension() == 2;
    }

    /** Several axes can be put back one by one only where they are counted from the front. */
    private static boolean axesAreClear(Node.Call call) {
        return call.args().get(1) instanceof List<?> axes
                && (axes.size() == 1 || axes.stream().allMatch(axis -> axis instanceof Long number && number >= 0));
    }

    private static boolean reads(Object argument, Set<Value> values) {
        return argument instanceof Value value && values.contains(value)
                || argument instanceof List<?> list && list.stream().anyMatch(item -> reads(item, values));
    }

    private void reverse(Node.Gradient node, List<Node> body, Set<Value> active) {
        wanted = active;
        Map<Value, Object> adjoints = new HashMap<>();
        if (active.contains(node.total())) {
            adjoints.put((Value) node.total(), new Same(node.total(), 1));
        }
        for (int i = body.size() - 1; i >= 0; i--) {
            Node.Call call = (Node.Call) body.get(i);
            Object g = call.outputs().size() == 1 ? adjoints.get(call.outputs().get(0)) : null;
            if (g == null || !reads(call.args(), active) || CONSTANT.contains(call.target())) {
                continue;
            }
            site = call.site();
            List<Object> parts = g instanceof Same same ? adjointsOfSame(call, same.number()) : null;
            if (parts == null) {
                parts = RULES.get(call.target()).adjoints(this, call, written(g));
            }
            for (int k = 0; k < parts.size(); k++) {
                if (parts.get(k) != null && active.contains(call.args().get(k))) {
                    adjoints.merge((Value) call.args().get(k), parts.get(k), this::sum);
                }
            }
        }
        for (int i = 0; i < node.parameters().size(); i++) {
            Value parameter = node.parameters().get(i);
            Object adjoint = written(adjoints.get(parameter));
            String target = adjoint == null ? "torch.zeros_like" : "torch.type_as";
            List<Object> args = adjoint == null ? List.of(parameter) : List.of(adjoint, parameter);
            out.add(new Node.Call(target, args, List.of(node.gradients().get(i)), false, node.site()));
        }
    }

    private Object sum(Object a, Object b) {
        if (a instanceof Same one && b instanceof Same other) {
            return new Same(one.like(), one.number() + other.number());
        }
        if (a instanceof Same one) {
            return write("torch.add", b, one.number());
        }
        return write("torch.add", a, b instanceof Same other ? other.number() : b);
    }

    private Object written(Object adjoint) {
        if (!(adjoint instanceof Same same)) {
            return adjoint;
        }
        return same.number() == 1
                ? write("torch.ones_like", same.like())
                : write("torch.full_like", same.like(), same.number());
    }

    /** Adjoints where the incoming one is {@code v} everywhere; null where it must be an array. */
    private List<Object> adjointsOfSame(Node.Call call, double v) {
        Object x = call.args().get(0);
        Value y = call.outputs().get(0);
        return switch (call.target()) {
            case "{0}", "torch.alias", "torch.clone", "torch.reshape", "torch.sum" -> first(new Same(x, v));
            case "torch.neg" -> first(new Same(x, -v));
            case "torch.exp" -> first(v == 1 ? y : write("torch.mul", y, v));
            case "torch.mean" -> ratio(x, y) instanceof Double count ? first(new Same(x, v / count)) : null;
            case "torch.add" -> sameOfSum(call, v, v);
            case "torch.sub" -> sameOfSum(call, v, -v);
            case "torch.linear" -> sameOfLinear(call, v);
            default -> null;
        };
    }

    private List<Object> sameOfSum(Node.Call call, double first, double second) {
        Object a = call.args().get(0);
        Object b = call.args().get(1);
        Object ofA = wants(a) ? sameUnbroadcast(call.outputs().get(0), a, first) : "none";
        Object ofB = wants(b) ? sameUnbroadcast(call.outputs().get(0), b, second) : "none";
        return ofA == null || ofB == null ? null : two(ofA, ofB);
    }

    private Object sameUnbroadcast(Value sum, Object argument, double v) {
        Shape from = shapes.of(sum);
        Shape to = shapes.of(argument);
        if (from == null || to == null || !(from.equals(to) || to.dimension() == 0)) {
            return null;
        }
        return new Same(argument, from.equals(to) ? v : v * from.size());
    }

    /** Sums in place of products with a matrix of one number. */
    private List<Object> sameOfLinear(Node.Call call, double v) {
        Object x = call.args().get(0);
        Object w = call.args().get(1);
        Object b = call.args().get(2);
        Shape in = shapes.of(x);
        Shape weight = shapes.of(w);
        if (weight == null) {
            return null;
        }
        return java.util.Arrays.asList(
                wants(x) ? write("torch.expand", scaledSum(w, v), list(in)) : null,
                wants(w) ? write("torch.expand", scaledSum(x, v), list(weight)) : null,
                wants(b) ? new Same(b, v * in.get(0)) : null);
    }

    private Object scaledSum(Object rows, double v) {
        Object sum = write("torch.sum", rows, List.of(0L), true, new Node.Named("dtype", null));
        return v == 1 ? sum : write("torch.mul", sum, v);
    }

    private boolean wants(Object argument) {
        return argument instanceof Value value && wanted.contains(value);
    }

    private static Node same(Value value, Object as) {
        return new Node.Call("{0}", java.util.Collections.singletonList(as), List.of(value), false, null);
    }

    private Value write(String target, Object... args) {
        Value output = newValue.get();
        Node.Call call = new Node.Call(target, java.util.Arrays.asList(args), List.of(output), false, site);
        shapes.see(call);
        out.add(call);
        return output;
    }

    // ---------------------------------------------------------------- rules

    /** {@code g}, summed over what was broadcast, in the shape of {@code like}. */
    private Object unbroadcast(Object g, Object like) {
        Shape from = shapes.of(g);
        Shape to = shapes.of(like);
        if (from != null && from.equals(to)) {
            return g;
        }
        if (to != null && to.dimension() == 0) {
            return write("torch.sum", g);
        }
        return write("torch.sum_to_size", g, write("torch.size", like));
    }

    private Object likeShape(Object g, Object like) {
        Shape to = shapes.of(like);
        return write("torch.reshape", g, to == null ? write("torch.size", like) : list(to));
    }

    private static List<Object> list(Shape shape) {
        List<Object> sizes = new ArrayList<>();
        for (long size : shape.getShape()) {
            sizes.add(size);
        }
        return sizes;
    }

    private static List<Object> first(Object adjoint) {
        return java.util.Collections.singletonList(adjoint);
    }

    private interface Unary {
        Object adjoint(Derivatives d, Object x, Object y, Object g);
    }

    private static void unary(String target, Unary rule) {
        RULES.put(
                target,
                (d, call, g) ->
                        first(rule.adjoint(d, call.args().get(0), call.outputs().get(0), g)));
    }

    private static List<Object> two(Object a, Object b) {
        return java.util.Arrays.asList(a, b);
    }

    static {
        unary("{0}", (d, x, y, g) -> g);
        unary("torch.alias", (d, x, y, g) -> g);
        unary("torch.clone", (d, x, y, g) -> g);
        unary("torch.to", (d, x, y, g) -> d.write("torch.type_as", g, x));
        unary("torch.type_as", (d, x, y, g) -> d.write("torch.type_as", g, x));
        unary("torch.neg", (d, x, y, g) -> d.write("torch.neg", g));
        unary("torch.exp", (d, x, y, g) -> d.write("torch.mul", g, y));
        unary("torch.log", (d, x, y, g) -> d.write("torch.div", g, x));
        unary("torch.sin", (d, x, y, g) -> d.write("torch.mul", g, d.write("torch.cos", x)));
        unary("torch.cos", (d, x, y, g) -> d.write("torch.neg", d.write("torch.mul", g, d.write("torch.sin", x))));
        unary("torch.abs", (d, x, y, g) -> d.write("torch.mul", g, d.write("torch.sign", x)));
        unary("torch.sqrt", (d, x, y, g) -> d.write("torch.div", g, d.write("torch.mul", y, 2L)));
        unary("torch.square", (d, x, y, g) -> d.write("torch.mul", d.write("torch.mul", g, x), 2L));
        unary(
                "torch.reciprocal",
                (d, x, y, g) -> d.write("torch.neg", d.write("torch.mul", g, d.write("torch.square", y))));
        unary("torch.tanh", (d, x, y, g) -> d.write("torch.tanh_backward", g, y));
        unary("torch.sigmoid", (d, x, y, g) -> d.write("torch.sigmoid_backward", g, y));
        unary("torch.relu", (d, x, y, g) -> d.write("torch.threshold_backward", g, y, 0L));
        unary("torch.softplus", (d, x, y, g) -> d.write("torch.softplus_backward", g, x, 1L, 20L));
        RULES.put(
                "torch.leaky_relu",
                (d, call, g) -> first(d.write(
                        "torch.leaky_relu_backward",
                        g,
                        call.args().get(0),
                        call.args().get(1),
                        false)));
        backward();
        arithmetic();
        shape();
        products();
    }

    /** Derivatives of derivatives: linear in the first argument, curved in the second. */
    private static void backward() {
        RULES.put("torch.tanh_backward", (d, call, u) -> {
            Object g = call.args().get(0);
            Object y = call.args().get(1);
            Object curve =
                    !d.wants(y) ? null : d.write("torch.mul", d.write("torch.mul", u, d.write("torch.mul", g, y)), -2L);
            return two(d.write("torch.tanh_backward", u, y), curve);
        });
        RULES.put("torch.sigmoid_backward", (d, call, u) -> {
            Object g = call.args().get(0);
            Object y = call.args().get(1);
            Object curve = !d.wants(y)
                    ? null
                    : d.write(
                            "torch.mul",
                            d.write("torch.mul", u, g),
                            d.write("torch.rsub", d.write("torch.mul", y, 2L), 1L));
            return two(d.write("torch.sigmoid_backward", u, y), curve);
        });
        RULES.put("torch.softplus_backward", (d, call, u) -> {
            Object g = call.args().get(0);
            Object x = call.args().get(1);
            Object curve = !d.wants(x)
                    ? null
                    : d.write("torch.sigmoid_backward", d.write("torch.mul", u, g), d.write("torch.sigmoid", x));
            return two(d.write("torch.softplus_backward", u, x, 1L, 20L), curve);
        });
        // piecewise linear: the second argument only chooses the piece
        RULES.put(
                "torch.threshold_backward",
                (d, call, u) ->
                        first(d.write("torch.threshold_backward", u, call.args().get(1), 0L)));
        RULES.put(
                "torch.leaky_relu_backward",
                (d, call, u) -> first(d.write(
                        "torch.leaky_relu_backward",
                        u,
                        call.args().get(1),
                        call.args().get(2),
                        false)));
    }

    private static void arithmetic() {
        RULES.put(
                "torch.add",
                (d, call, g) -> two(
                        d.wants(call.args().get(0))
                                ? d.unbroadcast(g, call.args().get(0))
                                : null,
                        d.wants(call.args().get(1))
                                ? d.unbroadcast(g, call.args().get(1))
                                : null));
        RULES.put(
                "torch.sub",
                (d, call, g) -> two(
                        d.wants(call.args().get(0))
                                ? d.unbroadcast(g, call.args().get(0))
                                : null,
                        d.wants(call.args().get(1))
                                ? d.unbroadcast(
                                        d.write("torch.neg", g), call.args().get(1))
                                : null));
        RULES.put("torch.mul", (d, call, g) -> {
            Object a = call.args().get(0);
            Object b = call.args().get(1);
            return two(
                    d.wants(a) ? d.unbroadcast(d.write("torch.mul", g, b), a) : null,
                    d.wants(b) ? d.unbroadcast(d.write("torch.mul", g, a), b) : null);
        });
        RULES.put("torch.div", (d, call, g) -> {
            Object a = call.args().get(0);
            Object b = call.args().get(1);
            Object part = d.write("torch.div", g, b);
            return two(
                    d.wants(a) ? d.unbroadcast(part, a) : null,
                    d.wants(b)
                            ? d.unbroadcast(
                                    d.write(
                                            "torch.neg",
                                            d.write(
                                                    "torch.mul",
                                                    part,
                                                    call.outputs().get(0))),
                                    b)
                            : null);
        });
        RULES.put("torch.pow", (d, call, g) -> {
            double n = ((Number) call.args().get(1)).doubleValue();
            Object slope = d.write("torch.mul", d.write("torch.pow", call.args().get(0), n - 1), n);
            return first(d.write("torch.mul", g, slope));
        });
        unary("torch.rsub", (d, x, y, g) -> d.write("torch.neg", g)); // of a number
        RULES.put(
                "torch.clamp_min",
                (d, call, g) -> first(d.write(
                        "torch.where",
                        d.write("torch.ge", call.args().get(0), call.args().get(1)),
                        g,
                        0L)));
        RULES.put(
                "torch.clamp_max",
                (d, call, g) -> first(d.write(
                        "torch.where",
                        d.write("torch.le", call.args().get(0), call.args().get(1)),
                        g,
                        0L)));
        RULES.put(
                "torch.where",
                (d, call, g) -> java.util.Arrays.asList(
                        null,
                        d.wants(call.args().get(1))
                                ? d.unbroadcast(
                                        d.write("torch.where", call.args().get(0), g, 0L),
                                        call.args().get(1))
                                : null,
                        d.wants(call.args().get(2))
                                ? d.unbroadcast(
                                        d.write(
                                                "torch.where",
                                                d.write(
                                                        "torch.logical_not",
                                                        call.args().get(0)),
                                                g,
                                                0L),
                                        call.args().get(2))
                                : null));
    }

    private static void shape() {
        for (String target : List.of("torch.reshape", "torch.flatten", "torch.unsqueeze", "torch.squeeze")) {
            unary(target, (d, x, y, g) -> d.likeShape(g, x));
        }
        unary("torch.t", (d, x, y, g) -> d.write("torch.t", g));
        RULES.put(
                "torch.transpose",
                (d, call, g) -> first(d.write(
                        "torch.transpose", g, call.args().get(1), call.args().get(2))));
        RULES.put(
                "torch.sum",
                (d, call, g) -> first(
                        d.write("torch.expand_as", d.kept(call, g), call.args().get(0))));
        RULES.put("torch.mean", (d, call, g) -> {
            Object x = call.args().get(0);
            Object share = d.write(
                    "torch.div", d.kept(call, g), d.ratio(x, call.outputs().get(0)));
            return first(d.write("torch.expand_as", share, x));
        });
        RULES.put(
                "torch.expand_as",
                (d, call, g) -> two(d.unbroadcast(g, call.args().get(0)), null));
        unary("torch.expand", (d, x, y, g) -> d.unbroadcast(g, x));
        unary("torch.sum_to_size", (d, x, y, g) -> d.write("torch.expand_as", g, x));
        RULES.put("torch.logsumexp", (d, call, g) -> {
            Object x = call.args().get(0);
            Object y = d.kept(call, call.outputs().get(0));
            Object share = d.write("torch.exp", d.write("torch.sub", x, y));
            return first(d.write("torch.mul", share, d.kept(call, g)));
        });
        RULES.put(
                "torch.select",
                (d, call, g) -> first(d.write(
                        "torch.select_backward",
                        g,
                        d.write("torch.size", call.args().get(0)),
                        call.args().get(1),
                        call.args().get(2))));
        RULES.put("torch.slice", (d, call, g) -> {
            List<Object> a = call.args();
            Object start = a.get(2) == null ? 0L : a.get(2);
            Object end = a.get(3) == null ? Long.MAX_VALUE : a.get(3);
            return first(d.write(
                    "torch.slice_backward", g, d.write("torch.size", a.get(0)), a.get(1), start, end, a.get(4)));
        });
    }

    /** How many elements of {@code x} went into one of {@code y}. */
    private Object ratio(Object x, Object y) {
        Shape from = shapes.of(x);
        Shape to = shapes.of(y);
        if (from != null && to != null) {
            return (double) from.size() / to.size();
        }
        return write("torch.div({0}, {1})", write("torch.numel", x), write("torch.numel", y));
    }

    /** {@code reduced} with the axes that {@code call} summed over put back as axes of length one. */
    private Object kept(Node.Call call, Object reduced) {
        boolean all = call.args().size() == 1;
        boolean keeps = !all && call.args().get(2).equals(true);
        if (all || keeps) {
            return reduced;
        }
        List<?> axes = (List<?>) call.args().get(1);
        if (axes.size() == 1) {
            return write("torch.unsqueeze", reduced, axes.get(0));
        }
        Object result = reduced;
        for (Object axis : axes.stream().sorted().toList()) {
            result = write("torch.unsqueeze", result, axis);
        }
        return result;
    }

    private static void products() {
        Rule product = (d, call, g) -> {
            Object a = call.args().get(0);
            Object b = call.args().get(1);
            return two(
                    d.wants(a) ? d.write("torch.mm", g, d.write("torch.t", b)) : null,
                    d.wants(b) ? d.write("torch.mm", d.write("torch.t", a), g) : null);
        };
        RULES.put("torch.mm", product);
        RULES.put("torch.matmul", product);
        RULES.put("torch.linear", (d, call, g) -> {
            Object x = call.args().get(0);
            Object w = call.args().get(1);
            return java.util.Arrays.asList(
                    d.wants(x) ? d.write("torch.mm", g, w) : null,
                    d.wants(w) ? d.write("torch.mm", d.write("torch.t", g), x) : null,
                    d.wants(call.args().get(2))
                            ? d.write("torch.sum", g, List.of(0L), false, new Node.Named("dtype", null))
                            : null);
        });
    }
}
