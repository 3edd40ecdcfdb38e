package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Parts;
import gebm.trace.Known;
import gebm.trace.Network;

/** A network whose one output is the energy. */
record NeuralEnergy(Network network) implements Energy {
    @Override
    public NDArray at(NDArray x) {
        return Known.once(this, reads(), x, () -> network.apply(x).reshape(-1));
    }

    /** In prediction running statistics matter too; in training they are only written. */
    private NDList reads() {
        return network.inTraining()
                ? network.parameters()
                : new NDList(network.arrays().values());
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
