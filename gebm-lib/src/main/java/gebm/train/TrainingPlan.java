package gebm.train;

import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Schedule;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * How long and with what to train: {@link #of} gives the reference's plan, and each {@code withX} a changed copy.
 */
public final class TrainingPlan implements Cloneable {
    private long iterations;
    private Schedule energySteps = referenceSteps(100, 5);
    private int batchSize = 128;
    private int generatedSize = 128;
    private Optimizer energyOptimizer = Adam.of(1e-4).withBetas(0.5, 0.999);
    private Optimizer logPartitionOptimizer = Sgd.of(0.02).after(GradientMap.clip(2));
    private Optimizer baseOptimizer = energyOptimizer;
    private int initialLogPartition; // samples; 0: c stays as it is given
    private Evaluation evaluation;
    private long evaluateEvery = Long.MAX_VALUE;
    private RateDecay decay;
    private String best;
    private int patience = Integer.MAX_VALUE;
    private double baseAverage = Double.NaN;
    private Path checkpoint;
    private long checkpointEvery = Long.MAX_VALUE;
    private Progress progress = Progress.none();
    private BooleanSupplier stop = () -> false;

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
        return iteration -> iteration < 2 || iteration % 500 == 0 ? opening : usual;
    }

    /** Another number of iterations. */
    public TrainingPlan withIterations(long number) {
        Require.positive("iterations", number);
        return with(plan -> plan.iterations = number);
    }

    /** Another number of energy steps before each base step; rounded to a whole number. */
    public TrainingPlan withEnergySteps(Schedule steps) {
        Objects.requireNonNull(steps, "energySteps");
        return with(plan -> plan.energySteps = steps);
    }

    /** Batches of {@code size} data and {@code size} base samples. */
    public TrainingPlan withBatchSize(int size) {
        return withBatchSize(size, size);
    }

    /** Batches of {@code data} data and {@code generated} base samples. */
    public TrainingPlan withBatchSize(int data, int generated) {
        Require.positive("batchSize", data);
        Require.positive("generatedSize", generated);
        return with(plan -> {
            plan.batchSize = data;
            plan.generatedSize = generated;
        });
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

    /** An evaluation after every {@code every} iterations and after the last. */
    public TrainingPlan withEvaluation(long every, Evaluation of) {
        Require.positive("every", every);
        Objects.requireNonNull(of, "evaluation");
        return with(plan -> {
            plan.evaluateEvery = every;
            plan.evaluation = of;
        });
    }

    /** Multiplies all rates but that of c by {@code decay}'s factor whenever its evaluated number stops falling. */
    public TrainingPlan withRateDecay(RateDecay rateDecay) {
        Objects.requireNonNull(rateDecay, "rateDecay");
        return with(plan -> plan.decay = rateDecay);
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
     * Keeps an exponential moving average of the base's weights, {@code a ← decay·a + (1 − decay)·w} after each base
     * step, for {@link TrainingRun#averaged}; training itself goes on without it.
     *
     * <p>Source: Yazıcı et al. (2019), The Unusual Effectiveness of Averaging in GAN Training; decay 0.999.
     *
     * @param decay in (0, 1)
     */
    public TrainingPlan withBaseAverage(double decay) {
        Require.that(decay > 0 && decay < 1, "decay", "between 0 and 1", decay);
        return with(plan -> plan.baseAverage = decay);
    }

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
     * Stops within one energy step when {@code flag} says so; it is asked every 20 ms, from another thread. An
     * interrupt of the training thread (a notebook's stop button) does the same without a flag.
     */
    public TrainingPlan withStop(BooleanSupplier flag) {
        Objects.requireNonNull(flag, "stop");
        return with(plan -> plan.stop = flag);
    }

    /** Base steps in all. */
    public long iterations() {
        return iterations;
    }

    /** Data samples in a batch. */
    public int batchSize() {
        return batchSize;
    }

    /** Base samples in a batch. */
    public int generatedSize() {
        return generatedSize;
    }

    /** Energy steps before base step {@code iteration}. */
    public long energySteps(long iteration) {
        return Require.notNegative("energySteps.at(" + iteration + ")", Math.round(energySteps.at(iteration)));
    }

    Optimizer energyOptimizer() {
        return energyOptimizer;
    }

    Optimizer logPartitionOptimizer() {
        return logPartitionOptimizer;
    }

    Optimizer baseOptimizer() {
        return baseOptimizer;
    }

    /** From how many samples to estimate c before the first step; 0: not at all. */
    int initialLogPartition() {
        return initialLogPartition;
    }

    /** Whether to evaluate after so many iterations. */
    boolean evaluates(long done) {
        return evaluation != null && (done % evaluateEvery == 0 || done == iterations);
    }

    Evaluation evaluation() {
        return evaluation;
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
        if (patience == Integer.MAX_VALUE) {
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

    /** The decay of the base's average; NaN if there is none. */
    double baseAverage() {
        return baseAverage;
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
        StringBuilder text = new StringBuilder("TrainingPlan[");
        text.append(iterations)
                .append(" iterations, batches of ")
                .append(batchSize)
                .append(" and ")
                .append(generatedSize);
        more(text, "energy by " + energyOptimizer);
        more(text, "base by " + baseOptimizer);
        more(text, "c by " + logPartitionOptimizer);
        more(text, "energy steps " + energySteps(0) + " at first, then " + energySteps(2));
        if (evaluation != null) {
            more(text, "evaluated every " + evaluateEvery);
        }
        if (decay != null) {
            more(text, "rates by " + decay);
        }
        if (best != null) {
            more(text, "keeping the best by " + best);
        }
        if (patience != Integer.MAX_VALUE) {
            more(text, "until " + patience + " evaluations are no better");
        }
        if (!Double.isNaN(baseAverage)) {
            more(text, "averaging the base by " + baseAverage);
        }
        return text.append(']').toString();
    }

    private static void more(StringBuilder text, String words) {
        text.append(",\n          ").append(words);
    }
}
