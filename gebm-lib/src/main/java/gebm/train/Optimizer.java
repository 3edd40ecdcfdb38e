package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Schedule;
import gebm.trace.Program;

/**
 * A rule that changes parameters by their gradients, in place: the one mutation in the library.
 *
 * <p>The state is a list of arrays that belongs to the caller, so that a checkpoint can hold it.
 */
public interface Optimizer {
    /** The learning rate at each update, which counts from 0. */
    Schedule rate();

    /** The state before the first update, owned by {@code scope}. */
    NDList init(NDManager scope, NDList parameters);

    /**
     * One update of {@code parameters} and {@code state}, in place; recordable.
     *
     * @param rate the learning rate, {@code ()}
     */
    void update(NDList parameters, NDList gradients, NDList state, NDArray rate);

    /**
     * Update number {@code iteration} on ordinary arrays.
     *
     * @throws IllegalArgumentException if the rate is not finite and {@code >= 0}
     */
    default void step(NDList parameters, NDList gradients, NDList state, long iteration) {
        if (parameters.isEmpty()) {
            return;
        }
        try (NDManager scope = parameters.head().getManager().newSubManager()) {
            NDList inputs = new NDList(scope.create(Numbers.rate(this, iteration)));
            inputs.addAll(parameters);
            inputs.addAll(gradients);
            inputs.addAll(state);
            int n = parameters.size();
            Program.ofList(in -> {
                        update(
                                new NDList(in.subList(1, 1 + n)),
                                new NDList(in.subList(1 + n, 1 + 2 * n)),
                                new NDList(in.subList(1 + 2 * n, in.size())),
                                in.get(0));
                        return new NDList();
                    })
                    .run(scope, inputs);
        }
    }

    /** This optimiser on gradients changed by {@code map}. */
    default Optimizer after(GradientMap map) {
        Optimizer inner = this;
        return new Optimizer() {
            @Override
            public Schedule rate() {
                return inner.rate();
            }

            @Override
            public NDList init(NDManager scope, NDList parameters) {
                return inner.init(scope, parameters);
            }

            @Override
            public void update(NDList parameters, NDList gradients, NDList state, NDArray rate) {
                inner.update(parameters, map.apply(gradients), state, rate);
            }

            @Override
            public String toString() {
                return inner + " after a gradient map";
            }
        };
    }
}
