package gebm.objective;

import ai.djl.ndarray.NDArray;
import gebm.model.Gebm;

/**
 * What a loss sees.
 *
 * @param data samples of the data, {@code (n, …)}
 * @param generated samples of the base, {@code (m, …)}; in a base loss they depend on the base's parameters
 * @param generatedLogDensity the base's log-density of {@code generated}, {@code (m)}, as sampling gave it; null where
 *     the base has none
 */
public record Batch(NDArray data, NDArray generated, NDArray generatedLogDensity) {
    /** A batch of a base without density, or whose log-density is to be computed where it is needed. */
    public Batch(NDArray data, NDArray generated) {
        this(data, generated, null);
    }

    /** The energy of the generated samples, {@code (m)}; a log-density that is known is not computed again. */
    public NDArray energyOfGenerated(Gebm model) {
        return model.energyOfGenerated(generated, generatedLogDensity);
    }
}
