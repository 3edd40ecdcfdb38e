package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;

/**
 * Operations that {@code NDArray} lacks; each works on ordinary arrays and in a recording.
 *
 * <p>On ordinary arrays the result belongs to the manager of the first argument.
 */
public final class Ops {
    private static final Program LOG_SUM_EXP = Program.of(Ops::logSumExp);
    private static final Program ALL_FINITE = Program.ofList(list -> new NDList(allFinite(list)));
    private static final Program ASSIGN = Program.ofList(list -> {
        assign(list.get(0), list.get(1));
        return new NDList();
    });

    private Ops() {}

    /** {@code log Σᵢ exp(xᵢ)} over the first axis, without overflow. */
    public static NDArray logSumExp(NDArray x) {
        Recorder recorder = Recorder.of(x);
        if (recorder == null) {
            return LOG_SUM_EXP.run(x);
        }
        return recorder.array(recorder.call("torch.logsumexp", x, new int[] {0}, false));
    }

    /** {@code log((1/n) Σᵢ exp(xᵢ))} over the first axis, without overflow. */
    public static NDArray logMeanExp(NDArray x) {
        return logSumExp(x).sub(Math.log(x.getShape().get(0)));
    }

    /** {@code target − value} over {@code target}, in place: the caller's array changes. */
    public static void subtract(NDArray target, NDArray value) {
        recording("subtracting in place").effect("torch.sub_", target, value);
    }

    /**
     * The norm of all elements of all arrays together, {@code ()}.
     *
     * @throws IllegalStateException outside a recording
     */
    public static NDArray norm(NDList arrays) {
        Recorder recorder = recording("the norm of a list");
        Value norms = recorder.call("torch._foreach_norm({0}, 2)", (Object) arrays);
        Value norm = recorder.call(
                "torch.linalg_vector_norm",
                recorder.call("torch.stack", norms, 0),
                2.0,
                null,
                false,
                new Node.Named("dtype", null));
        return recorder.array(
                norm, new ai.djl.ndarray.types.Shape(), arrays.head().getDataType());
    }

    /** One where every element of every array is finite, else zero; {@code ()}, int64. */
    public static NDArray allFinite(NDList arrays) {
        Require.that(!arrays.isEmpty(), "arrays", "at least one", "none");
        Recorder recorder = Recorder.of(arrays.get(0));
        if (recorder == null) {
            return ALL_FINITE.run(arrays.get(0).getManager(), arrays).singletonOrThrow();
        }
        // x − x is zero where x is finite and NaN elsewhere, and sums without overflow
        Value sum = null;
        for (NDArray array : arrays) {
            Value zero = recorder.call("torch.sum", recorder.call("torch.sub", array, array));
            sum = sum == null ? zero : recorder.call("torch.add", sum, zero);
        }
        Value finite = recorder.call("torch.eq", sum, 0);
        return recorder.array(recorder.call("torch.to", finite, ai.djl.ndarray.types.DataType.INT64));
    }

    /** Writes {@code value} over {@code target}, in place: the caller's array changes. */
    public static void assign(NDArray target, NDArray value) {
        Recorder recorder = recorderOf(target, value);
        if (recorder == null) {
            ASSIGN.run(target.getManager(), new NDList(target, value));
            return;
        }
        recorder.effect("torch.copy_", target, value);
    }

    /**
     * Writes {@code value} over row {@code row} of {@code rows}, in place; a negative row writes nowhere.
     *
     * @param row int64, {@code ()}
     * @throws IllegalStateException outside a recording
     */
    public static void assignRow(NDArray rows, NDArray row, NDArray value) {
        Recorder recorder = recording("assigning a row");
        Value index = recorder.call("int(torch.item({0}))", row);
        Value first = recorder.call("max({0}, {1})", index, 0);
        Value end = recorder.call("torch.add", index, 1);
        recorder.loop(first, end, new NDList(), (none, number) -> { // of one step, or of none
            recorder.effect("torch.copy_", recorder.call("torch.select", rows, 0, number), value);
            return none;
        });
    }

    /**
     * Adds one to {@code count}, in place.
     *
     * @throws IllegalStateException outside a recording
     */
    public static void increment(NDArray count) {
        recording("counting").effect("torch.add_", count, 1);
    }

    private static Recorder recording(String what) {
        Recorder recorder = Recorder.current();
        if (recorder == null) {
            throw new IllegalStateException(
                    what + " happens inside a program: call this from the function of a Program");
        }
        return recorder;
    }

    private static Recorder recorderOf(NDArray first, NDArray second) {
        Recorder recorder = Recorder.of(first);
        recorder = recorder == null ? Recorder.of(second) : recorder;
        return recorder == null ? Recorder.current() : recorder;
    }

    /**
     * One update of Adam, in place: {@code m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
     * θ ← θ − rate·m̂/(√v̂ + ε)} with {@code m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)}.
     *
     * <p>Source: Kingma and Ba (2015), algorithm 1; ε stands outside the root, as in PyTorch.
     *
     * @param step the number t of this update, from 1: {@code ()}, float32
     * @param rate the learning rate: {@code ()}
     * @throws IllegalStateException outside a recording
     */
    public static void adam(
            NDList parameters, NDList gradients, NDList means, NDList squares, NDArray step, NDArray rate, Adam adam) {
        Recorder recorder = recording("an update by Adam");
        Value number = recorder.call("float(torch.item({0}))", rate);
        Value list = recorder.call("{0}", (Object) parameters);
        java.util.List<NDArray> steps = java.util.Collections.nCopies(parameters.size(), step);
        recorder.effect(
                "torch._fused_adam_({0}, {1}, {2}, {3}, annotate(List[Tensor], []), {4}, lr={5}, beta1={6}, "
                        + "beta2={7}, weight_decay=0., eps={8}, amsgrad=False, maximize=False, grad_scale=None, "
                        + "found_inf=None)",
                list, gradients, means, squares, steps, number, adam.beta1(), adam.beta2(), adam.epsilon());
        // the engine drops an in-place operation on a list that nobody reads later: change its smallest array by
        // nothing
        recorder.effect("torch.mul_", recorder.call("{0}[{1}]", list, smallest(parameters)), 1);
    }

    private static int smallest(NDList arrays) {
        int smallest = 0;
        for (int i = 1; i < arrays.size(); i++) {
            smallest = arrays.get(i).size() < arrays.get(smallest).size() ? i : smallest;
        }
        return smallest;
    }

    /** The constants of an Adam update. */
    public record Adam(double beta1, double beta2, double epsilon) {}
}
