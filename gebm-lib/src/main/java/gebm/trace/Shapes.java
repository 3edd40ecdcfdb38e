package gebm.trace;

import ai.djl.ndarray.types.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Shapes of the values of a graph, as far as simple rules know them; a shape that is not known is null. */
final class Shapes {
    private static final Set<String> LIKE_FIRST = Set.of(
            "{0}",
            "torch.abs",
            "torch.clamp",
            "torch.clamp_max",
            "torch.clamp_min",
            "torch.clone",
            "torch.alias",
            "torch.cos",
            "torch.detach",
            "torch.elu",
            "torch.exp",
            "torch.leaky_relu",
            "torch.log",
            "torch.neg",
            "torch.ones_like",
            "torch.full_like",
            "torch.reciprocal",
            "torch.relu",
            "torch.rsub",
            "torch.sigmoid",
            "torch.sin",
            "torch.softplus",
            "torch.sqrt",
            "torch.square",
            "torch.tanh",
            "torch.to",
            "torch.type_as",
            "torch.zeros_like",
            "torch.tanh_backward",
            "torch.sigmoid_backward",
            "torch.leaky_relu_backward",
            "torch.threshold_backward",
            "torch.softplus_backward");
    private static final Set<String> BROADCAST =
            Set.of("torch.add", "torch.sub", "torch.mul", "torch.div", "torch.pow", "torch.maximum", "torch.minimum");

    private final Map<Value, Shape> known;

    /** Starts from the shapes in {@code known}. */
    Shapes(Map<Value, Shape> known) {
        this.known = new HashMap<>(known);
    }

    Shape of(Object argument) {
        return argument instanceof Value value ? known.get(value) : null;
    }

    /** Takes note of what {@code call} gives. */
    void see(Node.Call call) {
        Shape shape = call.outputs().size() == 1 ? infer(call) : null;
        if (shape != null) {
            known.put(call.outputs().get(0), shape);
        }
    }

    void same(Value value, Object as) {
        Shape shape = of(as);
        if (shape != null) {
            known.put(value, shape);
        }
    }

    private Shape infer(Node.Call call) {
        List<Object> args = call.args();
        Shape first = args.isEmpty() ? null : of(args.get(0));
        if (LIKE_FIRST.contains(call.target())) {
            return first;
        }
        if (BROADCAST.contains(call.target())) {
            return broadcast(first, args.get(1));
        }
        return switch (call.target()) {
            case "torch.randn", "torch.rand", "torch.full" -> literal(args.get(0));
            case "torch.expand" -> literal(args.get(1));
            case "torch.expand_as" -> of(args.get(1));
            case "torch.linear" -> linear(first, of(args.get(1)));
            case "torch.mm", "torch.matmul" -> product(first, of(args.get(1)));
            case "torch.t" -> first == null ? null : new Shape(first.get(1), first.get(0));
            case "torch.reshape" -> first == null ? null : reshaped(first.size(), literal(args.get(1)));
            case "torch.sum", "torch.mean" -> args.size() == 1 ? new Shape() : reduced(first, args);
            case "torch.logsumexp" -> reduced(first, args);
            case "torch.select" -> first == null || !Long.valueOf(0).equals(args.get(1)) ? null : first.slice(1);
            case "torch.slice" -> sliced(first, args);
            case "torch.where" -> args.get(2) instanceof Value ? null : of(args.get(1));
            default -> null;
        };
    }

    private Shape broadcast(Shape a, Object second) {
        if (second instanceof Number) {
            return a;
        }
        Shape b = of(second);
        if (a == null || b == null) {
            return null;
        }
        int dimension = Math.max(a.dimension(), b.dimension());
        long[] sizes = new long[dimension];
        for (int i = 1; i <= dimension; i++) {
            long one = i > a.dimension() ? 1 : a.get(a.dimension() - i);
            long other = i > b.dimension() ? 1 : b.get(b.dimension() - i);
            sizes[dimension - i] = one == 1 ? other : one;
        }
        return new Shape(sizes);
    }

    private static Shape sliced(Shape x, List<Object> args) {
        boolean plain =
                x != null && args.get(1) instanceof Long && Long.valueOf(1).equals(args.get(4));
        if (!plain || args.get(2) instanceof Value || args.get(3) instanceof Value) {
            return null;
        }
        int axis = ((Long) args.get(1)).intValue();
        long size = x.get(axis);
        long start = bound(args.get(2), 0, size);
        long end = bound(args.get(3), size, size);
        return x.slice(0, axis).add(Math.max(0, end - start)).addAll(x.slice(axis + 1));
    }

    private static long bound(Object bound, long otherwise, long size) {
        long at = bound == null ? otherwise : (Long) bound;
        return Math.max(0, Math.min(at < 0 ? at + size : at, size));
    }

    private static Shape literal(Object list) {
        if (!(list instanceof List<?> items) || !items.stream().allMatch(Long.class::isInstance)) {
            return null;
        }
        return new Shape(items.stream().mapToLong(Long.class::cast).toArray());
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

    private static Shape reduced(Shape x, List<Object> args) {
        if (x == null || !(args.get(1) instanceof List<?> axes) || axes.size() != 1) {
            return null;
        }
        int axis = ((Long) axes.get(0)).intValue();
        int gone = axis < 0 ? axis + x.dimension() : axis;
        Shape before = x.slice(0, gone);
        return (args.get(2).equals(true) ? before.add(1) : before).addAll(x.slice(gone + 1));
    }

    private static Shape linear(Shape x, Shape w) {
        return x == null || w == null || x.dimension() != 2 ? null : new Shape(x.get(0), w.get(0));
    }

    private static Shape product(Shape a, Shape b) {
        boolean matrices = a != null && b != null && a.dimension() == 2 && b.dimension() == 2;
        return matrices ? new Shape(a.get(0), b.get(1)) : null;
    }
}
