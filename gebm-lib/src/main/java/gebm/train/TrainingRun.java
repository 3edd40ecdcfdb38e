package gebm.train;

import gebm.core.StopReason;
import gebm.model.Gebm;

/**
 * What training gave.
 *
 * @param model the trained model; the one training started from is unchanged
 * @param history what was measured
 * @param stop why the run ended
 * @param checkpoint where the run stands, to save or to go on from; shares the arrays of {@code model}
 * @param card what the run was made of
 */
public record TrainingRun(Gebm model, History history, StopReason stop, Checkpoint checkpoint, RunCard card) {
    /**
     * The model at the best evaluation.
     *
     * @throws IllegalStateException if the plan does not keep it, or nothing was evaluated
     */
    public Gebm best() {
        return kept(checkpoint.best(), "best model", "withBest or withEarlyStop, and an evaluation");
    }

    /**
     * The model with the moving average of the base's weights in their place; its arrays are its own.
     *
     * @throws IllegalStateException if the plan does not average
     */
    public Gebm averaged() {
        return kept(checkpoint.averaged(), "average of the base", "withBaseAverage");
    }

    private static Gebm kept(Gebm model, String what, String how) {
        if (model == null) {
            throw new IllegalStateException("the run kept no " + what + ": ask the plan for it by " + how);
        }
        return model;
    }

    @Override
    public String toString() {
        return "TrainingRun[" + stop + ", " + history + "]";
    }
}
