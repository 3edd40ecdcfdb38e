package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.index.dim.NDIndexAll;
import ai.djl.ndarray.index.dim.NDIndexBooleans;
import ai.djl.ndarray.index.dim.NDIndexElement;
import ai.djl.ndarray.index.dim.NDIndexFixed;
import ai.djl.ndarray.index.dim.NDIndexNull;
import ai.djl.ndarray.index.dim.NDIndexSlice;
import ai.djl.ndarray.index.dim.NDIndexTake;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.trace.Node.Named;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * How each method of {@code NDArray} and {@code NDArrayEx} is written in a program: one row a method.
 *
 * <p>Rows are found by name and parameter types. {@code x} is the receiver, {@code a[i]} the arguments. Operations are
 * those of PyTorch; where DJL's engine differs or lacks one, the row says so.
 */
final class Operations {
    /** Writes one call of a method. */
    interface Rule {
        Object record(RecordingArray self, Object[] args);
    }

    private static final String NO_VALUES =
            "a recorded array has no values yet. Compute with arrays (where, maximum, sum, ...), or read values from "
                    + "the program's result. If the line reads constant.op(recorded), make the recorded array the "
                    + "receiver or write recorded.getManager().from(constant).op(recorded)";
    private static final Map<String, Rule> RULES = new HashMap<>();
    private static final Map<Method, String> SIGNATURES = new ConcurrentHashMap<>();

    private Operations() {}

    static Rule rule(Method method) {
        return RULES.get(signature(method));
    }

    /** {@code name(Type,Type)}. */
    static String signature(Method method) {
        return SIGNATURES.computeIfAbsent(method, m -> Arrays.stream(m.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(",", m.getName() + "(", ")")));
    }

    static String advice(Method method) {
        boolean reads = method.getName().startsWith("get") || method.getName().startsWith("to");
        return reads ? NO_VALUES : "there is no rule for this operation; write it with other operations of NDArray";
    }

    private static void on(String signatures, Rule rule) {
        for (String signature : signatures.split(" ")) {
            RULES.put(signature, rule);
        }
    }

    private static NDArray array(RecordingArray x, String target, Object... args) {
        return x.recorder.array(x.recorder.call(target, args));
    }

    /** {@code target(x, a…)}. */
    private static Rule plain(String target) {
        return (x, a) -> array(x, target, withFirst(x.value, a));
    }

    private static Rule inPlace(String target) {
        return (x, a) -> {
            x.recorder.effect(target, withFirst(x.value, a));
            return x.proxy();
        };
    }

