package gebm.experiment;

import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.train.Checkpoint;
import gebm.train.Trainer;
import gebm.train.TrainingRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Long work whose result is kept in a file of a {@link JobStore}.
 *
 * <p>It may be stopped or killed at any moment: run again it goes on, and ends with the result that it would have had.
 * Training goes on from its checkpoint ({@link #train}), other work from what it has kept so far.
 *
 * @param id the name of its files
 * @param settings what the result depends on
 * @param work what makes the result
 */
public record Job<R extends Job.Result>(String id, Record settings, Work<R> work) {
    /** What a job gives: a record of numbers and texts, kept as JSON. */
    public interface Result {
        /** The settings of the job that made it. */
        Record settings();

        /** Whether nothing is left to do. */
        default boolean isWhole() {
            return true;
        }
    }

    /** What makes a result. */
    @FunctionalInterface
    public interface Work<R> {
        /**
         * The whole result.
         *
         * @param soFar what was kept before; null if nothing was
         * @param keep takes a result that is not whole yet, so that a kill does not lose it
         */
        R run(R soFar, Consumer<R> keep);
    }

    /**
     * Trains from {@code checkpoint} if that file is there, else from {@code initial}.
     *
     * @param trainer its plan writes {@code checkpoint}
     * @throws IllegalArgumentException if the file belongs to another model
     */
    static <M extends Trainable, N extends M> TrainingRun<N> train(
            Trainer<M> trainer, N initial, DataSource data, Path checkpoint, Rng rng) {
        return Files.exists(checkpoint)
                ? trainer.resume(Checkpoint.load(checkpoint, initial), data)
                : trainer.fit(initial, data, rng);
    }

    /**
     * As {@link #train}, to the end of the plan.
     *
     * @throws IllegalStateException if it was stopped before
     */
    static <M extends Trainable, N extends M> TrainingRun<N> trainToEnd(
            Trainer<M> trainer, N initial, DataSource data, Path checkpoint, Rng rng) {
        TrainingRun<N> run = train(trainer, initial, data, checkpoint, rng);
        if (run.stop() instanceof StopReason.Stopped stopped) {
            throw new IllegalStateException(
                    "stopped after " + stopped.iterations() + " iterations; run it again to go on from " + checkpoint);
        }
        return run;
    }

    /** A file in {@code folder} whose name differs where anything of {@code dependsOn} does: no other run's is taken up. */
    static Path checkpoint(Path folder, String name, Object... dependsOn) {
        return folder.resolve(String.format(
                "%s-%08x.safetensors", name, Arrays.toString(dependsOn).hashCode()));
    }
}
