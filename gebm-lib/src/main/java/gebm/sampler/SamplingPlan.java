package gebm.sampler;

import gebm.core.Progress;
import gebm.core.Require;
import java.util.Objects;

/**
 * How long to sample and what to keep.
 *
 * @param steps all steps, those of the warm-up included
 * @param warmUp steps before the first draw is kept
 * @param thinning every how many steps a draw is kept
 * @param progress where the run reports
 */
public record SamplingPlan(int steps, int warmUp, int thinning, Progress progress) {
    /** Checks the numbers. */
    public SamplingPlan {
        Require.positive("steps", steps);
        Require.notNegative("warmUp", warmUp);
        Require.positive("thinning", thinning);
        Require.that(warmUp + thinning <= steps, "warmUp + thinning", "<= steps = " + steps, warmUp + thinning);
        Objects.requireNonNull(progress, "progress");
    }

    /** {@code steps} steps of which only the last position is kept. */
    public static SamplingPlan of(int steps) {
        return new SamplingPlan(steps, 0, Require.positive("steps", steps), Progress.none());
    }

    /** This plan with the first {@code steps} steps kept out of the draws. */
    public SamplingPlan withWarmUp(int steps) {
        return new SamplingPlan(this.steps, steps, Math.min(thinning, Math.max(1, this.steps - steps)), progress);
    }

    /** This plan with every {@code n}-th position after the warm-up kept as a draw. */
    public SamplingPlan withThinning(int n) {
        return new SamplingPlan(steps, warmUp, n, progress);
    }

    /** This plan reporting to {@code sink}. */
    public SamplingPlan withProgress(Progress sink) {
        return new SamplingPlan(steps, warmUp, thinning, sink);
    }

    /** How many draws are kept. */
    public int draws() {
        return (steps - warmUp) / thinning;
    }
}
