package gebm.model;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;
import gebm.trace.Network;

/** A network whose one output is the energy. */
record NeuralEnergy(Network network) implements Energy {
    @Override
    public NDArray at(NDArray x) {
        return network.apply(x).reshape(-1);
    }

    @Override
    public Parts parts() {
        return Parts.of("", network);
    }

    @Override
    public NeuralEnergy with(Parts parts) {
        return new NeuralEnergy(parts.get(""));
    }
}
