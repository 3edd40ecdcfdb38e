package gebm.trace;

import static gebm.trace.OperationCase.fixed;
import static gebm.trace.OperationCase.index;
import static gebm.trace.OperationCase.level;
import static gebm.trace.OperationCase.matrix;
import static gebm.trace.OperationCase.ofList;
import static gebm.trace.OperationCase.permutation;
import static gebm.trace.OperationCase.positive;
import static gebm.trace.OperationCase.real;
import static gebm.trace.OperationCase.row;
import static gebm.trace.OperationCase.truth;
import static gebm.trace.OperationCase.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import gebm.trace.OperationCase.Argument;
import gebm.trace.OperationCase.Derivative;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The contract of operations: every operation that programs offer, with the shapes and numbers it is tried on.
 *
 * <p>To add one: a row in the group it belongs to. Where DJL's engine lacks it or is wrong, {@code insteadOfEager} says
 * what its value is, or {@code oracle} refers to {@code oracles/operations.py}.
 */
final class OperationCases {
    private static final Argument X = real("n m");
    private static final Argument POSITIVE = positive("n m");
    private static final Argument UNIT = within(-0.9, 0.9, "n m");
    private static final Argument CUBE = real("n m k");

    private OperationCases() {}

    static List<OperationCase> all() {
        return Stream.of(
                        arithmetic(),
                        inPlace(),
                        comparisons(),
                        choices(),
                        elementwise(),
                        activations(),
                        reductions(),
                        places(),
                        cumulative(),
                        shapes(),
                        repetition(),
                        indexing(),
                        joining(),
                        products(),
                        networks(),
                        types(),
                        creation(),
                        functions(),
                        specialFunctions(),
                        rarities(),
                        compositions())
                .flatMap(List::stream)
                .toList();
    }

    private static int[] axes(int... axes) {
        return axes;
    }

    private static NDArrayEx inner(NDArray x) {
        return x.getNDArrayInternal();
    }

    private static List<OperationCase> arithmetic() {
        List<OperationCase> rows = new ArrayList<>();
        Map<String, BinaryOperator<NDArray>> arrays = new TreeMap<>(Map.of(
                "add", NDArray::add,
                "sub", NDArray::sub,
                "mul", NDArray::mul,
                "div", NDArray::div));
        arrays.forEach((name, f) -> {
            rows.add(row(name, f, X, real("n m")));
            rows.add(row(name + " a row", f, X, real("m")));
            rows.add(row(name + " a column", f, X, real("n 1")));
            rows.add(row(name + " a column and a row", f, real("n 1"), real("1 m")));
            rows.add(row(name + " a matrix to a row", f, real("m"), X));
            rows.add(row(name + " a scalar array", f, X, real("")));
            rows.add(row(name + " to a scalar array", f, real(""), X));
            rows.add(row(name + " over three axes", f, real("n 1 k"), real("m 1")));
            rows.add(row(name + " itself", x -> f.apply(x, x), X));
        });
        Map<String, BiFunction<NDArray, Number, NDArray>> numbers = new TreeMap<>(Map.of(
                "add", NDArray::add,
                "sub", NDArray::sub,
                "mul", NDArray::mul,
                "div", NDArray::div));
        numbers.forEach((name, f) -> {
            rows.add(row(name + " a number", x -> f.apply(x, 1.25), X));
            rows.add(row(name + " an integer", x -> f.apply(x, 3), X));
            rows.add(row(name + " a float", x -> f.apply(x, 0.5f), X));
        });
        rows.addAll(List.of(
                row("reversed sub of a number", x -> inner(x).rsub(1.5), X),
                row("reversed sub", (x, y) -> inner(x).rsub(y), X, real("m")),
                row("reversed div of a number", x -> inner(x).rdiv(1.5), X),
                row("reversed div", (x, y) -> inner(x).rdiv(y), X, real("m")),
                row("reversed pow of a number", x -> inner(x).rpow(1.5), X),
                row("pow", NDArray::pow, POSITIVE, real("n m")),
                row("pow of a row", NDArray::pow, POSITIVE, real("m")),
                row("pow 0", x -> x.pow(0), X),
                row("pow 1", x -> x.pow(1), X),
                row("pow 2", x -> x.pow(2), X),
                row("pow 3", x -> x.pow(3), X),
                row("pow -2", x -> x.pow(-2), X),
                row("pow 2.5", x -> x.pow(2.5), POSITIVE),
                row("mod", NDArray::mod, within(1.5, 2, "n m"), within(1.05, 1.4, "m")),
                row("mod a number", x -> x.mod(3.1), X),
                row("xlogy", NDArray::xlogy, X, positive("m")),
                row("atan2", NDArray::atan2, X, real("m")),
                row("static add", (x, y) -> NDArrays.add(x, y, x), X, real("n m")),
                row("static sub of a number", x -> NDArrays.sub(2.0, x), X),
                row("static div of a number", x -> NDArrays.div(2.0, x), X),
                row("static mul", (x, y) -> NDArrays.mul(x, y, y), X, real("n m"))));
        return rows;
    }

    private static List<OperationCase> inPlace() {
        return List.of(
                row("add in place", (x, y) -> x.duplicate().addi(y), X, real("m")),
                row("sub in place", (x, y) -> x.duplicate().subi(y), X, real("m")),
                row("mul in place", (x, y) -> x.duplicate().muli(y), X, real("m")),
                row("div in place", (x, y) -> x.duplicate().divi(y), X, real("m")),
                row("pow in place", (x, y) -> x.duplicate().powi(y), POSITIVE, real("m")),
                row("add a number in place", x -> x.duplicate().addi(1.25), X),
                row("sub a number in place", x -> x.duplicate().subi(1.25), X),
                row("mul a number in place", x -> x.duplicate().muli(1.25), X),
                row("div a number in place", x -> x.duplicate().divi(1.25), X),
                row("pow a number in place", x -> x.duplicate().powi(3), X),
                row("mod a number in place", x -> x.duplicate().modi(3.1), X),
                row("neg in place", x -> x.duplicate().negi(), X),
                row("sign in place", x -> x.duplicate().signi(), X),
                row("in place on a result", x -> x.mul(2).addi(1).muli(x), X),
                row(
                        "in place through a view",
                        x -> {
                            NDArray copy = x.duplicate();
                            copy.get(0).addi(5);
                            return copy.mul(x);
                        },
                        X));
    }

