package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.trace.Network;

/** {@code G(z)} for a network G. */
record PushForward(DensityBase prior, Network network) implements LatentBase {
    @Override
    public Shape sampleShape() {
        return network.outputShape();
    }

    @Override
    public NDArray generate(NDArray z) {
        return network.apply(z);
    }

    @Override
    public Parts parts() {
        return Parts.of("", network);
    }

    @Override
    public PushForward with(Parts parts) {
        return new PushForward(prior, parts.get(""));
    }
}
