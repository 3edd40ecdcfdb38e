package gebm.trace;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * How each operation hands a cotangent back to its arguments: {@code g ↦ gᵀ·∂y/∂args}, one entry an operation.
 *
 * <p>What a rule writes is linear in {@code g} and has rules itself, in {@code g} and in the arguments, so that
 * derivatives of any order and tangents come from these entries alone. {@link PassesTest} and the contract list of
 * operations hold every entry against the engine and against differences.
 */
final class Rules {
    /** Adjoints of the arguments of {@code call}, in their order, null where there is none. */
    interface Rule {
        List<Object> adjoints(Derivatives d, Node.Call call, Object g);
    }

    /** An operation as others that have rules. */
    interface Decomposition {
        /** Whether it can be written so for these arguments. */
        default boolean fits(Derivatives d, Node.Call call) {
            return true;
        }

        /** The result of the operations that {@code call} consists of. */
        Object parts(Derivatives d, Node.Call call);
    }

    private record Entry(BiPredicate<Derivatives, Node.Call> fits, Rule rule) {}

    private static final BiPredicate<Derivatives, Node.Call> ALWAYS = (d, call) -> true;
    private static final Map<String, Entry> RULES = new HashMap<>();
    private static final Map<String, Decomposition> DECOMPOSITIONS = new HashMap<>();

    /** Operations through which no gradient flows. */
    private static final Set<String> CONSTANT = new HashSet<>(Set.of(
            "ops.prim.device",
            "ops.prim.dtype",
            "int(torch.item({0}))",
            "float(torch.item({0}))",
            "bool(torch.item({0}))"));

    static {
        for (String name :
                ("detach zeros_like ones_like full_like size numel sign eq ne gt ge lt le isnan isinf isfinite "
                                + "logical_not logical_and logical_or logical_xor floor ceil round trunc argmax argmin argsort "
                                + "one_hot isclose bernoulli nonzero searchsorted bucketize")
                        .split(" ")) {
            CONSTANT.add("torch." + name);
        }
    }

    static final String INDEX = "torch.index({0}, annotate(List[Optional[Tensor]], {1}))";
    static final String INDEX_BACKWARD =
            "torch.index_put(torch.zeros_like({0}), annotate(List[Optional[Tensor]], {1}), {2}, True)";
    static final String SELECT_BACKWARD = "torch.select_backward";
    static final String SLICE_BACKWARD = "torch.slice_backward";
    /** Gradient, input, weight, stride, padding, dilation, transposed, output padding, groups. */
    static final String INPUT_OF_CONVOLUTION =
            "(torch.convolution_backward({0}, {1}, {2}, None, {3}, {4}, {5}, {6}, {7}, {8}, [True, False, False]))[0]";

    static final String WEIGHT_OF_CONVOLUTION =
            "(torch.convolution_backward({0}, {1}, {2}, None, {3}, {4}, {5}, {6}, {7}, {8}, [False, True, False]))[1]";

    private Rules() {}

    /** The rule for {@code call}, or null if there is none for these arguments. */
    static Rule of(Derivatives d, Node.Call call) {
        Entry entry = RULES.get(call.target());
        return entry == null || call.outputs().size() != 1 || !entry.fits().test(d, call) ? null : entry.rule();
    }

    /** How {@code call} is written in operations that have rules, or null. */
    static Decomposition decomposition(Node.Call call) {
        return DECOMPOSITIONS.get(call.target());
    }

    /** Whether no gradient flows through {@code call}. */
    static boolean isConstant(Node.Call call) {
        boolean toWhole = call.target().equals("torch.to")
                && call.args().get(1) instanceof Long code
                && !Types.of(code.intValue()).isFloating();
        return toWhole || CONSTANT.contains(call.target());
    }

    /** Whether there is a rule or a decomposition for {@code target}. */
    static boolean covers(String target) {
        return RULES.containsKey(target) || DECOMPOSITIONS.containsKey(target) || CONSTANT.contains(target);
    }

    static List<Object> first(Object adjoint) {
        return Collections.singletonList(adjoint);
    }

    private static List<Object> list(Object... adjoints) {
        return Arrays.asList(adjoints);
    }

    private interface Unary {
        Object adjoint(Derivatives d, Object x, Object y, Object g);
    }

    private static void unary(String name, Unary rule) {
        rule("torch." + name, (d, call, g) -> first(rule.adjoint(d, call.args().get(0), call.output(), g)));
    }

    private static void rule(String target, Rule rule) {
        rule(target, ALWAYS, rule);
    }

    private static void rule(String target, BiPredicate<Derivatives, Node.Call> fits, Rule rule) {
        RULES.put(target, new Entry(fits, rule));
    }

    static {
        copies();
        elementwise();
        activations();
        backward();
        arithmetic();
        reductions();
        shapes();
        selection();
        products();
        linearAlgebra();
        convolutions();
        pools();
        normalisations();
    }

    // ---------------------------------------------------------------- one argument

    private static void copies() {
        rule("{0}", (d, call) -> call.args().get(0) instanceof Value, (d, call, g) -> first(g));
        unary("alias", (d, x, y, g) -> g);
        unary("clone", (d, x, y, g) -> g);
        unary("contiguous", (d, x, y, g) -> g);
        unary("to", (d, x, y, g) -> d.op("type_as", g, x));
        unary("type_as", (d, x, y, g) -> d.op("type_as", g, x));
    }

