package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.core.Rng;

/**
 * A loop that is part of a program: it carries arrays from step to step without returning to Java.
 *
 * <p>For example {@code Loop.run(0, 10, new NDList(x), (state, step) -> new NDList(state.get(0).mul(0.5)))}.
 */
public final class Loop {
    private Loop() {}

    /** One step: the next state from this one; shapes and types stay. */
    @FunctionalInterface
    public interface Body {
        /** The next state. */
        NDList apply(NDList state, Step step);
    }

    /** The number of a step, known only when the program runs. */
    public static final class Step {
        private final Recorder recorder;
        private final Value index;
        private final Object first;
        private Value position;

        private Step(Recorder recorder, Value index, Object first) {
            this.recorder = recorder;
            this.index = index;
            this.first = first;
        }

        /** The stream below {@code rng} with this step's number. */
        public Rng fork(Rng rng) {
            return RecordedDraws.fork(recorder, rng, index);
        }

        /** Row number {@code this step} of {@code rows}. */
        public NDArray of(NDArray rows) {
            return recorder.row(rows, index);
        }

        /** Row number {@code this step − first step} of {@code rows}. */
        public NDArray sinceFirst(NDArray rows) {
            if (position == null) {
                position = recorder.call("torch.sub", index, first);
            }
            return recorder.row(rows, position);
        }

        /** Leaves the loop before this step changes the state, if the 0-d array {@code condition} is not zero. */
        public void stopIf(NDArray condition) {
            recorder.breakIf(recorder.call("bool(torch.item({0}))", condition));
        }

        /**
         * Leaves the loop before this step changes the state, unless every element of every array is finite (and so is
         * the sum of an array, which overflows only where something has gone wrong already).
         */
        public void stopUnlessFinite(NDList arrays) {
            Value sum = null;
            for (NDArray array : arrays) {
                Value one = recorder.isScalar(array) ? recorder.valueOf(array) : recorder.call("torch.sum", array);
                sum = sum == null ? one : recorder.call("torch.add", sum, one);
            }
            Value number = recorder.call("float(torch.item({0}))", sum);
            Value zero = recorder.call("torch.sub", number, number); // NaN unless finite
            recorder.breakIf(recorder.call("torch.ne", zero, 0.0));
        }
    }

    /**
     * The state after the steps {@code first}, …, {@code end − 1} from {@code initial}.
     *
     * @param first 0-d int64 array
     * @param end 0-d int64 array
     * @throws IllegalStateException outside a recording
     */
    public static NDList run(NDArray first, NDArray end, NDList initial, Body body) {
        return run((Object) first, end, initial, body);
    }

    /** The state after the steps {@code first}, …, {@code end − 1} from {@code initial}. */
    public static NDList run(long first, long end, NDList initial, Body body) {
        return run((Object) first, end, initial, body);
    }

    private static NDList run(Object first, Object end, NDList initial, Body body) {
        return scan(first, end, initial, (state, step) -> new Result(body.apply(state, step), new NDList()))
                .state();
    }

    /**
     * A state and what the steps put out.
     *
     * @param state from one step, the next state; of the loop, the last one
     * @param outputs from one step, arrays of any shape; of the loop, each of them stacked along a first axis, a row
     *     for every step taken
     */
    public record Result(NDList state, NDList outputs) {}

    /** One step: the next state from this one, and what it puts out. */
    @FunctionalInterface
    public interface ScanBody {
        /** The next state and the outputs of this step. */
        Result apply(NDList state, Step step);
    }

    /**
     * The state after the steps {@code first}, …, {@code end − 1} from {@code initial}, and what every step put out;
     * with {@link Step#stopIf} there are as many rows as steps were taken, at least one.
     *
     * @param first 0-d int64 array
     * @param end 0-d int64 array
     * @throws IllegalStateException outside a recording
     */
    public static Result scan(NDArray first, NDArray end, NDList initial, ScanBody body) {
        return scan((Object) first, end, initial, body);
    }

    /**
     * The state after the steps {@code first}, …, {@code end − 1} from {@code initial}, and what every step put out.
     *
     * @throws IllegalArgumentException if there is no step
     */
    public static Result scan(long first, long end, NDList initial, ScanBody body) {
        Require.that(first < end, "first step of a scan", "before its end " + end, first);
        return scan((Object) first, end, initial, body);
    }

    private static Result scan(Object first, Object end, NDList initial, ScanBody body) {
        Recorder recorder = Recorder.current("a Loop is part of a program");
        Object start = recorder.bound(first);
        return recorder.scan(
                start, end, initial, (state, index) -> body.apply(state, new Step(recorder, index, start)));
    }
}