    private static List<OperationCase> comparisons() {
        List<OperationCase> rows = new ArrayList<>();
        Map<String, BinaryOperator<NDArray>> arrays = new TreeMap<>(Map.of(
                "eq", NDArray::eq,
                "neq", NDArray::neq,
                "gt", NDArray::gt,
                "gte", NDArray::gte,
                "lt", NDArray::lt,
                "lte", NDArray::lte));
        arrays.forEach((name, f) -> {
            rows.add(row(name, f, level("n m"), level("n m")).constant());
            rows.add(row(name + " a row", f, level("n m"), level("m")).constant());
        });
        Map<String, BiFunction<NDArray, Number, NDArray>> numbers = new TreeMap<>(Map.of(
                "eq", NDArray::eq,
                "neq", NDArray::neq,
                "gt", NDArray::gt,
                "gte", NDArray::gte,
                "lt", NDArray::lt,
                "lte", NDArray::lte));
        numbers.forEach((name, f) -> rows.add(
                row(name + " a number", x -> f.apply(x, 1), level("n m")).constant()));
        rows.addAll(List.of(
                row("logicalAnd", NDArray::logicalAnd, truth("n m"), truth("m")).constant(),
                row("logicalOr", NDArray::logicalOr, truth("n m"), truth("m")).constant(),
                row("logicalXor", NDArray::logicalXor, truth("n m"), truth("m")).constant(),
                row("logicalNot", NDArray::logicalNot, truth("n m")).constant(),
                row("isNaN", x -> x.log().isNaN(), X).constant(),
                row(
                                "isInfinite",
                                x -> x.div(x.gt(0).toType(DataType.FLOAT32, false))
                                        .isInfinite(),
                                X)
                        .constant(),
                row(
                                "eq as numbers",
                                x -> x.eq(1).toType(DataType.FLOAT64, false).mul(2),
                                level("n m"))
                        .constant()));
        return rows;
    }

    private static List<OperationCase> choices() {
        return List.of(
                row("maximum", NDArray::maximum, X, real("n m")),
                row("maximum of a row", NDArray::maximum, X, real("m")),
                row("maximum of a number", x -> x.maximum(0), X),
                row("minimum", NDArray::minimum, X, real("n m")),
                row("minimum of a row", NDArray::minimum, X, real("m")),
                row("minimum of a number", x -> x.minimum(0), X),
                row("clip", x -> x.clip(-0.77, 0.93), X),
                ofList(
                        "where",
                        list -> NDArrays.where(list.get(0), list.get(1), list.get(2)),
                        truth("n m"),
                        X,
                        real("n m")),
                row("where of a comparison", x -> NDArrays.where(x.gt(0), x.square(), x.mul(3)), X),
                row(
                        "where guards a logarithm",
                        x -> {
                            NDArray inside = x.gt(0);
                            NDArray safe = NDArrays.where(inside, x, x.onesLike());
                            return NDArrays.where(inside, safe.log(), x);
                        },
                        X),
                row("product with a mask", x -> x.mul(x.gt(0).toType(x.getDataType(), false)), X));
    }

    private static List<OperationCase> elementwise() {
        List<OperationCase> rows = new ArrayList<>();
        Map<String, UnaryOperator<NDArray>> reals = new TreeMap<>(Map.ofEntries(
                Map.entry("abs", NDArray::abs),
                Map.entry("atan", NDArray::atan),
                Map.entry("cos", NDArray::cos),
                Map.entry("cosh", NDArray::cosh),
                Map.entry("erf", NDArray::erf),
                Map.entry("exp", NDArray::exp),
                Map.entry("neg", NDArray::neg),
                Map.entry("sign", NDArray::sign),
                Map.entry("sin", NDArray::sin),
                Map.entry("sinh", NDArray::sinh),
                Map.entry("square", NDArray::square),
                Map.entry("tanh", NDArray::tanh),
                Map.entry("toDegrees", NDArray::toDegrees),
                Map.entry("toRadians", NDArray::toRadians)));
        reals.forEach((name, f) -> rows.add(row(name, f, X)));
        rows.addAll(List.of(
                row("abs of a scalar", NDArray::abs, real("")),
                row("asinh", NDArray::asinh, X)
                        .insteadOfEager(x -> x.add(x.square().add(1).sqrt()).log())
                        .tolerance(1e-14 * 1e3),
                row("acosh", NDArray::acosh, within(1.2, 3, "n m"))
                        .insteadOfEager(x -> x.add(x.square().sub(1).sqrt()).log()),
                row("atanh", NDArray::atanh, UNIT)
                        .insteadOfEager(x -> x.add(1).div(x.neg().add(1)).log().div(2)),
                row("acos", NDArray::acos, UNIT),
                row("asin", NDArray::asin, UNIT),
                row("erfinv", NDArray::erfinv, UNIT),
                row("tan", NDArray::tan, UNIT),
                row("log", NDArray::log, POSITIVE),
                row("log10", NDArray::log10, POSITIVE),
                row("log2", NDArray::log2, POSITIVE),
                row("sqrt", NDArray::sqrt, POSITIVE),
                row("gammaln", NDArray::gammaln, POSITIVE),
                row("cbrt of positive numbers", NDArray::cbrt, POSITIVE),
                row("cbrt", NDArray::cbrt, X)
                        .insteadOfEager(x -> x.sign().mul(x.abs().pow(1 / 3.0))),
                row("ceil", NDArray::ceil, within(1.1, 1.9, "n m")),
                row("floor", NDArray::floor, within(1.1, 1.9, "n m")),
                row("round", NDArray::round, within(0.6, 1.4, "n m")),
                row("trunc", NDArray::trunc, within(-1.9, -1.1, "n m")),
                row(
                                "ceil, floor, round and trunc",
                                x -> x.mul(1.7)
                                        .ceil()
                                        .add(x.mul(3.1).floor())
                                        .add(x.mul(2.3).round())
                                        .add(x.mul(1.9).trunc()),
                                X)
                        .constant(),
                row("duplicate", NDArray::duplicate, X).with(Derivative.SECOND),
                row("zerosLike", NDArray::zerosLike, X),
                row("onesLike", NDArray::onesLike, X),
                row("onesLike times", x -> x.onesLike().mul(x), X),
                row("stopGradient", x -> x.stopGradient().mul(x), X).with(Derivative.BY_DEFINITION),
                row("scaleGradient", x -> x.scaleGradient(0.25).mul(x), X).with(Derivative.BY_DEFINITION),
                row("inverse", NDArray::inverse, matrix("n n")).tolerance(1e-11),
                row("inverse of several", NDArray::inverse, matrix("k n n")).tolerance(1e-11)));
        return rows;
    }

