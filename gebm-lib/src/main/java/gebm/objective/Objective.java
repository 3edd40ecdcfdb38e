package gebm.objective;

import gebm.core.Require;
import gebm.core.Rng;

/**
 * What training minimises: a loss of a model on a batch; written with {@code NDArray} so that it can be recorded.
 *
 * <p>A lambda is one. One that is a record is printed, compared and rebuilt from a run's card, with all that it is made of.
 * An estimator, whose gradient is no derivative of its value, says so by {@link Loss#withGradients}.
 *
 * @param <M> the kind of model it needs
 */
@FunctionalInterface
public interface Objective<M> {
    /** The loss of {@code model} on {@code batch}; draws come from {@code rng}. */
    Loss evaluate(M model, Batch batch, Rng rng);

    /** {@code this + weight·other}; a penalty is just another objective. The terms of {@code other} stay unweighted. */
    default <N extends M> Objective<N> plus(double weight, Objective<? super N> other) {
        return new Sum<>(this, weight, other);
    }

    /**
     * This objective for a model that has such a model as a part: {@code "energy"} of a GEBM, or of {@link
     * gebm.core.Parts}.
     *
     * @param part its name, with dots between names of parts in parts
     */
    default <W extends gebm.core.Trainable> Objective<W> onPart(String part) {
        return new OnPart<>(part, this);
    }

    /** {@code first + weight·second}. */
    record Sum<M>(Objective<? super M> first, double weight, Objective<? super M> second) implements Objective<M> {
        /** Checks the weight. */
        public Sum {
            Require.finite("weight", weight);
        }

        @Override
        public Loss evaluate(M model, Batch batch, Rng rng) {
            return first.evaluate(model, batch, rng.fork("first"))
                    .plus(weight, second.evaluate(model, batch, rng.fork("second")));
        }
    }

    /** An objective of a part. */
    record OnPart<W extends gebm.core.Trainable, M>(String part, Objective<M> objective) implements Objective<W> {
        @Override
        @SuppressWarnings("unchecked") // whoever named the part knows its kind
        public Loss evaluate(W model, Batch batch, Rng rng) {
            return objective.evaluate((M) model.part(part), batch, rng);
        }
    }
}