    private static void elementwise() {
        unary("neg", (d, x, y, g) -> d.op("neg", g));
        unary("abs", (d, x, y, g) -> d.op("mul", g, d.op("sign", x)));
        unary("square", (d, x, y, g) -> d.op("mul", d.op("mul", g, x), 2L));
        unary("sqrt", (d, x, y, g) -> d.op("div", g, d.op("mul", y, 2L)));
        unary("rsqrt", (d, x, y, g) -> d.op("mul", d.op("mul", g, d.op("pow", y, 3L)), -0.5));
        unary("reciprocal", (d, x, y, g) -> d.op("neg", d.op("mul", g, d.op("square", y))));
        unary("exp", (d, x, y, g) -> d.op("mul", g, y));
        unary("expm1", (d, x, y, g) -> d.op("mul", g, d.op("add", y, 1L)));
        unary("log", (d, x, y, g) -> d.op("div", g, x));
        unary("log1p", (d, x, y, g) -> d.op("div", g, d.op("add", x, 1L)));
        unary("log2", (d, x, y, g) -> d.op("div", g, d.op("mul", x, Math.log(2))));
        unary("log10", (d, x, y, g) -> d.op("div", g, d.op("mul", x, Math.log(10))));
        unary("sin", (d, x, y, g) -> d.op("mul", g, d.op("cos", x)));
        unary("cos", (d, x, y, g) -> d.op("neg", d.op("mul", g, d.op("sin", x))));
        unary("tan", (d, x, y, g) -> d.op("mul", g, d.op("add", d.op("square", y), 1L)));
        unary("sinh", (d, x, y, g) -> d.op("mul", g, d.op("cosh", x)));
        unary("cosh", (d, x, y, g) -> d.op("mul", g, d.op("sinh", x)));
        unary("asin", (d, x, y, g) -> d.op("mul", g, d.op("rsqrt", oneMinusSquare(d, x))));
        unary("acos", (d, x, y, g) -> d.op("neg", d.op("mul", g, d.op("rsqrt", oneMinusSquare(d, x)))));
        unary("atan", (d, x, y, g) -> d.op("div", g, d.op("add", d.op("square", x), 1L)));
        unary("asinh", (d, x, y, g) -> d.op("mul", g, d.op("rsqrt", d.op("add", d.op("square", x), 1L))));
        unary("acosh", (d, x, y, g) -> d.op("mul", g, d.op("rsqrt", d.op("sub", d.op("square", x), 1L))));
        unary("atanh", (d, x, y, g) -> d.op("div", g, oneMinusSquare(d, x)));
        unary("erf", (d, x, y, g) -> d.op("mul", g, bell(d, x)));
        unary("erfc", (d, x, y, g) -> d.op("neg", d.op("mul", g, bell(d, x))));
        unary(
                "erfinv",
                (d, x, y, g) -> d.op("mul", d.op("mul", g, d.op("exp", d.op("square", y))), Math.sqrt(Math.PI) / 2));
        unary("lgamma", (d, x, y, g) -> d.op("mul", g, d.op("digamma", x)));
        unary("digamma", (d, x, y, g) -> d.op("mul", g, d.op("polygamma", 1L, x)));
        rule("torch.polygamma", (d, call, g) -> {
            long order = (Long) call.args().get(0);
            return list(
                    null,
                    d.op("mul", g, d.op("polygamma", order + 1, call.args().get(1))));
        });
        unary("special_ndtr", (d, x, y, g) -> d.op("mul", g, d.op("mul", normal(d, x, null), ROOT)));
        unary("special_log_ndtr", (d, x, y, g) -> d.op("mul", g, d.op("mul", normal(d, x, y), ROOT)));
        rule(
                "torch.masked_fill",
                (d, call, g) -> first(d.op(
                        "where",
                        call.args().get(1),
                        0L,
                        d.unbroadcast(g, call.args().get(0)))));
        unary("rad2deg", (d, x, y, g) -> d.op("rad2deg", g));
        unary("deg2rad", (d, x, y, g) -> d.op("deg2rad", g));
        rule("torch.clamp", (d, call, g) -> first(d.op("where", inside(d, call), g, 0L)));
        rule(
                "torch.clamp_min",
                (d, call, g) -> first(
                        d.op("where", d.op("ge", call.args().get(0), call.args().get(1)), g, 0L)));
        rule(
                "torch.clamp_max",
                (d, call, g) -> first(
                        d.op("where", d.op("le", call.args().get(0), call.args().get(1)), g, 0L)));
        rule("torch.cumsum", (d, call, g) -> {
            Object axis = call.args().get(1);
            Object sums = d.op("cumsum", d.op("flip", g, List.of(axis)), axis);
            return first(d.op("flip", sums, List.of(axis)));
        });
    }

    private static final double ROOT = 1 / Math.sqrt(2 * Math.PI);

    /** {@code exp(−x²/2 − log)}. */
    private static Object normal(Derivatives d, Object x, Object log) {
        Object half = d.op("mul", d.op("square", x), -0.5);
        return d.op("exp", log == null ? half : d.op("sub", half, log));
    }

    private static Object oneMinusSquare(Derivatives d, Object x) {
        return d.op("rsub", d.op("square", x), 1L);
    }

    /** {@code 2/√π·exp(−x²)}. */
    private static Object bell(Derivatives d, Object x) {
        return d.op("mul", d.op("exp", d.op("neg", d.op("square", x))), 2 / Math.sqrt(Math.PI));
    }

    private static Object inside(Derivatives d, Node.Call call) {
        Object x = call.args().get(0);
        Object low = call.args().get(1);
        Object high = call.args().get(2);
        Object above = low == null ? null : d.op("ge", x, low);
        Object below = high == null ? null : d.op("le", x, high);
        return above == null ? below : below == null ? above : d.op("logical_and", above, below);
    }

    private static void activations() {
        unary("tanh", (d, x, y, g) -> d.op("tanh_backward", g, y));
        unary("sigmoid", (d, x, y, g) -> d.op("sigmoid_backward", g, y));
        unary("relu", (d, x, y, g) -> d.op("threshold_backward", g, y, 0L));
        unary("log_sigmoid", (d, x, y, g) -> d.op("mul", g, d.op("sigmoid", d.op("neg", x))));
        rule("torch.softplus", (d, call, g) -> {
            Object beta = call.args().size() > 1 ? call.args().get(1) : (Object) 1L;
            Object threshold = call.args().size() > 2 ? call.args().get(2) : (Object) 20L;
            return first(d.op("softplus_backward", g, call.args().get(0), beta, threshold));
        });
        rule(
                "torch.leaky_relu",
                (d, call, g) -> first(d.op(
                        "leaky_relu_backward",
                        g,
                        call.args().get(0),
                        call.args().get(1),
                        false)));
        rule("torch.elu", (d, call, g) -> {
            double alpha = call.args().size() > 1 ? ((Number) call.args().get(1)).doubleValue() : 1;
            return first(exponentialBelow(d, call, g, 1, alpha));
        });
        double scale = 1.0507009873554804934193349852946; // Klambauer et al. (2017)
        rule("torch.selu", (d, call, g) -> first(exponentialBelow(d, call, g, scale, scale * 1.6732632423543772848)));
        unary("silu", (d, x, y, g) -> {
            Object s = d.op("sigmoid", x);
            return d.op("mul", g, d.op("add", d.op("mul", y, d.op("rsub", s, 1L)), s));
        });
        rule("torch.gelu", (d, call, g) -> {
            Object x = call.args().get(0);
            Object cdf = d.op("mul", d.op("add", d.op("erf", d.op("mul", x, Math.sqrt(0.5))), 1L), 0.5);
            Object density = d.op("exp", d.op("mul", d.op("square", x), -0.5));
            Object slope = d.op("mul", d.op("mul", x, density), 1 / Math.sqrt(2 * Math.PI));
            return first(d.op("mul", g, d.op("add", cdf, slope)));
        });
        DECOMPOSITIONS.put("torch.mish", (d, call) -> {
            Object x = call.args().get(0);
            return d.op("mul", x, d.op("tanh", d.op("softplus", x)));
        });
        DECOMPOSITIONS.put("torch.prelu", new Decomposition() {
            @Override
            public boolean fits(Derivatives d, Node.Call call) {
                Shape slope = d.facts.shape(call.args().get(1));
                return slope != null
                        && (slope.size() == 1 || d.facts.dimension(call.args().get(0)) > 1);
            }

            @Override
            public Object parts(Derivatives d, Node.Call call) {
                Object x = call.args().get(0);
                Object slope = call.args().get(1);
                boolean one = d.facts.shape(slope).size() == 1;
                Object below = d.op("mul", x, one ? d.op("reshape", slope, List.of()) : alongChannels(d, slope, x));
                return d.op("where", d.op("gt", x, 0L), x, below);
            }
        });
    }

