package gebm.core;

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
        return new Schedules.Constant(value);
    }

    /** {@code start·factor^⌊step/every⌋}. */
    static Schedule stepDecay(double start, double factor, long every) {
        return new Schedules.StepDecay(start, factor, every);
    }

    /** {@code start·factor^k}, where k of the {@code milestones} are at or before the step. */
    static Schedule milestones(double start, double factor, long... milestones) {
        return new Schedules.Milestones(start, factor, milestones);
    }

    /**
     * From {@code start} to {@code end} along half a cosine, {@code end + (start − end)·(1 + cos(π·step/steps))/2}, and
     * {@code end} from step {@code steps} on.
     *
     * <p>Source: Loshchilov and Hutter (2017), SGDR, ICLR, equation 5, without restarts.
     */
    static Schedule cosine(double start, double end, long steps) {
        return new Schedules.Cosine(start, end, steps);
    }

    /** {@code opening} at the first {@code first} steps and at every multiple of {@code every}, else {@code usual}. */
    static Schedule opening(double opening, double usual, long first, long every) {
        Require.positive("every", every);
        return new Schedules.Opening(opening, usual, first, every);
    }

    /** This schedule multiplied by {@code factor} at every step. */
    default Schedule times(double factor) {
        return new Schedules.Times(this, factor);
    }

    /** This schedule with a linear warm-up: times {@code (step + 1)/steps} at the first {@code steps} steps. */
    default Schedule withWarmUp(long steps) {
        return new Schedules.WarmUp(this, steps);
    }
}