    private static List<OperationCase> activations() {
        return List.of(
                row("relu", Activation::relu, X),
                row("sigmoid", Activation::sigmoid, X),
                row("tanh activation", Activation::tanh, X),
                row("softPlus", Activation::softPlus, X),
                row("softSign", Activation::softSign, X),
                row("leakyRelu", x -> Activation.leakyRelu(x, 0.1f), X),
                row("elu", x -> Activation.elu(x, 1.3f), X),
                row("selu", Activation::selu, X),
                row("gelu", Activation::gelu, X),
                row("swish", x -> Activation.swish(x, 1.5f), X),
                row("mish", Activation::mish, X)
                        .insteadOfEager(x -> x.mul(x.exp().add(1).log().tanh())),
                row("softmax over rows", x -> x.softmax(0), X),
                row("softmax over columns", x -> x.softmax(1), X),
                row("softmax over the last of three", x -> x.softmax(-1), CUBE),
                row("logSoftmax over rows", x -> x.logSoftmax(0), X),
                row("logSoftmax over columns", x -> x.logSoftmax(1), X),
                row("logSoftmax over the last of three", x -> x.logSoftmax(-1), CUBE),
                row("softmax of large numbers", x -> x.mul(400).softmax(1), X),
                row("normalize", x -> x.normalize(2, 1), X)
                        .insteadOfEager(x -> x.div(x.square().sum(axes(1), true).sqrt())),
                row(
                                "normalize by a number",
                                x -> inner(x).normalize(new float[] {0.5f, 0.25f, 0}, new float[] {2, 4, 1}),
                                real("3 n m"))
                        .insteadOfEager(x -> x.sub(x.getManager()
                                        .create(new double[] {0.5, 0.25, 0}, new Shape(3, 1, 1))
                                        .toType(x.getDataType(), false))
                                .div(x.getManager()
                                        .create(new double[] {2, 4, 1}, new Shape(3, 1, 1))
                                        .toType(x.getDataType(), false))));
    }

    private static List<OperationCase> reductions() {
        return List.of(
                row("sum", NDArray::sum, X),
                row("sum of a scalar", NDArray::sum, real("")),
                row("sum over rows", x -> x.sum(axes(0)), X),
                row("sum over columns, kept", x -> x.sum(axes(1), true), X),
                row("sum over the last axis", x -> x.sum(axes(-1)), CUBE),
                row("sum over two axes", x -> x.sum(axes(0, 2)), CUBE),
                row("sum over two axes, kept", x -> x.sum(axes(1, 2), true), CUBE),
                row("sum over two axes from the end", x -> x.sum(axes(-1, -2)), CUBE),
                row("mean", NDArray::mean, X),
                row("mean over rows", x -> x.mean(axes(0)), X),
                row("mean over columns, kept", x -> x.mean(axes(1), true), X),
                row("mean over the last axis", x -> x.mean(axes(-1)), CUBE),
                row("mean over two axes", x -> x.mean(axes(0, 2)), CUBE)
                        .insteadOfEager(x -> x.mean(axes(2)).mean(axes(0))),
                row("mean over two axes from the end, kept", x -> x.mean(axes(-1, -2), true), CUBE)
                        .insteadOfEager(x -> x.mean(axes(2), true).mean(axes(1), true)),
                row("prod", NDArray::prod, X),
                row("prod over rows", x -> x.prod(axes(0)), X),
                row("prod over columns, kept", x -> x.prod(axes(1), true), X),
                row("prod over two axes", x -> x.prod(axes(0, -1)), CUBE)
                        .insteadOfEager(x -> x.prod(axes(2)).prod(axes(0))),
                row(
                        "prod with a zero",
                        x -> x.mul(x.gt(0).toType(x.getDataType(), false)).prod(axes(1)),
                        X),
                row("max", NDArray::max, X),
                row("max over rows", x -> x.max(axes(0)), X),
                row("max over columns, kept", x -> x.max(axes(1), true), X),
                row("max over two axes", x -> x.max(axes(0, 1)), CUBE)
                        .insteadOfEager(x -> x.max(axes(1)).max(axes(0))),
                row("min", NDArray::min, X),
                row("min over rows", x -> x.min(axes(0)), X),
                row("min over columns, kept", x -> x.min(axes(1), true), X),
                row("min over two axes from the end", x -> x.min(axes(-2, -1)), CUBE)
                        .insteadOfEager(x -> x.min(axes(2)).min(axes(1))),
                row("median", NDArray::median, X) // DJL's own gives places along the last axis
                        .insteadOfEager(x -> x.flatten().sort().get((x.size() - 1) / 2)),
                row("norm", x -> x.norm(), X),
                row("norm, kept", x -> x.norm(true), X),
                row("norm over columns", x -> x.norm(axes(1)), X),
                row("norm over columns, kept", x -> x.norm(axes(1), true), X),
                row("norm of order 1", x -> x.norm(1, axes(0), false), X),
                row("norm of order 3", x -> x.norm(3, axes(1), true), X),
                row("norm over two axes", x -> x.norm(2, axes(0, 1), false), CUBE),
                row("variance", x -> x.sub(x.mean(axes(0), true)).square().mean(axes(0)), X),
                row(
                                "any and all by sums",
                                x -> x.gt(0).toType(DataType.FLOAT32, false).sum(axes(1)),
                                X)
                        .constant());
    }

    /** Places of elements, and orders. */
    private static List<OperationCase> places() {
        return List.of(
                row("argMax", NDArray::argMax, X).constant(),
                row("argMax over rows", x -> x.argMax(0), X).constant(),
                row("argMax over the last axis", x -> x.argMax(-1), CUBE).constant(),
                row("argMin", NDArray::argMin, X).constant(),
                row("argMin over columns", x -> x.argMin(1), X).constant(),
                row("argSort", x -> x.argSort(), X).constant(),
                row("argSort over rows", x -> x.argSort(0), X).constant(),
                row("argSort downwards", x -> x.argSort(1, false), X).constant(),
                row("sort", NDArray::sort, X),
                row("sort rows", x -> x.sort(0), X),
                row("sort the last axis", x -> x.sort(-1), CUBE),
                row("topK values", x -> x.topK(1, 1, true, true).get(0), X),
                row("topK places", x -> x.topK(1, 1, true, true).get(1), X).constant(),
                row("topK smallest", x -> x.topK(2, -1, false, true).get(0), real("n m+1")),
                row("oneHot", x -> x.oneHot(5), index("4", "n m")).constant(),
                row("oneHot of other numbers", x -> x.oneHot(4, 2.5f, -1, DataType.FLOAT64), index("4", "n"))
                        .constant()
                        .insteadOfEager(
                                x -> x.oneHot(4, DataType.FLOAT64).mul(3.5).sub(1)),
                row("oneHot of truth", x -> x.oneHot(4, DataType.BOOLEAN), index("4", "n"))
                        .constant(),
                row(
                        "product with oneHot",
                        (x, i) -> x.mul(i.oneHot(4, x.getDataType())).sum(axes(1)),
                        real("n 4"),
                        index("4", "n")));
    }

