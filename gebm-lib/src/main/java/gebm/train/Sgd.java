package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Schedule;
import gebm.trace.InPlace;
import java.util.Objects;

/**
 * Plain gradient descent: {@code θ ← θ − rate·g}.
 *
 * @param rate the learning rate at each update; must be finite and {@code >= 0}
 */
public record Sgd(Schedule rate) implements Optimizer {
    /** Checks that there is a rate. */
    public Sgd {
        Objects.requireNonNull(rate, "rate");
    }

    /** Descent at a constant rate. */
    public static Sgd of(double rate) {
        return new Sgd(Schedule.constant(Require.positive("rate", rate)));
    }

    @Override
    public NDList init(NDManager scope, NDList parameters) {
        return new NDList();
    }

    @Override
    public void update(NDList parameters, NDList gradients, NDList state, NDArray rate) {
        for (int i = 0; i < parameters.size(); i++) {
            InPlace.subtract(parameters.get(i), gradients.get(i).mul(rate));
        }
    }
}
