package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Schedule;
import gebm.trace.Program;

/**
 * A rule that changes parameters by their gradients, in place.
 *
 * <p>The state is a list of arrays that belongs to the caller, so that a checkpoint can hold it.
 */
public interface Optimizer {
    /** The learning rate at each update, which counts from 0. */
    Schedule rate();

    /**
     * The learning rate of update {@code update}.
     *
     * @throws IllegalArgumentException if it is not finite and {@code >= 0}
     */
    default double rate(long update) {
        return Require.notNegative("rate.at(" + update + ")", rate().at(update));
    }

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
            NDList inputs = new NDList(scope.create(rate(iteration)));
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
        return new After(this, map);
    }

    /** An optimiser on changed gradients. */
    record After(Optimizer optimizer, GradientMap map) implements Optimizer {
        @Override
        public Schedule rate() {
            return optimizer.rate();
        }

        @Override
        public NDList init(NDManager scope, NDList parameters) {
            return optimizer.init(scope, parameters);
        }

        @Override
        public void update(NDList parameters, NDList gradients, NDList state, NDArray rate) {
            optimizer.update(parameters, map.apply(gradients), state, rate);
        }
    }
}
