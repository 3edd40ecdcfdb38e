package gebm.core;

import ai.djl.ndarray.NDList;

/** Something with parameters that training changes: an energy, a base, a whole model. */
public interface Trainable {
    /** The trained arrays, named, in a fixed order; empty for an analytic function. They stay owned by this object. */
    default NDList parameters() {
        return new NDList();
    }
}
