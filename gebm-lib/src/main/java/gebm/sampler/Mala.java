package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Metropolis-adjusted Langevin: a Langevin proposal that is accepted or rejected.
 *
 * <p>Proposes {@code x' = x − λ∇E(x) + √(2λ)·ξ} with {@code ξ ~ N(0, I)} and accepts with probability
 * {@code min(1, exp(E(x) − E(x') + log q(x|x') − log q(x'|x)))}, where
 * {@code log q(b|a) = −‖b − a + λ∇E(a)‖²/(4λ)}. With {@code s = ∇E(x) + ∇E(x')} the exponent is
 * {@code E(x) − E(x') + √(λ/2)·ξ·s − (λ/4)‖s‖²}; it is computed so, without differences of close positions.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy and acceptance {@code (chains)}.
 * <p>Units: energy in nats; λ in squared units of x.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Roberts and Tweedie (1996), Bernoulli 2(4). Differs: no. The GEBM reference code multiplies by
 * {@code γ/4} where {@code 1/(4λ)} belongs.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     gebm.model.Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
 *     var start = scope.zeros(new ai.djl.ndarray.types.Shape(100, 2));
 *     var mala = new gebm.sampler.Mala(gebm.core.Schedule.constant(0.5));
 *     var chains = mala.run(gaussian, start, gebm.sampler.SamplingPlan.of(50), gebm.core.Rng.of(1));
 * }
 * }</pre>
 *
 * @param stepSize λ at each iteration; every value must be finite and {@code > 0}
 */
public record Mala(Schedule stepSize) implements GradientSampler, Metropolis<Langevin.State>, Tunable<Langevin.State> {
    private static final double BEST_ACCEPTANCE = 0.574; // Roberts and Rosenthal (1998), as d grows

    /** Checks that there is a schedule. */
    public Mala {
        Objects.requireNonNull(stepSize, "stepSize");
    }

    @Override
    public double[] settings(long iteration) {
        double lambda = Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration));
        return new double[] {lambda, Math.sqrt(2 * lambda), Math.sqrt(lambda / 2)};
    }

    @Override
    public Proposal<Langevin.State> propose(Energy target, Langevin.State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        return propose(target, state, settings, rng.normal(x.getManager(), x.getShape(), x.getDataType()));
    }

    /** The proposal that the noise {@code xi} gives. */
    static Proposal<Langevin.State> propose(Energy target, Langevin.State state, NDArray settings, NDArray xi) {
        NDArray moved =
                state.position().sub(state.gradient().mul(settings.get(0))).add(xi.mul(settings.get(1)));
        Langevin.State next = Langevin.State.at(target, moved);
        NDArray s = state.gradient().add(next.gradient());
        NDArray drift = s.mul(settings.get(2)); // √(λ/2)·s
        NDArray change = next.energy()
                .sub(state.energy())
                .add(PerChain.sum(drift.mul(0.5).sub(xi).mul(drift)));
        return new Proposal<>(next, change);
    }

    @Override
    public Tuned<Langevin.State> warmUp(Energy target, NDArray start, WarmUp plan, Rng rng) {
        var search = new StepSizeSearch<>(
                step -> new Mala(Schedule.constant(step)), stepSize.at(0), BEST_ACCEPTANCE, target, plan, rng);
        return search.from(start);
    }
}
