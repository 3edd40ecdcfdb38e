package gebm.core;

/**
 * Where long work says how far it is; the work itself never prints.
 *
 * <p>Training and sampling loops call {@link #report} once a step at most. A report is cheap to refuse: throttling is
 * the receiver's matter, and a receiver must not throw. In a notebook, {@code gebm.notebook.ProgressBar} is one.
 *
 * <pre>{@code
 * Progress lines = (done, total, message) -> System.out.println(done + "/" + total + " " + message);
 * lines.report(10, 100, "energy loss -1.23");
 * }</pre>
 */
@FunctionalInterface
public interface Progress {
    /**
     * {@code done} of {@code total} units are finished.
     *
     * @param done finished units, from 0 to {@code total}
     * @param total all units
     * @param message what stands beside the count, such as the last loss; may be empty
     */
    void report(long done, long total, String message);

    /** Hears nothing. */
    static Progress none() {
        return (done, total, message) -> {};
    }
}
