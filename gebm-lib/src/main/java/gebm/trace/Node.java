package gebm.trace;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
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

    /** The values that this node defines for what comes after it. */
    List<Value> outputs();

    /** What this node reads from before it. */
    List<Object> reads();

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

        @Override
        public List<Object> reads() {
            return args;
        }

        Value output() {
            return outputs.get(0);
        }
    }

    /** {@code value} as another name of {@code argument}. */
    static Call same(Value value, Object argument, StackTraceElement site) {
        return new Call("{0}", Collections.singletonList(argument), List.of(value), false, site);
    }

    /** Leaves the enclosing loop, with what the previous step carried, when {@code condition} holds. */
    record BreakIf(Object condition, StackTraceElement site) implements Node {
        @Override
        public List<Value> outputs() {
            return List.of();
        }

        @Override
        public List<Object> reads() {
            return List.of(condition);
        }
    }

    /** A node with a body, in which {@link #parameters} stand for {@link #arguments}. */
    sealed interface Structure extends Node {
        /** What the arguments are called inside. */
        List<Value> parameters();

        /** What the parameters stand for, value by value; at first only, in a loop. */
        List<Object> arguments();

        List<Node> body();

        /** What the body hands out. */
        List<Object> results();

        /** The outputs that are {@link #results}, in their order, where the two correspond. */
        List<Value> handedOut();

        Structure withBody(List<Node> other);
    }

    /**
     * {@code for index in start..end-1}, carrying {@code parameters}, with {@code arguments} at first and
     * {@code results} after each step; {@code outputs} are the carried values after the loop.
     */
    record Loop(
            Value index,
            Object start,
            Object end,
            List<Value> parameters,
            List<Object> arguments,
            List<Node> body,
            List<Object> results,
            List<Value> outputs,
            StackTraceElement site)
            implements Structure {
        @Override
        public Loop withBody(List<Node> other) {
            return with(other, results);
        }

        Loop with(List<Node> otherBody, List<Object> otherResults) {
            return new Loop(index, start, end, parameters, arguments, otherBody, otherResults, outputs, site);
        }

        @Override
        public List<Object> reads() {
            return Arrays.asList(arguments, start, end);
        }

        @Override
        public List<Value> handedOut() {
            return outputs;
        }
    }

    /**
     * {@code gradients = ∂total/∂arguments}, where {@code body} computes {@code total} and {@code extras} from
     * {@code parameters}; {@code values} are the extras outside.
     *
     * @param perSample whether the total is a sum over samples and each has a gradient of its own, along a first axis
     */
    record Gradient(
            List<Value> parameters,
            List<Object> arguments,
            List<Node> body,
            Object total,
            List<Object> extras,
            List<Value> values,
            List<Value> gradients,
            boolean perSample,
            StackTraceElement site)
            implements Structure {
        @Override
        public Gradient withBody(List<Node> other) {
            return new Gradient(parameters, arguments, other, total, extras, values, gradients, perSample, site);
        }

        /** The gradients of this alone, for each sample. */
        Gradient apart() {
            return new Gradient(parameters, arguments, body, total, List.of(), List.of(), gradients, true, site);
        }

        @Override
        public List<Value> outputs() {
            return joined(values, gradients);
        }

        @Override
        public List<Object> reads() {
            return arguments;
        }

        @Override
        public List<Object> results() {
            return joined(extras, List.of(total));
        }

        @Override
        public List<Value> handedOut() {
            return values;
        }
    }

    /**
     * Directional derivatives: {@code tangents[k] = ∂results/∂arguments · directions[k]}; {@code values} are the
     * results outside.
     */
    record Tangent(
            List<Value> parameters,
            List<Object> arguments,
            List<List<Object>> directions,
            List<Node> body,
            List<Object> results,
            List<Value> values,
            List<List<Value>> tangents,
            StackTraceElement site)
            implements Structure {
        @Override
        public Tangent withBody(List<Node> other) {
            return new Tangent(parameters, arguments, directions, other, results, values, tangents, site);
        }

        @Override
        public List<Value> outputs() {
            List<Value> all = new ArrayList<>(values);
            tangents.forEach(all::addAll);
            return all;
        }

        @Override
        public List<Object> reads() {
            return List.of(arguments, directions);
        }

        @Override
        public List<Value> handedOut() {
            return values;
        }
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
