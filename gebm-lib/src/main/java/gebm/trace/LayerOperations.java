package gebm.trace;

import static gebm.trace.Operations.array;
import static gebm.trace.Operations.dimension;
import static gebm.trace.Operations.on;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.recurrent.RNN;
import gebm.trace.Node.Named;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Rows of methods that are layers of networks. */
final class LayerOperations {
    private LayerOperations() {}

    static void rows() {
        affine();
        norms();
        pools();
        recurrent();
        images();
    }

    private static void affine() {
        on("linear(NDArray,NDArray,NDArray)", (x, a) -> new NDList(array(x, "torch.linear", a[0], a[1], a[2])));
        on("convolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,int)", (x, a) -> {
            String target = "torch.conv" + ((Shape) a[3]).dimension() + "d";
            return new NDList(array(x, target, a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
        });
        on("deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int)", (x, a) -> {
            String target = "torch.conv_transpose" + ((Shape) a[3]).dimension() + "d";
            Value weight = transposedWeight(x, a[1], (int) a[7]);
            return new NDList(array(x, target, a[0], weight, a[2], a[3], a[4], a[5], a[7], a[6]));
        });
        on("prelu(NDArray,NDArray)", (x, a) -> new NDList(array(x, "torch.prelu", a[0], a[1])));
        on(
                "embedding(NDArray,NDArray,SparseFormat)",
                (x, a) -> new NDList(
                        array(x, "torch.embedding", a[1], x.call("torch.to", a[0], DataType.INT64), -1, false, false)));
        on("dropout(NDArray,float,boolean)", (x, a) -> {
            float rate = (float) a[1];
            if (!(boolean) a[2] || rate == 0) {
                return new NDList((NDArray) a[0]);
            }
            return new NDList(x.recorder.array(dropped(x, (NDArray) a[0], rate)));
        });
    }

    /** DJL keeps the weight as (out, in/groups, k…), PyTorch as (in, out/groups, k…); DJL's engine cannot run it. */
    private static Value transposedWeight(RecordingArray x, Object weight, int groups) {
        if (groups == 1) {
            return x.call("torch.transpose", weight, 0, 1);
        }
        Value parts = x.call("torch.chunk", weight, groups, 0);
        List<Object> turned = new ArrayList<>();
        for (int i = 0; i < groups; i++) {
            turned.add(x.call("torch.transpose", x.call("{0}[{1}]", parts, i), 0, 1));
        }
        return x.call("torch.cat", turned, 0);
    }

    /** {@code array} times a mask of zeros, with probability {@code rate}, and of 1/(1 − rate). */
    private static Value dropped(RecordingArray x, NDArray array, double rate) {
        NDArray mask = x.recorder.masks.of(array.getShape(), 1 - rate);
        return x.call("torch.mul", array, x.call("torch.type_as", mask, array));
    }

    private static void norms() {
        on("batchNorm(NDArray,NDArray,NDArray,NDArray,NDArray,int,float,float,boolean)", LayerOperations::batchNorm);
        on(
                "layerNorm(NDArray,Shape,NDArray,NDArray,float)",
                (x, a) -> new NDList(array(x, "torch.layer_norm", a[0], a[1], a[2], a[3], a[4], false)));
    }

    /** DJL's momentum is the share that is kept, PyTorch's the share that is new; statistics change in training. */
    private static NDList batchNorm(RecordingArray x, Object[] a) {
        int axis = (int) a[5] < 0 ? (int) a[5] + ((NDArray) a[0]).getShape().dimension() : (int) a[5];
        boolean training = (boolean) a[8];
        Object input = axis == 1 ? a[0] : x.call("torch.transpose", a[0], 1, axis);
        Object[] ordered = {input, a[3], a[4], a[1], a[2], training, 1.0 - (float) a[6], a[7], false};
        Value result = training ? x.recorder.effect("torch.batch_norm", ordered) : x.call("torch.batch_norm", ordered);
        return new NDList(x.recorder.array(axis == 1 ? result : x.call("torch.transpose", result, 1, axis)));
    }

    private static void pools() {
        on("maxPool(Shape,Shape,Shape,boolean)", (x, a) -> {
            Shape kernel = (Shape) a[0];
            List<Long> ones = Collections.nCopies(kernel.dimension(), 1L);
            String target = "torch.max_pool" + kernel.dimension() + "d";
            return array(x, target, x.value, kernel, a[1], a[2], ones, a[3]);
        });
        on("avgPool(Shape,Shape,Shape,boolean,boolean)", (x, a) -> {
            int dimension = ((Shape) a[0]).dimension();
            Object[] args = {x.value, a[0], a[1], a[2], a[3], a[4]};
            Object[] all = dimension == 1 ? args : Arrays.copyOf(args, 7);
            return array(x, "torch.avg_pool" + dimension + "d", all);
        });
        on("lpPool(float,Shape,Shape,Shape,boolean)", LayerOperations::lpPool);
        on("globalAvgPool()", (x, a) -> array(x, "torch.mean", x.value, spatial(x), false, new Named("dtype", null)));
        on("globalMaxPool()", (x, a) -> array(x, "torch.amax", x.value, spatial(x), false));
        on(
                "globalLpPool(float)",
                (x, a) -> array(
                        x, "torch.linalg_vector_norm", x.value, a[0], spatial(x), false, new Named("dtype", null)));
    }

    private static int[] spatial(RecordingArray x) {
        return IntStream.range(2, dimension(x)).toArray();
    }

    /** {@code (Σ|x|ᵖ)^(1/p)} over each window: the engine's leaves the signs to odd p, and allows no padding. */
    private static NDArray lpPool(RecordingArray x, Object[] a) {
        Shape kernel = (Shape) a[1];
        Value powers = x.call("torch.pow", x.call("torch.abs", x.value), a[0]);
        boolean line = kernel.dimension() == 1;
        Value input = line ? x.call("torch.unsqueeze", powers, 2) : powers;
        String target = "torch.avg_pool" + (line ? 2 : kernel.dimension()) + "d";
        Value sums = x.call( // of averages divided by one
                target,
                input,
                line ? new Shape(1).addAll(kernel) : kernel,
                line ? new Shape(1).addAll((Shape) a[2]) : a[2],
                line ? new Shape(0).addAll((Shape) a[3]) : a[3],
                a[4],
                true,
                1);
        Value kept = line ? x.call("torch.squeeze", sums, 2) : sums;
        return array(x, "torch.pow", kept, 1.0 / (float) a[0]);
    }

    private static void recurrent() {
        on("rnn(NDArray,NDArray,NDList,boolean,int,Activation,double,boolean,boolean,boolean)", (x, a) -> {
            String target = a[5] == RNN.Activation.RELU ? "torch.rnn_relu" : "torch.rnn_tanh";
            Object[] rest = {a[2], a[3], a[4], a[6], a[7], a[8], a[9]};
            return new Recurrent(x, target, (NDArray) a[0], rest).run(new NDList((NDArray) a[1]));
        });
        on("gru(NDArray,NDArray,NDList,boolean,int,double,boolean,boolean,boolean)", (x, a) -> {
            Object[] rest = Arrays.copyOfRange(a, 2, 9);
            return new Recurrent(x, "torch.gru", (NDArray) a[0], rest).run(new NDList((NDArray) a[1]));
        });
        on("lstm(NDArray,NDList,NDList,boolean,int,double,boolean,boolean,boolean)", (x, a) -> {
            Object[] rest = Arrays.copyOfRange(a, 2, 9);
            return new Recurrent(x, "torch.lstm", (NDArray) a[0], rest).run((NDList) a[1]);
        });
    }

    /** Recurrent layers: in one operation, or layer by layer where dropout comes between. */
    private static final class Recurrent {
        private final RecordingArray x;
        private final Recorder recorder;
        private final String target;
        private final NDArray input;
        private final NDList parameters;
        private final boolean biases;
        private final int layers;
        private final double rate;
        private final boolean training;
        private final boolean bidirectional;
        private final boolean batchFirst;

        Recurrent(RecordingArray x, String target, NDArray input, Object[] a) {
            this.x = x;
            this.recorder = x.recorder;
            this.target = target;
            this.input = input;
            parameters = (NDList) a[0];
            biases = (boolean) a[1];
            layers = (int) a[2];
            rate = (double) a[3];
            training = (boolean) a[4];
            bidirectional = (boolean) a[5];
            batchFirst = (boolean) a[6];
        }

        NDList run(NDList states) {
            int size = training && rate > 0 ? 1 : layers; // layers an operation
            Value output = recorder.valueOf(input);
            List<List<Object>> ends = new ArrayList<>();
            for (int first = 0; first < layers; first += size) {
                if (first > 0) {
                    output = dropped(x, recorder.array(output), rate);
                }
                List<Value> result = layers(output, states, first, size);
                output = result.get(0);
                for (int i = 0; i < states.size(); i++) {
                    if (first == 0) {
                        ends.add(new ArrayList<>());
                    }
                    ends.get(i).add(result.get(i + 1));
                }
            }
            NDList all = new NDList(recorder.array(output));
            for (List<Object> end : ends) {
                all.add(end.size() == 1 ? recorder.array((Value) end.get(0)) : array(x, "torch.cat", end, 0));
            }
            return all;
        }

        private List<Value> layers(Value from, NDList states, int first, int count) {
            int rows = bidirectional ? 2 : 1;
            List<Object> starts = new ArrayList<>();
            for (NDArray state : states) { // DJL makes them in float32 whatever the network's type is
                Value start = recorder.call("torch.type_as", state, from);
                starts.add(
                        count == layers
                                ? start
                                : recorder.call("torch.slice", start, 0, first * rows, (first + count) * rows, 1));
            }
            List<Object> weights = new ArrayList<>();
            for (int layer = first; layer < first + count; layer++) {
                weights.addAll(weights(layer));
            }
            Object start = target.equals("torch.lstm") ? starts : starts.get(0);
            return recorder.tuple(
                    1 + states.size(),
                    target,
                    from,
                    start,
                    weights,
                    biases,
                    count,
                    0.0,
                    training,
                    bidirectional,
                    batchFirst);
        }

        /** DJL lists the weights of both directions and then the biases, PyTorch one direction after the other. */
        private List<Object> weights(int layer) {
            int directions = bidirectional ? 2 : 1;
            int kinds = biases ? 2 : 1;
            List<Object> ordered = new ArrayList<>();
            for (int direction = 0; direction < directions; direction++) {
                for (int kind = 0; kind < kinds; kind++) {
                    int at = ((layer * kinds + kind) * directions + direction) * 2;
                    ordered.add(parameters.get(at));
                    ordered.add(parameters.get(at + 1));
                }
            }
            return ordered;
        }
    }

    private static void images() {
        on("interpolation(long[],int,boolean)", (x, a) -> {
            boolean corners = (boolean) a[2] && (int) a[1] != 0;
            return x.recorder.array(interpolated(x, x.value, dimension(x), (long[]) a[0], (int) a[1], corners));
        });
        // heights and widths before channels, as in DJL
        on("resize(int,int,int)", (x, a) -> {
            int dimension = dimension(x);
            Value image = x.call("torch.to", x.value, DataType.FLOAT32);
            Value batch = dimension == 3 ? x.call("torch.unsqueeze", image, 0) : image;
            Value channels = x.call("torch.permute", batch, new int[] {0, 3, 1, 2});
            long[] size = {(int) a[1], (int) a[0]};
            Value resized = interpolated(x, channels, 4, size, (int) a[2], false);
            Value back = x.call("torch.permute", resized, new int[] {0, 2, 3, 1});
            Value alike = dimension == 3 ? x.call("torch.squeeze", back, 0) : back;
            return array(x, "torch.type_as", alike, x.value);
        });
    }

    /** Nearest, bilinear, area and bicubic are numbered 0 to 3. */
    private static Value interpolated(
            RecordingArray x, Value array, int dimension, long[] size, int mode, boolean corners) {
        String linear = dimension == 3 ? "linear1d" : dimension == 4 ? "bilinear2d" : "trilinear3d";
        if (mode == 0) {
            Object[] scales = Arrays.copyOf(new Object[] {array, size}, dimension);
            return x.call("torch.upsample_nearest" + (dimension - 2) + "d", scales);
        } else if (mode == 1 || mode == 3 && dimension == 4) {
            Object[] scales = Arrays.copyOf(new Object[] {array, size, corners}, dimension + 1);
            return x.call("torch.upsample_" + (mode == 1 ? linear : "bicubic2d"), scales);
        } else if (mode == 2) {
            return x.call("torch.adaptive_avg_pool" + (dimension - 2) + "d", array, size);
        }
        throw Recorder.unsupported(
                "interpolation in mode " + mode, "use 0 nearest, 1 linear, 2 area, or 3 cubic of images");
    }
}
