package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Trainable;

/** A distribution one can sample from: the half of a GEBM that learns the support of the data. */
public interface Base extends Trainable {
    /** The shape of one sample. */
    Shape sampleShape();

    /** {@code n} independent samples, {@code (n, sampleShape)}, owned by {@code scope}. */
    NDArray sample(NDManager scope, int n, Rng rng);

    /** This base as it behaves in training; the parameters are shared. */
    @Override
    default Base training() {
        return (Base) Trainable.super.training();
    }

    /** The same base with parameters of its own. */
    @Override
    default Base copy() {
        return (Base) Trainable.super.copy();
    }
}
