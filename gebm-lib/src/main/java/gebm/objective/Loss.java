package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
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

    /**
     * This value with other gradients: that of {@code parameters} k is {@code gradients} k, and of all others zero. It is
     * how an estimator of a gradient that is no derivative becomes a loss: {@code total + Σ g·(θ − θ)}, where no
     * derivative is taken of the total, of g and of the second θ.
     *
     * @param gradients in the order, shapes and types of the parameters
     */
    public Loss withGradients(NDList parameters, NDList gradients) {
        Require.that(
                gradients.size() == parameters.size(),
                "gradients",
                "as many as parameters, " + parameters.size(),
                gradients.size());
        NDArray sum = total.stopGradient();
        for (int i = 0; i < parameters.size(); i++) {
            NDArray parameter = total.getManager().from(parameters.get(i));
            NDArray zero = parameter.sub(parameter.stopGradient());
            NDArray along = gradients.get(i).stopGradient().mul(zero).sum();
            sum = sum.add(along.toType(total.getDataType(), false));
        }
        return new Loss(sum, terms);
    }

    /** {@code this + weight·other}, with the terms of both as they are; one that is there already gets a number. */
    Loss plus(double weight, Loss other) {
        Map<String, NDArray> both = new LinkedHashMap<>(terms);
        other.terms.forEach((name, term) -> {
            String free = name;
            for (int number = 2; both.containsKey(free); number++) {
                free = name + " " + number;
            }
            both.put(free, term);
        });
        return new Loss(total.add(other.total.mul(weight)), both);
    }
}
