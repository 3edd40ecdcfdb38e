package gebm.data;

import ai.djl.ndarray.NDArray;

/** A source of independent samples whose density is known, so that a model's likelihood has something to reach. */
public interface KnownDensity extends DataSource {
    /**
     * {@code log p(x)} in nats, −∞ where there is no mass.
     *
     * @param x points {@code (n, sampleShape)}, float32 or float64
     * @return {@code (n)}, of the type of x and owned by its manager
     * @throws IllegalArgumentException if x has another shape
     */
    NDArray logDensity(NDArray x);
}
