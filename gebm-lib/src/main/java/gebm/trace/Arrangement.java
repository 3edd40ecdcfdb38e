package gebm.trace;

import static gebm.trace.Operations.array;
import static gebm.trace.Operations.dimension;
import static gebm.trace.Operations.on;
import static gebm.trace.Operations.plain;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.trace.Node.Named;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of methods that arrange elements anew, and of what is known of an array without running anything. */
final class Arrangement {
    private Arrangement() {}

    static void rows() {
        shapes();
        repetitions();
        joints();
        known();
    }

    private static void shapes() {
        on("reshape(Shape)", plain("torch.reshape"));
        on("flatten()", (x, a) -> array(x, "torch.flatten", x.value, 0, -1));
        on("flatten(int,int)", plain("torch.flatten"));
        on("expandDims(int)", plain("torch.unsqueeze"));
        on("squeeze()", plain("torch.squeeze"));
        on("squeeze(int)", (x, a) -> squeeze(x, (int) a[0]));
        on("squeeze(int[])", (x, a) -> squeeze(x, (int[]) a[0]));
        on("transpose()", (x, a) -> {
            int[] axes = new int[dimension(x)];
            Arrays.setAll(axes, i -> axes.length - 1 - i);
            return array(x, "torch.permute", x.value, axes);
        });
        on("transpose(int[])", plain("torch.permute"));
        on("swapAxes(int,int)", plain("torch.transpose"));
        on("flip(int[])", plain("torch.flip"));
        on("rotate90(int,int[])", plain("torch.rot90"));
        on("broadcast(Shape)", plain("torch.expand"));
        on("pad(Shape,double)", plain("torch.constant_pad_nd"));
        on("diagonal()", plain("torch.diagonal"));
        on("diagonal(int)", plain("torch.diagonal"));
        on("diagonal(int,int,int)", plain("torch.diagonal"));
    }

    /** PyTorch leaves an axis that is longer than one, and says nothing; DJL refuses it. */
    private static NDArray squeeze(RecordingArray x, int... axes) {
        Shape shape = x.recorder.shape(x.value);
        for (int axis : axes) {
            int at = axis < 0 ? axis + shape.dimension() : axis;
            if (at < shape.dimension() && shape.get(at) != 1) {
                throw new IllegalArgumentException("axis " + axis + " to squeeze must have length 1, got the shape "
                        + shape + " (at " + Recorder.site() + ")");
            }
        }
        return axes.length == 1
                ? array(x, "torch.squeeze", x.value, axes[0])
                : axes.length == 0 ? array(x, "torch.alias", x.value) : array(x, "torch.squeeze", x.value, axes);
    }

    /** {@code tile} puts whole copies side by side, {@code repeat} repeats each element where it stands. */
    private static void repetitions() {
        on("tile(long)", (x, a) -> array(x, "torch.repeat", x.value, everywhere(x, (long) a[0])));
        on("tile(int,long)", (x, a) -> { // DJL's engine lacks it
            long[] times = everywhere(x, 1);
            times[(int) a[0] < 0 ? (int) a[0] + times.length : (int) a[0]] = (long) a[1];
            return array(x, "torch.repeat", x.value, times);
        });
        on("tile(long[])", (x, a) -> array(x, "torch.tile", x.value, a[0]));
        on("tile(Shape)", (x, a) -> array(x, "torch.repeat", x.value, toFill(x, (Shape) a[0])));
        on("repeat(long)", (x, a) -> repeat(x, everywhere(x, (long) a[0])));
        on("repeat(int,long)", (x, a) -> x.recorder.array(repeated(x, x.value, (int) a[0], (long) a[1])));
        on("repeat(long[])", (x, a) -> repeat(x, (long[]) a[0]));
        on("repeat(Shape)", (x, a) -> repeat(x, toFill(x, (Shape) a[0])));
    }

    private static long[] everywhere(RecordingArray x, long times) {
        long[] all = new long[Math.max(1, dimension(x))];
        Arrays.fill(all, times);
        return all;
    }

    private static NDArray repeat(RecordingArray x, long[] times) {
        Value result = x.value;
        for (int axis = 0; axis < times.length; axis++) {
            result = times[axis] == 1 ? result : repeated(x, result, axis, times[axis]);
        }
        return result == x.value ? array(x, "torch.clone", result) : x.recorder.array(result);
    }

    private static Value repeated(RecordingArray x, Value array, int axis, long times) {
        return x.call("torch.repeat_interleave", array, times, axis, new Named("output_size", null));
    }

    /** How often each axis fits into {@code wanted}, which may lack leading axes. */
    private static long[] toFill(RecordingArray x, Shape wanted) {
        Shape shape = x.recorder.shape(x.value);
        int missing = shape.dimension() - wanted.dimension();
        long[] times = new long[shape.dimension()];
        for (int i = 0; i < times.length; i++) {
            long size = i < missing ? shape.get(i) : wanted.get(i - missing);
            if (missing < 0 || shape.get(i) == 0 || size % shape.get(i) != 0) {
                throw new IllegalArgumentException("the shape to fill must be a multiple of " + shape + ", got "
                        + wanted + " (at " + Recorder.site() + ")");
            }
            times[i] = size / shape.get(i);
        }
        return times;
    }

    private static void joints() {
        on("split(long[],int)", (x, a) -> {
            long[] cuts = Arrays.stream((long[]) a[0]).filter(cut -> cut != 0).toArray();
            if (cuts.length == 0) {
                return new NDList(array(x, "torch.alias", x.value));
            }
            NDList list = new NDList();
            for (int i = 0; i <= cuts.length; i++) {
                Object start = i == 0 ? 0L : cuts[i - 1];
                Object end = i == cuts.length ? null : cuts[i];
                list.add(array(x, "torch.slice", x.value, a[1], start, end, 1));
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

    private static void known() {
        on("getNDArrayInternal()", (x, a) -> x.extension());
        on("getArray() getAsObject()", (x, a) -> x.proxy());
        on("getShape()", (x, a) -> x.recorder.shape(x.value));
        on("getDataType()", (x, a) -> x.recorder.type(x.value));
        on("getSparseFormat()", (x, a) -> ai.djl.ndarray.types.SparseFormat.DENSE);
        on("getDevice()", (x, a) -> x.recorder.device());
        on("getManager()", (x, a) -> x.recorder.manager());
        on("getName()", (x, a) -> null);
        on("getUid()", (x, a) -> x.value.toString());
        on("isReleased() isSparse() hasGradient()", (x, a) -> false);
        on("close() setName(String) attach(NDManager) tempAttach(NDManager) detach()", (x, a) -> null);
        on("returnResource(NDManager)", (x, a) -> null);
        on("getResourceNDArrays()", (x, a) -> List.of(x.proxy()));
        on("toDebugString() toDebugString(boolean) toDebugString(int,int,int,int,boolean)", (x, a) -> x.toString());
    }
}
