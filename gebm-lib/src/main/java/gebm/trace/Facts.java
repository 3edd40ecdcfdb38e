package gebm.trace;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/** Shapes and types of the values of a graph, as far as simple rules know them; what is not known is null. */
final class Facts {
    private static final Set<String> LIKE_FIRST = prefixed(
            "abs acos acosh alias asin asinh atan atanh ceil clamp clamp_max clamp_min clone contiguous cos cosh "
                    + "cumprod cumsum deg2rad detach digamma elu erf erfc erfinv exp expm1 flip floor full_like gelu "
                    + "hardtanh special_ndtr special_log_ndtr leaky_relu leaky_relu_backward lgamma log log10 log1p log2 "
                    + "log_sigmoid log_softmax logcumsumexp "
                    + "logit masked_fill mish neg ones_like polygamma prelu rad2deg reciprocal relu roll round rsqrt "
                    + "selu sigmoid sigmoid_backward sign silu sin sinh softmax softplus softplus_backward sqrt square "
                    + "tan tanh tanh_backward threshold_backward tril triu trunc zeros_like elu_backward scatter_add "
                    + "index_put batch_norm layer_norm group_norm instance_norm requires_grad_ linalg_inv "
                    + "linalg_cholesky leaky_relu_ hardsigmoid hardswish relu6 celu randn_like rand_like");
    private static final Set<String> BROADCAST = prefixed(
            "add sub mul div pow maximum minimum remainder atan2 xlogy logaddexp rsub special_xlog1py hypot lerp");
    private static final Set<String> COMPARISONS =
            prefixed("eq ne gt ge lt le logical_and logical_or logical_xor isclose");
    private static final Set<String> QUESTIONS = prefixed("isnan isinf isfinite logical_not");
    private static final Set<String> REDUCTIONS = prefixed("sum mean logsumexp amax amin prod argmax argmin max min");

    private static final Set<String> KEEP_TYPE = prefixed(
            "bmm broadcast_to conv1d conv2d conv3d conv_transpose1d conv_transpose2d "
                    + "conv_transpose3d convolution linalg_solve_triangular logdet linalg_det tile diag_embed outer "
                    + "constant_pad_nd diagonal expand expand_as flatten linalg_vector_norm "
                    + "linear matmul mm permute repeat repeat_interleave reshape select slice squeeze sum_to_size t "
                    + "transpose unsqueeze view avg_pool1d avg_pool2d max_pool1d max_pool2d upsample_nearest2d "
                    + "upsample_bilinear2d select_backward slice_backward diagonal_backward avg_pool2d_backward "
                    + "upsample_nearest2d_backward upsample_bilinear2d_backward roll take take_along_dim median einsum",
            Rules.INDEX,
            Rules.INDEX_BACKWARD,
            Rules.INPUT_OF_CONVOLUTION,
            Rules.WEIGHT_OF_CONVOLUTION);

    private final Map<Value, Shape> shapes = new HashMap<>();
    private final Map<Value, DataType> types = new HashMap<>();

    /** {@code torch.name} for each of {@code names}, and {@code others} as they are. */
    static Set<String> prefixed(String names, String... others) {
        Set<String> set = new HashSet<>(List.of(others));
        for (String name : names.split(" ")) {
            set.add("torch." + name);
        }
        return set;
    }

    Shape shape(Object argument) {
        return argument instanceof Value value ? shapes.get(value) : null;
    }

    DataType type(Object argument) {
        return argument instanceof Value value ? types.get(value) : null;
    }

    int dimension(Object argument) {
        Shape shape = shape(argument);
        return shape == null ? -1 : shape.dimension();
    }

    void put(Value value, Shape shape, DataType type) {
        if (shape != null) {
            shapes.put(value, shape);
        }
        if (type != null) {
            types.put(value, type);
        }
    }

    /** {@code value} is like {@code as}. */
    void same(Value value, Object as) {
        put(value, shape(as), type(as));
    }

    /** Takes note of what {@code call} gives. */
    void see(Node.Call call) {
        if (call.outputs().size() == 1) {
            Value output = call.output();
            put(output, shapes.containsKey(output) ? null : shapeOf(call), null);
            put(output, null, types.containsKey(output) ? null : typeOf(call));
        }
    }

    // ---------------------------------------------------------------- types