    /** {@code g} times {@code above} where x is positive, times {@code y + shift} elsewhere. */
    private static Object exponentialBelow(Derivatives d, Node.Call call, Object g, double above, double shift) {
        Object below = d.op("mul", g, d.op("add", call.output(), shift));
        Object positive = above == 1 ? g : d.op("mul", g, above);
        return d.op("where", d.op("gt", call.args().get(0), 0L), positive, below);
    }

    /** Derivatives of derivatives: linear in the first argument, curved in the second. */
    private static void backward() {
        rule("torch.tanh_backward", (d, call, u) -> {
            Object g = call.args().get(0);
            Object y = call.args().get(1);
            Object curve = !d.wants(y) ? null : d.op("mul", d.op("mul", u, d.op("mul", g, y)), -2L);
            return list(d.wants(g) ? d.op("tanh_backward", u, y) : null, curve);
        });
        rule("torch.sigmoid_backward", (d, call, u) -> {
            Object g = call.args().get(0);
            Object y = call.args().get(1);
            Object curve = !d.wants(y) ? null : d.op("mul", d.op("mul", u, g), d.op("rsub", d.op("mul", y, 2L), 1L));
            return list(d.wants(g) ? d.op("sigmoid_backward", u, y) : null, curve);
        });
        rule("torch.softplus_backward", (d, call, u) -> {
            Object g = call.args().get(0);
            Object x = call.args().get(1);
            Object beta = call.args().get(2);
            Object curve = null;
            if (d.wants(x)) {
                Object s = d.op("sigmoid", beta.equals(1L) ? x : d.op("mul", x, beta));
                curve = d.op("sigmoid_backward", d.op("mul", u, g), s);
                curve = beta.equals(1L) ? curve : d.op("mul", curve, beta);
            }
            Object straight = d.wants(g)
                    ? d.op("softplus_backward", u, x, beta, call.args().get(3))
                    : null;
            return list(straight, curve);
        });
        // piecewise linear: the second argument only chooses the piece
        rule(
                "torch.threshold_backward",
                (d, call, u) -> first(d.op("threshold_backward", u, call.args().get(1), 0L)));
        rule(
                "torch.leaky_relu_backward",
                (d, call, u) -> first(d.op(
                        "leaky_relu_backward",
                        u,
                        call.args().get(1),
                        call.args().get(2),
                        false)));
    }

    // ---------------------------------------------------------------- two arguments

    private static Object ifWanted(Derivatives d, Object argument, java.util.function.Supplier<Object> adjoint) {
        return d.wants(argument) ? d.unbroadcast(adjoint.get(), argument) : null;
    }

    private interface Binary {
        Object adjoint(Derivatives d, Object a, Object b, Object y, Object g);
    }

    private static void binary(String name, Binary first, Binary second) {
        rule("torch." + name, (d, call, g) -> {
            Object a = call.args().get(0);
            Object b = call.args().get(1);
            return list(
                    ifWanted(d, a, () -> first.adjoint(d, a, b, call.output(), g)),
                    ifWanted(d, b, () -> second.adjoint(d, a, b, call.output(), g)));
        });
    }

    private static void arithmetic() {
        binary("add", (d, a, b, y, g) -> g, (d, a, b, y, g) -> g);
        binary("sub", (d, a, b, y, g) -> g, (d, a, b, y, g) -> d.op("neg", g));
        binary("rsub", (d, a, b, y, g) -> d.op("neg", g), (d, a, b, y, g) -> g);
        binary("mul", (d, a, b, y, g) -> d.op("mul", g, b), (d, a, b, y, g) -> d.op("mul", g, a));
        binary(
                "div",
                (d, a, b, y, g) -> d.op("div", g, b),
                (d, a, b, y, g) -> d.op("neg", d.op("mul", d.op("div", g, b), y)));
        binary("pow", Rules::powBase, (d, a, b, y, g) -> {
            Object log = a instanceof Number number ? (Object) Math.log(number.doubleValue()) : d.op("log", a);
            Object slope = d.op("mul", d.op("mul", g, y), log);
            return a instanceof Number ? slope : d.op("where", d.op("eq", a, 0L), 0L, slope);
        });
        binary("maximum", (d, a, b, y, g) -> larger(d, a, b, g), (d, a, b, y, g) -> larger(d, b, a, g));
        binary("minimum", (d, a, b, y, g) -> larger(d, b, a, g), (d, a, b, y, g) -> larger(d, a, b, g));
        binary(
                "atan2",
                (d, a, b, y, g) -> d.op("mul", g, d.op("div", b, squares(d, a, b))),
                (d, a, b, y, g) -> d.op("neg", d.op("mul", g, d.op("div", a, squares(d, a, b)))));
        binary(
                "special_xlog1py",
                (d, a, b, y, g) -> d.op("mul", g, d.op("log1p", b)),
                (d, a, b, y, g) -> d.op("mul", g, d.op("div", a, d.op("add", b, 1L))));
        binary(
                "xlogy",
                (d, a, b, y, g) -> d.op("mul", g, log(d, b)),
                (d, a, b, y, g) -> d.op("mul", g, d.op("div", a, b)));
        binary(
                "logaddexp",
                (d, a, b, y, g) -> d.op("mul", g, d.op("exp", d.op("sub", a, y))),
                (d, a, b, y, g) -> d.op("mul", g, d.op("exp", d.op("sub", b, y))));
        rule("torch.remainder", (d, call) -> !(call.args().get(1) instanceof Value), (d, call, g) -> first(g));
        rule("torch.where", (d, call, g) -> {
            Object condition = call.args().get(0);
            Object a = call.args().get(1);
            Object b = call.args().get(2);
            return list(
                    null,
                    ifWanted(d, a, () -> d.op("where", condition, g, 0L)),
                    ifWanted(d, b, () -> d.op("where", condition, 0L, g)));
        });
    }