    private static List<OperationCase> cumulative() {
        return List.of(
                row("cumSum", NDArray::cumSum, real("n")),
                row("cumSum over rows", x -> x.cumSum(0), X),
                row("cumSum over the last axis", x -> x.cumSum(-1), CUBE),
                row("cumProd over rows", x -> x.cumProd(0), X),
                row("cumProd over columns", x -> x.cumProd(1), X),
                row(
                        "cumSum of squares backwards",
                        x -> x.square().flip(1).cumSum(1).flip(1),
                        X));
    }

    private static List<OperationCase> shapes() {
        return List.of(
                row("reshape", x -> x.reshape(-1, 2), real("2n m")),
                row("reshape to a row", x -> x.reshape(1, -1), X),
                row("reshape of a transposed", x -> x.transpose().reshape(-1), X),
                row("flatten", NDArray::flatten, CUBE),
                row("flatten two axes", x -> x.flatten(1, 2), CUBE),
                row("expandDims first", x -> x.expandDims(0), X),
                row("expandDims last", x -> x.expandDims(-1), X),
                row("expandDims between", x -> x.expandDims(1).mul(x.expandDims(2)), X),
                row("squeeze one", x -> x.squeeze(1), real("n 1 m")),
                row("squeeze last", x -> x.squeeze(-1), real("n m 1")),
                row("squeeze two", x -> x.squeeze(axes(0, 2)), real("1 n 1")),
                row("squeeze all", x -> x.squeeze(), real("1 n+1 1")),
                row("transpose", x -> x.transpose(), X),
                row("transpose three axes", x -> x.transpose(), CUBE),
                row("transpose by axes", x -> x.transpose(2, 0, 1), CUBE),
                row("transpose by axes from the end", x -> x.transpose(-2, -1, 0), CUBE),
                row("swapAxes", x -> x.swapAxes(0, 2), CUBE),
                row("swapAxes from the end", x -> x.swapAxes(-1, -2), CUBE),
                row("flip", x -> x.flip(0), X),
                row("flip two axes", x -> x.flip(0, 2), CUBE),
                row("broadcast a row", x -> x.broadcast(3, x.getShape().get(0)), real("m")),
                row("broadcast a column", x -> x.broadcast(x.getShape().get(0), 4), real("n 1")),
                row("broadcast a scalar", x -> x.broadcast(2, 3), real("")),
                row("diagonal", x -> x.diagonal(), real("n n")),
                row("diagonal above", x -> x.diagonal(1), real("n n+1")),
                row("diagonal below", x -> x.diagonal(-1), real("n+1 n")),
                row("diagonal of several", x -> x.diagonal(0, 1, 2), real("k n n")),
                row("pad", x -> x.pad(new Shape(1, 2), 0.5), X),
                row("pad two axes", x -> x.pad(new Shape(1, 0, 2, 1), -1), X),
                row("pad by less than nothing", x -> x.pad(new Shape(-1, 1), 0), real("n m+2")),
                row("split by places", x -> x.split(new long[] {1, 3}, 1).get(1), real("n m+3")),
                row("split from zero", x -> x.split(new long[] {0, 2}, 0).get(1), real("n+2 m"))
                        .constant()
                        .insteadOfEager(x -> x.get("2:")),
                row("split evenly", x -> x.split(2, 1).get(1).mul(3), real("n 2m")),
                row(
                        "split into rows and add",
                        x -> {
                            NDList parts = x.split(2);
                            return parts.get(0).mul(parts.get(1));
                        },
                        real("2n m")));
    }

    private static List<OperationCase> repetition() {
        return List.of(
                row("tile", x -> x.tile(2), X),
                row("tile an axis", x -> x.tile(1, 3), X).insteadOfEager(x -> NDArrays.concat(new NDList(x, x, x), 1)),
                row("tile by numbers", x -> x.tile(new long[] {2, 3}), X),
                row("tile with more axes", x -> x.tile(new long[] {2, 1, 3}), X),
                row("repeat an axis", x -> x.repeat(0, 2), X),
                row("repeat the last axis", x -> x.repeat(-1, 3), X),
                row("repeat by numbers", x -> x.repeat(new long[] {2, 3}), X)
                        .insteadOfEager(x -> x.repeat(0, 2).repeat(1, 3)));
    }

    private static List<OperationCase> indexing() {
        return List.of(
                row("get a row", x -> x.get(0), X),
                row("get the last row", x -> x.get(-1), X),
                row("get an element", x -> x.get(0, 1), real("n m+1")),
                row("get a column", x -> x.get(":, 0"), X),
                row("get the last column", x -> x.get(":, -1"), X),
                row("get rows from", x -> x.get("1:"), real("n+1 m")),
                row("get rows up to", x -> x.get(":2"), real("n+2 m")),
                row("get rows but the last", x -> x.get(":-1"), real("n+1 m")),
                row("get the last two rows", x -> x.get("-2:"), real("n+1 m")),
                row("get every second row", x -> x.get("::2"), real("2n m")),
                row("get a block", x -> x.get("1:3, 0:2"), real("n+3 m+2")),
                row("get every third column", x -> x.get(":, 1:7:3"), real("n m+7")),
                row("get with an ellipsis", x -> x.get("..., 0"), CUBE),
                row("get with an ellipsis between", x -> x.get("0, ..., -1"), CUBE),
                row("get with a new axis", x -> x.get(":, {}", (Object) null), X)
                        .insteadOfEager(x -> x.expandDims(1)),
                row("get all", x -> x.get(":"), X),
                row("get by parts", x -> x.get("{}:{}, {}", 0, 2, 1), real("n+2 m+1")),
                row("take rows", (x, i) -> x.get(i), X, index("n", "5")),
                row("take columns", (x, i) -> x.get(new NDIndex(":, {}", i)), X, index("m", "5")),
                row("take by permutation", (x, i) -> x.get(i).mul(x), X, permutation("n")),
                row("take elements", (x, i) -> x.take(i), X, index("n", "2 3")),
                row("get by a mask of rows", (x, b) -> x.get(b), real("n+1 m"), truth("n+1")),
                row("get by a mask", (x, b) -> x.get(b), real("n+1 m"), truth("n+1 m")),
                row("booleanMask", (x, b) -> x.booleanMask(b), real("n+1 m"), truth("n+1 m")),
                row("booleanMask of columns", (x, b) -> x.booleanMask(b, 1), real("n m+1"), truth("m+1")),
                row("gather columns", (x, i) -> x.gather(i, 1), X, index("m", "n 5")),
                row("gather rows", (x, i) -> x.gather(i, 0), X, index("n", "5 m")),
                row(
                        "embedding",
                        (i, w) -> inner(i).embedding(i, w, SparseFormat.DENSE).get(0),
                        index("n", "2 3"),
                        real("n m")),
                row("two overlapping parts", x -> x.get("1:").mul(x.get(":-1")), real("n+1 m")),
                row("a row times all", x -> x.get(0).mul(x), X));
    }

