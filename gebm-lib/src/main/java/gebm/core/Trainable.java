package gebm.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;

/**
 * Something with parameters that training changes: a network, an energy, a base, a whole model.
 *
 * <p>One that is made of others says its {@link #parts} and how it is put together {@link #with} such parts; the rest
 * follows from that. One that owns arrays itself has {@link Weights} among its parts. An analytic function has none.
 *
 * <p>An energy that has both, {@code E(x) = scale·inner(x)}:
 *
 * <pre>{@code
 * import ai.djl.ndarray.*;
 *
 * record Scaled(Energy inner, Weights weights) implements Energy {
 *     public NDArray at(NDArray x) { return inner.at(x).mul(weights.get("scale", x)); }
 *     public Parts parts() { return Parts.of("inner", inner, "", weights); }
 *     public Scaled with(Parts parts) { return new Scaled(parts.get("inner"), parts.get("")); }
 * }
 *
 * try (var scope = NDManager.newBaseManager()) {
 *     var shape = new ai.djl.ndarray.types.Shape(2);
 *     var inner = Energy.neural(Mlp.of(2, 16, 1), shape, Rng.of(1));
 *     var energy = new Scaled(inner, Weights.of("scale", scope.create(1f)));
 *     var names = energy.copy().arrays().keySet(); // inner.01Linear_weight, ..., scale
 * }
 * }</pre>
 */
public interface Trainable extends AutoCloseable {
    /** What this is made of, by name and in a fixed order; empty for what has no arrays. */
    default Parts parts() {
        return Parts.none();
    }

    /** The same thing made of other parts of the same names and kinds; needed where there are parts. */
    default Trainable with(Parts parts) {
        Require.that(parts.isEmpty(), "the parts of " + this, "taken by its method with(Parts)", parts);
        return this;
    }

    /**
     * The part called {@code path}, with dots between names of parts in parts; {@code ""} is this itself.
     *
     * @throws IllegalArgumentException if there is no such part
     */
    default Trainable part(String path) {
        int dot = path.indexOf('.');
        return path.isEmpty()
                ? this
                : dot < 0
                        ? parts().get(path)
                        : parts().get(path.substring(0, dot)).part(path.substring(dot + 1));
    }

    /** This with the part called {@code path} as in training, and all else as it is; all arrays are shared. */
    default Trainable training(String path) {
        if (path.isEmpty()) {
            return training();
        }
        int dot = path.indexOf('.');
        String first = dot < 0 ? path : path.substring(0, dot);
        return with(parts().replace(first, parts().get(first).training(dot < 0 ? "" : path.substring(dot + 1))));
    }

    /** Numbers that say where this is, for a run's history; none by default. */
    default Map<String, Double> numbers() {
        return Map.of();
    }

    /** The trained arrays in a fixed order; empty for an analytic function. They stay owned by this object. */
    default NDList parameters() {
        return parts().parameters();
    }

    /** All arrays by name, in a fixed order: the parameters and what else a file must hold (running statistics). */
    default Map<String, NDArray> arrays() {
        return parts().arrays();
    }

    /** This as it behaves in training (dropout, running statistics); all arrays are shared. */
    default Trainable training() {
        return parts().isEmpty() ? this : with(parts().training());
    }

    /**
     * The same thing with arrays of its own; what has no arrays is its own copy.
     *
     * @throws IllegalArgumentException if it has arrays and says neither its parts nor how it is copied
     */
    default Trainable copy() {
        Require.that(
                !parts().isEmpty() || parameters().isEmpty(),
                "what has parameters",
                "made of parts(), or have a copy() of its own",
                this);
        return parts().isEmpty() ? this : with(parts().copy());
    }

    /** Frees the arrays. */
    @Override
    default void close() {
        parts().close();
    }
}
