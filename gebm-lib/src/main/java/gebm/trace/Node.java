package gebm.trace;

import java.util.List;

/**
 * One line or one structure of a recorded program.
 *
 * <p>An argument is a {@link Value}, a literal ({@code Long}, {@code Double}, {@code Boolean}, {@code String} or
 * {@code null} for None), a {@link Named} argument or a list of arguments.
 */
sealed interface Node {
    /** The user's line that asked for this node. */
    StackTraceElement site();

    /** {@code name=value} in an argument list. */
    record Named(String name, Object value) {}

    /**
     * A call: {@code target(args…)}, or, where the target holds {@code {0}}, {@code {1}}, …, that text filled in.
     *
     * @param effect whether the call changes something besides its outputs, so that it must stay, in order
     */
    record Call(String target, List<Object> args, List<Value> outputs, boolean effect, StackTraceElement site)
            implements Node {
        Call with(String otherTarget, List<Object> otherArgs) {
            return new Call(otherTarget, otherArgs, outputs, effect, site);
        }
    }

    /**
     * {@code for index in start..end-1}, carrying {@code parameters}, with {@code initial} at first and
     * {@code results} after each step; {@code outputs} are the carried values after the loop.
     */
    record Loop(
            Value index,
            Object start,
            Object end,
            List<Value> parameters,
            List<Object> initial,
            List<Node> body,
            List<Object> results,
            List<Value> outputs,
            StackTraceElement site)
            implements Node {
        Loop withBody(List<Node> other) {
            return new Loop(index, start, end, parameters, initial, other, results, outputs, site);
        }
    }

    /** Leaves the enclosing loop, with what the previous step carried, when {@code condition} holds. */
    record BreakIf(Object condition, StackTraceElement site) implements Node {}

    /**
     * {@code gradients = ∂total/∂wrt}, where {@code body} computes {@code total} and {@code extras} from
     * {@code parameters}, which stand for {@code wrt} inside; {@code values} are the extras outside.
     */
    record Gradient(
            List<Value> parameters,
            List<Object> wrt,
            List<Node> body,
            Object total,
            List<Object> extras,
            List<Value> values,
            List<Value> gradients,
            StackTraceElement site)
            implements Node {
        Gradient withBody(List<Node> other) {
            return new Gradient(parameters, wrt, other, total, extras, values, gradients, site);
        }
    }
}
