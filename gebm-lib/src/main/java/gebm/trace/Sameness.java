package gebm.trace;

import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Which objects are the same to a recording: one object; equal numbers, texts and constants; records of one class whose
 * components are the same. Arrays are not compared by content, as it may change.
 */
final class Sameness {
    private Sameness() {}

    static boolean same(Object a, Object b) {
        if (a == b) {
            return true;
        }
        if (a == null || b == null || a.getClass() != b.getClass()) {
            return false;
        }
        if (!(a instanceof Record)) {
            return isConstant(a) && a.equals(b);
        }
        Iterator<Object> others = components(b).iterator();
        return components(a).stream().allMatch(one -> same(one, others.next()));
    }

    static int hash(Object a) {
        if (!(a instanceof Record)) {
            return isConstant(a) ? a.hashCode() : System.identityHashCode(a);
        }
        int hash = a.getClass().hashCode();
        for (Object one : components(a)) {
            hash = 31 * hash + hash(one);
        }
        return hash;
    }

    private static boolean isConstant(Object a) {
        return a instanceof Number || a instanceof Boolean || a instanceof Character || a instanceof String;
    }

    /** The fields of a record, as its accessors may copy. */
    private static List<Object> components(Object record) {
        List<Object> all = new ArrayList<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                Field field = record.getClass().getDeclaredField(component.getName());
                field.setAccessible(true);
                all.add(field.get(record));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a record must let its components be read, got " + component, e);
            }
        }
        return all;
    }
}
