package gebm.core;

import java.util.Arrays;

/**
 * A number that varies over a run: a pure function of the step index.
 *
 * <p>Example: {@code Schedule.stepDecay(1e-2, 0.1, 200)} is 1e-2 for steps 0–199, 1e-3 for 200–399, and so on.
 */
@FunctionalInterface
public interface Schedule {
    /** The value at {@code step}, which counts from 0. */
    double at(long step);

    /** {@code value} at every step. */
    static Schedule constant(double value) {
        Require.finite("value", value);
        return step -> value;
    }

    /** {@code start·factor^⌊step/every⌋}. */
    static Schedule stepDecay(double start, double factor, long every) {
        Require.finite("start", start);
        Require.finite("factor", factor);
        Require.positive("every", every);
        return step -> start * Math.pow(factor, (double) (step / every));
    }

    /** {@code start·factor^k}, where k of the {@code milestones} are at or before the step. */
    static Schedule milestones(double start, double factor, long... milestones) {
        Require.finite("start", start);
        Require.finite("factor", factor);
        long[] at = milestones.clone();
        return step -> start
                * Math.pow(factor, Arrays.stream(at).filter(m -> m <= step).count());
    }

    /**
     * From {@code start} to {@code end} along half a cosine, {@code end + (start − end)·(1 + cos(π·step/steps))/2}, and
     * {@code end} from step {@code steps} on.
     *
     * <p>Source: Loshchilov and Hutter (2017), SGDR, ICLR, equation 5, without restarts.
     */
    static Schedule cosine(double start, double end, long steps) {
        Require.finite("start", start);
        Require.finite("end", end);
        Require.positive("steps", steps);
        return step -> end + (start - end) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / (double) steps)));
    }

    /** This schedule multiplied by {@code factor} at every step. */
    default Schedule times(double factor) {
        return step -> factor * at(step);
    }
}
