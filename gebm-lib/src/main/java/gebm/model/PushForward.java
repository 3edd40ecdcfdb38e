package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.trace.Network;

/**
 * {@code G(z)} for a network G.
 *
 * @param fixed whether nobody trains G, which then behaves as in prediction
 */
record PushForward(DensityBase prior, Network network, boolean fixed) implements LatentBase {
    @Override
    public Shape sampleShape() {
        return network.outputShape();
    }

    @Override
    public NDArray generate(NDArray z) {
        return network.apply(z);
    }

    @Override
    public LatentBase training() {
        return fixed ? this : LatentBase.super.training();
    }

    @Override
    public NDList parameters() {
        return fixed ? new NDList() : LatentBase.super.parameters();
    }

    @Override
    public Parts parts() {
        return Parts.of("", network);
    }

    @Override
    public PushForward with(Parts parts) {
        return new PushForward(prior, parts.get(""), fixed);
    }

    @Override
    public String toString() {
        return fixed
                ? "a fixed generator of samples of shape " + sampleShape()
                : "PushForward[prior=" + prior + ", network=" + network + "]";
    }
}
