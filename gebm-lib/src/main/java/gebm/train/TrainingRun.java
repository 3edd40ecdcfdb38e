package gebm.train;

import gebm.core.StopReason;
import gebm.core.Trainable;

/**
 * What training gave.
 *
 * @param model the trained model; the one training started from is unchanged
 * @param history what was measured
 * @param stop why the run ended
 * @param checkpoint where the run stands, to save or to go on from; shares the arrays of {@code model}
 * @param card what the run was made of
 * @param <M> the kind of model
 */
public record TrainingRun<M extends Trainable>(
        M model, History history, StopReason stop, Checkpoint<M> checkpoint, RunCard card) {
    /**
     * The model at the best evaluation.
     *
     * @throws IllegalStateException if the plan does not keep it, or nothing was evaluated
     */
    public M best() {
        return kept(checkpoint.best(), "best model", "withBest or withEarlyStop, and an evaluation");
    }

    /**
     * The model with moving averages of parameters in their place, where they are kept; its arrays are its own.
     *
     * @throws IllegalStateException if no group of parameters is averaged
     */
    public M averaged() {
        return kept(checkpoint.averaged(), "average", "withBaseAverage, or a phase by withAverage");
    }

    private M kept(M model, String what, String how) {
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
