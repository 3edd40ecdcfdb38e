package gebm.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;

/** Something with parameters that training changes: an energy, a base, a whole model. */
public interface Trainable {
    /** The trained arrays in a fixed order; empty for an analytic function. They stay owned by this object. */
    default NDList parameters() {
        return new NDList();
    }

    /** All arrays by name, in a fixed order: the parameters and what else a file must hold (running statistics). */
    default Map<String, NDArray> arrays() {
        return Map.of();
    }
}
