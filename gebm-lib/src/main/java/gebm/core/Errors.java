package gebm.core;

import java.util.Arrays;
import java.util.List;

/**
 * How errors of this library look in a notebook: the message and the lines of the user, without the library's own.
 *
 * <p>With {@code System.setProperty("gebm.errors", "full")} they have their whole trace and cause, as everywhere else.
 */
public final class Errors {
    private static final String PROPERTY = "gebm.errors";
    private static final List<String> OURS =
            List.of("gebm.", "ai.djl.", "java.", "jdk.", "org.junit.", "org.dflib.jjava.");

    private static volatile boolean inNotebook;

    private Errors() {}

    /** Called by the notebook's extension when a kernel has loaded the library. */
    public static void inNotebook(boolean shown) {
        inNotebook = shown;
    }

    /** Whether errors are to be brief. */
    public static boolean areBrief() {
        return inNotebook && !"full".equals(System.getProperty(PROPERTY));
    }

    /** {@code error}, whose trace has the user's lines only if errors are brief. */
    public static <E extends Throwable> E shown(E error) {
        if (areBrief()) {
            StackTraceElement[] users = Arrays.stream(error.getStackTrace())
                    .filter(line -> OURS.stream().noneMatch(line.getClassName()::startsWith))
                    .toArray(StackTraceElement[]::new);
            error.setStackTrace(users);
        }
        return error;
    }
}
