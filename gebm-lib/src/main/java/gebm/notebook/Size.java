package gebm.notebook;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The size of a run: full, or fast when the environment variable {@code GEBM_FAST} is set.
 *
 * <p>Fast means set to anything but an empty text or {@code 0}. Every picked number is remembered by its name.
 *
 * <pre>{@code
 * int steps = Size.pick("steps", 2_000, 50);
 * double tolerance = Size.pick("tolerance", 0.05, 0.5);
 * System.out.println(Size.name() + " " + Size.picked());
 * }</pre>
 */
public final class Size {
    private static final boolean FAST = fast(System.getenv("GEBM_FAST"));
    private static final Map<String, Number> PICKED = Collections.synchronizedMap(new LinkedHashMap<>());

    private Size() {}

    /** Whether this run is a fast one. */
    public static boolean isFast() {
        return FAST;
    }

    /** {@code fast} or {@code full}. */
    public static String name() {
        return FAST ? "fast" : "full";
    }

    /** The number for this run's size, remembered under {@code name}. */
    public static int pick(String name, int full, int fast) {
        return remember(name, FAST ? fast : full);
    }

    /** The number for this run's size, remembered under {@code name}. */
    public static long pick(String name, long full, long fast) {
        return remember(name, FAST ? fast : full);
    }

    /** The number for this run's size, remembered under {@code name}. */
    public static double pick(String name, double full, double fast) {
        return remember(name, FAST ? fast : full);
    }

    /** All numbers picked so far, in the order of their first pick. */
    public static Map<String, Number> picked() {
        synchronized (PICKED) {
            return Collections.unmodifiableMap(new LinkedHashMap<>(PICKED));
        }
    }

    static boolean fast(String variable) {
        return variable != null && !variable.isBlank() && !variable.strip().equals("0");
    }

    private static <T extends Number> T remember(String name, T value) {
        PICKED.put(name, value);
        return value;
    }
}
