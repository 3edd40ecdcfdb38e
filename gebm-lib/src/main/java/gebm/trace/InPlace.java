package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Changes of arrays in place: the caller's array has other values afterwards.
 *
 * <p>All but {@link #assign} are for the function of a program, and throw an {@code IllegalStateException} outside one.
 */
public final class InPlace {
    private static final Program ASSIGN = Program.ofList(list -> {
        assign(list.get(0), list.get(1));
        return new NDList();
    });

    private InPlace() {}

    /** Writes {@code value} over {@code target}. */
    public static void assign(NDArray target, NDArray value) {
        Recorder recorder = Calls.recorderOf(List.of(target, value));
        if (recorder == null) {
            ASSIGN.run(target.getManager(), new NDList(target, value));
            return;
        }
        recorder.effect("torch.copy_", target, value);
    }

    /** {@code target − value} over {@code target}. */
    public static void subtract(NDArray target, NDArray value) {
        Recorder.current("subtracting in place happens inside a program").effect("torch.sub_", target, value);
    }

    /**
     * Writes {@code value} over row {@code row} of {@code rows}; a negative row writes nowhere.
     *
     * @param row int64, {@code ()}
     */
    public static void assignRow(NDArray rows, NDArray row, NDArray value) {
        Recorder recorder = Recorder.current("assigning a row happens inside a program");
        Value index = recorder.call("int(torch.item({0}))", row);
        Value first = recorder.call("max({0}, {1})", index, 0);
        Value end = recorder.call("torch.add", index, 1);
        recorder.scan(first, end, new NDList(), (none, number) -> { // of one step, or of none
            recorder.effect("torch.copy_", recorder.call("torch.select", rows, 0, number), value);
            return new Loop.Result(none, none);
        });
    }

    /** Writes row j of {@code values} over row {@code places[j]} of {@code rows}; places, int64, are different. */
    public static void assignRows(NDArray rows, NDArray places, NDArray values) {
        Recorder.current("assigning rows happens inside a program")
                .effect("torch.index_copy_", rows, 0, places, values);
    }

    /** Adds one to {@code count}. */
    public static void increment(NDArray count) {
        Recorder.current("counting happens inside a program").effect("torch.add_", count, 1);
    }

    /**
     * One update of Adam: {@code m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
     * θ ← θ − rate·m̂/(√v̂ + ε)} with {@code m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)}.
     *
     * <p>Source: Kingma and Ba (2015), algorithm 1; ε stands outside the root, as in PyTorch.
     *
     * @param step the number t of this update, from 1: {@code ()}, float32
     * @param rate the learning rate: {@code ()}
     */
    public static void adam(
            NDList parameters, NDList gradients, NDList means, NDList squares, NDArray step, NDArray rate, Adam adam) {
        Recorder recorder = Recorder.current("an update by Adam happens inside a program");
        Value number = recorder.call("float(torch.item({0}))", rate);
        Value list = recorder.call("{0}", (Object) parameters);
        List<NDArray> steps = Collections.nCopies(parameters.size(), step);
        recorder.effect(
                "torch._fused_adam_({0}, {1}, {2}, {3}, annotate(List[Tensor], []), {4}, lr={5}, beta1={6}, "
                        + "beta2={7}, weight_decay=0., eps={8}, amsgrad=False, maximize=False, grad_scale=None, "
                        + "found_inf=None)",
                list, gradients, means, squares, steps, number, adam.beta1(), adam.beta2(), adam.epsilon());
        recorder.changes(parameters);
        // the engine drops an in-place operation on a list that nobody reads later: change its smallest array by
        // nothing
        recorder.effect("torch.mul_", recorder.call("{0}[{1}]", list, smallest(parameters)), 1);
    }

    private static int smallest(NDList arrays) {
        return IntStream.range(0, arrays.size())
                .boxed()
                .min(Comparator.comparingLong(i -> arrays.get(i).size()))
                .orElse(0);
    }

    /** The constants of an Adam update. */
    public record Adam(double beta1, double beta2, double epsilon) {}
}
