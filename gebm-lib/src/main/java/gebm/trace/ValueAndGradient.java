package gebm.trace;

import ai.djl.ndarray.NDArray;

/**
 * The values of a function at points and its gradient there.
 *
 * @param value one number a point, {@code (n)}, or one in all, {@code ()}
 * @param gradient of the shape of the points
 */
public record ValueAndGradient(NDArray value, NDArray gradient) {}
