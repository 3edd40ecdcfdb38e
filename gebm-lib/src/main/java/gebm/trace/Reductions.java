package gebm.trace;

import static gebm.trace.Operations.array;
import static gebm.trace.Operations.dimension;
import static gebm.trace.Operations.on;
import static gebm.trace.Operations.plain;

import ai.djl.ndarray.NDArray;
import gebm.trace.Node.Named;
import java.util.Arrays;
import java.util.List;

/** Rows of methods that sum up, sort or accumulate along axes. */
final class Reductions {
    private Reductions() {}

    static void rows() {
        sums();
        orders();
        cumulative();
        fourier();
    }

    private static void sums() {
        for (String name : List.of("sum", "mean", "prod", "max", "min")) {
            on(name + "()", plain("torch." + name));
        }
        on("sum(int[],boolean)", (x, a) -> array(x, "torch.sum", x.value, a[0], a[1], new Named("dtype", null)));
        on("mean(int[],boolean)", (x, a) -> array(x, "torch.mean", x.value, a[0], a[1], new Named("dtype", null)));
        on("max(int[],boolean)", plain("torch.amax"));
        on("min(int[],boolean)", plain("torch.amin"));
        on("prod(int[],boolean)", (x, a) -> {
            int[] axes = positive(x, (int[]) a[0]);
            Value result = x.value;
            for (int i = axes.length - 1; i >= 0; i--) {
                result = x.call("torch.prod", result, axes[i], a[1]);
            }
            return x.recorder.array(result);
        });
        on("norm(boolean)", (x, a) -> norm(x, 2, null, (boolean) a[0]));
        on("norm(int,int[],boolean)", (x, a) -> norm(x, (int) a[0], a[1], (boolean) a[2]));
        on("normalize(double,long,double)", (x, a) -> {
            Value length =
                    x.call("torch.linalg_vector_norm", x.value, a[0], List.of(a[1]), true, new Named("dtype", null));
            return array(x, "torch.div", x.value, x.call("torch.clamp_min", length, a[2]));
        });
        on("softmax(int)", (x, a) -> array(x, "torch.softmax", x.value, a[0], null));
        on("logSoftmax(int)", (x, a) -> array(x, "torch.log_softmax", x.value, a[0], null));
        on("trace(int,int,int)", (x, a) -> { // DJL's engine lacks it
            Value diagonal = x.call("torch.diagonal", x.value, a[0], a[1], a[2]);
            return array(x, "torch.sum", diagonal, new int[] {-1}, false, new Named("dtype", null));
        });
    }

    private static NDArray norm(RecordingArray x, int order, Object axes, boolean keep) {
        return array(x, "torch.linalg_vector_norm", x.value, order, axes, keep, new Named("dtype", null));
    }

    private static int[] positive(RecordingArray x, int[] axes) {
        int dimension = dimension(x);
        return Arrays.stream(axes)
                .map(axis -> axis < 0 ? axis + dimension : axis)
                .sorted()
                .toArray();
    }

    private static void orders() {
        on("argMax()", plain("torch.argmax"));
        on("argMin()", plain("torch.argmin"));
        on("argMax(int)", (x, a) -> array(x, "torch.argmax", x.value, a[0], false));
        on("argMin(int)", (x, a) -> array(x, "torch.argmin", x.value, a[0], false));
        on("sort()", (x, a) -> array(x, "{0}[{1}]", x.call("torch.sort", x.value, -1, false), 0));
        on("sort(int)", (x, a) -> array(x, "{0}[{1}]", x.call("torch.sort", x.value, a[0], false), 0));
        on("argSort(int,boolean)", (x, a) -> array(x, "torch.argsort", x.value, a[0], !(boolean) a[1]));
        on("topK(int,int,boolean,boolean)", (x, a) -> {
            return x.recorder.arrays(x.recorder.tuple(2, "torch.topk", x.value, a[0], a[1], a[2], a[3]));
        });
        // of all elements, as DJL documents; its engine takes them along the last axis
        on("median()", plain("torch.median"));
        on("percentile(Number)", (x, a) -> quantile(x, x.call("torch.flatten", x.value, 0, -1), a[0], 0));
        on("median(int[])", (x, a) -> {
            Value pair = x.call("torch.median", x.value, axis(x, "median", a[0]), false);
            return array(x, "{0}[{1}]", pair, 0);
        });
        on("percentile(Number,int[])", (x, a) -> quantile(x, x.value, a[0], axis(x, "percentile", a[1])));
    }

    private static NDArray quantile(RecordingArray x, Value array, Object percent, int axis) {
        double share = ((Number) percent).doubleValue() / 100;
        return array(x, "torch.quantile", array, share, axis, false, new Named("interpolation", "linear"));
    }

    private static int axis(RecordingArray x, String name, Object axes) {
        if (((int[]) axes).length != 1) {
            throw Recorder.unsupported(
                    name + " over " + Arrays.toString((int[]) axes),
                    "name one axis, after transpose and reshape have made the axes one");
        }
        return ((int[]) axes)[0];
    }

    private static void cumulative() {
        // of the flattened array, as DJL documents; its engine takes it along the first axis
        on("cumSum()", (x, a) -> array(x, "torch.cumsum", x.call("torch.flatten", x.value, 0, -1), 0));
        on("cumSum(int)", plain("torch.cumsum"));
        on("cumProd(int)", plain("torch.cumprod"));
        on("cumProd(int,DataType)", (x, a) -> array(x, "torch.cumprod", x.value, a[0], new Named("dtype", a[1])));
        on("diff(int,int)", (x, a) -> array(x, "torch.diff", x.value, a[0], a[1], null, null));
    }

    private static void fourier() {
        for (String name : List.of("fft", "ifft", "rfft", "irfft")) {
            on(name + "(long,long)", (x, a) -> array(x, "torch.fft_" + name, x.value, a[0], a[1], null));
        }
        for (String name : List.of("fft2", "ifft2")) {
            on(name + "(long[],long[])", (x, a) -> array(x, "torch.fft_" + name, x.value, a[0], a[1], null));
        }
        on(
                "stft(long,long,boolean,NDArray,boolean,boolean)",
                (x, a) -> array(x, "torch.stft", x.value, a[0], a[1], null, a[3], a[2], "reflect", a[4], null, a[5]));
    }
}
