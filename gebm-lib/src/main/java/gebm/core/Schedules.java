package gebm.core;

import java.util.Arrays;

/** The schedules that {@link Schedule} makes: records, so that a run's card can print and rebuild them. */
final class Schedules {
    private Schedules() {}

    /** {@code value}. */
    record Constant(double value) implements Schedule {
        Constant {
            Require.finite("value", value);
        }

        @Override
        public double at(long step) {
            return value;
        }
    }

    /** {@code start·factor^⌊step/every⌋}. */
    record StepDecay(double start, double factor, long every) implements Schedule {
        StepDecay {
            Require.finite("start", start);
            Require.finite("factor", factor);
            Require.positive("every", every);
        }

        @Override
        public double at(long step) {
            return start * Math.pow(factor, (double) (step / every));
        }
    }

    /** {@code start·factor^k}, k of the milestones at or before the step. */
    record Milestones(double start, double factor, long[] milestones) implements Schedule {
        Milestones {
            Require.finite("start", start);
            Require.finite("factor", factor);
            milestones = milestones.clone();
        }

        @Override
        public double at(long step) {
            return start
                    * Math.pow(
                            factor,
                            Arrays.stream(milestones).filter(m -> m <= step).count());
        }
    }

    /** Half a cosine. */
    record Cosine(double start, double end, long steps) implements Schedule {
        Cosine {
            Require.finite("start", start);
            Require.finite("end", end);
            Require.positive("steps", steps);
        }

        @Override
        public double at(long step) {
            return end + (start - end) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, step / (double) steps)));
        }
    }

    /** {@code usual}, but {@code opening} at the first steps and at every {@code every}-th. */
    record Opening(double opening, double usual, long first, long every) implements Schedule {
        @Override
        public double at(long step) {
            return step < first || step % every == 0 ? opening : usual;
        }
    }

    /** {@code factor·schedule}. */
    record Times(Schedule schedule, double factor) implements Schedule {
        @Override
        public double at(long step) {
            return factor * schedule.at(step);
        }
    }

    /** {@code schedule} times a factor that rises from {@code 1/steps} to 1. */
    record WarmUp(Schedule schedule, long steps) implements Schedule {
        WarmUp {
            Require.positive("steps", steps);
        }

        @Override
        public double at(long step) {
            return schedule.at(step) * Math.min(1, (step + 1) / (double) steps);
        }
    }
}
