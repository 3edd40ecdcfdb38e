package gebm.core;

/** Training or sampling met a number that is not finite; what was reached before is in {@link #partial}. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Object partial;

    /** A message with iteration, term, value and advice, and the run up to the last finite step. */
    public DivergedException(String message, Object partial) {
        super(message);
        this.partial = partial;
        Errors.shown(this);
    }

    /**
     * The run up to the last finite step: a {@code TrainingRun} or {@code Chains}.
     *
     * @throws ClassCastException if it is not a {@code type}
     */
    public <T> T partial(Class<T> type) {
        return type.cast(partial);
    }
}
