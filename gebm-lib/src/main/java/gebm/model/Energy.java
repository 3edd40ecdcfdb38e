package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.trace.Gradients;
import gebm.trace.Network;
import gebm.trace.Program;
import gebm.trace.ValueAndGradient;

/**
 * A scalar field E, known up to a constant: low where samples should be.
 *
 * <p>A lambda on arrays is an energy: {@code Energy well = x -> x.square().sub(1).square().sum(new int[] {1})}.
 *
 * <p>Shapes: {@code (n, …) → (n)}.
 * <p>Units and sign: nats; the density is proportional to {@code exp(−E(x))}. A GAN's critic is −E.
 */
@FunctionalInterface
public interface Energy extends Trainable {
    /** {@code E(x)} for each row of {@code x}; written with {@code NDArray} so that it can be recorded. */
    NDArray at(NDArray x);

    /** {@code E(x)} and {@code ∇E(x)}. */
    default ValueAndGradient valueAndGradient(NDArray x) {
        NDList both = Program.call(this, "valueAndGradient", new NDList(x), in -> {
            ValueAndGradient result = Gradients.valueAndGradient(this::at, in.head());
            return new NDList(result.value(), result.gradient());
        });
        return new ValueAndGradient(both.get(0), both.get(1));
    }

    /** This energy as it behaves in training; the parameters are shared. */
    @Override
    default Energy training() {
        return (Energy) Trainable.super.training();
    }

    /** The same energy with parameters of its own. */
    @Override
    default Energy copy() {
        return (Energy) Trainable.super.copy();
    }

    /** {@code E(x) + other(x)}: what both find likely. */
    default Energy plus(Energy other) {
        return new Composed.Sum(this, other);
    }

    /** {@code inverseTemperature·E(x)}. */
    default Energy times(double inverseTemperature) {
        Require.finite("inverseTemperature", inverseTemperature);
        return new Composed.Times(this, inverseTemperature);
    }

    /**
     * {@code max(E(x), floor)}, which bounds {@code exp(−E)}.
     *
     * <p>Source: the GEBM reference code floors at −10 ({@code models/discriminator.py}).
     */
    default Energy flooredAt(double floor) {
        Require.finite("floor", floor);
        return new Composed.Floored(this, floor);
    }

    /** The network's output as energy, in float32; {@code input} is the shape of one sample. */
    static Energy neural(Block network, Shape input, Rng rng) {
        return neural(network, input, DataType.FLOAT32, rng);
    }

    /**
     * The network's output as energy.
     *
     * @param input the shape of one sample
     * @throws IllegalArgumentException if the network gives more than one number a sample
     */
    static Energy neural(Block network, Shape input, DataType type, Rng rng) {
        Network owned = Network.of(network, input, type, rng);
        Require.that(
                owned.outputShape().size() == 1,
                "the output of an energy network",
                "one number a sample",
                "shape " + owned.outputShape());
        return new NeuralEnergy(owned);
    }
}
