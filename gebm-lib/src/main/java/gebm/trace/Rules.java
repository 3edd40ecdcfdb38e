package gebm.trace;

import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How each operation hands a cotangent back to its arguments: {@code g ↦ gᵀ·∂y/∂args}, one entry an operation.
 *
 * <p>What a rule writes is linear in {@code g} and has rules itself, in {@code g} and in the arguments, so that
 * derivatives of any order and tangents come from these entries alone. {@link PassesTest} and the contract list of
 * operations hold every entry against the engine and against differences.
 */
final class Rules {
    /** Adjoints of the arguments {@code a} of an operation that gives {@code y}, in their order, null where there is none. */
    interface Rule {
        List<Object> adjoints(Derivatives d, List<Object> a, Value y, Object g);
    }

    /** The adjoint of the first argument, where the others have none. */
    private interface First {
        Object adjoint(Derivatives d, List<Object> a, Value y, Object g);
    }

    /** Whether an operation is covered for these arguments. */
    interface Fit {
        boolean test(Derivatives d, List<Object> a);
    }

    /** The result of the operations that another consists of. */
    interface Parts {
        Object of(Derivatives d, List<Object> a);
    }

    private record Entry(Fit fits, Rule rule) {}

    /** An operation as others that have rules, for the arguments for which it can be written so. */
    record Decomposition(Fit fits, Parts parts) {}

    private static final Fit ALWAYS = (d, a) -> true;
    private static final Map<String, Entry> RULES = new HashMap<>();
    private static final Map<String, Decomposition> DECOMPOSITIONS = new HashMap<>();

