package gebm.sampler;

import gebm.core.Progress;
import gebm.core.Require;
import java.util.Objects;

/**
 * How long to search for a sampler's settings.
 *
 * @param steps steps of the sampler
 * @param progress where the search reports
 */
public record WarmUp(int steps, Progress progress) {
    /** Checks the number. */
    public WarmUp {
        Require.that(steps >= 20, "steps of a warm-up", ">= 20", steps);
        Objects.requireNonNull(progress, "progress");
    }

    /** A search of {@code steps} steps. */
    public static WarmUp of(int steps) {
        return new WarmUp(steps, Progress.none());
    }

    /** This plan reporting to {@code sink}. */
    public WarmUp withProgress(Progress sink) {
        return new WarmUp(steps, sink);
    }
}
