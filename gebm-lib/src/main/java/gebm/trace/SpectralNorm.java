package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import gebm.core.Require;

/**
 * A linear or convolutional layer whose weight is divided by an estimate of its largest singular value.
 *
 * <p>Each call takes {@code W/σ} of {@link Ops#spectralNorm} for the layer's weight, one power iteration from the kept
 * vector u; in training u moves on. The bias stays as it is. A network whose layers are all of this kind, with
 * activations of slope at most one, is Lipschitz with a constant near one for fully connected layers; for a convolution
 * the matrix (out, in·h·w) bounds the layer up to the number of overlapping windows.
 *
 * <p>Shapes: those of the layer.
 * <p>Memory: u, {@code (out)}, is among the network's arrays and in its checkpoints; it is not trained.
 * <p>Source: Miyato, Kataoka, Koyama and Yoshida (2018), Spectral Normalization for Generative Adversarial Networks.
 * Differs: u starts at ones instead of a random vector, and prediction makes the iteration too, without keeping it.
 */
public final class SpectralNorm extends AbstractBlock {
    private final Block layer;
    private final Parameter u;

    private SpectralNorm(Block layer) {
        this.layer = addChildBlock("layer", layer);
        u = addParameter(Parameter.builder()
                .setName("u")
                .setType(Parameter.Type.RUNNING_VAR) // which starts at one and is no weight
                .optRequiresGrad(false)
                .build());
    }

    /**
     * {@code layer} with its weight normalised.
     *
     * @throws IllegalArgumentException unless it is a {@link Linear} or {@link Conv2d} layer
     */
    public static Block of(Block layer) {
        Require.that(
                layer instanceof Linear || layer instanceof Conv2d,
                "a layer of spectral norm one",
                "Linear or Conv2d",
                layer.getClass().getSimpleName());
        return new SpectralNorm(layer);
    }

    @Override
    protected NDList forwardInternal(
            ParameterStore parameters, NDList inputs, boolean training, PairList<String, Object> options) {
        RecordedParameters recorded = (RecordedParameters) parameters; // a Network gives no others
        Parameter weight = layer.getDirectParameters().get("weight");
        NDArray kept = recorded.getValue(u, null, training);
        Ops.SpectralNorm normal = Ops.spectralNorm(recorded.getValue(weight, null, training), kept);
        if (training) {
            InPlace.assign(kept, normal.u());
        }
        return layer.forward(recorded.with(weight, normal.weight()), inputs, training);
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
        return layer.getOutputShapes(inputs);
    }

    @Override
    public void prepare(Shape[] inputs) {
        Shape output = layer.getOutputShapes(inputs)[0];
        u.setShape(new Shape(layer instanceof Linear ? output.getLastDimension() : output.get(1)));
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... inputs) {
        layer.initialize(manager, type, inputs);
    }

    @Override
    public String toString() {
        return "SpectralNorm(" + layer + ")";
    }
}