    private static Object[] withFirst(Object first, Object[] rest) {
        Object[] all = new Object[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    static {
        arithmetic();
        elementwise();
        reductions();
        shapes();
        selection();
        networks();
        bookkeeping();
    }

    private static void arithmetic() {
        for (String name : List.of("add", "sub", "mul", "div", "pow")) {
            on(name + "(Number) " + name + "(NDArray)", plain("torch." + name));
            on(name + "i(Number) " + name + "i(NDArray)", inPlace("torch." + name + "_"));
        }
        on("mod(Number) mod(NDArray)", plain("torch.remainder"));
        on("modi(Number) modi(NDArray)", inPlace("torch.remainder_"));
        on("rsub(Number) rsub(NDArray)", (x, a) -> array(x, "torch.rsub", x.value, a[0]));
        on("rdiv(Number)", (x, a) -> array(x, "torch.mul", x.recorder.call("torch.reciprocal", x.value), a[0]));
        on("rdiv(NDArray)", (x, a) -> array(x, "torch.div", a[0], x.value));
        on("rpow(Number)", (x, a) -> array(x, "torch.pow", a[0], x.value));
        String[][] comparisons = {{"eq", "eq"}, {"neq", "ne"}, {"gt", "gt"}, {"gte", "ge"}, {"lt", "lt"}, {"lte", "le"}
        };
        for (String[] names : comparisons) {
            on(names[0] + "(Number) " + names[0] + "(NDArray)", plain("torch." + names[1]));
        }
        on("logicalAnd(NDArray)", plain("torch.logical_and"));
        on("logicalOr(NDArray)", plain("torch.logical_or"));
        on("logicalXor(NDArray)", plain("torch.logical_xor"));
        on("logicalNot()", plain("torch.logical_not"));
        on("maximum(NDArray)", plain("torch.maximum"));
        on("minimum(NDArray)", plain("torch.minimum"));
        on("maximum(Number)", plain("torch.clamp_min"));
        on("minimum(Number)", plain("torch.clamp_max"));
        on("clip(Number,Number)", plain("torch.clamp"));
        on("xlogy(NDArray)", plain("torch.xlogy"));
        on("atan2(NDArray)", plain("torch.atan2"));
        on("dot(NDArray) matMul(NDArray)", plain("torch.matmul"));
        on("batchMatMul(NDArray)", plain("torch.bmm"));
    }

    private static void elementwise() {
        for (String name : List.of(
                "abs", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "erf", "erfinv", "exp",
                "floor", "log", "log10", "log2", "neg", "round", "sign", "sin", "sinh", "sqrt", "square", "tan", "tanh",
                "trunc", "sigmoid", "relu", "selu", "real", "conj")) {
            on(name + "()", plain("torch." + name));
        }
        on("negi()", inPlace("torch.neg_"));
        on("signi()", inPlace("torch.sign_"));
        on("gammaln()", plain("torch.lgamma"));
        on("cbrt()", (x, a) -> {
            Value root = x.recorder.call("torch.pow", x.recorder.call("torch.abs", x.value), 1 / 3.0);
            return array(x, "torch.mul", x.recorder.call("torch.sign", x.value), root);
        });
        on("toDegrees()", plain("torch.rad2deg"));
        on("toRadians()", plain("torch.deg2rad"));
        on("isNaN()", plain("torch.isnan"));
        on("isInfinite()", plain("torch.isinf"));
        on("inverse()", plain("torch.linalg_inv"));
        on("softPlus()", plain("torch.softplus"));
        on(
                "softSign()",
                (x, a) -> array(
                        x,
                        "torch.div",
                        x.value,
                        x.recorder.call("torch.add", x.recorder.call("torch.abs", x.value), 1)));
        on("leakyRelu(float)", plain("torch.leaky_relu"));
        on("elu(float)", plain("torch.elu"));
        on("gelu()", (x, a) -> array(x, "torch.gelu", x.value, new Named("approximate", "none")));
        on("mish()", plain("torch.mish")); // DJL's own takes a logarithm to base 2 by mistake
        on(
                "swish(float)",
                (x, a) -> array(
                        x,
                        "torch.mul",
                        x.value,
                        x.recorder.call("torch.sigmoid", x.recorder.call("torch.mul", x.value, a[0]))));
        on("toType(DataType,boolean)", (x, a) -> array(x, "torch.to", x.value, a[0])); // keeps the gradient
        on("duplicate()", plain("torch.clone")); // keeps the gradient
        on("stopGradient()", plain("torch.detach"));
        on("scaleGradient(double)", (x, a) -> {
            double scale = (double) a[0];
            Value kept = x.recorder.call("torch.mul", x.value, scale);
            Value cut = x.recorder.call("torch.mul", x.recorder.call("torch.detach", x.value), 1 - scale);
            return array(x, "torch.add", kept, cut);
        });
        on("zerosLike()", plain("torch.zeros_like"));
        on("onesLike()", plain("torch.ones_like"));
        on("like()", plain("torch.zeros_like"));
    }

    private static void reductions() {
        for (String name : List.of("sum", "mean", "prod")) {
            on(name + "()", plain("torch." + name));
        }
        on("max()", plain("torch.max"));
        on("min()", plain("torch.min"));
        on("sum(int[],boolean)", (x, a) -> array(x, "torch.sum", x.value, a[0], a[1], new Named("dtype", null)));
        on("mean(int[],boolean)", (x, a) -> array(x, "torch.mean", x.value, a[0], a[1], new Named("dtype", null)));
        on("max(int[],boolean)", plain("torch.amax"));
        on("min(int[],boolean)", plain("torch.amin"));
        on("prod(int[],boolean)", (x, a) -> {
            int[] axes = positive(x, (int[]) a[0]);
            Value result = x.value;
            for (int i = axes.length - 1; i >= 0; i--) {
                result = x.recorder.call("torch.prod", result, axes[i], a[1]);
            }
            return x.recorder.array(result);
        });
        on("norm(boolean)", (x, a) -> norm(x, 2, null, (boolean) a[0]));
        on("norm(int,int[],boolean)", (x, a) -> norm(x, (int) a[0], a[1], (boolean) a[2]));
        on("normalize(double,long,double)", (x, a) -> {
            Value length = x.recorder.call(
                    "torch.linalg_vector_norm", x.value, a[0], List.of(a[1]), true, new Named("dtype", null));
            return array(x, "torch.div", x.value, x.recorder.call("torch.clamp_min", length, a[2]));
        });
        on("argMax()", plain("torch.argmax"));
        on("argMin()", plain("torch.argmin"));
        on("argMax(int)", (x, a) -> array(x, "torch.argmax", x.value, a[0], false));
        on("argMin(int)", (x, a) -> array(x, "torch.argmin", x.value, a[0], false));
        on("cumSum()", (x, a) -> array(x, "torch.cumsum", x.recorder.call("torch.flatten", x.value, 0, -1), 0));
        on("cumSum(int)", plain("torch.cumsum"));
        on("cumProd(int)", plain("torch.cumprod"));
        on("softmax(int)", (x, a) -> array(x, "torch.softmax", x.value, a[0], null));
        on("logSoftmax(int)", (x, a) -> array(x, "torch.log_softmax", x.value, a[0], null));
        on("median()", plain("torch.median"));
        on("sort()", (x, a) -> array(x, "{0}[{1}]", x.recorder.call("torch.sort", x.value, -1, false), 0));
        on("sort(int)", (x, a) -> array(x, "{0}[{1}]", x.recorder.call("torch.sort", x.value, a[0], false), 0));
        on("argSort(int,boolean)", (x, a) -> array(x, "torch.argsort", x.value, a[0], !(boolean) a[1]));
    }

    private static NDArray norm(RecordingArray x, int order, Object axes, boolean keep) {
        return array(x, "torch.linalg_vector_norm", x.value, order, axes, keep, new Named("dtype", null));
    }

    private static int[] positive(RecordingArray x, int[] axes) {
        int dimension = x.recorder.shape(x.value).dimension();
        return Arrays.stream(axes)
                .map(axis -> axis < 0 ? axis + dimension : axis)
                .sorted()
                .toArray();
    }

    private static void shapes() {
        on("reshape(Shape)", plain("torch.reshape"));
        on("flatten()", (x, a) -> array(x, "torch.flatten", x.value, 0, -1));
        on("flatten(int,int)", plain("torch.flatten"));
        on("expandDims(int)", plain("torch.unsqueeze"));
        on("squeeze()", plain("torch.squeeze"));
        on("squeeze(int)", plain("torch.squeeze"));
        on("squeeze(int[])", plain("torch.squeeze"));
        on("transpose()", (x, a) -> {
            int[] axes = new int[x.recorder.shape(x.value).dimension()];
            Arrays.setAll(axes, i -> axes.length - 1 - i);
            return array(x, "torch.permute", x.value, axes);
        });
        on("transpose(int[])", plain("torch.permute"));
        on("swapAxes(int,int)", plain("torch.transpose"));
        on("flip(int[])", plain("torch.flip"));
        on("broadcast(Shape)", plain("torch.expand"));
        on("tile(long)", (x, a) -> {
            long[] times = new long[x.recorder.shape(x.value).dimension()];
            Arrays.fill(times, (long) a[0]);
            return array(x, "torch.repeat", x.value, times);
        });
        on("tile(long[]) tile(Shape) repeat(long[]) repeat(Shape)", plain("torch.repeat"));
        on(
                "repeat(int,long)",
                (x, a) -> array(x, "torch.repeat_interleave", x.value, a[1], a[0], new Named("output_size", null)));
        on("pad(Shape,double)", plain("torch.constant_pad_nd"));
        on("diagonal()", plain("torch.diagonal"));
        on("diagonal(int)", plain("torch.diagonal"));
        on("diagonal(int,int,int)", plain("torch.diagonal"));
        on("split(long[],int)", (x, a) -> {
            long[] cuts = Arrays.stream((long[]) a[0]).filter(cut -> cut != 0).toArray();
            Value parts = x.recorder.call("torch.tensor_split", x.value, cuts, a[1]);
            NDList list = new NDList();
            for (int i = 0; i <= cuts.length; i++) {
                list.add(array(x, "{0}[{1}]", parts, i));
            }
            return list;
        });
        on("concat(NDList,int)", (x, a) -> array(x, "torch.cat", joined(x, a[0]), a[1]));
        on("stack(NDList,int)", (x, a) -> array(x, "torch.stack", joined(x, a[0]), a[1]));
    }

    private static List<Object> joined(RecordingArray x, Object others) {
        List<Object> all = new ArrayList<>();
        all.add(x.value);
        all.addAll((NDList) others);
        return all;
    }

    private static void selection() {
        on("get(NDManager,NDIndex)", (x, a) -> index(x, (NDIndex) a[1]));
        on("get(NDIndex)", (x, a) -> index(x, (NDIndex) a[0]));
        on("where(NDArray,NDArray)", (x, a) -> array(x, "torch.where", a[0], x.value, a[1]));
        on(
                "gather(NDArray,int)",
                (x, a) -> array(x, "torch.gather", x.value, a[1], x.recorder.call("torch.to", a[0], DataType.INT64)));
        on(
                "take(NDManager,NDArray)",
                (x, a) -> array(x, "torch.take", x.value, x.recorder.call("torch.to", a[1], DataType.INT64)));
        on("booleanMask(NDArray,int)", (x, a) -> x.recorder.array(indexed(x, x.value, (int) a[1], a[0])));
        on("oneHot(int,float,float,DataType)", (x, a) -> {
            Value hot =
                    x.recorder.call("torch.one_hot", x.recorder.call("torch.to", x.value, DataType.INT64), (int) a[0]);
            Value typed = x.recorder.call("torch.to", hot, a[3]);
            float on = (float) a[1];
            float off = (float) a[2];
            return on == 1 && off == 0
                    ? x.recorder.array(typed)
                    : array(x, "torch.add", x.recorder.call("torch.mul", typed, on - off), off);
        });
        on("topK(int,int,boolean,boolean)", (x, a) -> {
            List<Value> pair = x.recorder.tuple(2, false, "torch.topk", x.value, a[0], a[1], a[2], a[3]);
            return new NDList(x.recorder.array(pair.get(0)), x.recorder.array(pair.get(1)));
        });
    }

    private static NDArray index(RecordingArray x, NDIndex index) {
        List<NDIndexElement> elements = new ArrayList<>(index.getIndices());
        if (index.getEllipsisIndex() >= 0) {
            int dimension = x.recorder.shape(x.value).dimension();
            long given =
                    elements.stream().filter(e -> !(e instanceof NDIndexNull)).count();
            for (long i = given; i < dimension; i++) {
                elements.add(index.getEllipsisIndex(), new NDIndexAll());
            }
        }
        Value result = x.value;
        int axis = 0;
        for (NDIndexElement element : elements) {
            if (element instanceof NDIndexFixed fixed) {
                result = x.recorder.call("torch.select", result, axis, fixed.getIndex());
            } else if (element instanceof NDIndexSlice slice) {
                long step = slice.getStep() == null ? 1 : slice.getStep();
                result = x.recorder.call("torch.slice", result, axis++, slice.getMin(), slice.getMax(), step);
            } else if (element instanceof NDIndexNull) {
                result = x.recorder.call("torch.unsqueeze", result, axis++);
            } else if (element instanceof NDIndexTake take) {
                Value rows = x.recorder.call("torch.to", take.getIndex(), DataType.INT64);
                result = indexed(x, result, axis++, rows);
            } else if (element instanceof NDIndexBooleans mask) {
                result = indexed(x, result, axis++, mask.getIndex());
            } else if (element instanceof NDIndexAll) {
                axis++;
            } else {
                throw x.recorder.unsupported(
                        "an index of type " + element.getClass().getSimpleName(), "use gather, where or take");
            }
        }
        return result == x.value ? array(x, "torch.alias", result) : x.recorder.array(result);
    }

    private static Value indexed(RecordingArray x, Value array, int axis, Object rows) {
        List<Object> indices = new ArrayList<>();
        for (int i = 0; i < axis; i++) {
            indices.add(null);
        }
        indices.add(rows);
        return x.recorder.call("torch.index({0}, annotate(List[Optional[Tensor]], {1}))", array, indices);
    }

    private static void networks() {
        on("linear(NDArray,NDArray,NDArray)", (x, a) -> new NDList(array(x, "torch.linear", a[0], a[1], a[2])));
        on("convolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,int)", (x, a) -> {
            String target = "torch.conv" + ((Shape) a[3]).dimension() + "d";
            return new NDList(array(x, target, a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
        });
        // DJL keeps the weight as (out, in, k…), PyTorch as (in, out, k…); DJL's own engine cannot run it
        on("deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int)", (x, a) -> {
            String target = "torch.conv_transpose" + ((Shape) a[3]).dimension() + "d";
            Value weight = x.recorder.call("torch.transpose", a[1], 0, 1);
            return new NDList(array(x, target, a[0], weight, a[2], a[3], a[4], a[5], a[7], a[6]));
        });
        on("batchNorm(NDArray,NDArray,NDArray,NDArray,NDArray,int,float,float,boolean)", Operations::batchNorm);
        on(
                "layerNorm(NDArray,Shape,NDArray,NDArray,float)",
                (x, a) -> new NDList(array(x, "torch.layer_norm", a[0], a[1], a[2], a[3], a[4], false)));
        on("prelu(NDArray,NDArray)", (x, a) -> new NDList(array(x, "torch.prelu", a[0], a[1])));
        on(
                "embedding(NDArray,NDArray,SparseFormat)",
                (x, a) -> new NDList(array(
                        x,
                        "torch.embedding",
                        a[1],
                        x.recorder.call("torch.to", a[0], DataType.INT64),
                        -1,
                        false,
                        false)));
        on("dropout(NDArray,float,boolean)", (x, a) -> {
            if ((boolean) a[2] && (float) a[1] > 0) {
                throw x.recorder.unsupported("dropout in training", "use it in prediction only, or leave it out");
            }
            return new NDList((NDArray) a[0]);
        });
        on("maxPool(Shape,Shape,Shape,boolean)", (x, a) -> {
            Shape kernel = (Shape) a[0];
            long[] ones = new long[kernel.dimension()];
            Arrays.fill(ones, 1);
            String target = "torch.max_pool" + kernel.dimension() + "d";
            return array(x, target, x.value, kernel, a[1], a[2], ones, a[3]);
        });
        on("avgPool(Shape,Shape,Shape,boolean,boolean)", (x, a) -> {
            int dimension = ((Shape) a[0]).dimension();
            Object[] args = {x.value, a[0], a[1], a[2], a[3], a[4]};
            Object[] all = dimension == 1 ? args : Arrays.copyOf(args, 7);
            return array(x, "torch.avg_pool" + dimension + "d", all);
        });
        on("globalAvgPool()", (x, a) -> array(x, "torch.mean", x.value, spatial(x), false, new Named("dtype", null)));
        on("globalMaxPool()", (x, a) -> array(x, "torch.amax", x.value, spatial(x), false));
        on("interpolation(long[],int,boolean)", (x, a) -> switch ((int) a[1]) { // DJL's own never aligns corners
            case 0 -> array(x, "torch.upsample_nearest2d", x.value, a[0], null, null);
            case 1 -> array(x, "torch.upsample_bilinear2d", x.value, a[0], a[2], null, null);
            case 2 -> array(x, "torch.adaptive_avg_pool2d", x.value, a[0]);
            case 3 -> array(x, "torch.upsample_bicubic2d", x.value, a[0], a[2], null, null);
            default -> throw x.recorder.unsupported("interpolation of kind " + a[1], "the kinds are 0 to 3");
        });
    }

    private static int[] spatial(RecordingArray x) {
        int[] axes = new int[x.recorder.shape(x.value).dimension() - 2];
        Arrays.setAll(axes, i -> i + 2);
        return axes;
    }

    /** DJL's momentum is the share that is kept, PyTorch's the share that is new; statistics change in training. */
    private static NDList batchNorm(RecordingArray x, Object[] a) {
        int axis = (int) a[5];
        boolean training = (boolean) a[8];
        Object input = axis == 1 || axis == -1 ? a[0] : x.recorder.call("torch.transpose", a[0], 1, axis);
        if (axis == -1 && x.recorder.shape(x.recorder.valueOf((NDArray) a[0])).dimension() != 2) {
            throw x.recorder.unsupported("batch normalisation over the last axis", "name the axis by its number");
        }
        Object[] ordered = {input, a[3], a[4], a[1], a[2], training, 1.0 - (float) a[6], a[7], false};
        Value result = training
                ? x.recorder.effect("torch.batch_norm", ordered)
                : x.recorder.call("torch.batch_norm", ordered);
        if (axis != 1 && axis != -1) {
            result = x.recorder.call("torch.transpose", result, 1, axis);
        }
        return new NDList(x.recorder.array(result));
    }

    private static void bookkeeping() {
        on("getNDArrayInternal()", (x, a) -> x.extension());
        on("getArray()", (x, a) -> x.proxy());
        on("getShape()", (x, a) -> x.recorder.shape(x.value));
        on("getDataType()", (x, a) -> x.recorder.type(x.value));
        on("getDevice()", (x, a) -> x.recorder.device());
        on("getManager()", (x, a) -> x.recorder.manager());
        on("getName()", (x, a) -> null);
        on("getUid()", (x, a) -> x.value.toString());
        on("isReleased()", (x, a) -> false);
        on("isSparse()", (x, a) -> false);
        on("hasGradient()", (x, a) -> false);
        on("close() setName(String) attach(NDManager) tempAttach(NDManager) detach()", (x, a) -> null);
        on("returnResource(NDManager)", (x, a) -> null);
        on("toDevice(Device,boolean)", (x, a) -> {
            if (!x.recorder.device().equals(a[0])) {
                throw x.recorder.unsupported("moving to " + a[0], "hand in all arrays on one device");
            }
            return x.proxy();
        });
        on("getResourceNDArrays()", (x, a) -> List.of(x.proxy()));
        Rule values = (x, a) -> {
            throw x.recorder.unsupported("reading values", NO_VALUES);
        };
        on(
                "toByteBuffer() toByteBuffer(boolean) toFloatArray() toDoubleArray() toIntArray() toLongArray() "
                        + "toByteArray() toBooleanArray() toArray() toUint8Array() toShortArray() "
                        + "getLong(long[]) getDouble(long[]) getFloat(long[]) getInt(long[]) getByte(long[]) "
                        + "getUint8(long[]) getBoolean(long[]) encode() contentEquals(Number) contentEquals(NDArray) "
                        + "allClose(NDArray) allClose(NDArray,double,double,boolean) copyTo(NDArray)",
                values);
        on("setRequiresGradient(boolean)", (x, a) -> {
            throw x.recorder.unsupported("setRequiresGradient", "use Gradients");
        });
    }
}
