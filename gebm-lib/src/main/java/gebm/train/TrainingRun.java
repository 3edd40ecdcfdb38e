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
    @Override
    public String toString() {
        return "TrainingRun[" + stop + ", " + history + "]";
    }
}
