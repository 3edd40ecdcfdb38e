package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/**
 * What is known about one step.
 *
 * @param energy the target's energy at the new positions, {@code (chains)}; with
 *     {@link KineticLangevin.Splitting#ABOBA} at the midpoint of the step
 * @param acceptance the probability with which each proposal was accepted, {@code (chains)}; {@code (0)} where the
 *     sampler never rejects
 * @param energyChange by how much the energy that the step should have kept has grown, {@code (chains)}, in nats: the
 *     negative logarithm of the Metropolis ratio, or the integration error of the total energy; {@code (0)} where a
 *     step keeps no energy
 */
public record StepInfo(NDArray energy, NDArray acceptance, NDArray energyChange) {
    /** A step that never rejects and keeps no energy. */
    public static StepInfo of(NDArray energy) {
        return new StepInfo(energy, none(energy), none(energy));
    }

    /** A step that never rejects and should have kept a total energy. */
    public static StepInfo of(NDArray energy, NDArray energyChange) {
        return new StepInfo(energy, none(energy), energyChange);
    }

    private static NDArray none(NDArray energy) {
        return energy.getManager().zeros(new Shape(0), energy.getDataType());
    }
}
