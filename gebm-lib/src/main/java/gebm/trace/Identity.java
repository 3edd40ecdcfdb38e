package gebm.trace;

import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/** An object that equals itself alone, whatever its own {@code equals} says of a content that may change. */
record Identity(Object object) {
    /**
     * What equals for two objects that a recording cannot tell apart: one object; equal numbers and texts; records of
     * one class whose components are such objects.
     */
    static Object of(Object object) {
        if (object instanceof Number || object instanceof Boolean || object instanceof String) {
            return object;
        }
        if (!(object instanceof Record)) {
            return new Identity(object);
        }
        List<Object> parts = new ArrayList<>(List.of(object.getClass()));
        for (RecordComponent component : object.getClass().getRecordComponents()) {
            try { // the field, as an accessor may copy
                Field field = object.getClass().getDeclaredField(component.getName());
                field.setAccessible(true);
                parts.add(of(field.get(object)));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("the components of a record must be readable, got " + component, e);
            }
        }
        return parts;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Identity identity && identity.object == object;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(object);
    }
}
