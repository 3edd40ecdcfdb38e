package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Derivatives of functions of arrays, taken inside programs.
 *
 * <p>Every method works in a recording, where it becomes part of that program and may be differentiated again, and on
 * ordinary arrays, where it runs a program of its own; then the first call with an {@code f} records it, so keep
 * {@code f} in a variable.
 *
 * <p>J is the Jacobian {@code ∂f(x)/∂x}, over all elements of f(x) and of x. Where a function does not depend on an
 * array, its derivative is zero.
 */
public final class Gradients {
    private static final String OF_PARAMETERS = "gradients of parameters are taken inside a program";

    private Gradients() {}

    /**
     * {@code f(x)} and {@code ∂(Σᵢ f(x)ᵢ)/∂x}: for a function that treats points apart, each point's own gradient.
     *
     * <p>Shapes: x {@code (n, …)}, f(x) {@code (n)} or {@code ()}, gradient as x.
     */
    public static ValueAndGradient valueAndGradient(UnaryOperator<NDArray> f, NDArray x) {
        NDList both = Program.call(f, "valueAndGradient", new NDList(x), in -> {
            ParameterGradients result = Recorder.of(in.head()).gradient(in, false, inside -> {
                NDArray value = f.apply(inside.head());
                return new Loss(value.sum(), new NDList(value));
            });
            return new NDList(result.others().head(), result.gradients().head());
        });
        return new ValueAndGradient(both.get(0), both.get(1));
    }

    /** {@code ∂(Σᵢ f(x)ᵢ)/∂x}. */
    public static NDArray gradient(UnaryOperator<NDArray> f, NDArray x) {
        return valueAndGradient(f, x).gradient();
    }

    /**
     * A function's value and a product with its Jacobian.
     *
     * @param value {@code f(x)}
     * @param product of the shape of x for {@code uᵀJ}, of f(x) for {@code J·v}
     */
    public record ValueAndProduct(NDArray value, NDArray product) {}

    /**
     * {@code f(x)} and {@code uᵀJ} for the cotangent u, in reverse mode: about the cost of two or three calls of f.
     *
     * @param cotangent u, of the shape of f(x)
     */
    public static ValueAndProduct vectorJacobian(UnaryOperator<NDArray> f, NDArray x, NDArray cotangent) {
        return pair(Program.call(f, "vectorJacobian", new NDList(x, cotangent), in -> {
            Recorder recorder = Calls.recorderOf(in);
            NDArray u = in.get(1);
            ParameterGradients result = recorder.gradient(new NDList(in.get(0)), false, inside -> {
                NDArray value = f.apply(inside.head());
                if (!recorder.dependsOnValues(recorder.valueOf(value))) {
                    requireShape("cotangent", u, value.getShape(), "f(x)");
                }
                return new Loss(value.mul(u).sum(), new NDList(value));
            });
            return new NDList(result.others().head(), result.gradients().head());
        }));
    }

    /**
     * {@code f(x)} and {@code J·v} for the direction v, in forward mode: about the cost of two calls of f.
     *
     * @param direction v, of the shape of x
     */
    public static ValueAndProduct jacobianVector(UnaryOperator<NDArray> f, NDArray x, NDArray direction) {
        return pair(Program.call(f, "jacobianVector", new NDList(x, direction), in -> {
            NDList at = new NDList(in.get(0));
            NDList along = new NDList(in.get(1));
            requireShape("direction", along.head(), at.head().getShape(), "x");
            Recorder.Tangents result =
                    Calls.recorderOf(in).tangents(at, List.of(along), inside -> new NDList(f.apply(inside.head())));
            return new NDList(result.values().head(), result.tangents().get(0).head());
        }));
    }

    /**
     * {@code H·v}, where H is the Hessian of {@code Σᵢ f(x)ᵢ}: for a function that treats points apart, each point's
     * own. Forward over reverse mode; H is never formed.
     *
     * @param direction v, of the shape of x
     */
    public static NDArray hessianVector(UnaryOperator<NDArray> f, NDArray x, NDArray direction) {
        return Program.call(f, "hessianVector", new NDList(x, direction), in -> {
                    ValueAndProduct slope = jacobianVector(y -> gradient(f, y), in.get(0), in.get(1));
                    return new NDList(slope.product());
                })
                .head();
    }

