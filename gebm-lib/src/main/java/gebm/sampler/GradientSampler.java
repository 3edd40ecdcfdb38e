package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Rng;
import gebm.model.Energy;

/** A sampler whose next step needs to know the energy and the gradient where the chains stand. */
interface GradientSampler extends Sampler<Langevin.State> {
    @Override
    default Langevin.State init(Energy target, NDArray position, Rng rng) {
        return Langevin.State.at(target, position);
    }

    @Override
    default Langevin.State state(NDList arrays) {
        return Langevin.State.of(arrays);
    }
}