    private DataType typeOf(Node.Call call) {
        List<Object> args = call.args();
        Object named = named(args, "dtype");
        if (named instanceof Long code) {
            return Types.of(code.intValue());
        }
        String target = call.target();
        if (COMPARISONS.contains(target) || QUESTIONS.contains(target)) {
            return DataType.BOOLEAN;
        }
        if (BROADCAST.contains(target) && args.size() > 1) {
            DataType promoted = promoted(args.get(0), args.get(1));
            return target.equals("torch.div") && promoted != null && !promoted.isFloating() ? null : promoted;
        }
        return switch (target) {
            case "torch.to" -> args.get(1) instanceof Long code ? Types.of(code.intValue()) : null;
            case "torch.type_as" -> type(args.get(1));
            case "torch.where" -> promoted(args.get(1), args.get(2));
            case "torch.argmax", "torch.argmin", "torch.argsort", "torch.one_hot" -> DataType.INT64;
            case "torch.cat", "torch.stack" -> args.get(0) instanceof List<?> list ? common(list) : null;
            case "torch.embedding", "torch.gather", "torch.index_select" -> type(args.get(0));
            default -> floatingOrNull(target, args.isEmpty() ? null : type(args.get(0)));
        };
    }

    /** These keep a floating type; what they make of whole numbers differs. */
    private static DataType floatingOrNull(String target, DataType first) {
        boolean copies = target.equals("{0}") || target.equals("{0}[{1}]");
        boolean keeps = LIKE_FIRST.contains(target) || REDUCTIONS.contains(target) || KEEP_TYPE.contains(target);
        return first != null && (copies || keeps && first.isFloating()) ? first : null;
    }

    private DataType common(List<?> list) {
        DataType type = list.isEmpty() ? null : type(list.get(0));
        return list.stream().allMatch(item -> type != null && type == type(item)) ? type : null;
    }

    private DataType promoted(Object a, Object b) {
        DataType first = type(a);
        DataType second = type(b);
        if (b instanceof Number) {
            return first != null && (first.isFloating() || b instanceof Long) ? first : null;
        }
        if (a instanceof Number) {
            return second != null && (second.isFloating() || a instanceof Long) ? second : null;
        }
        if (first == null || second == null || first == second) {
            return first == null ? null : second;
        }
        if (first.isFloating() != second.isFloating()) {
            return first.isFloating() ? first : second;
        }
        if (!first.isFloating() || shape(a) == null || shape(b) == null) {
            return null;
        }
        boolean sameKind = (shape(a).dimension() == 0) == (shape(b).dimension() == 0);
        if (!sameKind) {
            return shape(a).dimension() == 0 ? second : first;
        }
        return first == DataType.FLOAT64 || second == DataType.FLOAT64 ? DataType.FLOAT64 : null;
    }

    private static Object named(List<Object> args, String name) {
        for (Object argument : args) {
            if (argument instanceof Node.Named given && given.name().equals(name)) {
                return given.value();
            }
        }
        return null;
    }

    // ---------------------------------------------------------------- shapes

    private Shape shapeOf(Node.Call call) {
        List<Object> args = call.args();
        String target = call.target();
        Shape first = args.isEmpty() ? null : shape(args.get(0));
        if (target.equals("{0}") || LIKE_FIRST.contains(target) || QUESTIONS.contains(target)) {
            return first;
        }
        if (BROADCAST.contains(target) || COMPARISONS.contains(target)) {
            return args.size() < 2 ? null : broadcast(args.get(0), args.get(1));
        }
        if (REDUCTIONS.contains(target)) {
            return args.size() == 1 ? new Shape() : reduced(first, args);
        }
        return switch (target) {
            case "torch.randn", "torch.rand", "torch.full", "torch.zeros", "torch.ones", "torch.empty" ->
                literal(args.get(0));
            case "torch.sum_to_size", Rules.SELECT_BACKWARD, Rules.SLICE_BACKWARD, "torch.diagonal_backward" ->
                literal(args.get(1));
            case "torch.expand_as", "torch.linalg_solve_triangular", Rules.INPUT_OF_CONVOLUTION -> shape(args.get(1));
            case "torch.gather", Rules.WEIGHT_OF_CONVOLUTION -> shape(args.get(2));
            case "torch.expand" -> expanded(first, literal(args.get(1)));
            case "torch.cat" -> joined(args);
            case "torch.stack" -> stacked(args);
            case "torch.where" -> where(args);
            case "torch.linalg_vector_norm" -> norm(first, args);
            default -> first == null ? null : shapeFrom(first, target, args);
        };
    }

