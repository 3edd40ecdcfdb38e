package gebm.metric;

import ai.djl.ndarray.NDArray;

/**
 * What distances between sets of samples look at: {@code (n, …) → (n, k)}, owned by the samples' manager.
 *
 * <p>{@link PrincipalComponents}, {@link DigitClassifier}, or a network in a TorchScript file:
 * {@code Features inception = gebm.trace.TorchScript.load(file)::apply}.
 */
@FunctionalInterface
public interface Features {
    /** The features of {@code samples}, row by row. */
    NDArray apply(NDArray samples);
}