    private static List<OperationCase> joining() {
        return List.of(
                row("concat rows", (x, y) -> x.concat(y), X, real("k m")),
                row("concat columns", (x, y) -> NDArrays.concat(new NDList(x, y), 1), X, real("n k")),
                row("concat the last axis", (x, y) -> x.concat(y, -1), X, real("n k")),
                ofList("concat three", list -> NDArrays.concat(list), real("n"), real("m"), real("k")),
                row("concat with itself", x -> x.concat(x.square(), 1), X),
                row("concat one", x -> NDArrays.concat(new NDList(x)), X),
                row("stack", (x, y) -> x.stack(y), X, real("n m")),
                row("stack last", (x, y) -> x.stack(y, -1), X, real("n m")),
                ofList("stack three", list -> NDArrays.stack(list, 1), real("n"), real("n"), real("n")),
                row("stack one", x -> NDArrays.stack(new NDList(x)), X));
    }

    private static List<OperationCase> products() {
        return List.of(
                row("matMul", NDArray::matMul, X, real("m k")),
                row("matMul of a vector", NDArray::matMul, X, real("m")),
                row("matMul vector times matrix", NDArray::matMul, real("n"), X),
                row("matMul of vectors", NDArray::matMul, real("n"), real("n")),
                row("matMul of batches", NDArray::matMul, real("2 n m"), real("2 m k")),
                row("matMul of a batch and a matrix", NDArray::matMul, real("2 n m"), real("m k")),
                row("matMul of a matrix and a batch", NDArray::matMul, X, real("2 m k")),
                row("matMul of broadcast batches", NDArray::matMul, real("2 1 n m"), real("3 m k")),
                row("matMul of a batch and a vector", NDArray::matMul, real("2 n m"), real("m")),
                row("matMul of a vector and a batch", NDArray::matMul, real("n"), real("2 n m")),
                row("matMul with the transposed", x -> x.matMul(x.transpose()), X),
                row("matMul of parts", (x, y) -> x.get("1:").matMul(y), real("n+1 m"), real("m k")),
                row("dot of vectors", NDArray::dot, real("n"), real("n")),
                row("dot of matrices", NDArray::dot, X, real("m k")).insteadOfEager(NDArray::matMul),
                row("dot of a matrix and a vector", NDArray::dot, X, real("m")).insteadOfEager(NDArray::matMul),
                row("batchMatMul", NDArray::batchMatMul, real("2 n m"), real("2 m k")));
    }

