package gebm.train;

import gebm.core.Progress;
import gebm.core.Recipe;
import gebm.core.Require;
import gebm.core.Schedule;
import gebm.model.Gebm;
import gebm.objective.BaseSamples;
import gebm.objective.Objective;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * How long and with what to train: {@link #of} gives the reference's plan, and each {@code withX} a changed copy.
 *
 * <p>It says what is computed, which a run's card prints, and how that is watched (progress, stop, file of checkpoints),
 * which changes no number unless a run begins again ({@link #withRestarts}). Settings that name energy, base or c are those
 * of a GEBM and go into the phases of {@link Trainer#alternating}, {@link Trainer#energyOnly} and {@link Trainer#baseOnly};
 * {@link Trainer#of(TrainingPlan, Phase...)} takes phases that have their own.
 */
public final class TrainingPlan implements Cloneable {
    static final String LINE = ",\n          ";
    private static final TrainingPlan REFERENCE = new TrainingPlan();

    // what is computed
    private long iterations;
    private int batchSize = 128;
    private RateDecay decay; // null: none
    private String best; // null: none is kept
    private int patience; // 0: no early stop
    private int restarts;

    // of energy, base and c
    private Schedule energySteps = referenceSteps(100, 5);
    private int generatedSize; // 0: the batch size
    private Optimizer energyOptimizer = Adam.of(1e-4).withBetas(0.5, 0.999);
    private Optimizer logPartitionOptimizer = Sgd.of(0.02).after(GradientMap.clip(2));
    private Optimizer baseOptimizer = energyOptimizer;
    private int initialLogPartition; // samples; 0: c stays as it is given
    private double baseAverage = Double.NaN;

    // how it is watched
    private Progress progress = Progress.none();
    private BooleanSupplier stop = () -> false;
    private Path checkpoint;
    private long checkpointEvery = Long.MAX_VALUE;

    private TrainingPlan() {}

    /**
     * The reference's plan for so many iterations (base steps): batches of 128 data and 128 base samples, Adam at 1e-4
     * with β = (0.5, 0.999), 100 energy steps before the first two base steps and before every 500th, else 5.
     *
     * <p>Source: the GEBM reference code, configs/training.yaml. Differs: there c shares the energy's Adam, on the
     * Newton direction. The first, large gradients then stay in Adam's memory: with an Adam of its own at 5e-3, c moved by
     * about 0.01 in 1,000 iterations on MNIST. Here c descends along KALE-F's own gradient {@code 1 − exp(Â − c)}, whose
     * mean is zero exactly at c = A, clipped to ±2, at the rate 0.02: near A, a running mean of Â over about 50 energy
     * steps.
     */
    public static TrainingPlan of(long iterations) {
        Require.positive("iterations", iterations);
        return new TrainingPlan().with(plan -> plan.iterations = iterations);
    }

    private TrainingPlan with(Consumer<TrainingPlan> change) {
        try {
            TrainingPlan copy = (TrainingPlan) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    /** {@code opening} energy steps if the iteration is less than 2 or a multiple of 500, else {@code usual}. */
    public static Schedule referenceSteps(long opening, long usual) {
        Require.positive("opening", opening);
        Require.positive("usual", usual);
        return Schedule.opening(opening, usual, 2, 500);
    }

    // ---------------------------------------------------------------- what is computed

    /** Another number of iterations. */
    public TrainingPlan withIterations(long number) {
        Require.positive("iterations", number);
        return with(plan -> plan.iterations = number);
    }

    /** Batches of {@code size} data, and of {@code size} base samples where there is a base. */
    public TrainingPlan withBatchSize(int size) {
        Require.positive("batchSize", size);
        return with(plan -> {
            plan.batchSize = size;
            plan.generatedSize = 0;
        });
    }

    /** Batches of {@code data} data and {@code generated} base samples. */
    public TrainingPlan withBatchSize(int data, int generated) {
        Require.positive("generatedSize", generated);
        return withBatchSize(data).with(plan -> plan.generatedSize = generated);
    }

    /**
     * Multiplies rates by {@code decay}'s factor whenever its evaluated number stops falling: those of all groups but c's
     * and those made by {@link Group#withoutDecay}.
     */
    public TrainingPlan withRateDecay(RateDecay decay) {
        Objects.requireNonNull(decay, "rateDecay");
        return with(plan -> plan.decay = decay);
    }

    /**
     * Keeps the model at the evaluation with the smallest {@code column}, for {@link TrainingRun#best}.
     *
     * <p>Memory: a second copy of the model.
     */
    public TrainingPlan withBest(String column) {
        Objects.requireNonNull(column, "column");
        return with(plan -> plan.best = column);
    }

    /** As {@link #withBest}, and ends the run when so many evaluations in a row were no better than the best. */
    public TrainingPlan withEarlyStop(String column, int evaluations) {
        Require.positive("evaluations", evaluations);
        return withBest(column).with(plan -> plan.patience = evaluations);
    }

    /**
     * Goes on from the last checkpoint where a run diverges, at most so many times; with {@link #withCheckpoint} only.
     *
     * <p>What is drawn from there on has another key, {@code fork("restart").fork(n)} of the one before at restart n, so the
     * run takes another way, and how often checkpoints are written changes its numbers. The history is that of the steps
     * that count; the card, the checkpoint and the progress say how often the run began again.
     *
     * <p>Source: an answer of the authors of JEM (Grathwohl et al., 2020) to reports of divergence.
     */
    public TrainingPlan withRestarts(int most) {
        Require.positive("restarts", most);
        return with(plan -> plan.restarts = most);
    }

    // ---------------------------------------------------------------- energy, base and c

    /** Another number of energy steps before each base step; rounded to a whole number. */
    public TrainingPlan withEnergySteps(Schedule steps) {
        Objects.requireNonNull(steps, "energySteps");
        return with(plan -> plan.energySteps = steps);
    }

    /** Another optimiser, the same for energy and base. */
    public TrainingPlan withOptimizers(Optimizer both) {
        return withOptimizers(both, both);
    }

    /** Other optimisers of energy and base. */
    public TrainingPlan withOptimizers(Optimizer energy, Optimizer base) {
        Objects.requireNonNull(energy, "energy");
        Objects.requireNonNull(base, "base");
        return with(plan -> {
            plan.energyOptimizer = energy;
            plan.baseOptimizer = base;
        });
    }

    /** Another optimiser of c. */
    public TrainingPlan withLogPartitionOptimizer(Optimizer optimizer) {
        Objects.requireNonNull(optimizer, "optimizer");
        return with(plan -> plan.logPartitionOptimizer = optimizer);
    }

    /**
     * Sets c before the first step to {@code Gebm.estimateLogPartition} of so many samples of the base.
     *
     * <p>Source: the GEBM reference code, {@code initialize_log_partition}. Differs: there one sample of energy 0 is
     * counted too.
     */
    public TrainingPlan withInitialLogPartition(int samples) {
        Require.that(samples >= 2, "samples", ">= 2", samples);
        return with(plan -> plan.initialLogPartition = samples);
    }

    /** A moving average of the base's weights; see {@link Group#withAverage}. */
    public TrainingPlan withBaseAverage(double decay) {
        Require.that(decay > 0 && decay < 1, "decay", "between 0 and 1", decay);
        return with(plan -> plan.baseAverage = decay);
    }

    // ---------------------------------------------------------------- how it is watched

    /** A checkpoint in {@code file} after every {@code every} iterations, at a stop and at the end. */
    public TrainingPlan withCheckpoint(long every, Path file) {
        Require.positive("every", every);
        Objects.requireNonNull(file, "file");
        return with(plan -> {
            plan.checkpointEvery = every;
            plan.checkpoint = file;
        });
    }

    /** Reports to {@code sink} after each iteration. */
    public TrainingPlan withProgress(Progress sink) {
        Objects.requireNonNull(sink, "progress");
        return with(plan -> plan.progress = sink);
    }

    /**
     * Stops within one step when {@code flag} says so; it is asked every 20 ms, from another thread. An interrupt of the
     * training thread (a notebook's stop button) does the same without a flag.
     */
    public TrainingPlan withStop(BooleanSupplier flag) {
        Objects.requireNonNull(flag, "stop");
        return with(plan -> plan.stop = flag);
    }

    // ---------------------------------------------------------------- asked

    /** Iterations in all. */
    public long iterations() {
        return iterations;
    }

    /** Data samples in a batch. */
    public int batchSize() {
        return batchSize;
    }

    /** Base samples in a batch. */
    public int generatedSize() {
        return generatedSize == 0 ? batchSize : generatedSize;
    }

    /** Energy steps before base step {@code iteration}. */
    public long energySteps(long iteration) {
        return Require.notNegative("energySteps.at(" + iteration + ")", Math.round(energySteps.at(iteration)));
    }

    /** The phase that trains energy and c. */
    Phase<Gebm> energyPhase(Objective<? super Gebm> loss) {
        Group ofEnergy = Group.of("energy", energyOptimizer);
        Group ofConstant = Group.of("logPartition", logPartitionOptimizer).withoutDecay();
        var samples = new BaseSamples(generatedSize(), false);
        return new Phase<>("energy", List.of(ofEnergy, ofConstant), loss, samples, energySteps);
    }

    /** The phase that trains the base. */
    Phase<Gebm> basePhase(Objective<? super Gebm> loss) {
        Group ofBase = new Group("base", baseOptimizer, true, baseAverage);
        return new Phase<>("base", List.of(ofBase), loss, new BaseSamples(generatedSize(), true), null);
    }

    /** From how many samples to estimate c before the first step; 0: not at all. */
    int initialLogPartition() {
        return initialLogPartition;
    }

    /** This plan, watched as {@code other} is. */
    TrainingPlan watchedAs(TrainingPlan other) {
        return with(plan -> {
            plan.progress = other.progress;
            plan.stop = other.stop;
            plan.checkpoint = other.checkpoint;
            plan.checkpointEvery = other.checkpointEvery;
        });
    }

    /** Whether something depends on an evaluated number. */
    boolean needsEvaluation() {
        return decay != null || best != null;
    }

    /** How often a run may begin again where it diverges. */
    int restarts() {
        return restarts;
    }

    /** The settings that change numbers, those of phases aside. */
    Computed computed() {
        return new Computed(batchSize, decay, best, patience, restarts, initialLogPartition);
    }

    /** What a run's card says of its plan beside iterations and phases. */
    record Computed(int batchSize, RateDecay decay, String best, int patience, int restarts, int initialLogPartition) {
        TrainingPlan plan(long iterations) {
            TrainingPlan plan = of(iterations).withBatchSize(batchSize);
            plan = decay == null ? plan : plan.withRateDecay(decay);
            plan = best == null ? plan : plan.withBest(best);
            plan = patience == 0 ? plan : plan.withEarlyStop(best, patience);
            plan = restarts == 0 ? plan : plan.withRestarts(restarts);
            return initialLogPartition == 0 ? plan : plan.withInitialLogPartition(initialLogPartition);
        }
    }

    /** Refuses settings that only a GEBM's training has, where phases have their own. */
    void requireNoneOfGebm() {
        boolean none = energySteps.equals(REFERENCE.energySteps)
                && generatedSize == 0
                && energyOptimizer.equals(REFERENCE.energyOptimizer)
                && logPartitionOptimizer.equals(REFERENCE.logPartitionOptimizer)
                && baseOptimizer.equals(REFERENCE.baseOptimizer)
                && initialLogPartition == 0
                && Double.isNaN(baseAverage);
        Require.that(
                none,
                "the plan of Trainer.of",
                "without settings of energy, base or c: phases have steps, optimisers and averages of their own",
                this);
    }

    /** By what to multiply rates after this history. */
    double rateFactor(List<Map<String, Double>> history) {
        return decay == null ? 1 : decay.at(history);
    }

    /** Whether the last row of a history is the best so far. */
    boolean improves(List<Map<String, Double>> history) {
        if (best == null || !history.get(history.size() - 1).containsKey(best)) {
            return false;
        }
        double[] numbers = RateDecay.evaluations(history, best);
        double last = numbers[numbers.length - 1];
        return Double.isFinite(last)
                && Arrays.stream(numbers, 0, numbers.length - 1)
                        .filter(Double::isFinite)
                        .allMatch(number -> last < number);
    }

    /** Whether a history has not improved for as long as the plan waits. */
    boolean stopsEarly(List<Map<String, Double>> history) {
        if (patience == 0) {
            return false;
        }
        double[] numbers = RateDecay.evaluations(history, best);
        int at = -1;
        for (int i = 0; i < numbers.length; i++) {
            if (Double.isFinite(numbers[i]) && (at < 0 || numbers[i] < numbers[at])) {
                at = i;
            }
        }
        return numbers.length - 1 - at >= patience;
    }

    /** Refuses columns that no evaluation has given. */
    void checkColumns(Map<String, Double> evaluated) {
        for (String column : new String[] {best, decay == null ? null : decay.column()}) {
            Require.that(
                    column == null || evaluated.containsKey(column),
                    "column",
                    "one that the evaluation gives, " + evaluated.keySet(),
                    column);
        }
    }

    /** Whether to write a checkpoint after so many iterations. */
    boolean saves(long done) {
        return checkpoint != null && (done % checkpointEvery == 0 || done == iterations);
    }

    Path checkpoint() {
        return checkpoint;
    }

    Progress progress() {
        return progress;
    }

    BooleanSupplier stop() {
        return stop;
    }

    @Override
    public String toString() {
        StringBuilder text = general(true).append(LINE).append("energy by ").append(Recipe.text(energyOptimizer));
        text.append(LINE).append("base by ").append(Recipe.text(baseOptimizer));
        text.append(LINE).append("c by ").append(Recipe.text(logPartitionOptimizer));
        text.append(LINE).append("energy steps ").append(Recipe.text(energySteps));
        if (initialLogPartition > 0) {
            text.append(LINE)
                    .append("c at first from ")
                    .append(initialLogPartition)
                    .append(" samples");
        }
        if (!Double.isNaN(baseAverage)) {
            text.append(LINE).append("averaging the base by ").append(baseAverage);
        }
        return text.append(']').toString();
    }

    /** What holds for any model, with the number of base samples or without, and without the closing bracket. */
    StringBuilder general(boolean samples) {
        StringBuilder text = new StringBuilder("TrainingPlan[");
        text.append(iterations).append(" iterations, batches of ").append(batchSize);
        if (samples) {
            text.append(" and ").append(generatedSize());
        }
        if (decay != null) {
            text.append(LINE).append("rates by ").append(decay);
        }
        if (best != null) {
            text.append(LINE).append("keeping the best by ").append(best);
        }
        if (patience > 0) {
            text.append(LINE).append("until ").append(patience).append(" evaluations are no better");
        }
        if (restarts > 0) {
            text.append(LINE).append("beginning again ").append(restarts).append(" times at most");
        }
        return text;
    }
}
