package gebm.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named arrays and their owner, in the order in which they were added: what a {@link Trainable} of one's own keeps.
 *
 * <p>Memory: the arrays live until {@link #close}; whoever holds one of them need not hold this object.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var weights = Weights.of("scale", scope.ones(new ai.djl.ndarray.types.Shape())).fixed("sign", scope.create(-1f));
 *     System.out.println(weights.parameters().size() + " trained of " + weights.arrays().size()); // 1 of 2
 * }
 * }</pre>
 */
public final class Weights implements Trainable {
    private final NDManager manager = NDManager.newBaseManager();
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final NDList trained = new NDList();

    private Weights() {}

    /** A trained array, a copy of {@code value}. */
    public static Weights of(String name, NDArray value) {
        return new Weights().trained(name, value);
    }

    /** Nothing yet. */
    public static Weights none() {
        return new Weights();
    }

    /** Adds a trained array, a copy of {@code value}; returns this. */
    public Weights trained(String name, NDArray value) {
        trained.add(add(name, value));
        return this;
    }

    /** Adds an array that training leaves as it is, a copy of {@code value}; returns this. */
    public Weights fixed(String name, NDArray value) {
        add(name, value);
        return this;
    }

    private NDArray add(String name, NDArray value) {
        Require.that(!arrays.containsKey(name), "the name of an array", "another than " + arrays.keySet(), name);
        NDArray own = value.duplicate(); // in native memory
        own.attach(manager);
        own.setName(null); // names decide how arrays travel into programs
        arrays.put(name, own);
        return own;
    }

    /**
     * The array called {@code name}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public NDArray get(String name) {
        Require.that(arrays.containsKey(name), "array", "one of " + arrays.keySet(), name);
        return arrays.get(name);
    }

    /**
     * The same array for a computation with {@code x}: where x belongs to a recording, the program reads it anew at each
     * call, and so sees training. Without x, what is computed of the array alone would be a constant of the program.
     */
    public NDArray get(String name, NDArray x) {
        return x.getManager().from(get(name));
    }

    @Override
    public NDList parameters() {
        return new NDList(trained);
    }

    @Override
    public Map<String, NDArray> arrays() {
        return Collections.unmodifiableMap(arrays);
    }

    @Override
    public Weights training() {
        return this;
    }

    /** The same arrays, copied. */
    @Override
    public Weights copy() {
        Weights copy = new Weights();
        arrays.forEach((name, array) -> {
            NDArray own = copy.add(name, array);
            if (trained.stream().anyMatch(other -> other == array)) {
                copy.trained.add(own);
            }
        });
        return copy;
    }

    @Override
    public void close() {
        manager.close();
    }

    @Override
    public String toString() {
        return "Weights" + arrays.keySet();
    }
}