    private static List<OperationCase> networks() {
        Shape one = new Shape(1);
        Shape ones = new Shape(1, 1);
        Shape zeros = new Shape(0, 0);
        return List.of(
                ofList("linear", list -> linear(list), X, real("k m"), real("k")),
                ofList("linear on three axes", list -> linear(list), CUBE, real("4 k"), real("4")),
                row("linear without bias", (x, w) -> inner(x).linear(x, w, null).get(0), X, real("k m")),
                ofList(
                        "convolution of one axis",
                        list -> convolution(list, one, new Shape(0), one, 1),
                        real("n k 6"),
                        real("m k 3"),
                        real("m")),
                ofList(
                        "convolution of one axis with stride and padding",
                        list -> convolution(list, new Shape(2), one, one, 1),
                        real("n k 6"),
                        real("m k 3"),
                        real("m")),
                ofList(
                        "convolution",
                        list -> convolution(list, ones, zeros, ones, 1),
                        real("n k 4 5"),
                        real("m k 2 3"),
                        real("m")),
                ofList(
                        "convolution with stride and padding",
                        list -> convolution(list, new Shape(2, 1), new Shape(1, 2), ones, 1),
                        real("2 k 4 3"),
                        real("n k 3 2"),
                        real("n")),
                ofList(
                        "convolution with dilation",
                        list -> convolution(list, ones, zeros, new Shape(2, 1), 1),
                        real("2 k 5 3"),
                        real("n k 2 2"),
                        real("n")),
                ofList(
                        "convolution in groups",
                        list -> convolution(list, ones, zeros, ones, 2),
                        real("2 2k 3 3"),
                        real("2n k 2 2"),
                        real("2n")),
                row(
                        "convolution without bias",
                        (x, w) -> inner(x).convolution(x, w, null, ones, ones, ones, 1)
                                .get(0),
                        real("2 k 3 3"),
                        real("n k 3 3")),
                ofList(
                                "transposed convolution of one axis",
                                list -> inner(list.get(0))
                                        .deconvolution(
                                                list.get(0),
                                                list.get(1),
                                                list.get(2),
                                                new Shape(2),
                                                one,
                                                new Shape(0),
                                                one,
                                                1)
                                        .get(0),
                                real("2 k 4"),
                                real("n k 3"),
                                real("n"))
                        .oracle(),
                ofList(
                                "transposed convolution",
                                list -> inner(list.get(0))
                                        .deconvolution(
                                                list.get(0),
                                                list.get(1),
                                                list.get(2),
                                                new Shape(2, 1),
                                                new Shape(1, 0),
                                                new Shape(1, 0),
                                                ones,
                                                1)
                                        .get(0),
                                real("2 k 3 2"),
                                real("n k 3 2"),
                                real("n"))
                        .oracle(),
                row(
                        "max pooling of one axis",
                        x -> inner(x).maxPool(new Shape(2), new Shape(2), new Shape(0), false),
                        real("n m 6")),
                row(
                        "max pooling",
                        x -> inner(x).maxPool(new Shape(2, 2), new Shape(2, 2), zeros, false),
                        real("n k 4 4")),
                row(
                        "max pooling, overlapping and padded",
                        x -> inner(x).maxPool(new Shape(3, 2), ones, new Shape(1, 0), false),
                        real("2 k 4 3")),
                row(
                        "average pooling of one axis",
                        x -> inner(x).avgPool(new Shape(2), new Shape(2), new Shape(0), false, true),
                        real("n m 6")),
                row(
                        "average pooling",
                        x -> inner(x).avgPool(new Shape(2, 2), new Shape(2, 2), zeros, false, true),
                        real("n k 4 4")),
                row(
                        "average pooling, padded, counting the padding",
                        x -> inner(x).avgPool(new Shape(2, 2), ones, ones, false, true),
                        real("2 k 3 3")),
                row(
                                "average pooling, padded, not counting the padding",
                                x -> inner(x).avgPool(new Shape(2, 2), ones, ones, false, false),
                                real("2 k 3 3"))
                        .insteadOfEager(
                                x -> { // DJL's own counts the padding
                                    NDArray share = x.onesLike();
                                    return inner(x).avgPool(new Shape(2, 2), ones, ones, false, true)
                                            .div(inner(share).avgPool(new Shape(2, 2), ones, ones, false, true));
                                }),
                row("global average pooling", x -> inner(x).globalAvgPool(), real("n m 3 2")),
                row("global max pooling", x -> inner(x).globalMaxPool(), real("n m 3 2")),
                row("nearest upsampling", x -> inner(x).interpolation(new long[] {6, 4}, 0, false), real("n k 3 2")),
                row("bilinear upsampling", x -> inner(x).interpolation(new long[] {6, 5}, 1, false), real("n k 3 2")),
                row("area downsampling", x -> inner(x).interpolation(new long[] {2, 3}, 2, false), real("n k 5 6")),
                row("bicubic upsampling", x -> inner(x).interpolation(new long[] {6, 5}, 3, false), real("n k 3 2"))
                        .oracle(),
                row(
                                "bilinear upsampling with aligned corners",
                                x -> inner(x).interpolation(new long[] {6, 5}, 1, true),
                                real("n k 3 2"))
                        .oracle(),
                ofList(
                        "layerNorm",
                        list -> inner(list.get(0))
                                .layerNorm(list.get(0), list.get(1).getShape(), list.get(1), list.get(2), 1e-5f)
                                .get(0),
                        real("n m+1"),
                        real("m+1"),
                        real("m+1")),
                ofList(
                        "batchNorm in prediction",
                        list -> batchNorm(list, false),
                        X,
                        fixed("m"),
                        fixed("m"),
                        real("m"),
                        real("m")),
                ofList(
                        "batchNorm in prediction on images",
                        list -> batchNorm(list, false),
                        real("2 k 3 2"),
                        fixed("k"),
                        fixed("k"),
                        real("k"),
                        real("k")),
                row(
                                "batchNorm in training",
                                x -> {
                                    NDArray rowOfOnes = x.get(0).stopGradient().onesLike();
                                    return inner(x).batchNorm(
                                                    x,
                                                    rowOfOnes.mul(0),
                                                    rowOfOnes.mul(1),
                                                    null,
                                                    null,
                                                    1,
                                                    0.9f,
                                                    1e-5f,
                                                    true)
                                            .get(0);
                                },
                                real("n+2 m"))
                        .insteadOfEager(x -> {
                            NDArray centred = x.sub(x.mean(axes(0), true));
                            return centred.div(centred.square()
                                    .mean(axes(0), true)
                                    .add(1e-5f)
                                    .sqrt());
                        })
                        .tolerance(1e-9),
                row("prelu", (x, a) -> inner(x).prelu(x, a).get(0), real("n m k"), real("m"))
                        .insteadOfEager((x, a) -> x.maximum(0).add(x.minimum(0).mul(a.reshape(-1, 1)))),
                row(
                        "dropout in prediction",
                        x -> inner(x).dropout(x, 0.5f, false).get(0),
                        X));
    }

    private static NDArray linear(NDList list) {
        return inner(list.get(0)).linear(list.get(0), list.get(1), list.get(2)).get(0);
    }

    private static NDArray convolution(NDList list, Shape stride, Shape padding, Shape dilation, int groups) {
        return inner(list.get(0))
                .convolution(list.get(0), list.get(1), list.get(2), stride, padding, dilation, groups)
                .get(0);
    }

    private static NDArray batchNorm(NDList list, boolean training) {
        return inner(list.get(0))
                .batchNorm(list.get(0), list.get(1), list.get(2), list.get(3), list.get(4), 1, 0.9f, 1e-5f, training)
                .get(0);
    }

    private static List<OperationCase> types() {
        return List.of(
                row("toType of the same type", x -> x.toType(x.getDataType(), false), X)
                        .with(Derivative.SECOND),
                row("toType down and up", x -> x.toType(DataType.FLOAT32, false).toType(DataType.FLOAT64, false), X)
                        .constant(),
                row(
                        "toType up keeps the gradient",
                        x -> x.toType(DataType.FLOAT64, false).square(),
                        X),
                row("toType to int32", x -> x.mul(3).toType(DataType.INT32, false), X)
                        .constant(),
                row("toType to int64", x -> x.mul(3).toType(DataType.INT64, false), X)
                        .constant(),
                row("toType to uint8", x -> x.mul(50).toType(DataType.UINT8, false), POSITIVE)
                        .constant(),
                row(
                                "toType to truth",
                                x -> x.gt(0).toType(DataType.INT32, false).toType(DataType.BOOLEAN, false),
                                X)
                        .constant(),
                row(
                                "toType from integers",
                                x -> x.toType(DataType.FLOAT64, false).div(2),
                                index("9", "n m"))
                        .constant(),
                row("integers", x -> x.add(3).mul(2).sub(x), index("9", "n m")).constant(),
                row("sum of integers", x -> x.sum(axes(0)), index("9", "n m")).constant(),
                row("sum of truth values", x -> x.sum(), truth("n m")).constant(),
                row("integers times numbers", (x, i) -> x.mul(i), X, index("9", "m")),
                row("division of integers", x -> x.div(4), index("9", "n m")).constant());
    }