    private static Object powBase(Derivatives d, Object x, Object n, Object y, Object g) {
        if (n instanceof Number number) {
            double power = number.doubleValue();
            if (power == 0) {
                return d.op("zeros_like", g);
            }
            return d.op("mul", g, d.op("mul", d.op("pow", x, power - 1), power));
        }
        Object slope = d.op("mul", n, d.op("pow", x, d.op("sub", n, 1L)));
        return d.op("mul", g, d.op("where", d.op("eq", n, 0L), 0L, slope));
    }

    private static Object log(Derivatives d, Object x) {
        return x instanceof Number number ? (Object) Math.log(number.doubleValue()) : d.op("log", x);
    }

    private static Object squares(Derivatives d, Object a, Object b) {
        return d.op("add", d.op("square", a), d.op("square", b));
    }

    /** {@code g} where {@code a} is larger than {@code b}, half of it where they are equal. */
    private static Object larger(Derivatives d, Object a, Object b, Object g) {
        Object tie = d.op("where", d.op("eq", a, b), d.op("mul", g, 0.5), 0L);
        return d.op("where", d.op("gt", a, b), g, tie);
    }

    // ---------------------------------------------------------------- reductions

    /** Several axes can be put back one by one only where all are counted from the same end. */
    private static boolean axesAreClear(Derivatives d, Node.Call call) {
        if (call.args().size() == 1) {
            return true;
        }
        if (!(call.args().get(1) instanceof List<?> axes)) {
            return call.args().get(1) instanceof Long;
        }
        return Boolean.TRUE.equals(call.args().get(2))
                || canBePutBack(d, call.args().get(0), axes);
    }

    private static boolean canBePutBack(Derivatives d, Object x, List<?> axes) {
        return axes.stream().allMatch(axis -> axis instanceof Long)
                && (axes.size() == 1
                        || d.facts.dimension(x) > 0
                        || axes.stream().allMatch(axis -> (Long) axis >= 0));
    }

    private static void reductions() {
        BiPredicate<Derivatives, Node.Call> clear = Rules::axesAreClear;
        rule(
                "torch.sum",
                clear,
                (d, call, g) ->
                        first(d.op("expand_as", d.kept(call, g), call.args().get(0))));
        rule("torch.mean", clear, (d, call, g) -> {
            Object x = call.args().get(0);
            Object share = d.op("div", d.kept(call, g), d.ratio(x, call.output()));
            return first(d.op("expand_as", share, x));
        });
        for (String name : List.of("amax", "amin", "max", "min")) {
            rule(
                    "torch." + name,
                    (d, call) -> clear.test(d, call)
                            && (name.startsWith("a") || call.args().size() == 1),
                    Rules::extremum);
        }
        rule("torch.logsumexp", clear, (d, call, g) -> {
            Object share = d.op("exp", d.op("sub", call.args().get(0), d.kept(call, call.output())));
            return first(d.op("mul", share, d.kept(call, g)));
        });
        rule("torch.linalg_vector_norm", Rules::isPlainNorm, Rules::norm);
        rule("torch.softmax", (d, call, g) -> {
            Object y = call.output();
            Object gy = d.op("mul", g, y);
            return first(
                    d.op("sub", gy, d.op("mul", y, d.sum(gy, List.of(call.args().get(1)), true))));
        });
        rule("torch.log_softmax", (d, call, g) -> {
            Object total = d.sum(g, List.of(call.args().get(1)), true);
            return first(d.op("sub", g, d.op("mul", d.op("exp", call.output()), total)));
        });
    }

    /** The largest or smallest element; equal ones share. */
    private static List<Object> extremum(Derivatives d, Node.Call call, Object g) {
        Object x = call.args().get(0);
        Object hit = d.op("eq", x, d.kept(call, call.output()));
        Object axes = call.args().size() == 1 ? null : call.args().get(1);
        Object count = axes == null ? d.op("sum", hit) : d.sum(hit, (List<?>) axes, true);
        return first(d.op("where", hit, d.op("div", d.kept(call, g), count), 0L));
    }

    private static boolean isPlainNorm(Derivatives d, Node.Call call) {
        boolean order =
                call.args().get(1) instanceof Number number && (number.doubleValue() == 2 || number.doubleValue() == 1);
        boolean kept = Boolean.TRUE.equals(call.args().get(3));
        return order
                && (call.args().get(2) == null
                        || kept
                        || call.args().get(2) instanceof List<?> axes
                                && canBePutBack(d, call.args().get(0), axes));
    }

    /** {@code g·x/‖x‖}, zero where the norm is. */
    private static List<Object> norm(Derivatives d, Node.Call call, Object g) {
        Object x = call.args().get(0);
        Object y = call.output();
        boolean sum = ((Number) call.args().get(1)).doubleValue() == 1;
        Object ratio = g;
        if (!sum) {
            Object none = d.op("eq", y, 0L);
            ratio = d.op("where", none, 0L, d.op("div", g, d.op("where", none, 1L, y)));
        }
        if (call.args().get(2) instanceof List<?> axes
                && Boolean.FALSE.equals(call.args().get(3))) {
            ratio = d.withAxes(ratio, axes, d.facts.dimension(x));
        }
        return first(d.op("mul", sum ? d.op("sign", x) : x, ratio));
    }

    // ---------------------------------------------------------------- shapes

