package gebm.objective;

import ai.djl.ndarray.NDArray;

/**
 * What a loss sees.
 *
 * @param data samples of the data, {@code (n, …)}
 * @param generated samples of the base, {@code (m, …)}; in a base loss they depend on the base's parameters
 */
public record Batch(NDArray data, NDArray generated) {}
