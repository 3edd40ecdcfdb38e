package gebm.trace;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/**
 * Writes 2-D convolutions that lead to few channels as one product and a sum over patches.
 *
 * <p>These are the last layer of an image generator and the input's gradient in the first layer of an image energy.
 * There the engine computes as if there were sixteen channels. {@code y = Σ patches(wᵀx)} takes, for images of 28×28
 * from 128 channels, 1/9 to 1/2 of the engine's time with 1 to 4 channels, and more than the engine's from 16 on.
 */
final class Convolutions {
    private static final long FEW = 4;
    private static final String BACKWARD = "(torch.convolution_backward(";
    private static final String INPUT_ONLY = "[True, False, False]))[0]";

    private final Facts facts;
    private final Supplier<Value> values;

    private Convolutions(Facts facts, Supplier<Value> values) {
        this.facts = facts;
        this.values = values;
    }

    /** {@code graph}, a program that is not differentiated any more, with such convolutions written anew. */
    static Graph applyTo(Graph graph, Facts facts, Supplier<Value> values) {
        return new Graph(graph.inputs(), new Convolutions(facts, values).block(graph.nodes()), graph.results());
    }

    private List<Node> block(List<Node> nodes) {
        List<Node> result = new ArrayList<>();
        for (Node node : nodes) {
            Node inner = node instanceof Node.Loop loop ? loop.withBody(block(loop.body())) : node;
            Patches patches = inner instanceof Node.Call call ? patchesOrNull(call) : null;
            if (patches == null) {
                result.add(inner);
            } else {
                write(patches, (Node.Call) inner, result);
            }
        }
        return result;
    }

    /** What a transposed convolution of x with w, {@code (in, out, height, width)}, gives: images of {@code size}. */
    private record Patches(Object x, Object w, Object bias, Shape size, Object stride, Object padding) {}

    private Patches patchesOrNull(Node.Call call) {
        List<Object> a = call.args();
        if (call.target().equals("torch.conv_transpose2d")) {
            Patches patches = new Patches(a.get(0), a.get(1), a.get(2), facts.shape(call.output()), a.get(3), a.get(4));
            return isPlain(a.get(6), a.get(7)) && isSuited(patches) ? patches : null;
        }
        boolean input = call.target().startsWith(BACKWARD) && call.target().endsWith(INPUT_ONLY);
        if (input && Boolean.FALSE.equals(a.get(6))) {
            Patches patches = new Patches(a.get(0), a.get(2), null, facts.shape(a.get(1)), a.get(3), a.get(4));
            return isPlain(a.get(8), a.get(5)) && isSuited(patches) ? patches : null;
        }
        return null;
    }

    private static boolean isPlain(Object groups, Object dilation) {
        long[] numbers = Facts.numbers(dilation);
        return Long.valueOf(1).equals(groups)
                && numbers != null
                && Arrays.stream(numbers).allMatch(n -> n == 1);
    }

    private boolean isSuited(Patches patches) {
        Shape w = facts.shape(patches.w());
        return w != null
                && w.dimension() == 4
                && w.get(1) <= FEW
                && facts.dimension(patches.x()) == 4
                && patches.size() != null
                && Facts.numbers(patches.stride()) != null
                && Facts.numbers(patches.padding()) != null;
    }

    private void write(Patches p, Node.Call call, List<Node> out) {
        Shape w = facts.shape(p.w());
        Shape x = facts.shape(p.x());
        DataType type = facts.type(p.w());
        long rows = w.get(1) * w.get(2) * w.get(3);
        List<Object> kernel = List.of(w.get(2), w.get(3));
        List<Object> size = List.of(p.size().get(2), p.size().get(3));
        Shape flat = new Shape(w.get(0), rows);
        Value matrix = call(out, call, flat, type, "torch.reshape", p.w(), List.of(w.get(0), rows));
        Value turned = call(out, call, new Shape(rows, w.get(0)), type, "torch.t", matrix);
        Shape pixels = new Shape(x.get(0), x.get(1), x.get(2) * x.get(3));
        Value flattened = call(out, call, pixels, type, "torch.flatten", p.x(), 2L, -1L);
        Shape columns = new Shape(x.get(0), rows, pixels.get(2));
        Value product = call(out, call, columns, type, "torch.matmul", turned, flattened);
        List<Object> args = List.of(product, size, kernel, List.of(1L, 1L), p.padding(), p.stride());
        if (p.bias() == null) {
            out.add(call.with("torch.col2im", args));
            return;
        }
        Value sum = call(out, call, p.size(), type, "torch.col2im", args.toArray());
        Shape perChannel = new Shape(w.get(1), 1, 1);
        Value bias = call(out, call, perChannel, type, "torch.reshape", p.bias(), List.of(-1L, 1L, 1L));
        out.add(call.with("torch.add", List.of(sum, bias)));
    }

    private Value call(List<Node> out, Node.Call from, Shape shape, DataType type, String target, Object... args) {
        Value output = values.get();
        facts.put(output, shape, type);
        out.add(new Node.Call(target, Arrays.asList(args), List.of(output), false, from.site()));
        return output;
    }
}
