package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Gebm;

/**
 * Samples of a model's base.
 *
 * @param size how many
 * @param passGradients whether they are functions of the base's parameters, for a step that trains the base
 */
public record BaseSamples(int size, boolean passGradients) implements Negatives<Gebm> {
    /** Checks the number. */
    public BaseSamples {
        Require.positive("generatedSize", size);
    }

    @Override
    public Drawn draw(NDManager scope, Gebm model, NDArray data, NDList state, Rng rng) {
        Shape sample = model.base().sampleShape();
        Shape expected = new Shape(data.getShape().get(0)).addAll(sample);
        Require.that(
                data.getShape().equals(expected),
                "a batch of data",
                "of shape " + expected + " (the base gives samples of shape " + sample + ")",
                data.getShape());
        return Drawn.of(model.base().sample(scope, size, rng));
    }
}