    private static List<OperationCase> creation() {
        return List.of(
                row("zeros", x -> x.add(x.getManager().zeros(new Shape(1), x.getDataType())), X),
                row("ones", x -> x.mul(x.getManager().ones(x.getShape(), x.getDataType())), X),
                row("full", x -> x.mul(x.getManager().full(new Shape(1), 2.5f, x.getDataType())), X),
                row("create", x -> x.mul(x.getManager().create(2.5)), X).insteadOfEager(x -> x.mul(2.5)),
                row(
                        "create a vector",
                        x -> x.mul(
                                x.getManager().create(new double[] {1, -2, 3}).toType(x.getDataType(), false)),
                        real("n 3")),
                row("arange", x -> x.mul(x.getManager().arange(0, x.getShape().get(1), 1, x.getDataType())), X),
                row(
                                "linspace",
                                x -> x.mul(x.getManager().linspace(0, 1, 5).toType(x.getDataType(), false)),
                                real("n 5"))
                        .tolerance(1e-7),
                row(
                        "eye",
                        x -> x.matMul(
                                x.getManager().eye(3, 3, 0, DataType.FLOAT32).toType(x.getDataType(), false)),
                        real("n 3")));
    }

    private static List<OperationCase> functions() {
        return List.of(
                row("logSumExp", x -> Ops.logSumExp(x, 0), X)
                        .insteadOfEager(x -> x.exp().sum(axes(0)).log()),
                row("logSumExp of a vector", x -> Ops.logSumExp(x), real("n"))
                        .insteadOfEager(x -> x.exp().sum().log()),
                row("logMeanExp", x -> Ops.logMeanExp(x, 0), X)
                        .insteadOfEager(x -> x.exp().mean(axes(0)).log()),
                row("logSumExp of large numbers", x -> Ops.logSumExp(x.mul(400), 0), X)
                        .insteadOfEager(x -> {
                            NDArray largest = x.mul(400).max(axes(0), true);
                            return x.mul(400)
                                    .sub(largest)
                                    .exp()
                                    .sum(axes(0))
                                    .log()
                                    .add(largest.squeeze(0));
                        }),
                row("allFinite", x -> Ops.allFinite(new NDList(x, x.log())), X).constant());
    }

    /** What Special and Linalg offer; {@link FunctionsTest} holds their values against SciPy. */
    private static List<OperationCase> specialFunctions() {
        Argument square = matrix("n n");
        UnaryOperator<NDArray> definite = a -> a.matMul(a.transpose());
        return List.of(
                row("softplus", x -> Ops.softplus(x), X)
                        .insteadOfEager(x -> x.exp().add(1).log()),
                row("softplus with beta", x -> Ops.softplus(x, 2), X)
                        .insteadOfEager(x -> x.mul(2).exp().add(1).log().div(2)),
                row("logSigmoid", Ops::logSigmoid, X)
                        .insteadOfEager(x -> x.neg().exp().add(1).log().neg()),
                row("logAddExp", Ops::logAddExp, X, real("m"))
                        .insteadOfEager((x, y) -> x.exp().add(y.exp()).log()),
                row("logSumExp over two axes", x -> Ops.logSumExp(x, 0, 2), CUBE)
                        .insteadOfEager(x -> x.exp().sum(axes(0, 2)).log()),
                row("logMeanExp over the last axis", x -> Ops.logMeanExp(x, -1), CUBE)
                        .insteadOfEager(x -> x.exp().mean(axes(-1)).log()),
                row("variance of rows", x -> Ops.variance(x, 1, 0), real("n+1 m"))
                        .insteadOfEager(x -> x.sub(x.mean(axes(0), true))
                                .square()
                                .sum(axes(0))
                                .div(x.getShape().get(0) - 1)),
                row("standardDeviation of rows", x -> Ops.standardDeviation(x, 0, 0), real("n+1 m"))
                        .insteadOfEager(x -> x.sub(x.mean(axes(0), true))
                                .square()
                                .mean(axes(0))
                                .sqrt()),
                row("quantile", x -> Ops.quantile(x, 0.5, 0), real("3 m"))
                        .insteadOfEager(x -> x.sort(0).get(1)),
                row("logCumSumExp", x -> Ops.logCumSumExp(x, 0), X)
                        .insteadOfEager(x -> x.exp().cumSum(0).log()),
                row("weightNorm", Ops::weightNorm, X, positive("n"))
                        .insteadOfEager((v, g) -> v.mul(g.expandDims(1).div(v.norm(axes(1), true)))),
                row("log1p", Special::log1p, UNIT).insteadOfEager(x -> x.add(1).log()),
                row("expm1", Special::expm1, X).insteadOfEager(x -> x.exp().sub(1)),
                row("xlog1py", Special::xlog1py, X, positive("m"))
                        .insteadOfEager((x, y) -> x.mul(y.add(1).log())),
                row("erfc", Special::erfc, X).insteadOfEager(x -> x.erf().neg().add(1)),
                row("ndtr", Special::ndtr, X)
                        .insteadOfEager(x -> x.div(Math.sqrt(2)).erf().add(1).div(2)),
                row("logNdtr", Special::logNdtr, X)
                        .insteadOfEager(
                                x -> x.div(Math.sqrt(2)).erf().add(1).div(2).log()),
                row("digamma", Special::digamma, POSITIVE).insteadOfEager(x -> Gradients.gradient(NDArray::gammaln, x)),
                row("betaln", Special::betaln, POSITIVE, positive("m"))
                        .insteadOfEager((a, b) ->
                                a.gammaln().add(b.gammaln()).sub(a.add(b).gammaln())),
                row("einsum", (x, y) -> Linalg.einsum("ij,jk->ki", x, y), X, real("m k"))
                        .insteadOfEager((x, y) -> x.matMul(y).transpose()),
                row("einsum of a trace", x -> Linalg.einsum("ii->", x), real("n n"))
                        .insteadOfEager(x -> x.diagonal().sum()),
                row("outer", Linalg::outer, real("n"), real("m"))
                        .insteadOfEager((a, b) -> a.expandDims(1).mul(b)),
                row("kron", Linalg::kron, real("n k"), real("m 2")).insteadOfEager((a, b) -> a.expandDims(1)
                        .expandDims(3)
                        .mul(b.expandDims(1).expandDims(0))
                        .reshape(a.getShape().get(0) * b.getShape().get(0), -1)),
                row(
                                "cholesky times its transposed",
                                a -> {
                                    NDArray l = Linalg.cholesky(definite.apply(a));
                                    return l.matMul(l.transpose());
                                },
                                square)
                        .insteadOfEager(definite)
                        .tolerance(1e-11),
                row(
                                "cholesky's diagonal",
                                a -> Linalg.diagonal(Linalg.cholesky(definite.apply(a)))
                                        .log()
                                        .sum(),
                                square)
                        .insteadOfEager(a -> Linalg.logdet(definite.apply(a)).div(2))
                        .tolerance(1e-11),
                row("solve", Linalg::solve, square, real("n m"))
                        .insteadOfEager((a, b) -> a.inverse().matMul(b))
                        .tolerance(1e-11),
                row("logdet", a -> Linalg.logdet(definite.apply(a)), square)
                        .insteadOfEager(a -> Linalg.det(a).square().log())
                        .tolerance(1e-11),
                row("det of two by two", Linalg::det, matrix("2 2"))
                        .insteadOfEager(a ->
                                a.get(0, 0).mul(a.get(1, 1)).sub(a.get(0, 1).mul(a.get(1, 0)))),
                row("inverse by Linalg", Linalg::inverse, square)
                        .insteadOfEager(NDArray::inverse)
                        .tolerance(1e-11),
                row("tril", x -> Linalg.tril(x, -1), real("n+1 n+1")).insteadOfEager(x -> x.sub(Linalg.triu(x, 0))),
                row("diagEmbed", Linalg::diagEmbed, real("n")).insteadOfEager(x -> x.expandDims(1)
                        .mul(x.getManager().eye((int) x.size()).toType(x.getDataType(), false))));
    }

