package gebm.train;

import com.google.gson.JsonElement;
import gebm.core.DivergedException;
import gebm.core.Errors;
import gebm.core.Recipe;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.model.Gebm;
import gebm.objective.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * Trains a model by phases: steps of each in turn, iteration after iteration.
 *
 * <p>Iteration i is the steps of the first phase, then those of the second, and so on, all in one native call: draws,
 * losses, penalties, gradients and updates. For a GEBM {@link #alternating} makes two phases, n(i) energy steps (updates of
 * energy and c) and one base step; any other model is trained by {@link #of(TrainingPlan, Phase...) phases of one's own}: a
 * network, a flow, an energy alone, several networks as {@link gebm.core.Parts}.
 *
 * <p>Floating arrays of a batch are converted to the type of the first parameter of the phase that has a dimension.
 *
 * <p>Pure: {@link #fit} trains a copy. Same key, same data, same result, bit for bit, whether or not the run was
 * stopped and resumed on the way.
 *
 * <p>A number that is not finite, in a loss or a gradient, ends the run before the update it would have spoiled, with a
 * {@link DivergedException} that carries the {@link TrainingRun} so far, or begins again from the last checkpoint where the
 * plan says so.
 *
 * <p>Randomness: batch k of the run, k counted over all steps, is that of {@code rng.fork("data")}. Where a phase says how
 * many steps it has, step j of iteration i, j counted over all phases, draws from
 * {@code rng.fork("iteration").fork(i).fork(j)}; the one step of any other phase draws from {@code ….fork(i).fork(name)}.
 * What a loss sees beside data comes from {@code fork("generated")} of that, its own draws from {@code fork("loss")}. What
 * negatives keep begins with {@code rng.fork("negatives").fork(name)}; an evaluation after i iterations is given
 * {@code rng.fork("evaluation").fork(i)}.
 *
 * <p>Source: Arbel, Zhou and Gretton (2021), ICLR, Algorithm 1.
 *
 * @param <M> the kind of model that the phases need
 */
public final class Trainer<M extends Trainable> {
    private final TrainingPlan plan;
    private final List<Phase<M>> phases;
    private final int unusedBatches; // in each iteration
    private final long evaluateEvery; // 0: never
    private final Evaluation<? super M> evaluation;

    private Trainer(
            TrainingPlan plan,
            List<Phase<M>> phases,
            int unusedBatches,
            long evaluateEvery,
            Evaluation<? super M> evaluation) {
        this.plan = Objects.requireNonNull(plan, "plan");
        this.phases = List.copyOf(phases);
        this.unusedBatches = unusedBatches;
        this.evaluateEvery = evaluateEvery;
        this.evaluation = evaluation;
        Require.that(!phases.isEmpty(), "phases", "at least one", "none");
        List<String> names = phases.stream().map(Phase::name).toList();
        Require.that(names.stream().distinct().count() == names.size(), "names of phases", "different", names);
        List<String> averaged = phases.stream()
                .flatMap(phase -> phase.groups().stream())
                .filter(Group::averages)
                .map(Group::part)
                .toList();
        Require.that(Group.areApart(averaged), "parts whose average is kept", "apart from each other", averaged);
    }

    /** Steps of the phases in turn. */
    @SafeVarargs
    public static <M extends Trainable> Trainer<M> of(TrainingPlan plan, Phase<M>... phases) {
        plan.requireNoneOfGebm();
        return new Trainer<>(plan, List.of(phases), 0, 0, null);
    }

    /** Energy and base in turn. */
    public static Trainer<Gebm> alternating(
            Objective<? super Gebm> energyLoss, Objective<? super Gebm> baseLoss, TrainingPlan plan) {
        Objects.requireNonNull(energyLoss, "energyLoss");
        Objects.requireNonNull(baseLoss, "baseLoss");
        Objects.requireNonNull(plan, "plan");
        return new Trainer<>(plan, List.of(plan.energyPhase(energyLoss), plan.basePhase(baseLoss)), 0, 0, null);
    }

    /**
     * Only the energy and c, with the base as it is. The batch that a base step would take is left out, so that the energy
     * steps see the batches that they see in {@link #alternating}.
     */
    public static Trainer<Gebm> energyOnly(Objective<? super Gebm> energyLoss, TrainingPlan plan) {
        Objects.requireNonNull(energyLoss, "energyLoss");
        return new Trainer<>(plan, List.of(plan.energyPhase(energyLoss)), 1, 0, null);
    }

    /** Only the base, with the energy as it is. */
    public static Trainer<Gebm> baseOnly(Objective<? super Gebm> baseLoss, TrainingPlan plan) {
        Objects.requireNonNull(baseLoss, "baseLoss");
        return new Trainer<>(plan, List.of(plan.basePhase(baseLoss)), 0, 0, null);
    }

    /** The same with an evaluation after every {@code every} iterations and after the last. */
    public Trainer<M> withEvaluation(long every, Evaluation<? super M> of) {
        Require.positive("every", every);
        return new Trainer<>(plan, phases, unusedBatches, every, Objects.requireNonNull(of, "evaluation"));
    }

    /** The same with a change of how it is watched: progress, a stop, a file of checkpoints. */
    public Trainer<M> watched(UnaryOperator<TrainingPlan> change) {
        TrainingPlan changed = change.apply(plan);
        return new Trainer<>(plan.watchedAs(changed), phases, unusedBatches, evaluateEvery, evaluation);
    }

    /** What a card says of a trainer. */
    private record Settings(
            long iterations,
            TrainingPlan.Computed plan,
            List<Phase<?>> phases,
            int unusedBatches,
            long evaluateEvery) {}

    /** All that changes numbers, as JSON; an evaluation is code, of which it has when it happens. */
    JsonElement recipe() {
        return Recipe.of(
                new Settings(plan.iterations(), plan.computed(), List.copyOf(phases), unusedBatches, evaluateEvery));
    }

    /**
     * The trainer of a run, from its card: phases, losses, optimisers and schedules. Where the run was evaluated, hand in the
     * evaluation by {@link #withEvaluation}; where and how to watch are not on a card.
     *
     * @throws IllegalArgumentException if a part of it is code (a lambda); it says which
     */
    @SuppressWarnings("unchecked") // the caller knows what kind of model the run trained
    public static <M extends Trainable> Trainer<M> of(RunCard card) {
        Settings settings = Recipe.make(card.trainer(), Settings.class);
        List<Phase<M>> phases = new ArrayList<>();
        settings.phases().forEach(phase -> phases.add((Phase<M>) phase));
        return new Trainer<>(settings.plan().plan(settings.iterations()), phases, settings.unusedBatches(), 0, null);
    }

    /**
     * The run that trains a copy of {@code initial} on {@code data}.
     *
     * <p>An interrupt ends it within a step; what was reached is returned and the interrupt flag stays set.
     *
     * @throws IllegalArgumentException if the data do not have the shape that the loss or the negatives need
     * @throws DivergedException if a loss or gradient is not finite
     */
    @SuppressWarnings("unchecked") // a copy is of its own kind
    public <N extends M> TrainingRun<N> fit(N initial, DataSource data, Rng rng) {
        N model = (N) initial.copy();
        if (plan.initialLogPartition() > 0 && model instanceof Gebm gebm) {
            var start = gebm.estimateLogPartition(plan.initialLogPartition(), rng.fork("logPartition"));
            gebm.logPartitionArray().set(new double[] {start.value()});
        }
        Checkpoint<N> start = Checkpoint.start(model, rng);
        start.position.trainer = recipe();
        start.position.dataSha256 = data.sha256();
        return run(start, data);
    }

    /**
     * The run that goes on from {@code from}, which is left as it is. The number of iterations may be another one.
     *
     * @throws IllegalArgumentException if plan, phases or data are others than those of the checkpoint; it names the first
     *     difference. One lambda is taken for another, see {@link Recipe}
     */
    public <N extends M> TrainingRun<N> resume(Checkpoint<N> from, DataSource data) {
        Checkpoint<N> copy = from.copy();
        JsonElement now = recipe();
        var before = copy.position.trainer.getAsJsonObject();
        before.add("iterations", now.getAsJsonObject().get("iterations"));
        String difference = Recipe.difference(before, now);
        if (difference != null) {
            throw Errors.shown(new IllegalArgumentException(
                    "the trainer that resumes must be that of the checkpoint, but " + difference));
        }
        String sha256 = data.sha256();
        Require.that(
                copy.position.dataSha256.equals(sha256),
                "the data of a resumed run",
                "those of the checkpoint, SHA-256 " + copy.position.dataSha256,
                sha256);
        return run(copy, data);
    }

    private <N extends M> TrainingRun<N> run(Checkpoint<N> start, DataSource data) {
        Require.that(
                evaluation != null || !plan.needsEvaluation(),
                "a trainer that keeps the best, decays rates or stops early by an evaluation",
                "given one (Trainer.withEvaluation)",
                "none");
        if (plan.restarts() > 0) {
            Require.that(
                    plan.checkpoint() != null,
                    "a plan that begins again where a run diverges",
                    "given a file to begin from (withCheckpoint)",
                    "none");
            start.save(plan.checkpoint()); // not what another run has left there
        }
        TrainingLoop<M, N> loop = new TrainingLoop<>(this, start, data);
        int restarts = start.restarts();
        while (true) {
            try {
                return loop.run();
            } catch (DivergedException e) {
                if (restarts == plan.restarts()) {
                    throw e;
                }
                restarts++;
                Checkpoint<N> earlier = Checkpoint.load(plan.checkpoint(), start.model());
                earlier.restart(restarts);
                plan.progress()
                        .report(
                                earlier.iteration(),
                                plan.iterations(),
                                "restart " + restarts + " of " + plan.restarts() + " from iteration "
                                        + earlier.iteration() + ": " + e.where());
                loop = new TrainingLoop<>(this, earlier, data);
            }
        }
    }

    TrainingPlan plan() {
        return plan;
    }

    List<Phase<M>> phases() {
        return phases;
    }

    int unusedBatches() {
        return unusedBatches;
    }

    /** Whether to evaluate after so many iterations. */
    boolean evaluates(long done) {
        return evaluateEvery > 0 && (done % evaluateEvery == 0 || done == plan.iterations());
    }

    Evaluation<? super M> evaluation() {
        return evaluation;
    }

    /** Plan, phases and when it evaluates, in words. */
    @Override
    public String toString() {
        StringBuilder text = plan.general(false);
        phases.forEach(phase -> text.append(TrainingPlan.LINE).append(phase));
        if (plan.initialLogPartition() > 0) {
            text.append(TrainingPlan.LINE)
                    .append("c at first from ")
                    .append(plan.initialLogPartition())
                    .append(" samples");
        }
        if (evaluateEvery > 0) {
            text.append(TrainingPlan.LINE).append("evaluated every ").append(evaluateEvery);
        }
        return text.append(']').toString();
    }
}
