package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.trace.Network;
import java.util.Map;

/** {@code G(z)} for a network G. */
record PushForward(DensityBase prior, Network network, boolean inTraining) implements LatentBase, AutoCloseable {
    @Override
    public Shape sampleShape() {
        return network.outputShape();
    }

    @Override
    public NDArray generate(NDArray z) {
        return network.apply(z, inTraining);
    }

    @Override
    public LatentBase training() {
        return new PushForward(prior, network, true);
    }

    @Override
    public LatentBase copy() {
        return new PushForward(prior, network.copy(), inTraining);
    }

    @Override
    public NDList parameters() {
        return network.parameters();
    }

    @Override
    public Map<String, NDArray> arrays() {
        return network.arrays();
    }

    @Override
    public void close() {
        network.close();
    }
}
