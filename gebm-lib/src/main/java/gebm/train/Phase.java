package gebm.train;

import gebm.core.Recipe;
import gebm.core.Require;
import gebm.core.Schedule;
import gebm.core.Trainable;
import gebm.objective.Negatives;
import gebm.objective.Objective;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * One kind of step of training: which parameters change, by which optimisers, along which loss, and what the loss sees beside
 * data.
 *
 * <p>The parts that a phase trains behave as in training (dropout, running statistics) and all others as in prediction.
 * Every step has a batch of its own.
 *
 * @param name before its columns in the history, {@code nameTotal} and {@code nameGradientNorm}; no two phases have the
 *     same. Terms of its loss keep their own names
 * @param groups what it trains
 * @param loss what it minimises
 * @param negatives what the loss sees beside data; null: nothing
 * @param steps how many steps an iteration has, rounded; null: exactly one
 * @param <M> the kind of model it needs
 */
public record Phase<M extends Trainable>(
        String name, List<Group> groups, Objective<? super M> loss, Negatives<? super M> negatives, Schedule steps) {
    private static final List<String> RESERVED = List.of("average", "negatives"); // other arrays of a checkpoint

    /** Checks and copies. */
    public Phase {
        Require.that(
                name.matches("[^.\\s]+") && !RESERVED.contains(name),
                "the name of a phase",
                "a word without dots, other than " + RESERVED,
                "'" + name + "'");
        Objects.requireNonNull(loss, "loss");
        groups = List.copyOf(groups);
        Require.that(!groups.isEmpty(), "the groups of phase " + name, "at least one", "none");
        List<String> parts = groups.stream().map(Group::part).toList();
        Require.that(Group.areApart(parts), "the parts of phase " + name, "apart from each other", parts);
    }

    /** A step an iteration on all parameters of the model; the loss sees data only. */
    public static <M extends Trainable> Phase<M> of(String name, Objective<M> loss, Optimizer optimizer) {
        return new Phase<>(name, List.of(Group.of("", optimizer)), loss, null, null);
    }

    /** A step an iteration on the parameters of {@code groups}; the loss sees data only. */
    public static <M extends Trainable> Phase<M> of(String name, Objective<M> loss, Group... groups) {
        return new Phase<>(name, List.of(groups), loss, null, null);
    }

    /** The same with samples beside the data. */
    public Phase<M> withNegatives(Negatives<? super M> drawn) {
        return new Phase<>(name, groups, loss, Objects.requireNonNull(drawn, "negatives"), steps);
    }

    /** The same with so many steps an iteration. */
    public Phase<M> withSteps(Schedule number) {
        return new Phase<>(name, groups, loss, negatives, Objects.requireNonNull(number, "steps"));
    }

    /** The same with moving averages of all that it trains; see {@link Group#withAverage}. */
    public Phase<M> withAverage(double decay) {
        List<Group> averaged = new ArrayList<>();
        groups.forEach(group -> averaged.add(group.withAverage(decay)));
        return new Phase<>(name, averaged, loss, negatives, steps);
    }

    /** Steps of iteration {@code iteration}. */
    long steps(long iteration) {
        return steps == null
                ? 1
                : Require.notNegative(name + "Steps.at(" + iteration + ")", Math.round(steps.at(iteration)));
    }

    /** Loss, optimisers, what stands beside data and the number of steps, one line each. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>(List.of(name + " loss " + Recipe.text(loss)));
        for (Group group : groups) {
            String part = group.part().isEmpty() ? "all of it" : group.part();
            lines.add(part + " by " + Recipe.text(group.optimizer()));
            if (group.averages()) {
                lines.add("averaging it by " + group.average());
            }
        }
        if (negatives != null) {
            lines.add("beside data " + Recipe.text(negatives));
        }
        if (steps != null) {
            lines.add(name + " steps " + Recipe.text(steps));
        }
        return String.join(TrainingPlan.LINE, lines);
    }
}
