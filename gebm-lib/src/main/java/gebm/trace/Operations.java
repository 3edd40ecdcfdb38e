package gebm.trace;

import ai.djl.ndarray.NDArray;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * How each method of {@code NDArray} and {@code NDArrayEx} is written in a program: one row a method.
 *
 * <p>Rows are found by name and parameter types; they stand, by kind, in {@link Elementwise}, {@link Reductions},
 * {@link Arrangement}, {@link Selection}, {@link LayerOperations} and {@link Refusals}. {@code x} is the receiver, {@code a[i]}
 * the arguments. Operations are those of PyTorch; where DJL's engine differs or lacks one, the row says so. A default
 * method without a row runs as DJL wrote it, on recorded arrays.
 */
final class Operations {
    /** Writes one call of a method, or refuses it. */
    interface Rule {
        Object record(RecordingArray x, Object[] a);
    }

    /**
     * One row.
     *
     * @param advice for a refused method, what to write instead; else null
     */
    record Row(Rule rule, String advice) {}

    private static final Map<String, Row> ROWS = new HashMap<>();
    private static final Map<Method, String> SIGNATURES = new ConcurrentHashMap<>();

    private Operations() {}

    static {
        Elementwise.rows();
        Reductions.rows();
        Arrangement.rows();
        Selection.rows();
        LayerOperations.rows();
        Refusals.rows();
    }

    /** The row of {@code method}, or null. */
    static Row row(Method method) {
        return ROWS.get(signature(method));
    }

    /** The signatures that have rows. */
    static Set<String> signatures() {
        return Collections.unmodifiableSet(ROWS.keySet());
    }

    /** {@code name(Type,Type)}. */
    static String signature(Method method) {
        return SIGNATURES.computeIfAbsent(method, m -> Arrays.stream(m.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(",", m.getName() + "(", ")")));
    }

    /** Adds a row for each of {@code signatures}, which are separated by spaces. */
    static void on(String signatures, Rule rule) {
        add(signatures, new Row(rule, null));
    }

    /** Adds rows that refuse, with advice what to write instead. */
    static void refuse(String signatures, String advice) {
        for (String signature : signatures.split(" ")) {
            String name = signature.substring(0, signature.indexOf('('));
            refuse(signature, name, advice);
        }
    }

    /** Adds rows that refuse {@code what}. */
    static void refuse(String signatures, String what, String advice) {
        add(
                signatures,
                new Row(
                        (x, a) -> {
                            throw x.recorder.unsupported(what, advice);
                        },
                        advice));
    }

    private static void add(String signatures, Row row) {
        for (String signature : signatures.split(" ")) {
            if (ROWS.put(signature, row) != null) {
                throw new IllegalStateException("two rows for " + signature);
            }
        }
    }

    /** The result of {@code target(args…)}. */
    static NDArray array(RecordingArray x, String target, Object... args) {
        return x.recorder.array(x.recorder.call(target, args));
    }

    /** {@code target(x, a…)}. */
    static Rule plain(String target) {
        return (x, a) -> array(x, target, withFirst(x.value, a));
    }

    /** {@code target(x, a…)}, which changes x. */
    static Rule inPlace(String target) {
        return (x, a) -> {
            x.recorder.effect(target, withFirst(x.value, a));
            return x.proxy();
        };
    }

    private static Object[] withFirst(Object first, Object[] rest) {
        Object[] all = new Object[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    static int dimension(RecordingArray x) {
        return x.recorder.shape(x.value).dimension();
    }
}
