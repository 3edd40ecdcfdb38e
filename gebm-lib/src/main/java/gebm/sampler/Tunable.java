package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.Rng;
import gebm.model.Energy;

/** A sampler that can find settings of its own, before the draws that count. */
public interface Tunable<S extends ChainState> extends Sampler<S> {
    /**
     * Runs the chains from {@code start} while it searches, and returns the settings found, frozen.
     *
     * <p>The settings of this sampler are where the search begins. The draws of the search are not draws of the
     * target, and are dropped; go on from {@link Tuned#position}. An interrupt ends the search within a step.
     *
     * <p>Shapes: start {@code (chains, d…)}; the more chains, the shorter the search may be.
     * <p>Memory: the result's positions belong to the manager of {@code start}.
     *
     * @throws IllegalArgumentException if energy or gradient at the start are not finite
     */
    Tuned<S> warmUp(Energy target, NDArray start, WarmUp plan, Rng rng);
}
