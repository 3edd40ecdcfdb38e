package gebm.core;

/** Training or sampling met a number that is not finite; what was reached before is in {@link #partial}. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String where;
    private final transient Object partial;

    /**
     * The message is {@code where}, and after a semicolon the advice if there is any.
     *
     * @param where iteration, term and value
     * @param advice what to change; empty if there is nothing to say
     * @param partial the run up to the last finite step
     */
    public DivergedException(String where, String advice, Object partial) {
        super(advice.isEmpty() ? where : where + "; " + advice);
        this.where = where;
        this.partial = partial;
        Errors.shown(this);
    }

    /** What was not finite, and in which iteration: the message without the advice. */
    public String where() {
        return where;
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
