package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.TorchScript;

/** {@code G(z)} for a network from a file. */
record ScriptedBase(DensityBase prior, TorchScript network, Shape sampleShape) implements LatentBase {
    static LatentBase of(DensityBase prior, TorchScript network) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray z = prior.sample(scope, 2, Rng.of(0));
            NDArray x;
            try {
                x = network.apply(z);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        network + " must take latents of shape " + z.getShape() + ": " + e.getMessage(), e);
            }
            Shape shape = x.getShape();
            Require.that(
                    shape.dimension() >= 2 && shape.get(0) == 2,
                    "what " + network + " gives for 2 latents",
                    "of shape (2, ...)",
                    shape);
            return new ScriptedBase(prior, network, shape.slice(1));
        }
    }

    @Override
    public NDArray generate(NDArray z) {
        return network.apply(z);
    }

    @Override
    public String toString() {
        return "the generator " + network;
    }
}
