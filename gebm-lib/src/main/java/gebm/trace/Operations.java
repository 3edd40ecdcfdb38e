package gebm.trace;

import ai.djl.ndarray.NDArray;

/**
 * How each method of {@code NDArray} and {@code NDArrayEx} is written in a program: one row a method.
 *
 * <p>Rows are found by name and parameter types; they stand, by kind, in {@link Elementwise}, {@link Reductions},
 * {@link Arrangement}, {@link Selection}, {@link LayerOperations} and {@link Refusals}. {@code x} is the receiver, {@code a[i]}
 * the arguments. Operations are those of PyTorch; where DJL's engine differs or lacks one, the row says so. A default
 * method without a row runs as DJL wrote it, on recorded arrays.
 */
final class Operations {
    private static final Rows<RecordingArray> ROWS = new Rows<>();

    private Operations() {}

    static {
        Elementwise.rows();
        Reductions.rows();
        Arrangement.rows();
        Selection.rows();
        LayerOperations.rows();
        Refusals.rows();
    }

    /** The rows of all methods. */
    static Rows<RecordingArray> rows() {
        return ROWS;
    }

    /** Adds a row for each of {@code signatures}, which are separated by spaces. */
    static void on(String signatures, Rows.Rule<RecordingArray> rule) {
        ROWS.on(signatures, rule);
    }

    /** Adds rows that refuse, with advice what to write instead. */
    static void refuse(String signatures, String advice) {
        ROWS.refuse(signatures, "", advice);
    }

    /** The result of {@code target(args…)}. */
    static NDArray array(RecordingArray x, String target, Object... args) {
        return x.recorder.array(x.call(target, args));
    }

    /** {@code target(x, a…)}. */
    static Rows.Rule<RecordingArray> plain(String target) {
        return (x, a) -> array(x, target, withFirst(x.value, a));
    }

    /** {@code target(x, a…)}, which changes x. */
    static Rows.Rule<RecordingArray> inPlace(String target) {
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

    static int dimension(RecordingArray x) {
        return x.recorder.shape(x.value).dimension();
    }
}