    /** The shape of what {@code target} makes of an array {@code x} of known shape, its first argument. */
    private Shape shapeFrom(Shape x, String target, List<Object> args) {
        return switch (target) {
            case "torch.to", "torch.type_as", Rules.INDEX_BACKWARD -> x;
            case "torch.linear" -> linear(x, shape(args.get(1)));
            case "torch.mm", "torch.matmul", "torch.bmm" -> product(x, shape(args.get(1)));
            case "torch.t" -> x.dimension() != 2 ? null : new Shape(x.get(1), x.get(0));
            case "torch.transpose" -> transposed(x, args);
            case "torch.permute" -> permuted(x, numbers(args.get(1)));
            case "torch.reshape", "torch.view" -> reshaped(x.size(), literal(args.get(1)));
            case "torch.flatten" -> args.size() == 3 ? flattened(x, args) : null;
            case "torch.unsqueeze" -> unsqueezed(x, args.get(1));
            case "torch.squeeze" -> squeezed(x, args);
            case "torch.select" -> args.get(1) instanceof Long axis ? without(x, List.of(axis), false) : null;
            case "torch.slice" -> sliced(x, args);
            case "torch.embedding" ->
                shape(args.get(1)) == null ? null : shape(args.get(1)).add(x.get(1));
            case Rules.INDEX -> indexed(x, args.get(1));
            case "torch.one_hot" -> args.get(1) instanceof Long n ? x.add(n) : null;
            case "torch.constant_pad_nd" -> padded(x, numbers(args.get(1)));
            case "torch.repeat" -> repeated(x, literal(args.get(1)));
            case "torch.conv1d", "torch.conv2d", "torch.conv3d" -> convolved(x, args);
            case "torch.conv_transpose1d", "torch.conv_transpose2d", "torch.conv_transpose3d" ->
                transposedConvolution(x, args);
            case Rules.LOG_ABS_DETERMINANT, "torch.logdet", "torch.linalg_det" ->
                x.dimension() < 2 ? null : x.slice(0, x.dimension() - 2);
            default -> null;
        };
    }

    private Shape broadcast(Object first, Object second) {
        if (second instanceof Number || second instanceof Boolean) {
            return shape(first);
        }
        if (first instanceof Number) {
            return shape(second);
        }
        Shape a = shape(first);
        Shape b = shape(second);
        return a == null || b == null ? null : broadcast(a, b);
    }

    static Shape broadcast(Shape a, Shape b) {
        int dimension = Math.max(a.dimension(), b.dimension());
        long[] sizes = new long[dimension];
        for (int i = 1; i <= dimension; i++) {
            long one = i > a.dimension() ? 1 : a.get(a.dimension() - i);
            long other = i > b.dimension() ? 1 : b.get(b.dimension() - i);
            sizes[dimension - i] = one == 1 ? other : one;
        }
        return new Shape(sizes);
    }

    private Shape where(List<Object> args) {
        Shape condition = shape(args.get(0));
        Shape a = args.get(1) instanceof Number ? new Shape() : shape(args.get(1));
        Shape b = args.get(2) instanceof Number ? new Shape() : shape(args.get(2));
        return condition == null || a == null || b == null ? null : broadcast(condition, broadcast(a, b));
    }

    /** By one array of places: its shape in place of that axis. A mask's count of places is not known. */
    private Shape indexed(Shape x, Object indices) {
        List<?> list = (List<?>) indices;
        List<?> arrays = list.stream().filter(Objects::nonNull).toList();
        Shape places = arrays.size() == 1 ? shape(arrays.get(0)) : null;
        DataType type = arrays.size() == 1 ? type(arrays.get(0)) : null;
        if (places == null || type != DataType.INT64 && type != DataType.INT32) {
            return null;
        }
        int axis = list.indexOf(arrays.get(0));
        return x.slice(0, axis).addAll(places).addAll(x.slice(axis + 1));
    }

    private static Shape sliced(Shape x, List<Object> args) {
        boolean plain = args.size() == 5 && args.get(1) instanceof Long && args.get(4) instanceof Long;
        if (!plain || args.get(2) instanceof Value || args.get(3) instanceof Value) {
            return null;
        }
        int axis = axis(args.get(1), x.dimension());
        long size = x.get(axis);
        long start = bound(args.get(2), 0, size);
        long end = bound(args.get(3), size, size);
        long step = (Long) args.get(4);
        return replaced(x, axis, Math.max(0, (end - start + step - 1) / step));
    }

