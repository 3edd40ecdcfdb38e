package gebm.objective;

import ai.djl.ndarray.NDArray;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The value of a loss.
 *
 * @param total what is minimised, {@code ()}
 * @param terms its parts by name, each {@code ()}, for the history
 */
public record Loss(NDArray total, Map<String, NDArray> terms) {
    /** A copy of {@code terms}, in their order. */
    public Loss {
        terms = Collections.unmodifiableMap(new LinkedHashMap<>(terms));
    }

    /** A loss of one term. */
    public static Loss of(String name, NDArray total) {
        return new Loss(total, Map.of(name, total));
    }

    /** {@code this + weight·other}, with the terms of both as they are. */
    Loss plus(double weight, Loss other) {
        Map<String, NDArray> both = new LinkedHashMap<>(terms);
        both.putAll(other.terms);
        return new Loss(total.add(other.total.mul(weight)), both);
    }
}
