package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.trace.ValueAndGradient;
import java.util.Objects;

/**
 * Unadjusted (overdamped) Langevin: gradient steps on the energy, with noise.
 *
 * <p>{@code x' = x − λ∇E(x) + √(2λ)·ξ}, {@code ξ ~ N(0, I)}, {@code λ = stepSize.at(iteration)}. It never rejects, so
 * its stationary distribution differs from {@code exp(−E)} by a bias of order λ: for {@code E = x²/2} the variance is
 * {@code 1/(1 − λ/2)}.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy {@code (chains)}.
 * <p>Units: energy in nats; λ in squared units of x.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Roberts and Tweedie (1996), Bernoulli 2(4); Arbel, Zhou and Gretton (2021), Algorithm 2. Differs: the
 * reference code's γ is 2λ.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     gebm.model.Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
 *     var start = scope.zeros(new ai.djl.ndarray.types.Shape(100, 1));
 *     var langevin = new gebm.sampler.Langevin(gebm.core.Schedule.constant(0.1));
 *     var chains = langevin.run(gaussian, start, gebm.sampler.SamplingPlan.of(50), gebm.core.Rng.of(1));
 * }
 * }</pre>
 *
 * @param stepSize λ at each iteration; every value must be finite and {@code > 0}
 */
public record Langevin(Schedule stepSize) implements GradientSampler {
    /** Checks that there is a schedule. */
    public Langevin {
        Objects.requireNonNull(stepSize, "stepSize");
    }

    /**
     * Positions with the target's energy and gradient there.
     *
     * @param position {@code (chains, d…)}
     * @param energy {@code (chains)}, in nats
     * @param gradient {@code (chains, d…)}
     */
    public record State(NDArray position, NDArray energy, NDArray gradient) implements Metropolis.State {
        static State at(Energy target, NDArray position) {
            ValueAndGradient e = target.valueAndGradient(position);
            return new State(position, e.value(), e.gradient());
        }

        static State of(NDList arrays) {
            return new State(arrays.get(0), arrays.get(1), arrays.get(2));
        }

        @Override
        public NDList arrays() {
            return new NDList(position, energy, gradient);
        }
    }

    @Override
    public double[] settings(long iteration) {
        double lambda = Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration));
        return new double[] {lambda, Math.sqrt(2 * lambda)};
    }

    @Override
    public Transition<State> update(Energy target, State state, NDArray settings, Rng rng) {
        return moved(target, state, settings, rng);
    }

    /** {@code x − settings₀·∇E(x) + settings₁·ξ}. */
    static Transition<State> moved(Energy target, State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        NDArray noise = rng.normal(x.getManager(), x.getShape(), x.getDataType());
        NDArray drift = state.gradient().mul(settings.get(0));
        State next = State.at(target, x.sub(drift).add(noise.mul(settings.get(1))));
        return new Transition<>(next, StepInfo.of(next.energy()));
    }
}
