package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Discriminator gradient flow (DGflow): latents follow the gradient flow of a divergence between model and data.
 *
 * <p>{@code z' = z + η·s(z)·∇d(G(z)) + √(2ηγ)·ξ}, {@code d = −E} and {@code ξ ~ N(0, I)}; the weight s belongs to the
 * divergence. Run it on {@link gebm.model.Gebm#generatedEnergy}; the prior plays no part, so it leaves no distribution
 * of interest invariant: a baseline, run for a few steps.
 *
 * <p>Shapes: position {@code (chains, d)}; energy {@code (chains)}.
 * <p>Units: energy in nats; η in squared units of z.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Ansari, Ang and Soh (2021), Refining Deep Generative Models via Discriminator Gradient Flow, equation 11;
 * its settings: η = 0.1, γ = 0.01, 25 steps. Differs: no.
 *
 * @param stepSize η at each iteration; every value must be finite and {@code > 0}
 * @param noise γ, finite and {@code >= 0}
 * @param divergence whose flow it is
 */
public record GradientFlow(Schedule stepSize, double noise, Divergence divergence) implements GradientSampler {
    /** What the flow descends, and its weight s by {@code d = −E}. */
    public enum Divergence {
        /** Kullback–Leibler: {@code s = 1}. */
        KL,
        /** Jensen–Shannon: {@code s = 1/(1 + e^{−d})}. */
        JS,
        /** The log D divergence: {@code s = 1/(1 + e^{d})}. */
        LOG_D;

        NDArray weight(NDArray energy) {
            return switch (this) {
                case KL -> energy.onesLike();
                case JS -> energy.exp().add(1).pow(-1);
                case LOG_D -> energy.neg().exp().add(1).pow(-1);
            };
        }
    }

    /** Checks the numbers. */
    public GradientFlow {
        Objects.requireNonNull(stepSize, "stepSize");
        Require.notNegative("noise", noise);
        Objects.requireNonNull(divergence, "divergence");
    }

    @Override
    public double[] settings(long iteration) {
        double eta = Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration));
        return new double[] {eta, Math.sqrt(2 * eta * noise)};
    }

    @Override
    public Transition<Langevin.State> update(Energy target, Langevin.State state, NDArray settings, Rng rng) {
        NDArray weight = PerChain.column(divergence.weight(state.energy()), state.gradient());
        Langevin.State weighted = new Langevin.State(
                state.position(), state.energy(), state.gradient().mul(weight));
        return Langevin.moved(target, weighted, settings, rng);
    }
}
