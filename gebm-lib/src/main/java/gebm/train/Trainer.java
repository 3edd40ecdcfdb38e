package gebm.train;

import gebm.core.Rng;
import gebm.data.DataSource;
import gebm.model.Gebm;
import gebm.objective.BaseLoss;
import gebm.objective.EnergyLoss;
import java.util.Objects;

/**
 * Trains a model: energy steps and base steps in turn, or one half alone.
 *
 * <p>Iteration i is n(i) energy steps (one update of energy and c each) and one base step, all in one native call:
 * draws, losses, penalties, gradients and updates. In an energy step the energy behaves as in training and the base as
 * in prediction; in a base step the reverse.
 *
 * <p>Pure: {@link #fit} trains a copy. Same key, same data, same result, bit for bit, whether or not the run was
 * stopped and resumed on the way.
 *
 * <p>A number that is not finite, in a loss or a gradient, ends the run before the update it would have spoiled, with a
 * {@link gebm.core.DivergedException} that carries the {@link TrainingRun} so far.
 *
 * <p>Source: Arbel, Zhou and Gretton (2021), ICLR, Algorithm 1.
 */
public final class Trainer {
    private final EnergyLoss energyLoss; // null: the energy stays
    private final BaseLoss baseLoss; // null: the base stays
    private final TrainingPlan plan;

    private Trainer(EnergyLoss energyLoss, BaseLoss baseLoss, TrainingPlan plan) {
        this.energyLoss = energyLoss;
        this.baseLoss = baseLoss;
        this.plan = Objects.requireNonNull(plan, "plan");
    }

    /** Energy and base in turn. */
    public static Trainer alternating(EnergyLoss energyLoss, BaseLoss baseLoss, TrainingPlan plan) {
        Objects.requireNonNull(energyLoss, "energyLoss");
        return new Trainer(energyLoss, Objects.requireNonNull(baseLoss, "baseLoss"), plan);
    }

    /** Only the energy and c, with the base as it is. */
    public static Trainer energyOnly(EnergyLoss energyLoss, TrainingPlan plan) {
        return new Trainer(Objects.requireNonNull(energyLoss, "energyLoss"), null, plan);
    }

    /** Only the base, with the energy as it is. */
    public static Trainer baseOnly(BaseLoss baseLoss, TrainingPlan plan) {
        return new Trainer(null, Objects.requireNonNull(baseLoss, "baseLoss"), plan);
    }

    /**
     * The run that trains a copy of {@code initial} on {@code data}.
     *
     * <p>An interrupt ends it within an energy step; what was reached is returned and the interrupt flag stays set.
     *
     * @throws IllegalArgumentException if the data do not have the shape of the base's samples
     * @throws gebm.core.DivergedException if a loss or gradient is not finite
     */
    public TrainingRun fit(Gebm initial, DataSource data, Rng rng) {
        Gebm model = initial.copy();
        if (plan.initialLogPartition() > 0) {
            var start = model.estimateLogPartition(plan.initialLogPartition(), rng.fork("logPartition"));
            model.logPartitionArray().set(new double[] {start.value()});
        }
        return new TrainingLoop(energyLoss, baseLoss, plan, Checkpoint.start(model, plan, rng), data).run();
    }

    /** The run that goes on from {@code from}, which is left as it is. */
    public TrainingRun resume(Checkpoint from, DataSource data) {
        return new TrainingLoop(energyLoss, baseLoss, plan, from.copy(), data).run();
    }
}
