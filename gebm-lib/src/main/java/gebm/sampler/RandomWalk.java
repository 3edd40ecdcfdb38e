package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Random-walk Metropolis: Gaussian steps, accepted or rejected by the energy alone.
 *
 * <p>Proposes {@code x' = x + s·ξ}, {@code ξ ~ N(0, I)}, {@code s = scale.at(iteration)}, and accepts with probability
 * {@code min(1, exp(E(x) − E(x')))}. It needs no gradient; its best step shrinks as {@code 2.4/√d}.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy and acceptance {@code (chains)}.
 * <p>Units: energy in nats; s in units of x.
 * <p>Cost: one energy of the target a step.
 * <p>Source: Metropolis et al. (1953); Roberts, Gelman and Gilks (1997), Annals of Applied Probability 7(1).
 *
 * @param scale s at each iteration; every value must be finite and {@code > 0}
 */
public record RandomWalk(Schedule scale) implements Metropolis<RandomWalk.State>, Tunable<RandomWalk.State> {
    private static final double BEST_ACCEPTANCE = 0.234; // Roberts, Gelman and Gilks (1997), as d grows

    /** Checks that there is a schedule. */
    public RandomWalk {
        Objects.requireNonNull(scale, "scale");
    }

    /** Positions with the target's energy there. */
    public record State(NDArray position, NDArray energy) implements Metropolis.State {
        @Override
        public NDList arrays() {
            return new NDList(position, energy);
        }
    }

    @Override
    public State init(Energy target, NDArray position, Rng rng) {
        return new State(position, target.at(position));
    }

    @Override
    public double[] settings(long iteration) {
        return new double[] {Require.positive("scale.at(" + iteration + ")", scale.at(iteration))};
    }

    @Override
    public Proposal<State> propose(Energy target, State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        return propose(target, state, settings, rng.normal(x.getManager(), x.getShape(), x.getDataType()));
    }

    /** The proposal that the noise {@code xi} gives. */
    static Proposal<State> propose(Energy target, State state, NDArray settings, NDArray xi) {
        NDArray moved = state.position().add(xi.mul(settings.get(0)));
        State next = new State(moved, target.at(moved));
        return new Proposal<>(next, next.energy().sub(state.energy()));
    }

    @Override
    public State state(NDList arrays) {
        return new State(arrays.get(0), arrays.get(1));
    }

    @Override
    public Tuned<State> warmUp(Energy target, NDArray start, WarmUp plan, Rng rng) {
        var search = new StepSizeSearch<>(
                step -> new RandomWalk(Schedule.constant(step)), scale.at(0), BEST_ACCEPTANCE, target, plan, rng);
        return search.from(start);
    }
}
