package gebm.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Trainable parts by name, in a fixed order: also a model by itself, of two or three networks say.
 *
 * <p>Arrays are named {@code part.array}; those of a part without a name ({@code ""}) keep their own, and an array
 * without one has the part's. What stands here under two names is two things in a copy.
 *
 * <pre>{@code
 * var networks = Parts.of("critic", Energy.neural(Mlp.of(2, 8, 1), new ai.djl.ndarray.types.Shape(2), Rng.of(1)),
 *         "target", Energy.neural(Mlp.of(2, 8, 1), new ai.djl.ndarray.types.Shape(2), Rng.of(2)));
 * Energy critic = networks.get("critic");
 * }</pre>
 */
public final class Parts implements Trainable {
    private static final Parts NONE = new Parts(Map.of());

    private final Map<String, Trainable> parts;

    private Parts(Map<String, ? extends Trainable> parts) {
        parts.forEach((name, part) -> {
            List<String> names = parts.keySet().stream()
                    .filter(other -> parts.get(other) == part)
                    .toList();
            boolean once = names.size() == 1 || part.parameters().isEmpty();
            Require.that(once, "a trained part", "there under one name", names + ": take its copy()");
        });
        parts.keySet().forEach(name -> Require.that(!name.contains("."), "the name of a part", "without dots", name));
        this.parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
    }

    /** No parts. */
    public static Parts none() {
        return NONE;
    }

    /** One part. */
    public static Parts of(String name, Trainable part) {
        return new Parts(Map.of(name, part));
    }

    /** Two parts. */
    public static Parts of(String first, Trainable one, String second, Trainable two) {
        return of(first, one).and(second, two);
    }

    /** These parts, in the order of the map: one that has an order, which {@code Map.of} has not. */
    public static Parts of(Map<String, ? extends Trainable> parts) {
        return new Parts(parts);
    }

    /** These parts and one more. */
    public Parts and(String name, Trainable part) {
        Require.that(!parts.containsKey(name), "the name of a part", "another than those of " + parts.keySet(), name);
        Map<String, Trainable> more = new LinkedHashMap<>(parts);
        more.put(name, part);
        return new Parts(more);
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return parts.isEmpty();
    }

    /** All parts by name. */
    public Map<String, Trainable> all() {
        return parts;
    }

    /**
     * The part called {@code name}, of the kind that the caller knows it to be.
     *
     * @throws IllegalArgumentException if there is no such part
     */
    @SuppressWarnings("unchecked") // whoever named the part knows its kind
    public <T extends Trainable> T get(String name) {
        Require.that(parts.containsKey(name), "part", "one of " + parts.keySet(), name);
        return (T) parts.get(name);
    }

    /** These parts with {@code part} in place of the one called {@code name}. */
    public Parts replace(String name, Trainable part) {
        Require.that(parts.containsKey(name), "part", "one of " + parts.keySet(), name);
        Map<String, Trainable> others = new LinkedHashMap<>(parts);
        others.put(name, part);
        return new Parts(others);
    }

    private Parts each(UnaryOperator<Trainable> change) {
        Map<String, Trainable> changed = new LinkedHashMap<>();
        parts.forEach((name, part) -> changed.put(name, change.apply(part)));
        return new Parts(changed);
    }

    @Override
    public Parts parts() {
        return this;
    }

    @Override
    public Parts with(Parts others) {
        return others;
    }

    @Override
    public NDList parameters() {
        NDList all = new NDList();
        parts.values().forEach(part -> all.addAll(part.parameters()));
        return all;
    }

    @Override
    public Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        parts.forEach((part, trainable) -> trainable.arrays().forEach((array, value) -> {
            String name = joined(part, array);
            Require.that(all.put(name, value) == null, "the name of an array", "of one part only", name);
        }));
        return Collections.unmodifiableMap(all);
    }

    private static String joined(String part, String name) {
        return part.isEmpty() || name.isEmpty() ? part + name : part + "." + name;
    }

    @Override
    public Parts training() {
        return each(Trainable::training);
    }

    /** These parts with arrays of their own. */
    @Override
    public Parts copy() {
        return each(Trainable::copy);
    }

    @Override
    public void close() {
        parts.values().forEach(Trainable::close);
    }

    @Override
    public String toString() {
        return "Parts" + parts.keySet();
    }
}