    /**
     * A vector field's values and the traces of its Jacobian.
     *
     * @param value {@code f(x)}, {@code (n, d)}
     * @param trace {@code Σⱼ ∂f(x)ᵢⱼ/∂xᵢⱼ} or its estimate, {@code (n)}
     */
    public record ValueAndTrace(NDArray value, NDArray trace) {}

    /**
     * {@code f(x)} and the exact trace of each point's Jacobian, the divergence of f: d directions share one pass
     * through f, in forward mode. For a function that treats points apart.
     *
     * <p>Shapes: x and f(x) {@code (n, d)}, trace {@code (n)}.
     */
    public static ValueAndTrace jacobianTrace(UnaryOperator<NDArray> f, NDArray x) {
        return valueAndTrace(Program.call(f, "jacobianTrace", new NDList(x), in -> {
            NDArray at = in.head();
            Shape shape = at.getShape();
            Require.that(shape.dimension() == 2, "shape of x", "(n, d)", shape);
            int d = (int) shape.get(1);
            List<NDList> directions = new ArrayList<>();
            for (int j = 0; j < d; j++) {
                NDArray axis = at.getManager().eye(1, d, j, at.getDataType());
                directions.add(new NDList(axis.broadcast(shape)));
            }
            Recorder.Tangents result =
                    Recorder.of(at).tangents(in, directions, inside -> new NDList(f.apply(inside.head())));
            NDArray trace = null;
            for (int j = 0; j < d; j++) {
                NDArray part = result.tangents().get(j).head().get(":, " + j);
                trace = trace == null ? part : trace.add(part);
            }
            return new NDList(result.values().head(), trace);
        }));
    }

    /**
     * {@code f(x)} and Hutchinson's estimate {@code Σⱼ εᵢⱼ (J·ε)ᵢⱼ} of each point's trace, with the probe ε handed in
     * so that it can stay fixed (along a trajectory, say). Unbiased where {@code E[εεᵀ] = I}; one pass, whatever d.
     *
     * <p>Source: Hutchinson (1990); Grathwohl et al. (2019), equation 7.
     *
     * @param probe ε, of the shape of x: {@code (n, …)}
     */
    public static ValueAndTrace jacobianTrace(UnaryOperator<NDArray> f, NDArray x, NDArray probe) {
        return valueAndTrace(Program.call(f, "jacobianTraceByProbe", new NDList(x, probe), in -> {
            ValueAndProduct along = jacobianVector(f, in.get(0), in.get(1));
            NDArray trace = along.product().mul(in.get(1)).flatten(1, -1).sum(new int[] {1});
            return new NDList(along.value(), trace);
        }));
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
        return Recorder.current(OF_PARAMETERS).gradient(parameters, true, inside -> loss.get());
    }

    /**
     * Each sample's own gradient with respect to parameters: {@code ∂f(x)ᵢ/∂θ} for every i, not their sum.
     *
     * <p>Written as one batch where every use of a parameter is a layer on rows (linear layers, sums and products along
     * the last axis), else as a loop over the samples; both inside the program.
     *
     * <p>Shapes: x {@code (n, …)}, f(x) {@code (n)}, a gradient {@code (n, parameter…)}.
     *
     * @param f a function that treats samples apart and reads the parameters
     * @throws IllegalStateException outside a recording
     */
    public static NDList perSample(NDList parameters, UnaryOperator<NDArray> f, NDArray x) {
        Recorder recorder = Recorder.of(x);
        return (recorder == null ? Recorder.current(OF_PARAMETERS) : recorder).perSample(parameters, f, x);
    }

    // ---------------------------------------------------------------- helpers

    private static ValueAndProduct pair(NDList both) {
        return new ValueAndProduct(both.get(0), both.get(1));
    }

    private static ValueAndTrace valueAndTrace(NDList both) {
        return new ValueAndTrace(both.get(0), both.get(1));
    }

    private static void requireShape(String what, NDArray array, Shape expected, String of) {
        Shape shape = array.getShape();
        Require.that(shape.equals(expected), "shape of the " + what, expected + ", that of " + of, shape);
    }
}
