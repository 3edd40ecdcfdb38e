package gebm.core;

/** Why a run of training or sampling ended. */
public sealed interface StopReason {
    /** Iterations done. */
    long iterations();

    /** All that was planned is done. */
    record Completed(long iterations) implements StopReason {}

    /** An evaluated number had not become better for as long as the plan waits. */
    record EarlyStopped(long iterations) implements StopReason {}

    /** The user stopped it: by an interrupt (the stop button) or the plan's stop flag. */
    record Stopped(long iterations) implements StopReason {}
}
