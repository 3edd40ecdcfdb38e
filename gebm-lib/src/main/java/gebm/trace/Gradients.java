package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Derivatives of functions of arrays, taken inside programs.
 *
 * <p>Every method works in a recording, where it becomes part of that program and may be differentiated again, and on
 * ordinary arrays, where it runs a program of its own.
 *
 * <p>Where a function does not depend on an array, its gradient is zero.
 */
public final class Gradients {
    private Gradients() {}

    /**
     * {@code f(x)} and {@code ∂(Σᵢ f(x)ᵢ)/∂x}: for a function that treats points apart, each point's own gradient.
     *
     * <p>Shapes: x {@code (n, …)}, f(x) {@code (n)} or {@code ()}, gradient as x.
     * <p>Cost: on ordinary arrays the first call with an {@code f} records it; keep {@code f} in a variable.
     */
    public static ValueAndGradient valueAndGradient(UnaryOperator<NDArray> f, NDArray x) {
        Recorder recorder = Recorder.of(x);
        if (recorder == null) {
            Program program = Program.cached(
                    f,
                    null,
                    "valueAndGradient",
                    () -> Program.ofList(list -> {
                        ValueAndGradient result = valueAndGradient(f, list.singletonOrThrow());
                        return new NDList(result.value(), result.gradient());
                    }));
            NDList both = program.run(x.getManager(), new NDList(x));
            return new ValueAndGradient(both.get(0), both.get(1));
        }
        Recorder.Gradients result = recorder.gradient(new NDList(x), false, inside -> {
            NDArray value = f.apply(inside.singletonOrThrow());
            return new Recorder.Total(value.sum(), new NDList(value));
        });
        return new ValueAndGradient(
                result.extras().singletonOrThrow(), result.gradients().singletonOrThrow());
    }

    /** {@code ∂(Σᵢ f(x)ᵢ)/∂x}. */
    public static NDArray gradient(UnaryOperator<NDArray> f, NDArray x) {
        return valueAndGradient(f, x).gradient();
    }

    /** A loss to differentiate, and arrays that are handed through as they are. */
    public record Loss(NDArray total, NDList others) {}

    /** Gradients in the order of the parameters, and what the loss handed through. */
    public record ParameterGradients(NDList gradients, NDList others) {}

    /**
     * The gradient of a scalar with respect to parameters that it reads: every use of them inside {@code loss} counts.
     *
     * @throws IllegalStateException outside a recording
     */
    public static ParameterGradients ofParameters(NDList parameters, Supplier<Loss> loss) {
        Recorder recorder = Recorder.current();
        if (recorder == null) {
            throw new IllegalStateException("gradients of parameters are taken inside a program: call this from the "
                    + "function of a Program");
        }
        Recorder.Gradients result = recorder.gradient(parameters, true, inside -> {
            Loss value = loss.get();
            return new Recorder.Total(value.total(), value.others());
        });
        return new ParameterGradients(result.gradients(), result.extras());
    }
}
