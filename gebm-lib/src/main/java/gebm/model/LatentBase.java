package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import gebm.core.Rng;
import gebm.trace.Network;

/** A base that maps latent noise to samples: {@code x = G(z)}, {@code z ~ prior}. */
public interface LatentBase extends Base {
    /** The distribution of the latents. */
    DensityBase prior();

    /** {@code G(z)}: {@code (n, k) → (n, sampleShape)}; written with {@code NDArray} so that it can be recorded. */
    NDArray generate(NDArray z);

    /** This base as it behaves in training; the parameters are shared. */
    default LatentBase training() {
        return this;
    }

    @Override
    LatentBase copy();

    @Override
    default NDArray sample(NDManager scope, int n, Rng rng) {
        return generate(prior().sample(scope, n, rng));
    }

    /** The push-forward of {@code prior} by a network, in the prior's type. */
    static LatentBase pushForward(DensityBase prior, Block generator, Rng rng) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray example = prior.sample(scope, 1, Rng.of(0));
            return new PushForward(
                    prior, Network.of(generator, prior.sampleShape(), example.getDataType(), rng), false);
        }
    }
}