    private static void shapes() {
        for (String name : List.of("reshape", "view", "flatten", "unsqueeze", "squeeze")) {
            unary(name, (d, x, y, g) -> d.likeShape(g, x));
        }
        unary("t", (d, x, y, g) -> d.op("t", g));
        rule(
                "torch.transpose",
                (d, call, g) -> first(
                        d.op("transpose", g, call.args().get(1), call.args().get(2))));
        rule(
                "torch.permute",
                (d, call) -> Facts.numbers(call.args().get(1)) != null,
                (d, call, g) -> first(
                        d.op("permute", g, inverse(Facts.numbers(call.args().get(1))))));
        rule("torch.flip", (d, call, g) -> first(d.op("flip", g, call.args().get(1))));
        rule(
                "torch.expand_as",
                (d, call, g) -> first(d.unbroadcast(g, call.args().get(0))));
        unary("expand", (d, x, y, g) -> d.unbroadcast(g, x));
        unary("sum_to_size", (d, x, y, g) -> d.op("expand_as", g, x));
        rule(
                "torch.repeat",
                (d, call) -> d.facts.shape(call.args().get(0)) != null
                        && Facts.literal(call.args().get(1)) != null,
                Rules::repeat);
        rule(
                "torch.repeat_interleave",
                (d, call) -> d.facts.shape(call.args().get(0)) != null
                        && call.args().get(1) instanceof Long
                        && call.args().get(2) instanceof Long,
                Rules::repeatInterleave);
        DECOMPOSITIONS.put("torch.tile", new Decomposition() {
            @Override
            public boolean fits(Derivatives d, Node.Call call) {
                return d.facts.shape(call.args().get(0)) != null
                        && Facts.literal(call.args().get(1)) != null;
            }

            @Override
            public Object parts(Derivatives d, Node.Call call) {
                List<Object> times = Derivatives.list(Facts.literal(call.args().get(1)));
                while (times.size() < d.facts.dimension(call.args().get(0))) {
                    times.add(0, 1L);
                }
                return d.op("repeat", call.args().get(0), times);
            }
        });
        rule("torch.cat", (d, call) -> itemsAreKnown(d, call), Rules::cat);
        rule("torch.stack", (d, call, g) -> {
            List<?> items = (List<?>) call.args().get(0);
            List<Object> parts = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                parts.add(d.wants(items.get(i)) ? d.op("select", g, call.args().get(1), (long) i) : null);
            }
            return first(parts);
        });
        rule("torch.constant_pad_nd", (d, call) -> Facts.numbers(call.args().get(1)) != null, (d, call, g) -> {
            List<Object> back = new ArrayList<>();
            for (long pad : Facts.numbers(call.args().get(1))) {
                back.add(-pad);
            }
            return first(d.op("constant_pad_nd", g, back, 0L));
        });
        for (String name : List.of("tril", "triu")) {
            rule("torch." + name, (d, call, g) -> {
                Object offset = call.args().size() > 1 ? call.args().get(1) : (Object) 0L;
                return first(d.op(name, g, offset));
            });
        }
        rule("torch.diagonal", (d, call, g) -> {
            List<Object> a = call.args();
            Object offset = a.size() > 1 ? a.get(1) : (Object) 0L;
            Object one = a.size() > 2 ? a.get(2) : (Object) 0L;
            Object other = a.size() > 3 ? a.get(3) : (Object) 1L;
            return first(d.op("diagonal_backward", g, d.size(a.get(0)), offset, one, other));
        });
        rule("torch.diag_embed", (d, call, g) -> {
            List<Object> a = call.args();
            return first(d.op("diagonal", g, a.get(1), a.get(2), a.get(3)));
        });
        rule("torch.diagonal_backward", (d, call, u) -> {
            List<Object> a = call.args();
            return first(d.op("diagonal", u, a.get(2), a.get(3), a.get(4)));
        });
    }

    private static List<Object> inverse(long[] order) {
        Object[] inverse = new Object[order.length];
        for (int i = 0; i < inverse.length; i++) {
            long axis = order[i] < 0 ? order[i] + inverse.length : order[i];
            inverse[(int) axis] = (long) i;
        }
        return List.of(inverse);
    }

    private static List<Object> repeat(Derivatives d, Node.Call call, Object g) {
        Object x = call.args().get(0);
        Shape shape = d.facts.shape(x);
        Shape times = Facts.literal(call.args().get(1));
        List<Object> sizes = new ArrayList<>();
        List<Object> axes = new ArrayList<>();
        int more = times.dimension() - shape.dimension();
        for (int i = 0; i < times.dimension(); i++) {
            axes.add((long) sizes.size());
            sizes.add(times.get(i));
            if (i >= more) {
                sizes.add(shape.get(i - more));
            }
        }
        return first(d.sum(d.op("reshape", g, sizes), axes, false));
    }

    private static List<Object> repeatInterleave(Derivatives d, Node.Call call, Object g) {
        Shape shape = d.facts.shape(call.args().get(0));
        int axis = ((Long) call.args().get(2)).intValue();
        axis = axis < 0 ? axis + shape.dimension() : axis;
        List<Object> sizes = Derivatives.list(shape);
        sizes.add(axis + 1, call.args().get(1));
        return first(d.sum(d.op("reshape", g, sizes), List.of(axis + 1L), false));
    }

    private static boolean itemsAreKnown(Derivatives d, Node.Call call) {
        return call.args().get(0) instanceof List<?> items
                && call.args().get(1) instanceof Long
                && items.stream().allMatch(item -> d.facts.dimension(item) > 0);
    }

    private static List<Object> cat(Derivatives d, Node.Call call, Object g) {
        List<?> items = (List<?>) call.args().get(0);
        long axis = (Long) call.args().get(1);
        long start = 0;
        List<Object> parts = new ArrayList<>();
        for (Object item : items) {
            Shape shape = d.facts.shape(item);
            long end = start + shape.get((int) (axis < 0 ? axis + shape.dimension() : axis));
            parts.add(d.wants(item) ? d.op("slice", g, axis, start, end, 1L) : null);
            start = end;
        }
        return first(parts);
    }

    private static void selection() {
        rule("torch.select", (d, call, g) -> {
            List<Object> a = call.args();
            return first(d.write(SELECT_BACKWARD, g, d.size(a.get(0)), a.get(1), a.get(2)));
        });
        rule(
                SELECT_BACKWARD,
                (d, call, u) ->
                        first(d.op("select", u, call.args().get(2), call.args().get(3))));
        rule("torch.slice", (d, call, g) -> {
            List<Object> a = call.args();
            Object start = a.get(2) == null ? 0L : a.get(2);
            Object end = a.get(3) == null ? Long.MAX_VALUE : a.get(3);
            return first(d.write(SLICE_BACKWARD, g, d.size(a.get(0)), a.get(1), start, end, a.get(4)));
        });
        rule(SLICE_BACKWARD, (d, call, u) -> {
            List<Object> a = call.args();
            return first(d.op("slice", u, a.get(2), a.get(3), a.get(4), a.get(5)));
        });
        rule(
                INDEX,
                (d, call, g) -> first(
                        d.write(INDEX_BACKWARD, call.args().get(0), call.args().get(1), g)));
        rule(
                INDEX_BACKWARD,
                (d, call, u) -> list(null, null, d.write(INDEX, u, call.args().get(1))));
        rule(
                "torch.embedding",
                (d, call, g) -> first(d.write(
                        INDEX_BACKWARD, call.args().get(0), List.of(call.args().get(1)), g)));
        rule("torch.gather", (d, call, g) -> {
            List<Object> a = call.args();
            return first(d.op("scatter_add", d.op("zeros_like", a.get(0)), a.get(1), a.get(2), g));
        });
        rule("torch.scatter_add", (d, call, u) -> {
            List<Object> a = call.args();
            return list(u, null, null, d.wants(a.get(3)) ? d.op("gather", u, a.get(1), a.get(2)) : null);
        });
    }

    // ---------------------------------------------------------------- products

    private static void products() {
        rule("torch.mm", (d, call, g) -> {
            Object a = call.args().get(0);
            Object b = call.args().get(1);
            return list(
                    d.wants(a) ? d.op("mm", g, d.op("t", b)) : null, d.wants(b) ? d.op("mm", d.op("t", a), g) : null);
        });
        rule("torch.bmm", (d, call, g) -> {
            Object a = call.args().get(0);
            Object b = call.args().get(1);
            return list(
                    d.wants(a) ? d.op("bmm", g, d.op("transpose", b, 1L, 2L)) : null,
                    d.wants(b) ? d.op("bmm", d.op("transpose", a, 1L, 2L), g) : null);
        });
        rule("torch.matmul", Rules::canMultiply, Rules::matmul);
        rule("torch.linear", (d, call) -> d.facts.dimension(call.args().get(0)) > 1, Rules::linear);
    }

    static final String LOG_ABS_DETERMINANT = "(torch.linalg_slogdet({0}))[1]";

    private static Object transposed(Derivatives d, Object matrices) {
        return d.op("transpose", matrices, -2L, -1L);
    }

    /** {@code g·a⁻ᵀ}, for each matrix. */
    private static Object alongInverse(Derivatives d, Object a, Object g) {
        Object inverse = transposed(d, d.op("linalg_inv", a));
        Object column = d.op("unsqueeze", d.op("unsqueeze", g, -1L), -1L);
        return d.op("mul", inverse, column);
    }

    private static void linearAlgebra() {
        unary("linalg_inv", (d, x, y, g) -> {
            Object t = transposed(d, y);
            return d.op("neg", d.op("matmul", d.op("matmul", t, g), t));
        });
        unary("logdet", (d, x, y, g) -> alongInverse(d, x, g));
        unary("linalg_det", (d, x, y, g) -> alongInverse(d, x, d.op("mul", g, y)));
        rule(
                LOG_ABS_DETERMINANT,
                (d, call, g) -> first(alongInverse(d, call.args().get(0), g)));
        CONSTANT.add("(torch.linalg_slogdet({0}))[0]");
        rule("torch.linalg_solve_triangular", Rules::isPlainTriangle, (d, call, g) -> {
            Object a = call.args().get(0);
            boolean upper = ((Node.Named) call.args().get(2)).value().equals(true);
            Node.Named flipped = new Node.Named("upper", !upper);
            Object ofB = d.op(
                    "linalg_solve_triangular",
                    transposed(d, a),
                    g,
                    flipped,
                    call.args().get(3),
                    call.args().get(4));
            Object ofA = null;
            if (d.wants(a)) {
                boolean unit = ((Node.Named) call.args().get(4)).value().equals(true);
                Object full = d.op("neg", d.op("matmul", ofB, transposed(d, call.output())));
                ofA = upper ? d.op("triu", full, unit ? 1L : 0L) : d.op("tril", full, unit ? -1L : 0L);
            }
            return list(ofA, d.wants(call.args().get(1)) ? ofB : null);
        });
        DECOMPOSITIONS.put(
                "torch.outer",
                (d, call) -> d.op(
                        "mul",
                        d.op("unsqueeze", call.args().get(0), 1L),
                        d.op("unsqueeze", call.args().get(1), 0L)));
        DECOMPOSITIONS.put("torch.matmul", new Decomposition() {
            @Override
            public boolean fits(Derivatives d, Node.Call call) {
                return d.facts.dimension(call.args().get(0)) == 1
                        && d.facts.dimension(call.args().get(1)) > 1;
            }

            @Override
            public Object parts(Derivatives d, Node.Call call) {
                Object row = d.op("unsqueeze", call.args().get(0), 0L);
                return d.op("squeeze", d.op("matmul", row, call.args().get(1)), -2L);
            }
        });
    }

    /** From the left, and with as many right sides as matrices. */
    private static boolean isPlainTriangle(Derivatives d, Node.Call call) {
        Shape a = d.facts.shape(call.args().get(0));
        Shape b = d.facts.shape(call.args().get(1));
        return a != null
                && b != null
                && a.dimension() == b.dimension()
                && a.slice(0, a.dimension() - 2).equals(b.slice(0, b.dimension() - 2))
                && ((Node.Named) call.args().get(3)).value().equals(true);
    }

    private static boolean canMultiply(Derivatives d, Node.Call call) {
        int a = d.facts.dimension(call.args().get(0));
        int b = d.facts.dimension(call.args().get(1));
        return a > 1 && b > 1 || a > 0 && b == 1;
    }

    private static List<Object> matmul(Derivatives d, Node.Call call, Object g) {
        Object a = call.args().get(0);
        Object b = call.args().get(1);
        int dimension = d.facts.dimension(a);
        if (dimension == 2 && d.facts.dimension(b) == 2) {
            return Rules.RULES.get("torch.mm").rule().adjoints(d, call, g);
        }
        if (d.facts.dimension(b) == 1) {
            Object column = dimension == 1 ? g : d.op("unsqueeze", g, -1L);
            return list(ifWanted(d, a, () -> d.op("mul", column, b)), ifWanted(d, b, () -> d.op("mul", column, a)));
        }
        return list(
                ifWanted(d, a, () -> d.op("matmul", g, d.op("transpose", b, -2L, -1L))),
                ifWanted(d, b, () -> d.op("matmul", d.op("transpose", a, -2L, -1L), g)));
    }

    private static List<Object> linear(Derivatives d, Node.Call call, Object g) {
        Object x = call.args().get(0);
        Object w = call.args().get(1);
        Object bias = call.args().size() > 2 ? call.args().get(2) : null;
        boolean matrix = d.facts.dimension(x) == 2;
        Object rows = matrix || !d.wants(w) && !d.wants(bias) ? g : rows(d, g, call.output());
        return list(
                        d.wants(x) ? d.op(matrix ? "mm" : "matmul", g, w) : null,
                        d.wants(w) ? d.op("mm", d.op("t", rows), matrix ? x : rows(d, x, x)) : null,
                        d.wants(bias) ? d.sum(rows, List.of(0L), false) : null)
                .subList(0, call.args().size());
    }

    /** {@code x} as a matrix with the last axis of {@code like}. */
    private static Object rows(Derivatives d, Object x, Object like) {
        Shape shape = d.facts.shape(like);
        return d.op("reshape", x, List.of(-1L, shape.get(shape.dimension() - 1)));
    }

    /**
     * Each sample's own adjoints of the arguments of {@code call} that have no axis for samples, or null: for layers on
     * rows (n, …).
     */
    static Rule perSample(Derivatives d, Node.Call call) {
        List<Object> a = call.args();
        Shape y = call.outputs().size() == 1 ? d.facts.shape(call.output()) : null;
        if (y == null) {
            return null;
        }
        if (call.target().equals("torch.linear") && d.facts.dimension(a.get(0)) == 2) {
            return (to, c, g) -> list(
                    null,
                    to.op(
                            "bmm",
                            to.op("unsqueeze", g, 2L),
                            to.op("unsqueeze", c.args().get(0), 1L)),
                    g);
        }
        boolean sum = call.target().equals("torch.add");
        if (!sum && !call.target().equals("torch.mul")) {
            return null;
        }
        for (Object argument : a) { // a parameter takes part once for every sample
            Shape shape = d.facts.shape(argument);
            if (shape == null || !shape.equals(y) && !shape.equals(y.slice(1))) {
                return null;
            }
        }
        return (to, c, g) -> sum
                ? list(g, g)
                : list(
                        to.op("mul", g, c.args().get(1)),
                        to.op("mul", g, c.args().get(0)));
    }

    // ---------------------------------------------------------------- convolutions

    /**
     * Three maps closed under differentiation, each linear in two arguments: the convolution C(x, w), its input's
     * adjoint I(g, w) and its weight's adjoint W(g, x), with ⟨C(x, w), g⟩ = ⟨x, I(g, w)⟩ = ⟨w, W(g, x)⟩.
     */
    private static void convolutions() {
        for (int dimension = 1; dimension <= 3; dimension++) {
            rule("torch.conv" + dimension + "d", (d, call) -> hasLists(call, 3, 4, 5), (d, call, g) -> {
                List<Object> a = call.args();
                List<Object> none = Collections.nCopies(((List<?>) a.get(3)).size(), (Object) 0L);
                return convolution(d, call, g, List.of(a.get(3), a.get(4), a.get(5), false, none, a.get(6)));
            });
            rule("torch.conv_transpose" + dimension + "d", (d, call) -> hasLists(call, 3, 4, 7), (d, call, g) -> {
                List<Object> a = call.args();
                return convolution(d, call, g, List.of(a.get(3), a.get(4), a.get(7), true, a.get(5), a.get(6)));
            });
        }
        rule(
                "torch.convolution",
                (d, call, g) -> convolution(d, call, g, call.args().subList(3, 9)));
        rule(INPUT_OF_CONVOLUTION, (d, call, u) -> {
            Object g = call.args().get(0);
            Object w = call.args().get(2);
            List<Object> how = call.args().subList(3, 9);
            return list(
                    d.wants(g) ? d.write("torch.convolution", with(how, u, w, null)) : null,
                    null,
                    d.wants(w) ? d.write(WEIGHT_OF_CONVOLUTION, with(how, g, u, w)) : null);
        });
        rule(WEIGHT_OF_CONVOLUTION, (d, call, u) -> {
            Object g = call.args().get(0);
            Object x = call.args().get(1);
            List<Object> how = call.args().subList(3, 9);
            return list(
                    d.wants(g) ? d.write("torch.convolution", with(how, x, u, null)) : null,
                    d.wants(x) ? d.write(INPUT_OF_CONVOLUTION, with(how, g, x, u)) : null);
        });
    }

    private static boolean hasLists(Node.Call call, int... places) {
        return Arrays.stream(places).allMatch(place -> call.args().get(place) instanceof List<?>);
    }

    private static List<Object> convolution(Derivatives d, Node.Call call, Object g, List<Object> how) {
        Object x = call.args().get(0);
        Object w = call.args().get(1);
        Object bias = call.args().get(2);
        List<Object> axes = new ArrayList<>(List.of(0L));
        for (long axis = 2; axis < 2 + ((List<?>) how.get(0)).size(); axis++) {
            axes.add(axis);
        }
        return list(
                d.wants(x) ? d.write(INPUT_OF_CONVOLUTION, with(how, g, x, w)) : null,
                d.wants(w) ? d.write(WEIGHT_OF_CONVOLUTION, with(how, g, x, w)) : null,
                d.wants(bias) ? d.sum(g, axes, false) : null);
    }

    private static Object[] with(List<Object> how, Object... first) {
        List<Object> all = new ArrayList<>(Arrays.asList(first));
        all.addAll(how);
        return all.toArray();
    }

    // ---------------------------------------------------------------- pools and sizes of images

    private static final String PLACES_OF_MAXIMA = "(torch.max_pool2d_with_indices({0}, {1}, {2}, {3}, {4}, {5}))[1]";

    private static void pools() {
        rule("torch.avg_pool2d", (d, call) -> call.args().size() == 7, (d, call, g) -> {
            List<Object> a = call.args();
            return first(d.op(
                    "avg_pool2d_backward", g, a.get(0), a.get(1), a.get(2), a.get(3), a.get(4), a.get(5), a.get(6)));
        });
        rule("torch.avg_pool2d_backward", (d, call, u) -> {
            List<Object> a = call.args();
            return first(d.op("avg_pool2d", u, a.get(2), a.get(3), a.get(4), a.get(5), a.get(6), a.get(7)));
        });
        rule("torch.max_pool2d", (d, call, g) -> {
            List<Object> a = call.args();
            Object at = d.write(PLACES_OF_MAXIMA, a.subList(0, 6).toArray());
            Object flat = d.op("flatten", a.get(0), -2L, -1L);
            Object spread = d.op(
                    "scatter_add",
                    d.op("zeros_like", flat),
                    -1L,
                    d.op("flatten", at, -2L, -1L),
                    d.op("flatten", g, -2L, -1L));
            return first(d.likeShape(spread, a.get(0)));
        });
        CONSTANT.add(PLACES_OF_MAXIMA);
        for (String kind : List.of("avg", "max")) {
            DECOMPOSITIONS.put("torch." + kind + "_pool1d", (d, call) -> {
                List<Object> a = new ArrayList<>(call.args());
                a.set(0, d.op("unsqueeze", a.get(0), -2L));
                long[] across = {0, 1, 1, 0, 1};
                int lists = kind.equals("avg") ? 3 : 4;
                for (int i = 1; i <= lists; i++) {
                    a.set(i, List.of(across[i], ((List<?>) a.get(i)).get(0)));
                }
                if (kind.equals("avg")) {
                    a.add(null);
                }
                return d.op("squeeze", d.op(kind + "_pool2d", a.toArray()), -2L);
            });
        }
        rule("torch.upsample_nearest2d", (d, call) -> call.args().get(2) == null, (d, call, g) -> {
            List<Object> a = call.args();
            return first(d.op("upsample_nearest2d_backward", g, a.get(1), d.size(a.get(0)), null, null));
        });
        rule(
                "torch.upsample_nearest2d_backward",
                (d, call, u) -> first(d.op("upsample_nearest2d", u, call.args().get(1), null, null)));
        rule("torch.upsample_bilinear2d", (d, call) -> call.args().get(3) == null, (d, call, g) -> {
            List<Object> a = call.args();
            return first(d.op("upsample_bilinear2d_backward", g, a.get(1), d.size(a.get(0)), a.get(2), null, null));
        });
        rule(
                "torch.upsample_bilinear2d_backward",
                (d, call, u) -> first(d.op(
                        "upsample_bilinear2d",
                        u,
                        call.args().get(1),
                        call.args().get(3),
                        null,
                        null)));
    }

    // ---------------------------------------------------------------- normalisations

    /** The fused operations stay where nothing is differentiated; a derivative is taken of what they consist of. */
    private static void normalisations() {
        DECOMPOSITIONS.put("torch.batch_norm", new Decomposition() {
            @Override
            public boolean fits(Derivatives d, Node.Call call) {
                return d.facts.dimension(call.args().get(0)) > 1
                        && call.args().get(5) instanceof Boolean
                        && call.args().get(6) instanceof Number;
            }

            @Override
            public Object parts(Derivatives d, Node.Call call) {
                return batchNorm(d, call.args());
            }
        });
        DECOMPOSITIONS.put("torch.layer_norm", new Decomposition() {
            @Override
            public boolean fits(Derivatives d, Node.Call call) {
                return call.args().get(1) instanceof List<?>;
            }

            @Override
            public Object parts(Derivatives d, Node.Call call) {
                List<Object> a = call.args();
                List<Object> axes = new ArrayList<>();
                for (long i = -((List<?>) a.get(1)).size(); i < 0; i++) {
                    axes.add(i);
                }
                Object y = standardised(d, a.get(0), axes, a.get(4));
                y = a.get(2) == null ? y : d.op("mul", y, a.get(2));
                return a.get(3) == null ? y : d.op("add", y, a.get(3));
            }
        });
    }

    private static Object standardised(Derivatives d, Object x, List<Object> axes, Object epsilon) {
        Object centred = d.op("sub", x, d.mean(x, axes));
        Object variance = d.mean(d.op("square", centred), axes);
        return d.op("mul", centred, d.op("rsqrt", d.op("add", variance, epsilon)));
    }

    /** Arguments: input, scale, shift, running mean, running variance, training, momentum, epsilon. */
    private static Object batchNorm(Derivatives d, List<Object> a) {
        Object x = a.get(0);
        Object scale = a.get(1);
        Object shift = a.get(2);
        Object y;
        if (a.get(5).equals(true) || a.get(3) == null) {
            List<Object> axes = new ArrayList<>(List.of(0L));
            for (long i = 2; i < d.facts.dimension(x); i++) {
                axes.add(i);
            }
            Object mean = d.mean(x, axes);
            Object centred = d.op("sub", x, mean);
            Object variance = d.mean(d.op("square", centred), axes);
            y = d.op("mul", centred, d.op("rsqrt", d.op("add", variance, a.get(7))));
            if (a.get(3) != null) {
                Object count = d.ratio(x, mean);
                Object unbiased = count instanceof Double n
                        ? d.op("mul", variance, n / (n - 1))
                        : d.op("mul", variance, d.write("({0} / ({0} - 1))", count));
                update(d, a.get(3), mean, (Number) a.get(6));
                update(d, a.get(4), unbiased, (Number) a.get(6));
            }
            y = scale == null ? y : d.op("mul", y, alongChannels(d, scale, x));
            return shift == null ? y : d.op("add", y, alongChannels(d, shift, x));
        }
        Object factor = d.op("rsqrt", d.op("add", a.get(4), a.get(7)));
        factor = scale == null ? factor : d.op("mul", factor, scale);
        Object constant = d.op("neg", d.op("mul", a.get(3), factor));
        constant = shift == null ? constant : d.op("add", constant, shift);
        return d.op("add", d.op("mul", x, alongChannels(d, factor, x)), alongChannels(d, constant, x));
    }

    private static void update(Derivatives d, Object running, Object now, Number momentum) {
        Object flat = d.op("reshape", d.op("detach", now), List.of(-1L));
        d.effect("torch.lerp_", running, d.op("type_as", flat, running), momentum.doubleValue());
    }

    /** A number a channel, in a shape that multiplies {@code x}: (c) as (c, 1, …). */
    private static Object alongChannels(Derivatives d, Object numbers, Object x) {
        int more = d.facts.dimension(x) - 2;
        if (more == 0) {
            return numbers;
        }
        List<Object> sizes = new ArrayList<>(List.of(-1L));
        sizes.addAll(Collections.nCopies(more, 1L));
        return d.op("reshape", numbers, sizes);
    }
}
