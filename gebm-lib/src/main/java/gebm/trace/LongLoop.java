package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Progress;
import gebm.core.Rng;

/**
 * A loop of very many steps, in several native calls, so that its progress shows and an interrupt ends it within a step.
 *
 * <p>Calls grow until one takes about 0.1 s. How the steps are shared out among them changes no number.
 */
public final class LongLoop {
    /** The most steps in one call; arrays by the step are this long, so that one program serves every call. */
    public static final int LONGEST = 1_000;

    private static final long CALL_NANOS = 100_000_000; // about how long a call may take, so that progress shows

    private LongLoop() {}

    /** Takes some of the steps. */
    @FunctionalInterface
    public interface Call {
        /** Takes {@code count} steps after the first {@code done}; returns how many were taken, fewer to end the loop. */
        int take(int done, int count);
    }

    /**
     * Takes {@code steps} steps in calls of at most {@code longest}; returns how many were taken, fewer where a call
     * ended the loop or the thread was interrupted, whose flag stays set.
     */
    public static int run(int steps, int longest, Progress progress, Call call) {
        int done = 0;
        int size = 1;
        int left = 0; // of the last call
        progress.report(0, steps, "");
        while (done < steps && left == 0 && !Thread.currentThread().isInterrupted()) {
            int count = Math.min(steps - done, size);
            long began = System.nanoTime();
            int taken = call.take(done, count);
            done += taken;
            left = count - taken;
            progress.report(done, steps, "");
            if (System.nanoTime() - began < CALL_NANOS) {
                size = Math.min(longest, size * 2);
            }
        }
        return done;
    }

    /** One step as part of a program. */
    @FunctionalInterface
    public interface Body {
        /** The next state; {@link Loop.Step#sinceFirst} finds the step's row of a given array. */
        NDList apply(NDList state, Loop.Step step, NDList given, Rng rng);
    }

    /** The program for {@link #call} of a loop to which {@code given} arrays are given beside its state. */
    public static Program program(int given, Body body) {
        return Program.ofRandom((scope, in, key) -> {
            NDArray first = in.get(0);
            NDArray end = in.get(1);
            NDArray stop = in.get(2);
            NDArray count = in.get(3);
            NDList beside = in.subNDList(4).subNDList(0, given);
            NDList last = Loop.run(first, end, in.subNDList(4 + given), (state, step) -> {
                step.stopIf(stop);
                NDList next = body.apply(state, step, beside, key);
                InPlace.increment(count);
                return next;
            });
            NDList result = new NDList(last);
            result.add(Ops.allFinite(last));
            return result;
        });
    }

    /**
     * Where a call got.
     *
     * @param state after its steps
     * @param steps how many it took
     * @param finite whether all of the state is
     */
    public record Reached(NDList state, int steps, boolean finite) {}

    /** The steps {@code first}, …, {@code first + count − 1} from {@code state}; what they reach belongs to {@code owner}. */
    public static Reached call(
            NDManager owner, Program program, long first, int count, NDList given, NDList state, Rng rng) {
        try (NDManager scope = owner.newSubManager();
                Watch watch = Watch.open(scope)) {
            NDList in =
                    new NDList(scope.create(first), scope.create(first + count), watch.stopArray(), watch.countArray());
            in.addAll(given);
            in.addAll(state);
            NDList next = program.run(scope, in, rng);
            boolean finite = next.remove(next.size() - 1).getLong() == 1;
            next.attach(owner);
            return new Reached(next, (int) watch.count(), finite);
        }
    }
}
