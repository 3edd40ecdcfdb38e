package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.trace.Network;
import java.util.Map;

/** A network whose one output is the energy. */
final class NeuralEnergy implements Energy, AutoCloseable {
    private final Network network;
    private final boolean training;

    NeuralEnergy(Network network, boolean training) {
        this.network = network;
        this.training = training;
    }

    @Override
    public NDArray at(NDArray x) {
        return network.apply(x, training).reshape(-1);
    }

    @Override
    public Energy training() {
        return new NeuralEnergy(network, true);
    }

    @Override
    public Energy copy() {
        return new NeuralEnergy(network.copy(), training);
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
