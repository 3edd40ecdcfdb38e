package gebm.trace;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * How methods of an interface of DJL are written in a program: one row a method, found by name and parameter types. A
 * default method without a row runs as DJL wrote it, on what is recorded.
 *
 * @param <X> what stands behind the receiver
 */
final class Rows<X> {
    /** Writes one call of a method, or refuses it. */
    interface Rule<X> {
        Object record(X x, Object[] a);
    }

    /**
     * One row.
     *
     * @param advice for a refused method, what to write instead; else null
     */
    record Row<X>(Rule<X> rule, String advice) {}

    private static final Map<Method, String> SIGNATURES = new ConcurrentHashMap<>();

    private final Map<String, Row<X>> rows = new HashMap<>();

    /** The row of {@code method}, or null. */
    Row<X> row(Method method) {
        return rows.get(signature(method));
    }

    /** The signatures that have rows. */
    Set<String> signatures() {
        return Collections.unmodifiableSet(rows.keySet());
    }

    /** {@code name(Type,Type)}. */
    static String signature(Method method) {
        return SIGNATURES.computeIfAbsent(method, m -> Arrays.stream(m.getParameterTypes())
                .map(Class::getSimpleName)
                .collect(Collectors.joining(",", m.getName() + "(", ")")));
    }

    /** Adds a row for each of {@code signatures}, which are separated by spaces. */
    void on(String signatures, Rule<X> rule) {
        add(signatures, new Row<>(rule, null));
    }

    /** Adds rows that refuse, with advice what to write instead; {@code doing} stands before the method's name. */
    void refuse(String signatures, String doing, String advice) {
        for (String signature : signatures.split(" ")) {
            String what = doing + signature.substring(0, signature.indexOf('('));
            Rule<X> rule = (x, a) -> {
                throw Recorder.unsupported(what, advice);
            };
            add(signature, new Row<>(rule, advice));
        }
    }

    private void add(String signatures, Row<X> row) {
        for (String signature : signatures.split(" ")) {
            if (rows.put(signature, row) != null) {
                throw new IllegalStateException("two rows for " + signature);
            }
        }
    }

    /** Calls {@code method} of the proxy {@code self}; {@code advice} says what to do if there is no way. */
    Object invoke(X x, Object self, Method method, Object[] arguments, String advice) throws Throwable {
        Object[] args = arguments == null ? new Object[0] : arguments;
        Row<X> row = row(method);
        if (row != null) {
            return row.rule().record(x, args);
        }
        if (method.getDeclaringClass() == Object.class) {
            return switch (method.getName()) {
                case "equals" -> self == args[0];
                case "hashCode" -> System.identityHashCode(self);
                default -> x.toString();
            };
        }
        if (method.isDefault()) {
            return InvocationHandler.invokeDefault(self, method, args);
        }
        throw Recorder.unsupported(method.getName(), advice);
    }
}