    private static Shape replaced(Shape x, int axis, long size) {
        long[] sizes = x.getShape().clone();
        sizes[axis] = size;
        return new Shape(sizes);
    }

    /** Axis number {@code axis}, a {@code Long}, counted from the front. */
    static int axis(Object axis, int dimension) {
        int number = ((Long) axis).intValue();
        return number < 0 ? number + dimension : number;
    }

    private static long bound(Object bound, long otherwise, long size) {
        long at = bound == null ? otherwise : (Long) bound;
        return Math.max(0, Math.min(at < 0 ? at + size : at, size));
    }

    static Shape literal(Object list) {
        long[] sizes = numbers(list);
        return sizes == null ? null : new Shape(sizes);
    }

    /** The integers of a list, which may be negative, or null if one is known only when the program runs. */
    static long[] numbers(Object list) {
        return list instanceof List<?> items && items.stream().allMatch(Long.class::isInstance)
                ? items.stream().mapToLong(Long.class::cast).toArray()
                : null;
    }

    private static Shape reshaped(long size, Shape to) {
        if (to == null) {
            return null;
        }
        long[] sizes = to.getShape().clone();
        long given = 1;
        for (long one : sizes) {
            given *= one == -1 ? 1 : one;
        }
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = sizes[i] == -1 ? size / Math.max(1, given) : sizes[i];
        }
        return new Shape(sizes);
    }

    private static Shape expanded(Shape x, Shape to) {
        if (to == null) {
            return null;
        }
        long[] sizes = to.getShape().clone();
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == -1) {
                if (x == null) {
                    return null;
                }
                sizes[i] = x.get(i - sizes.length + x.dimension());
            }
        }
        return new Shape(sizes);
    }

    /** Shape of a reduction whose second argument is an axis or a list of axes and whose third keeps them. */
    private static Shape reduced(Shape x, List<Object> args) {
        Object axes = args.get(1);
        boolean keep = args.size() > 2 && Boolean.TRUE.equals(args.get(2));
        return axes instanceof Node.Named
                ? null
                : without(x, axes instanceof List<?> list ? list : List.of(axes), keep);
    }

    private static Shape norm(Shape x, List<Object> args) {
        Object axes = args.get(2);
        boolean keep = Boolean.TRUE.equals(args.get(3));
        if (axes == null) {
            return keep ? null : new Shape();
        }
        return without(x, (List<?>) axes, keep);
    }

    private static Shape without(Shape x, List<?> axes, boolean keep) {
        if (x == null || !axes.stream().allMatch(Long.class::isInstance)) {
            return null;
        }
        Set<Integer> gone = new HashSet<>();
        axes.forEach(axis -> gone.add(axis(axis, x.dimension())));
        return new Shape(IntStream.range(0, x.dimension())
                .filter(i -> keep || !gone.contains(i))
                .mapToLong(i -> gone.contains(i) ? 1 : x.get(i))
                .toArray());
    }

    private static Shape linear(Shape x, Shape w) {
        return w != null && x.dimension() > 0 && w.dimension() == 2 ? replaced(x, x.dimension() - 1, w.get(0)) : null;
    }

    private static Shape product(Shape a, Shape b) {
        if (b == null || a.dimension() < 1 || b.dimension() < 1) {
            return null;
        }
        if (b.dimension() == 1) {
            return a.slice(0, a.dimension() - 1);
        }
        if (a.dimension() == 1) {
            return b.slice(0, b.dimension() - 2).add(b.get(b.dimension() - 1));
        }
        Shape batch = broadcast(a.slice(0, a.dimension() - 2), b.slice(0, b.dimension() - 2));
        return batch.add(a.get(a.dimension() - 2)).add(b.get(b.dimension() - 1));
    }

    private static Shape transposed(Shape x, List<Object> args) {
        int a = axis(args.get(1), x.dimension());
        int b = axis(args.get(2), x.dimension());
        return replaced(replaced(x, a, x.get(b)), b, x.get(a));
    }

    private static Shape permuted(Shape x, long[] order) {
        if (order == null) {
            return null;
        }
        long[] sizes = new long[x.dimension()];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = x.get(axis(order[i], sizes.length));
        }
        return new Shape(sizes);
    }

    private static Shape flattened(Shape x, List<Object> args) {
        if (x.dimension() == 0) {
            return new Shape(1);
        }
        int from = axis(args.get(1), x.dimension());
        int to = axis(args.get(2), x.dimension());
        return x.slice(0, from).add(x.slice(from, to + 1).size()).addAll(x.slice(to + 1));
    }

    private static Shape unsqueezed(Shape x, Object axis) {
        if (!(axis instanceof Long)) {
            return null;
        }
        int at = axis(axis, x.dimension() + 1);
        return x.slice(0, at).add(1).addAll(x.slice(at));
    }

    private static Shape squeezed(Shape x, List<Object> args) {
        if (args.size() == 1) {
            return null;
        }
        List<?> axes = args.get(1) instanceof List<?> list ? list : List.of(args.get(1));
        List<?> gone = axes.stream()
                .filter(axis -> x.get(axis(axis, x.dimension())) == 1)
                .toList();
        return without(x, gone, false);
    }

    private Shape joined(List<Object> args) {
        if (!(args.get(0) instanceof List<?> items) || items.isEmpty()) {
            return null;
        }
        Shape first = shape(items.get(0));
        if (first == null || first.dimension() == 0) {
            return null;
        }
        int axis = axis(args.get(1), first.dimension());
        long size = 0;
        for (Object item : items) {
            if (dimension(item) != first.dimension()) {
                return null;
            }
            size += shape(item).get(axis);
        }
        return replaced(first, axis, size);
    }

    private Shape stacked(List<Object> args) {
        if (!(args.get(0) instanceof List<?> items) || items.isEmpty()) {
            return null;
        }
        Shape first = shape(items.get(0));
        if (first == null) {
            return null;
        }
        int axis = axis(args.get(1), first.dimension() + 1);
        return first.slice(0, axis).add(items.size()).addAll(first.slice(axis));
    }

    private static Shape padded(Shape x, long[] pad) {
        if (pad == null) {
            return null;
        }
        long[] sizes = x.getShape().clone();
        for (int i = 0; 2 * i < pad.length; i++) {
            sizes[sizes.length - 1 - i] += pad[2 * i] + pad[2 * i + 1];
        }
        return new Shape(sizes);
    }

    private static Shape repeated(Shape x, Shape times) {
        if (times == null) {
            return null;
        }
        long[] sizes = times.getShape().clone();
        for (int i = 1; i <= x.dimension(); i++) {
            sizes[sizes.length - i] *= x.get(x.dimension() - i);
        }
        return new Shape(sizes);
    }

    private Shape convolved(Shape x, List<Object> args) {
        Shape w = shape(args.get(1));
        if (w == null || x.dimension() != w.dimension()) {
            return null;
        }
        long[] sizes = x.getShape().clone();
        sizes[1] = w.get(0);
        for (int i = 2; i < sizes.length; i++) {
            Long stride = at(args.get(3), i - 2);
            Long padding = at(args.get(4), i - 2);
            Long dilation = at(args.get(5), i - 2);
            if (stride == null || padding == null || dilation == null) {
                return null;
            }
            sizes[i] = (sizes[i] + 2 * padding - dilation * (w.get(i) - 1) - 1) / stride + 1;
        }
        return new Shape(sizes);
    }

    private Shape transposedConvolution(Shape x, List<Object> args) {
        Shape w = shape(args.get(1));
        if (w == null || x.dimension() != w.dimension() || !(args.get(6) instanceof Long groups)) {
            return null;
        }
        long[] sizes = x.getShape().clone();
        sizes[1] = w.get(1) * groups;
        for (int i = 2; i < sizes.length; i++) {
            Long stride = at(args.get(3), i - 2);
            Long padding = at(args.get(4), i - 2);
            Long more = at(args.get(5), i - 2);
            Long dilation = at(args.get(7), i - 2);
            if (stride == null || padding == null || more == null || dilation == null) {
                return null;
            }
            sizes[i] = (sizes[i] - 1) * stride - 2 * padding + dilation * (w.get(i) - 1) + more + 1;
        }
        return new Shape(sizes);
    }

    private static Long at(Object list, int index) {
        return list instanceof List<?> items && items.size() > index && items.get(index) instanceof Long number
                ? number
                : null;
    }
}
