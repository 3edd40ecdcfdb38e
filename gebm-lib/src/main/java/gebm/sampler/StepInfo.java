package gebm.sampler;

import ai.djl.ndarray.NDArray;

/**
 * What is known about one step.
 *
 * @param energy the target's energy at the new positions, {@code (chains)}
 * @param acceptance the probability with which each proposal was accepted, {@code (chains)}; {@code (0)} where the
 *     sampler never rejects
 */
public record StepInfo(NDArray energy, NDArray acceptance) {}