    /** Operations through which no gradient flows. */
    private static final Set<String> CONSTANT = Facts.prefixed(
            "detach zeros_like ones_like full_like size numel sign eq ne gt ge lt le isnan isinf isfinite "
                    + "logical_not logical_and logical_or logical_xor floor ceil round trunc argmax argmin argsort "
                    + "one_hot isclose bernoulli nonzero searchsorted bucketize",
            "ops.prim.device",
            "ops.prim.dtype",
            "int(torch.item({0}))",
            "float(torch.item({0}))",
            "bool(torch.item({0}))",
            "(torch.linalg_slogdet({0}))[0]",
            Rules.PLACES_OF_MAXIMA);

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
        return entry == null || call.outputs().size() != 1 || !entry.fits().test(d, call.args()) ? null : entry.rule();
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
        first("torch." + name, (d, a, y, g) -> rule.adjoint(d, a.get(0), y, g));
    }

    private static void first(String target, First rule) {
        first(target, ALWAYS, rule);
    }

    private static void first(String target, Fit fits, First rule) {
        rule(target, fits, (d, a, y, g) -> first(rule.adjoint(d, a, y, g)));
    }

    private static void rule(String target, Rule rule) {
        rule(target, ALWAYS, rule);
    }

    private static void rule(String target, Fit fits, Rule rule) {
        RULES.put(target, new Entry(fits, rule));
    }

    private static void parts(String target, Fit fits, Parts parts) {
        DECOMPOSITIONS.put(target, new Decomposition(fits, parts));
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
        first("{0}", (d, a) -> a.get(0) instanceof Value, (d, a, y, g) -> g);
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
        rule(
                "torch.polygamma",
                (d, a, y, g) -> list(null, d.op("mul", g, d.op("polygamma", (Long) a.get(0) + 1, a.get(1)))));
        unary("special_ndtr", (d, x, y, g) -> d.op("mul", g, d.op("mul", normal(d, x, null), ROOT)));
        unary("special_log_ndtr", (d, x, y, g) -> d.op("mul", g, d.op("mul", normal(d, x, y), ROOT)));
        first("torch.masked_fill", (d, a, y, g) -> d.op("where", a.get(1), 0L, d.unbroadcast(g, a.get(0))));
        unary("rad2deg", (d, x, y, g) -> d.op("rad2deg", g));
        unary("deg2rad", (d, x, y, g) -> d.op("deg2rad", g));
        first("torch.clamp", (d, a, y, g) -> d.op("where", inside(d, a.get(0), a.get(1), a.get(2)), g, 0L));
        first("torch.clamp_min", (d, a, y, g) -> d.op("where", d.op("ge", a.get(0), a.get(1)), g, 0L));
        first("torch.clamp_max", (d, a, y, g) -> d.op("where", d.op("le", a.get(0), a.get(1)), g, 0L));
        first("torch.cumsum", (d, a, y, g) -> {
            List<Object> axis = List.of(a.get(1));
            return d.op("flip", d.op("cumsum", d.op("flip", g, axis), a.get(1)), axis);
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

    private static Object inside(Derivatives d, Object x, Object low, Object high) {
        Object above = low == null ? null : d.op("ge", x, low);
        Object below = high == null ? null : d.op("le", x, high);
        return above == null ? below : below == null ? above : d.op("logical_and", above, below);
    }

    private static void activations() {
        unary("tanh", (d, x, y, g) -> d.op("tanh_backward", g, y));
        unary("sigmoid", (d, x, y, g) -> d.op("sigmoid_backward", g, y));
        unary("relu", (d, x, y, g) -> d.op("threshold_backward", g, y, 0L));
        unary("log_sigmoid", (d, x, y, g) -> d.op("mul", g, d.op("sigmoid", d.op("neg", x))));
        first("torch.softplus", (d, a, y, g) -> {
            Object beta = argument(a, 1, 1L);
            return d.op("softplus_backward", g, a.get(0), beta, argument(a, 2, 20L));
        });
        first("torch.leaky_relu", (d, a, y, g) -> d.op("leaky_relu_backward", g, a.get(0), a.get(1), false));
        first("torch.elu", (d, a, y, g) -> {
            double alpha = ((Number) argument(a, 1, 1L)).doubleValue();
            return exponentialBelow(d, a, y, g, 1, alpha);
        });
        double scale = 1.0507009873554804934193349852946; // Klambauer et al. (2017)
        double shift = scale * 1.6732632423543772848;
        first("torch.selu", (d, a, y, g) -> exponentialBelow(d, a, y, g, scale, shift));
        unary("silu", (d, x, y, g) -> {
            Object s = d.op("sigmoid", x);
            return d.op("mul", g, d.op("add", d.op("mul", y, d.op("rsub", s, 1L)), s));
        });
        unary("gelu", (d, x, y, g) -> {
            Object cdf = d.op("mul", d.op("add", d.op("erf", d.op("mul", x, Math.sqrt(0.5))), 1L), 0.5);
            Object density = d.op("exp", d.op("mul", d.op("square", x), -0.5));
            Object slope = d.op("mul", d.op("mul", x, density), 1 / Math.sqrt(2 * Math.PI));
            return d.op("mul", g, d.op("add", cdf, slope));
        });
        parts("torch.mish", ALWAYS, (d, a) -> d.op("mul", a.get(0), d.op("tanh", d.op("softplus", a.get(0)))));
        parts("torch.prelu", Rules::isSlopeKnown, (d, a) -> {
            Object x = a.get(0);
            boolean one = d.facts.shape(a.get(1)).size() == 1;
            Object slope = one ? d.op("reshape", a.get(1), List.of()) : alongChannels(d, a.get(1), x);
            Object below = d.op("mul", x, slope);
            return d.op("where", d.op("gt", x, 0L), x, below);
        });
    }

    private static boolean isSlopeKnown(Derivatives d, List<Object> a) {
        Shape slope = d.facts.shape(a.get(1));
        return slope != null && (slope.size() == 1 || d.facts.dimension(a.get(0)) > 1);
    }

    /** Argument number {@code i}, or {@code otherwise} where the call leaves it out. */
    private static Object argument(List<Object> a, int i, long otherwise) {
        return a.size() > i ? a.get(i) : (Object) otherwise;
    }

    /** {@code g} times {@code above} where x is positive, times {@code y + shift} elsewhere. */
    private static Object exponentialBelow(
            Derivatives d, List<Object> a, Value y, Object g, double above, double shift) {
        Object below = d.op("mul", g, d.op("add", y, shift));
        Object positive = above == 1 ? g : d.op("mul", g, above);
        return d.op("where", d.op("gt", a.get(0), 0L), positive, below);
    }

    /** Derivatives of derivatives: linear in the first argument, curved in the second. */
    private static void backward() {
        rule("torch.tanh_backward", (d, a, slope, u) -> {
            Object g = a.get(0);
            Object y = a.get(1);
            Object curve = !d.wants(y) ? null : d.op("mul", d.op("mul", u, d.op("mul", g, y)), -2L);
            return list(d.wants(g) ? d.op("tanh_backward", u, y) : null, curve);
        });
        rule("torch.sigmoid_backward", (d, a, slope, u) -> {
            Object g = a.get(0);
            Object y = a.get(1);
            Object curve = !d.wants(y) ? null : d.op("mul", d.op("mul", u, g), d.op("rsub", d.op("mul", y, 2L), 1L));
            return list(d.wants(g) ? d.op("sigmoid_backward", u, y) : null, curve);
        });
        rule("torch.softplus_backward", (d, a, y, u) -> {
            Object g = a.get(0);
            Object x = a.get(1);
            Object beta = a.get(2);
            Object curve = null;
            if (d.wants(x)) {
                Object s = d.op("sigmoid", beta.equals(1L) ? x : d.op("mul", x, beta));
                curve = d.op("sigmoid_backward", d.op("mul", u, g), s);
                curve = beta.equals(1L) ? curve : d.op("mul", curve, beta);
            }
            Object straight = d.wants(g) ? d.op("softplus_backward", u, x, beta, a.get(3)) : null;
            return list(straight, curve);
        });
        // piecewise linear: the second argument only chooses the piece
        first("torch.threshold_backward", (d, a, y, u) -> d.op("threshold_backward", u, a.get(1), 0L));
        first("torch.leaky_relu_backward", (d, a, y, u) -> d.op("leaky_relu_backward", u, a.get(1), a.get(2), false));
    }

    // ---------------------------------------------------------------- two arguments

    private static Object ifWanted(Derivatives d, Object argument, java.util.function.Supplier<Object> adjoint) {
        return d.wants(argument) ? d.unbroadcast(adjoint.get(), argument) : null;
    }

    private interface Binary {
        Object adjoint(Derivatives d, Object a, Object b, Object y, Object g);
    }

    private static void binary(String name, Binary first, Binary second) {
        rule("torch." + name, (d, args, y, g) -> {
            Object a = args.get(0);
            Object b = args.get(1);
            return list(
                    ifWanted(d, a, () -> first.adjoint(d, a, b, y, g)),
                    ifWanted(d, b, () -> second.adjoint(d, a, b, y, g)));
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
            Object log = log(d, a);
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
        first("torch.remainder", (d, a) -> !(a.get(1) instanceof Value), (d, a, y, g) -> g);
        rule(
                "torch.where",
                (d, a, y, g) -> list(
                        null,
                        ifWanted(d, a.get(1), () -> d.op("where", a.get(0), g, 0L)),
                        ifWanted(d, a.get(2), () -> d.op("where", a.get(0), 0L, g))));
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
    private static boolean axesAreClear(Derivatives d, List<Object> a) {
        if (a.size() == 1 || !(a.get(1) instanceof List<?> axes)) {
            return a.size() == 1 || a.get(1) instanceof Long;
        }
        return Boolean.TRUE.equals(a.get(2)) || canBePutBack(d, a.get(0), axes);
    }

    private static boolean canBePutBack(Derivatives d, Object x, List<?> axes) {
        return axes.stream().allMatch(axis -> axis instanceof Long)
                && (axes.size() == 1
                        || d.facts.dimension(x) > 0
                        || axes.stream().allMatch(axis -> (Long) axis >= 0));
    }

    private static void reductions() {
        Fit clear = Rules::axesAreClear;
        first("torch.sum", clear, (d, a, y, g) -> d.op("expand_as", d.kept(a, g), a.get(0)));
        first("torch.mean", clear, (d, a, y, g) -> {
            Object share = d.op("div", d.kept(a, g), d.ratio(a.get(0), y));
            return d.op("expand_as", share, a.get(0));
        });
        for (String name : List.of("amax", "amin", "max", "min")) {
            Fit fits = (d, a) -> clear.test(d, a) && (name.startsWith("a") || a.size() == 1);
            first("torch." + name, fits, Rules::extremum);
        }
        first("torch.logsumexp", clear, (d, a, y, g) -> {
            Object share = d.op("exp", d.op("sub", a.get(0), d.kept(a, y)));
            return d.op("mul", share, d.kept(a, g));
        });
        first("torch.linalg_vector_norm", Rules::isPlainNorm, Rules::norm);
        first("torch.softmax", (d, a, y, g) -> {
            Object gy = d.op("mul", g, y);
            return d.op("sub", gy, d.op("mul", y, d.sum(gy, List.of(a.get(1)), true)));
        });
        first("torch.log_softmax", (d, a, y, g) -> {
            Object total = d.sum(g, List.of(a.get(1)), true);
            return d.op("sub", g, d.op("mul", d.op("exp", y), total));
        });
    }

    /** The largest or smallest element; equal ones share. */
    private static Object extremum(Derivatives d, List<Object> a, Value y, Object g) {
        Object hit = d.op("eq", a.get(0), d.kept(a, y));
        Object count = a.size() == 1 ? d.op("sum", hit) : d.sum(hit, (List<?>) a.get(1), true);
        return d.op("where", hit, d.op("div", d.kept(a, g), count), 0L);
    }

    private static boolean isPlainNorm(Derivatives d, List<Object> a) {
        boolean order = a.get(1) instanceof Number number && (number.doubleValue() == 2 || number.doubleValue() == 1);
        boolean kept = a.get(2) == null || Boolean.TRUE.equals(a.get(3));
        return order && (kept || a.get(2) instanceof List<?> axes && canBePutBack(d, a.get(0), axes));
    }

    /** {@code g·x/‖x‖}, zero where the norm is. */
    private static Object norm(Derivatives d, List<Object> a, Value y, Object g) {
        Object x = a.get(0);
        boolean sum = ((Number) a.get(1)).doubleValue() == 1;
        Object ratio = g;
        if (!sum) {
            Object none = d.op("eq", y, 0L);
            ratio = d.op("where", none, 0L, d.op("div", g, d.op("where", none, 1L, y)));
        }
        if (a.get(2) instanceof List<?> axes && Boolean.FALSE.equals(a.get(3))) {
            ratio = d.withAxes(ratio, axes, d.facts.dimension(x));
        }
        return d.op("mul", sum ? d.op("sign", x) : x, ratio);
    }

    // ---------------------------------------------------------------- shapes

    private static void shapes() {
        for (String name : List.of("reshape", "view", "flatten", "unsqueeze", "squeeze")) {
            unary(name, (d, x, y, g) -> d.likeShape(g, x));
        }
        unary("t", (d, x, y, g) -> d.op("t", g));
        first("torch.transpose", (d, a, y, g) -> d.op("transpose", g, a.get(1), a.get(2)));
        Fit numbers = (d, a) -> Facts.numbers(a.get(1)) != null;
        first("torch.permute", numbers, (d, a, y, g) -> d.op("permute", g, inverse(Facts.numbers(a.get(1)))));
        first("torch.flip", (d, a, y, g) -> d.op("flip", g, a.get(1)));
        unary("expand_as", (d, x, y, g) -> d.unbroadcast(g, x));
        unary("expand", (d, x, y, g) -> d.unbroadcast(g, x));
        unary("sum_to_size", (d, x, y, g) -> d.op("expand_as", g, x));
        Fit repetition = (d, a) -> d.facts.shape(a.get(0)) != null && Facts.literal(a.get(1)) != null;
        first("torch.repeat", repetition, Rules::repeat);
        parts("torch.tile", repetition, (d, a) -> {
            List<Object> times = Derivatives.list(Facts.literal(a.get(1)));
            while (times.size() < d.facts.dimension(a.get(0))) {
                times.add(0, 1L);
            }
            return d.op("repeat", a.get(0), times);
        });
        Fit interleaved =
                (d, a) -> d.facts.shape(a.get(0)) != null && a.get(1) instanceof Long && a.get(2) instanceof Long;
        first("torch.repeat_interleave", interleaved, Rules::repeatInterleave);
        first("torch.cat", Rules::itemsAreKnown, Rules::cat);
        first("torch.stack", (d, a, y, g) -> {
            List<?> items = (List<?>) a.get(0);
            List<Object> parts = new ArrayList<>();
            for (int i = 0; i < items.size(); i++) {
                parts.add(d.wants(items.get(i)) ? d.op("select", g, a.get(1), (long) i) : null);
            }
            return parts;
        });
        first("torch.constant_pad_nd", numbers, (d, a, y, g) -> {
            List<Object> back = new ArrayList<>();
            for (long pad : Facts.numbers(a.get(1))) {
                back.add(-pad);
            }
            return d.op("constant_pad_nd", g, back, 0L);
        });
        for (String name : List.of("tril", "triu")) {
            first("torch." + name, (d, a, y, g) -> d.op(name, g, argument(a, 1, 0)));
        }
        first("torch.diagonal", (d, a, y, g) -> {
            Object size = d.size(a.get(0));
            return d.op("diagonal_backward", g, size, argument(a, 1, 0), argument(a, 2, 0), argument(a, 3, 1));
        });
        first("torch.diag_embed", (d, a, y, g) -> d.op("diagonal", g, a.get(1), a.get(2), a.get(3)));
        first("torch.diagonal_backward", (d, a, y, u) -> d.op("diagonal", u, a.get(2), a.get(3), a.get(4)));
    }

    private static List<Object> inverse(long[] order) {
        Object[] inverse = new Object[order.length];
        for (int i = 0; i < inverse.length; i++) {
            long axis = order[i] < 0 ? order[i] + inverse.length : order[i];
            inverse[(int) axis] = (long) i;
        }
        return List.of(inverse);
    }

    private static Object repeat(Derivatives d, List<Object> a, Value y, Object g) {
        Shape shape = d.facts.shape(a.get(0));
        Shape times = Facts.literal(a.get(1));
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
        return d.sum(d.op("reshape", g, sizes), axes, false);
    }

    private static Object repeatInterleave(Derivatives d, List<Object> a, Value y, Object g) {
        Shape shape = d.facts.shape(a.get(0));
        int axis = Facts.axis(a.get(2), shape.dimension());
        List<Object> sizes = Derivatives.list(shape);
        sizes.add(axis + 1, a.get(1));
        return d.sum(d.op("reshape", g, sizes), List.of(axis + 1L), false);
    }

    private static boolean itemsAreKnown(Derivatives d, List<Object> a) {
        return a.get(0) instanceof List<?> items
                && a.get(1) instanceof Long
                && items.stream().allMatch(item -> d.facts.dimension(item) > 0);
    }

    private static Object cat(Derivatives d, List<Object> a, Value y, Object g) {
        long start = 0;
        List<Object> parts = new ArrayList<>();
        for (Object item : (List<?>) a.get(0)) {
            Shape shape = d.facts.shape(item);
            long end = start + shape.get(Facts.axis(a.get(1), shape.dimension()));
            parts.add(d.wants(item) ? d.op("slice", g, a.get(1), start, end, 1L) : null);
            start = end;
        }
        return parts;
    }

    private static void selection() {
        first("torch.select", (d, a, y, g) -> d.write(SELECT_BACKWARD, g, d.size(a.get(0)), a.get(1), a.get(2)));
        first(SELECT_BACKWARD, (d, a, y, u) -> d.op("select", u, a.get(2), a.get(3)));
        first("torch.slice", (d, a, y, g) -> {
            Object start = a.get(2) == null ? 0L : a.get(2);
            Object end = a.get(3) == null ? Long.MAX_VALUE : a.get(3);
            return d.write(SLICE_BACKWARD, g, d.size(a.get(0)), a.get(1), start, end, a.get(4));
        });
        first(SLICE_BACKWARD, (d, a, y, u) -> d.op("slice", u, a.get(2), a.get(3), a.get(4), a.get(5)));
        first(INDEX, (d, a, y, g) -> d.write(INDEX_BACKWARD, a.get(0), a.get(1), g));
        rule(INDEX_BACKWARD, (d, a, y, u) -> list(null, null, d.write(INDEX, u, a.get(1))));
        first("torch.embedding", (d, a, y, g) -> d.write(INDEX_BACKWARD, a.get(0), List.of(a.get(1)), g));
        first("torch.gather", (d, a, y, g) -> d.op("scatter_add", d.op("zeros_like", a.get(0)), a.get(1), a.get(2), g));
        rule(
                "torch.scatter_add",
                (d, a, y, u) -> list(u, null, null, d.wants(a.get(3)) ? d.op("gather", u, a.get(1), a.get(2)) : null));
    }

    // ---------------------------------------------------------------- products

    private static void products() {
        rule("torch.mm", Rules::mm);
        rule("torch.bmm", (d, args, y, g) -> {
            Object a = args.get(0);
            Object b = args.get(1);
            return list(
                    d.wants(a) ? d.op("bmm", g, d.op("transpose", b, 1L, 2L)) : null,
                    d.wants(b) ? d.op("bmm", d.op("transpose", a, 1L, 2L), g) : null);
        });
        rule("torch.matmul", Rules::canMultiply, Rules::matmul);
        rule("torch.linear", (d, a) -> d.facts.dimension(a.get(0)) > 1, Rules::linear);
    }

    private static List<Object> mm(Derivatives d, List<Object> args, Value y, Object g) {
        Object a = args.get(0);
        Object b = args.get(1);
        return list(d.wants(a) ? d.op("mm", g, d.op("t", b)) : null, d.wants(b) ? d.op("mm", d.op("t", a), g) : null);
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
        first(LOG_ABS_DETERMINANT, (d, a, y, g) -> alongInverse(d, a.get(0), g));
        rule("torch.linalg_solve_triangular", Rules::isPlainTriangle, (d, a, y, g) -> {
            boolean upper = ((Node.Named) a.get(2)).value().equals(true);
            Node.Named flipped = new Node.Named("upper", !upper);
            Object ofB = d.op("linalg_solve_triangular", transposed(d, a.get(0)), g, flipped, a.get(3), a.get(4));
            Object ofA = null;
            if (d.wants(a.get(0))) {
                boolean unit = ((Node.Named) a.get(4)).value().equals(true);
                Object full = d.op("neg", d.op("matmul", ofB, transposed(d, y)));
                ofA = upper ? d.op("triu", full, unit ? 1L : 0L) : d.op("tril", full, unit ? -1L : 0L);
            }
            return list(ofA, d.wants(a.get(1)) ? ofB : null);
        });
        parts(
                "torch.outer",
                ALWAYS,
                (d, a) -> d.op("mul", d.op("unsqueeze", a.get(0), 1L), d.op("unsqueeze", a.get(1), 0L)));
        Fit rowTimesMatrix = (d, a) -> d.facts.dimension(a.get(0)) == 1 && d.facts.dimension(a.get(1)) > 1;
        parts("torch.matmul", rowTimesMatrix, (d, a) -> {
            Object row = d.op("unsqueeze", a.get(0), 0L);
            return d.op("squeeze", d.op("matmul", row, a.get(1)), -2L);
        });
    }

    /** From the left, and with as many right sides as matrices. */
    private static boolean isPlainTriangle(Derivatives d, List<Object> args) {
        Shape a = d.facts.shape(args.get(0));
        Shape b = d.facts.shape(args.get(1));
        return a != null
                && b != null
                && a.dimension() == b.dimension()
                && a.slice(0, a.dimension() - 2).equals(b.slice(0, b.dimension() - 2))
                && ((Node.Named) args.get(3)).value().equals(true);
    }

    private static boolean canMultiply(Derivatives d, List<Object> args) {
        int a = d.facts.dimension(args.get(0));
        int b = d.facts.dimension(args.get(1));
        return a > 1 && b > 1 || a > 0 && b == 1;
    }

    private static List<Object> matmul(Derivatives d, List<Object> args, Value y, Object g) {
        Object a = args.get(0);
        Object b = args.get(1);
        int dimension = d.facts.dimension(a);
        if (dimension == 2 && d.facts.dimension(b) == 2) {
            return mm(d, args, y, g);
        }
        if (d.facts.dimension(b) == 1) {
            Object column = dimension == 1 ? g : d.op("unsqueeze", g, -1L);
            return list(ifWanted(d, a, () -> d.op("mul", column, b)), ifWanted(d, b, () -> d.op("mul", column, a)));
        }
        return list(
                ifWanted(d, a, () -> d.op("matmul", g, transposed(d, b))),
                ifWanted(d, b, () -> d.op("matmul", transposed(d, a), g)));
    }

    private static List<Object> linear(Derivatives d, List<Object> a, Value y, Object g) {
        Object x = a.get(0);
        Object w = a.get(1);
        Object bias = a.size() > 2 ? a.get(2) : null;
        boolean matrix = d.facts.dimension(x) == 2;
        Object rows = matrix || !d.wants(w) && !d.wants(bias) ? g : rows(d, g, y);
        return list(
                        d.wants(x) ? d.op(matrix ? "mm" : "matmul", g, w) : null,
                        d.wants(w) ? d.op("mm", d.op("t", rows), matrix ? x : rows(d, x, x)) : null,
                        d.wants(bias) ? d.sum(rows, List.of(0L), false) : null)
                .subList(0, a.size());
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
        Shape y = call.outputs().size() == 1 ? d.facts.shape(call.output()) : null;
        if (y == null) {
            return null;
        }
        if (call.target().equals("torch.linear")
                && d.facts.dimension(call.args().get(0)) == 2) {
            return (to, a, of, g) ->
                    list(null, to.op("bmm", to.op("unsqueeze", g, 2L), to.op("unsqueeze", a.get(0), 1L)), g);
        }
        boolean sum = call.target().equals("torch.add");
        if (!sum && !call.target().equals("torch.mul")) {
            return null;
        }
        for (Object argument : call.args()) { // a parameter takes part once for every sample
            Shape shape = d.facts.shape(argument);
            if (shape == null || !shape.equals(y) && !shape.equals(y.slice(1))) {
                return null;
            }
        }
        return (to, a, of, g) -> sum ? list(g, g) : list(to.op("mul", g, a.get(1)), to.op("mul", g, a.get(0)));
    }

    // ---------------------------------------------------------------- convolutions

    /**
     * Three maps closed under differentiation, each linear in two arguments: the convolution C(x, w), its input's
     * adjoint I(g, w) and its weight's adjoint W(g, x), with ⟨C(x, w), g⟩ = ⟨x, I(g, w)⟩ = ⟨w, W(g, x)⟩.
     */
    private static void convolutions() {
        for (int dimension = 1; dimension <= 3; dimension++) {
            rule("torch.conv" + dimension + "d", (d, a) -> hasLists(a, 3, 4, 5), (d, a, y, g) -> {
                List<Object> none = Collections.nCopies(((List<?>) a.get(3)).size(), (Object) 0L);
                return convolution(d, a, g, List.of(a.get(3), a.get(4), a.get(5), false, none, a.get(6)));
            });
            rule(
                    "torch.conv_transpose" + dimension + "d",
                    (d, a) -> hasLists(a, 3, 4, 7),
                    (d, a, y, g) ->
                            convolution(d, a, g, List.of(a.get(3), a.get(4), a.get(7), true, a.get(5), a.get(6))));
        }
        rule("torch.convolution", (d, a, y, g) -> convolution(d, a, g, a.subList(3, 9)));
        rule(INPUT_OF_CONVOLUTION, (d, a, y, u) -> {
            Object g = a.get(0);
            Object w = a.get(2);
            List<Object> how = a.subList(3, 9);
            return list(
                    d.wants(g) ? d.write("torch.convolution", with(how, u, w, null)) : null,
                    null,
                    d.wants(w) ? d.write(WEIGHT_OF_CONVOLUTION, with(how, g, u, w)) : null);
        });
        rule(WEIGHT_OF_CONVOLUTION, (d, a, y, u) -> {
            Object g = a.get(0);
            Object x = a.get(1);
            List<Object> how = a.subList(3, 9);
            return list(
                    d.wants(g) ? d.write("torch.convolution", with(how, x, u, null)) : null,
                    d.wants(x) ? d.write(INPUT_OF_CONVOLUTION, with(how, g, x, u)) : null);
        });
    }

    private static boolean hasLists(List<Object> a, int... places) {
        return Arrays.stream(places).allMatch(place -> a.get(place) instanceof List<?>);
    }

    private static List<Object> convolution(Derivatives d, List<Object> a, Object g, List<Object> how) {
        Object x = a.get(0);
        Object w = a.get(1);
        Object bias = a.get(2);
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
        first("torch.avg_pool2d", (d, a) -> a.size() == 7, (d, a, y, g) -> d.op("avg_pool2d_backward", with(a, g)));
        first("torch.avg_pool2d_backward", (d, a, y, u) -> d.op("avg_pool2d", with(a.subList(2, 8), u)));
        first("torch.max_pool2d", (d, a, y, g) -> {
            Object at = d.write(PLACES_OF_MAXIMA, a.subList(0, 6).toArray());
            Object flat = d.op("flatten", a.get(0), -2L, -1L);
            Object spread = d.op(
                    "scatter_add",
                    d.op("zeros_like", flat),
                    -1L,
                    d.op("flatten", at, -2L, -1L),
                    d.op("flatten", g, -2L, -1L));
            return d.likeShape(spread, a.get(0));
        });
        for (String kind : List.of("avg", "max")) {
            parts("torch." + kind + "_pool1d", ALWAYS, (d, args) -> {
                List<Object> a = new ArrayList<>(args);
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
        first(
                "torch.upsample_nearest2d",
                (d, a) -> a.get(2) == null,
                (d, a, y, g) -> d.op("upsample_nearest2d_backward", g, a.get(1), d.size(a.get(0)), null, null));
        first("torch.upsample_nearest2d_backward", (d, a, y, u) -> d.op("upsample_nearest2d", u, a.get(1), null, null));
        first(
                "torch.upsample_bilinear2d",
                (d, a) -> a.get(3) == null,
                (d, a, y, g) ->
                        d.op("upsample_bilinear2d_backward", g, a.get(1), d.size(a.get(0)), a.get(2), null, null));
        first(
                "torch.upsample_bilinear2d_backward",
                (d, a, y, u) -> d.op("upsample_bilinear2d", u, a.get(1), a.get(3), null, null));
    }

    // ---------------------------------------------------------------- normalisations

    /** The fused operations stay where nothing is differentiated; a derivative is taken of what they consist of. */
    private static void normalisations() {
        parts("torch.batch_norm", Rules::isPlainBatchNorm, Rules::batchNorm);
        parts("torch.layer_norm", (d, a) -> a.get(1) instanceof List<?>, (d, a) -> {
            List<Object> axes = new ArrayList<>();
            for (long i = -((List<?>) a.get(1)).size(); i < 0; i++) {
                axes.add(i);
            }
            Object y = standardised(d, a.get(0), axes, a.get(4));
            y = a.get(2) == null ? y : d.op("mul", y, a.get(2));
            return a.get(3) == null ? y : d.op("add", y, a.get(3));
        });
    }

    private static boolean isPlainBatchNorm(Derivatives d, List<Object> a) {
        return d.facts.dimension(a.get(0)) > 1 && a.get(5) instanceof Boolean && a.get(6) instanceof Number;
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
