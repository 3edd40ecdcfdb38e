package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;

/** Where chains stand, and what their next step needs to know. */
public interface ChainState {
    /** The positions, {@code (chains, d)}. */
    NDArray position();

    /** All arrays of the state, the position first. */
    NDList arrays();
}
