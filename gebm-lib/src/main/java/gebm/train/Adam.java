package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Schedule;
import gebm.trace.InPlace;
import java.util.Objects;

/**
 * Adam: steps of about the learning rate in every coordinate.
 *
 * <p>{@code m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², θ ← θ − rate·m̂/(√v̂ + ε)} with {@code m̂ = m/(1−β₁ᵗ)},
 * {@code v̂ = v/(1−β₂ᵗ)}.
 *
 * <p>Source: Kingma and Ba (2015), ICLR, Algorithm 1; without weight decay.
 *
 * @param rate the learning rate at each update; must be finite and {@code >= 0}
 * @param beta1 in [0, 1)
 * @param beta2 in [0, 1)
 * @param epsilon {@code > 0}
 */
public record Adam(Schedule rate, double beta1, double beta2, double epsilon) implements Optimizer {
    /** Checks the constants. */
    public Adam {
        Objects.requireNonNull(rate, "rate");
        Require.that(beta1 >= 0 && beta1 < 1, "beta1", "in [0, 1)", beta1);
        Require.that(beta2 >= 0 && beta2 < 1, "beta2", "in [0, 1)", beta2);
        Require.positive("epsilon", epsilon);
    }

    /** Adam at a constant rate, with β = (0.9, 0.999) and ε = 1e-8. */
    public static Adam of(double rate) {
        return of(Schedule.constant(Require.positive("rate", rate)));
    }

    /** Adam at a scheduled rate, with β = (0.9, 0.999) and ε = 1e-8. */
    public static Adam of(Schedule rate) {
        return new Adam(rate, 0.9, 0.999, 1e-8);
    }

    /** The same with other decays; GEBM's image experiments take (0.5, 0.999). */
    public Adam withBetas(double beta1, double beta2) {
        return new Adam(rate, beta1, beta2, epsilon);
    }

    @Override
    public NDList init(NDManager scope, NDList parameters) {
        NDList state = new NDList(scope.zeros(new Shape(), DataType.FLOAT32));
        for (int moment = 1; moment <= 2; moment++) {
            parameters.forEach(p -> state.add(scope.zeros(p.getShape(), p.getDataType())));
        }
        return state;
    }

    @Override
    public void update(NDList parameters, NDList gradients, NDList state, NDArray rate) {
        int n = parameters.size();
        NDList means = new NDList(state.subList(1, 1 + n));
        NDList squares = new NDList(state.subList(1 + n, 1 + 2 * n));
        InPlace.increment(state.get(0));
        InPlace.adam(
                parameters, gradients, means, squares, state.get(0), rate, new InPlace.Adam(beta1, beta2, epsilon));
    }

    @Override
    public String toString() {
        return "Adam[rate " + rate.at(0) + " at first, beta1 " + beta1 + ", beta2 " + beta2 + ", epsilon " + epsilon
                + "]";
    }
}
