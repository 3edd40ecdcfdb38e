package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Rng;
import gebm.core.Trainable;

/**
 * What a loss sees beside data: samples of a base, ends of chains, a replay buffer.
 *
 * <p>What they keep from step to step is arrays, which a checkpoint holds. A draw is recorded as part of the training step.
 *
 * @param <M> the kind of model they need
 */
@FunctionalInterface
public interface Negatives<M> {
    /** What they keep, before the first step, owned by {@code scope}; empty if nothing. */
    default NDList init(NDManager scope, M model, Rng rng) {
        return new NDList();
    }

    /**
     * The samples of one step; recordable.
     *
     * @param data the step's data, {@code (n, …)}
     * @param state what {@link #init} made, as the steps before have left it
     */
    Drawn draw(NDManager scope, M model, NDArray data, NDList state, Rng rng);

    /**
     * Whether the samples depend on the parameters that the step trains, so that gradients pass through them. Then nothing
     * is kept: {@link Drawn#keep} is not called.
     */
    default boolean passGradients() {
        return false;
    }

    /** These negatives for a model that has such a model as a part; see {@link Objective#onPart}. */
    default <W extends Trainable> Negatives<W> onPart(String part) {
        return new Combined.NegativesOnPart<>(part, this);
    }

    /**
     * What was drawn.
     *
     * @param samples {@code (m, …)}
     * @param keep writes what the next step is to find into the state, in place; called once the step's loss and gradient
     *     are known to be finite
     */
    record Drawn(NDArray samples, Runnable keep) {
        /** Samples that leave nothing behind. */
        public static Drawn of(NDArray samples) {
            return new Drawn(samples, () -> {});
        }
    }
}