    /** Rows of DJL's less common methods. */
    private static List<OperationCase> rarities() {
        return List.of(
                row("batchDot", NDArray::batchDot, real("2 n m"), real("2 m k")).insteadOfEager(NDArray::batchMatMul),
                row("trace", x -> x.trace(), real("n n"))
                        .insteadOfEager(x -> x.diagonal().sum()),
                row("diff", x -> x.diff(1, 0), real("n+1 m"))
                        .insteadOfEager(x -> x.get("1:").sub(x.get(":-1"))),
                row("rotate90", x -> x.rotate90(1, axes(0, 1)), X),
                row(
                                "scatter",
                                (x, y) -> {
                                    NDArray places = x.argSort(1).toType(DataType.INT64, false);
                                    return x.mul(2).scatter(places, y, 1);
                                },
                                X,
                                real("n m"))
                        .insteadOfEager((x, y) -> y.gather(x.argSort(1).argSort(1), 1)),
                row("gatherNd", (x, i) -> x.gatherNd(i.expandDims(0)), X, index("n", "5"))
                        .insteadOfEager((x, i) -> x.get(i)),
                row("reversed mod of a number", x -> inner(x).rmod(2.5), within(1.3, 2.4, "n m"))
                        .insteadOfEager(x -> x.sub(2.5).neg()),
                row(
                                "set a row",
                                (x, y) -> {
                                    NDArray copy = x.duplicate();
                                    copy.set(new NDIndex("0"), y);
                                    return copy.mul(x);
                                },
                                X,
                                real("m"))
                        .insteadOfEager(
                                (x, y) -> y.expandDims(0).concat(x.get("1:")).mul(x)),
                row("countNonzero", x -> x.countNonzero(), level("n m")).constant(),
                row("any", x -> x.gt(0).any(), X).constant(),
                row("all", x -> x.gt(0).all(), X).constant(),
                row("median over an axis", x -> x.median(axes(0)), X)
                        .insteadOfEager(x -> x.sort(0).get((x.getShape().get(0) - 1) / 2)),
                row("percentile", x -> x.percentile(50, axes(0)), real("3 m"))
                        .insteadOfEager(x -> x.sort(0).get(1)));
    }

    /** Ways in which functions of users put operations together. */
    private static List<OperationCase> compositions() {
        return List.of(
                row(
                                "a gradient inside",
                                x -> Gradients.gradient(v -> v.mul(v).mul(v).sum(axes(1)), x),
                                X)
                        .insteadOfEager(x -> x.square().mul(3)),
                row(
                                "a gradient of a gradient inside",
                                x -> Gradients.gradient(
                                        v -> Gradients.gradient(u -> u.sin().mul(u), v)
                                                .square(),
                                        x),
                                X)
                        .insteadOfEager(
                                x -> { // 2 (sin x + x cos x) (2 cos x − x sin x)
                                    NDArray slope = x.sin().add(x.mul(x.cos()));
                                    return slope.mul(x.cos().mul(2).sub(x.mul(x.sin())))
                                            .mul(2);
                                }),
                row(
                                "a loop",
                                (x, y) -> Loop.run(
                                                0,
                                                3,
                                                new NDList(x),
                                                (state, step) -> new NDList(
                                                        state.get(0).mul(y).tanh()))
                                        .get(0),
                                X,
                                real("m"))
                        .insteadOfEager((x, y) -> RandomProgram.unrolled(
                                x, 3, state -> state.mul(y).tanh())),
                row(
                                "a loop that reads what is read after it",
                                x -> {
                                    NDArray y = x.square();
                                    return y.sub(Loop.run(
                                                    0,
                                                    3,
                                                    new NDList(x),
                                                    (state, step) -> new NDList(
                                                            state.get(0).add(y).sin()))
                                            .get(0));
                                },
                                X)
                        .insteadOfEager(x -> x.square().sub(RandomProgram.unrolled(x, 3, state -> state.add(x.square())
                                .sin()))),
                row(
                        "squared distances",
                        (x, y) -> x.expandDims(1).sub(y.expandDims(0)).square().sum(axes(2)),
                        X,
                        real("k m")),
                row(
                        "gaussian kernel",
                        (x, y) -> x.expandDims(1)
                                .sub(y.expandDims(0))
                                .square()
                                .sum(axes(2))
                                .div(-2)
                                .exp()
                                .mean(axes(1)),
                        X,
                        real("k m")),
                row("attention", (x, y) -> x.matMul(y.transpose()).softmax(1).matMul(y), X, real("k m")),
                row(
                        "standardised rows",
                        x -> {
                            NDArray centred = x.sub(x.mean(axes(1), true));
                            return centred.div(centred.square()
                                    .mean(axes(1), true)
                                    .add(0.1)
                                    .sqrt());
                        },
                        X),
                row(
                        "the same value twice",
                        x -> {
                            NDArray y = x.tanh();
                            return y.mul(y).add(y);
                        },
                        X),
                row("an unused argument", (x, y) -> x.square(), X, real("k")),
                row("a constant function", x -> x.getManager().ones(new Shape(3), x.getDataType()), X));
    }
}
