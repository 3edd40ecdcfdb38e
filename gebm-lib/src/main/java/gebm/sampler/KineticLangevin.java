package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Kinetic (underdamped) Langevin: positions with a velocity that friction and noise refresh.
 *
 * <p>Discretises {@code dx = v dt}, {@code dv = −∇E(x) dt − κv dt + √(2κ) dW} by a {@link Splitting} into drifts A
 * ({@code x ← x + (h/2)v}), kicks B ({@code v ← v − (h/2)∇E(x)}) and the exact friction O
 * ({@code v ← e^{−κh}v + √(1 − e^{−2κh})·ξ}, {@code ξ ~ N(0, I)}). It never rejects; its bias is of order h². A large
 * κ gives overdamped Langevin with step {@code λ = h²/2}; a small one lets chains cross between modes.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy {@code (chains)}.
 * <p>Units: energy in nats; h in units of x; κ in inverse units of h.
 * <p>Randomness: the velocities start as N(0, I), which is their equilibrium.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Arbel, Zhou and Gretton (2021), Algorithm 3, after Sachs, Leimkuhler and Danos (2017), Entropy 19(12);
 * BAOAB: Leimkuhler and Matthews (2013). Differs: the reference code starts with velocities of 0, and takes
 * {@code lmc_gamma} for {@code h = 2√lmc_gamma} and {@code lmc_kappa} for κ.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     gebm.model.Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
 *     var start = scope.zeros(new ai.djl.ndarray.types.Shape(100, 2));
 *     var kinetic = gebm.sampler.KineticLangevin.of(gebm.core.Schedule.constant(0.2), 1);
 *     var chains = kinetic.run(gaussian, start, gebm.sampler.SamplingPlan.of(50), gebm.core.Rng.of(1));
 * }
 * }</pre>
 *
 * @param timeStep h at each iteration; every value must be finite and {@code > 0}
 * @param friction κ, finite and {@code >= 0}; at 0 the velocity is never refreshed
 * @param splitting the order of the parts of a step
 */
public record KineticLangevin(Schedule timeStep, double friction, Splitting splitting)
        implements Sampler<KineticLangevin.State> {
    /** The order of the parts of a step. */
    public enum Splitting {
        /** Drift, kick, friction, kick, drift: the paper's. Its {@link StepInfo#energy} is that of the midpoint. */
        ABOBA,
        /** Kick, drift, friction, drift, kick. */
        BAOAB
    }

    /** Checks the numbers. */
    public KineticLangevin {
        Objects.requireNonNull(timeStep, "timeStep");
        Require.notNegative("friction", friction);
        Objects.requireNonNull(splitting, "splitting");
    }

    /** The paper's splitting, {@link Splitting#ABOBA}. */
    public static KineticLangevin of(Schedule timeStep, double friction) {
        return new KineticLangevin(timeStep, friction, Splitting.ABOBA);
    }

    /**
     * Positions and velocities, with the energy and gradient of the last evaluation.
     *
     * @param position {@code (chains, d…)}
     * @param velocity {@code (chains, d…)}
     * @param energy {@code (chains)}, in nats
     * @param gradient {@code (chains, d…)}
     */
    public record State(NDArray position, NDArray velocity, NDArray energy, NDArray gradient) implements ChainState {
        static State of(NDList arrays) {
            return new State(arrays.get(0), arrays.get(1), arrays.get(2), arrays.get(3));
        }

        @Override
        public NDList arrays() {
            return new NDList(position, velocity, energy, gradient);
        }
    }

    @Override
    public State init(Energy target, NDArray position, Rng rng) {
        Langevin.State at = Langevin.State.at(target, position);
        NDArray velocity =
                rng.fork("velocity").normal(position.getManager(), position.getShape(), position.getDataType());
        return new State(position, velocity, at.energy(), at.gradient());
    }

    @Override
    public double[] settings(long iteration) {
        double h = Require.positive("timeStep.at(" + iteration + ")", timeStep.at(iteration));
        return new double[] {h / 2, Math.exp(-friction * h), Math.sqrt(-Math.expm1(-2 * friction * h))};
    }

    @Override
    public Transition<State> update(Energy target, State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        State next = move(target, state, settings, rng.normal(x.getManager(), x.getShape(), x.getDataType()));
        return new Transition<>(next, StepInfo.of(next.energy()));
    }

    /** The step that {@code noise} gives. */
    State move(Energy target, State state, NDArray settings, NDArray noise) {
        return splitting == Splitting.ABOBA
                ? aboba(target, state, settings, noise)
                : baoab(target, state, settings, noise);
    }

    private static State aboba(Energy target, State state, NDArray settings, NDArray noise) {
        NDArray half = settings.get(0);
        Langevin.State middle =
                Langevin.State.at(target, state.position().add(state.velocity().mul(half)));
        NDArray kick = middle.gradient().mul(half);
        NDArray v = refreshed(state.velocity().sub(kick), settings, noise).sub(kick);
        return new State(middle.position().add(v.mul(half)), v, middle.energy(), middle.gradient());
    }

    private static State baoab(Energy target, State state, NDArray settings, NDArray noise) {
        NDArray half = settings.get(0);
        NDArray v = state.velocity().sub(state.gradient().mul(half));
        NDArray after = refreshed(v, settings, noise);
        NDArray x = state.position().add(v.add(after).mul(half));
        Langevin.State end = Langevin.State.at(target, x);
        return new State(x, after.sub(end.gradient().mul(half)), end.energy(), end.gradient());
    }

    private static NDArray refreshed(NDArray v, NDArray settings, NDArray noise) {
        return v.mul(settings.get(1)).add(noise.mul(settings.get(2)));
    }

    @Override
    public State state(NDList arrays) {
        return State.of(arrays);
    }
}
