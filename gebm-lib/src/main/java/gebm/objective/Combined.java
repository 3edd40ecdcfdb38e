package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;

/** What objectives and negatives are put together by. */
final class Combined {
    private Combined() {}

    /** {@code first + weight·second}. */
    record Sum<M>(Objective<? super M> first, double weight, Objective<? super M> second) implements Objective<M> {
        Sum {
            Require.finite("weight", weight);
        }

        @Override
        public Loss evaluate(M model, Batch batch, Rng rng) {
            return first.evaluate(model, batch, rng.fork("first"))
                    .plus(weight, second.evaluate(model, batch, rng.fork("second")));
        }
    }

    /** An objective of a part. */
    record OnPart<W extends Trainable, M>(String part, Objective<M> objective) implements Objective<W> {
        @Override
        public Loss evaluate(W model, Batch batch, Rng rng) {
            return objective.evaluate(partOf(model, part), batch, rng);
        }
    }

    /** Negatives of a part. */
    record NegativesOnPart<W extends Trainable, M>(String part, Negatives<M> negatives) implements Negatives<W> {
        @Override
        public NDList init(NDManager scope, W model, Rng rng) {
            return negatives.init(scope, partOf(model, part), rng);
        }

        @Override
        public Drawn draw(NDManager scope, W model, NDArray data, NDList state, Rng rng) {
            return negatives.draw(scope, partOf(model, part), data, state, rng);
        }

        @Override
        public boolean passGradients() {
            return negatives.passGradients();
        }
    }

    @SuppressWarnings("unchecked") // whoever named the part knows its kind
    private static <M> M partOf(Trainable model, String part) {
        return (M) model.part(part);
    }
}
