package gebm.core;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What a value is made of, as JSON, and the value made of that again.
 *
 * <p>Records are written with their components, so an optimiser or a loss that is a record (all of this library's are) can be
 * printed whole, compared and rebuilt. Components are numbers, texts, constants of enums, lists, arrays and records. Anything
 * else is written as code, by the name of its class: a lambda is equal to any other, an object to any other of its class, and
 * neither can be rebuilt. A {@link Schedule} that is code is told by its values at a few steps. A record of a notebook's cell
 * can be compared, but not rebuilt.
 *
 * <pre>{@code
 * var json = Recipe.of(Schedule.cosine(1e-3, 0, 500));
 * Schedule same = Recipe.make(json, Schedule.class);
 * System.out.println(Recipe.difference(json, Recipe.of(Schedule.cosine(1e-3, 0, 400)))); // steps was 500, is 400
 * }</pre>
 */
public final class Recipe {
    private static final String TYPE = "class";
    private static final String CODE = "code";
    private static final String VALUES = "values";
    private static final String WORDS = "text";
    private static final long[] SEEN = {0, 1, 2, 10, 100, 1_000}; // steps at which a schedule of code is looked at

    private Recipe() {}

    // ---------------------------------------------------------------- written

    /** {@code value} as JSON. */
    public static JsonElement of(Object value) {
        if (value == null) {
            return JsonNull.INSTANCE;
        } else if (value instanceof JsonElement json) {
            return json;
        } else if (value instanceof Double || value instanceof Float) {
            double number = ((Number) value).doubleValue();
            return Double.isFinite(number) ? new JsonPrimitive(number) : new JsonPrimitive(String.valueOf(number));
        } else if (value instanceof Number number) {
            return new JsonPrimitive(number);
        } else if (value instanceof Boolean flag) {
            return new JsonPrimitive(flag);
        } else if (value instanceof String || value instanceof Enum<?>) {
            return new JsonPrimitive(value instanceof Enum<?> constant ? constant.name() : (String) value);
        } else if (value instanceof List<?> || value.getClass().isArray()) {
            return array(value);
        } else if (value instanceof Map<?, ?> map) {
            JsonObject object = new JsonObject();
            map.forEach((name, each) -> object.add(String.valueOf(name), of(each)));
            return object;
        } else if (value instanceof Record) {
            return record((Record) value);
        }
        return code(value);
    }

    private static JsonArray array(Object value) {
        JsonArray array = new JsonArray();
        if (value instanceof List<?> list) {
            list.forEach(each -> array.add(of(each)));
        } else {
            for (int i = 0; i < Array.getLength(value); i++) {
                array.add(of(Array.get(value, i)));
            }
        }
        return array;
    }

    private static JsonObject record(Record value) {
        JsonObject object = new JsonObject();
        object.addProperty(TYPE, value.getClass().getName());
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            object.add(component.getName(), of(get(component, value)));
        }
        return object;
    }

    private static Object get(RecordComponent component, Object value) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("could not read " + component.getName() + " of " + value, e);
        }
    }

    private static JsonObject code(Object value) {
        JsonObject object = new JsonObject();
        boolean lambda = value.getClass().isSynthetic() || value.getClass().isHidden();
        object.addProperty(CODE, lambda ? "lambda" : value.getClass().getName());
        if (value instanceof Schedule schedule) {
            JsonObject values = new JsonObject();
            for (long step : SEEN) {
                try {
                    values.add(String.valueOf(step), of(schedule.at(step)));
                } catch (RuntimeException e) {
                    values.addProperty(String.valueOf(step), "none");
                }
            }
            object.add(VALUES, values);
        } else if (!lambda && !value.toString().matches(".*@[0-9a-f]+")) {
            object.addProperty(WORDS, value.toString());
        }
        return object;
    }

    /** A class's name without packages, and a notebook's without the number of its cell. */
    private static String shortName(String name) {
        return name.replaceFirst("^REPL\\.\\$JShell\\$\\d+[A-Z]*\\$", "")
                .replaceFirst(".*\\.", "")
                .replaceFirst("^(Schedules|Combined)\\$", "")
                .replace('$', '.');
    }

    // ---------------------------------------------------------------- read

    /**
     * The value that {@code json} describes.
     *
     * @throws IllegalArgumentException if part of it is code, which must be handed in by whoever has it, or no such type is
     *     known
     */
    public static <T> T make(JsonElement json, Class<T> kind) {
        return kind.cast(make(json, (Type) kind, ""));
    }

    private static Object make(JsonElement json, Type type, String path) {
        Class<?> raw = type instanceof ParameterizedType generic
                ? (Class<?>) generic.getRawType()
                : type instanceof Class<?> plain ? plain : Object.class;
        if (json.isJsonNull()) {
            Require.that(!raw.isPrimitive(), place(path), "a " + raw, "none");
            return null;
        } else if (raw == double.class || raw == Double.class) {
            return Double.parseDouble(json.getAsString());
        } else if (raw == float.class || raw == Float.class) {
            return Float.parseFloat(json.getAsString());
        } else if (raw == int.class || raw == Integer.class) {
            return json.getAsInt();
        } else if (raw == long.class || raw == Long.class) {
            return json.getAsLong();
        } else if (raw == boolean.class || raw == Boolean.class) {
            return json.getAsBoolean();
        } else if (raw == String.class) {
            return json.getAsString();
        } else if (raw.isEnum()) {
            return constant(json.getAsString(), raw);
        } else if (raw.isArray()) {
            return array(json.getAsJsonArray(), raw.getComponentType(), path);
        } else if (List.class.isAssignableFrom(raw)) {
            List<Object> list = new ArrayList<>();
            Type each = ((ParameterizedType) type).getActualTypeArguments()[0];
            for (JsonElement element : json.getAsJsonArray()) {
                list.add(make(element, each, path + "[" + list.size() + "]"));
            }
            return list;
        } else if (json instanceof JsonObject object) {
            return make(object, raw, path);
        }
        throw new IllegalArgumentException(place(path) + " must be a " + raw.getSimpleName() + ", got " + json);
    }

    private static Object constant(String name, Class<?> type) {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equals(name)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("a " + type.getSimpleName() + " must be one of "
                + Arrays.toString(type.getEnumConstants()) + ", got " + name);
    }

    private static Object array(JsonArray json, Class<?> component, String path) {
        Object array = Array.newInstance(component, json.size());
        for (int i = 0; i < json.size(); i++) {
            Array.set(array, i, make(json.get(i), component, path + "[" + i + "]"));
        }
        return array;
    }

    private static Object make(JsonObject json, Class<?> kind, String path) {
        Require.that(
                json.has(TYPE),
                place(path),
                "of a type that can be rebuilt",
                json.has(CODE) ? "code (" + shortName(json.get(CODE).getAsString()) + "): write it as a record" : json);
        Class<?> type = type(json.get(TYPE).getAsString(), path);
        Require.that(type.isRecord() && kind.isAssignableFrom(type), place(path), "a " + kind.getSimpleName(), type);
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            String name = components[i].getName();
            Require.that(json.has(name), place(path), "a whole " + type.getSimpleName() + ", with " + name, json);
            values[i] = make(json.get(name), components[i].getGenericType(), path.isEmpty() ? name : path + "." + name);
        }
        return construct(type, components, values);
    }

    private static Class<?> type(String name, String path) {
        try {
            return Class.forName(name, true, loader());
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException(place(path) + " must be of a known class, got " + name, e);
        }
    }

    /** That of a notebook's classes, where there is one. */
    private static ClassLoader loader() {
        ClassLoader ofThread = Thread.currentThread().getContextClassLoader();
        return ofThread == null ? Recipe.class.getClassLoader() : ofThread;
    }

    private static Object construct(Class<?> type, RecordComponent[] components, Object... values) {
        Class<?>[] kinds =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            Constructor<?> constructor = type.getDeclaredConstructor(kinds);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException refused) {
                throw refused;
            }
            throw new IllegalStateException("could not make a " + type.getSimpleName(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("could not make a " + type.getSimpleName(), e);
        }
    }

    private static String place(String path) {
        return path.isEmpty() ? "the value" : path;
    }

    // ---------------------------------------------------------------- compared, and said

    /** The first place where two differ and both values, {@code rate.value was 0.1, is 0.2}; null where they are equal. */
    public static String difference(JsonElement before, JsonElement now) {
        return difference(before, now, "");
    }

    private static String difference(JsonElement before, JsonElement now, String path) {
        if (before instanceof JsonPrimitive a
                && now instanceof JsonPrimitive b
                && path.matches("(.*\\.)?(class|code)")) {
            return shortName(a.getAsString()).equals(shortName(b.getAsString()))
                    ? null
                    : path + " was " + text(before) + ", is " + text(now);
        }
        if (before instanceof JsonObject a && now instanceof JsonObject b) {
            Set<String> names = new LinkedHashSet<>(a.keySet());
            names.addAll(b.keySet());
            for (String name : names) {
                String below = path.isEmpty() ? name : path + "." + name;
                String found = difference(orNull(a.get(name)), orNull(b.get(name)), below);
                if (found != null) {
                    return found;
                }
            }
            return null;
        }
        if (before instanceof JsonArray a && now instanceof JsonArray b && a.size() == b.size()) {
            for (int i = 0; i < a.size(); i++) {
                String found = difference(a.get(i), b.get(i), path + "[" + i + "]");
                if (found != null) {
                    return found;
                }
            }
            return null;
        }
        return before.equals(now) ? null : place(path) + " was " + text(before) + ", is " + text(now);
    }

    private static JsonElement orNull(JsonElement json) {
        return json == null ? JsonNull.INSTANCE : json;
    }

    /** {@code value} in one line: {@code Adam(rate 1.0E-4, beta1 0.5, …)}. */
    public static String text(Object value) {
        JsonElement json = of(value);
        if (json instanceof JsonArray array) {
            List<String> parts = new ArrayList<>();
            array.forEach(each -> parts.add(text(each)));
            return parts.toString();
        } else if (json instanceof JsonObject object) {
            return text(object);
        }
        return json.isJsonNull() ? "none" : json.getAsString();
    }

    private static String text(JsonObject json) {
        if (json.has(CODE) && !json.has(TYPE)) {
            String name = shortName(json.get(CODE).getAsString());
            return json.has(VALUES)
                    ? values(json.getAsJsonObject(VALUES))
                    : json.has(WORDS) ? json.get(WORDS).getAsString() : "code (" + name + ")";
        }
        Map<String, JsonElement> components = new LinkedHashMap<>(json.asMap());
        JsonElement type = components.remove(TYPE);
        String name = type == null ? "" : shortName(type.getAsString());
        if (components.size() == 1) {
            String only = text(components.values().iterator().next());
            return name.equals("Constant") ? only : name + "(" + only + ")";
        }
        return components.entrySet().stream()
                .map(each -> each.getKey() + " " + text(each.getValue()))
                .collect(Collectors.joining(", ", name + "(", ")"));
    }

    /** A schedule of code: its one value, or those at the steps that were looked at. */
    private static String values(JsonObject values) {
        Set<String> all = new LinkedHashSet<>();
        values.asMap().values().forEach(value -> all.add(text(value)));
        return all.size() == 1
                ? "code that says " + all.iterator().next()
                : "code that says "
                        + values.asMap().values().stream().map(Recipe::text).collect(Collectors.joining(", "))
                        + " at steps " + String.join(", ", values.keySet());
    }
}
