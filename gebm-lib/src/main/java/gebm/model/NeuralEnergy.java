package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.trace.Gradients;
import gebm.trace.Network;
import gebm.trace.Program;
import gebm.trace.ValueAndGradient;
import java.util.Map;

/** A network whose one output is the energy. */
final class NeuralEnergy implements Energy, AutoCloseable {
    private final Network network;
    private final boolean training;
    private final Program withGradient = Program.ofList(list -> {
        ValueAndGradient result = Gradients.valueAndGradient(this::at, list.singletonOrThrow());
        return new NDList(result.value(), result.gradient());
    });

    NeuralEnergy(Network network, boolean training) {
        this.network = network;
        this.training = training;
    }

    @Override
    public NDArray at(NDArray x) {
        return network.apply(x, training).reshape(-1);
    }

    @Override
    public ValueAndGradient valueAndGradient(NDArray x) {
        NDList both = withGradient.run(x.getManager(), new NDList(x));
        return new ValueAndGradient(both.get(0), both.get(1));
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
