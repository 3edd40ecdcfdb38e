package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Langevin with a noise of its own scale, as data-space energies are trained with.
 *
 * <p>{@code x' = x − α∇E(x) + σ·ξ}, {@code ξ ~ N(0, I)}. With {@code σ = √(2α)} this is {@link Langevin}; the usual
 * choices ({@code α = 10, σ = 0.005} in IGEBM; {@code α = 1, σ = 0.01} in JEM, pixels in [0, 1] and [−1, 1]) sample
 * {@code exp(−E/T)} at the temperature {@code T = σ²/(2α)}, far below one, and with too few steps to get there. Start
 * the chains from a {@link ReplayBuffer}.
 *
 * <p>Shapes: position {@code (chains, d…)}; energy {@code (chains)}.
 * <p>Units: energy in nats; α in squared units of x, σ in units of x.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Welling and Teh (2011); Du and Mordatch (2019), Implicit Generation and Modeling with Energy-Based Models,
 * equation 2, where every element of the gradient is clipped ({@link #withGradientClip}, to ±0.01); Grathwohl et al.
 * (2020), JEM. Differs: no clipping of pixels.
 *
 * @param stepSize α at each iteration; every value must be finite and {@code > 0}
 * @param noise σ at each iteration; every value must be finite and {@code >= 0}
 * @param gradientClip the largest magnitude of an element of the gradient, {@code > 0}; infinite: none
 */
public record StochasticGradientLangevin(Schedule stepSize, Schedule noise, double gradientClip)
        implements GradientSampler {
    /** Checks that there are schedules, and the bound. */
    public StochasticGradientLangevin {
        Objects.requireNonNull(stepSize, "stepSize");
        Objects.requireNonNull(noise, "noise");
        Require.that(gradientClip > 0, "gradientClip", "> 0", gradientClip);
    }

    /** Without clipping of gradients. */
    public StochasticGradientLangevin(Schedule stepSize, Schedule noise) {
        this(stepSize, noise, Double.POSITIVE_INFINITY);
    }

    /** The same with every element of the gradient clipped to ±{@code largest}; then what it leaves invariant is not known. */
    public StochasticGradientLangevin withGradientClip(double largest) {
        return new StochasticGradientLangevin(stepSize, noise, largest);
    }

    @Override
    public double[] settings(long iteration) {
        double alpha = Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration));
        return new double[] {alpha, Require.notNegative("noise.at(" + iteration + ")", noise.at(iteration))};
    }

    @Override
    public Transition<Langevin.State> update(Energy target, Langevin.State state, NDArray settings, Rng rng) {
        if (gradientClip == Double.POSITIVE_INFINITY) {
            return Langevin.moved(target, state, settings, rng);
        }
        NDArray clipped = state.gradient().clip(-gradientClip, gradientClip);
        return Langevin.moved(target, new Langevin.State(state.position(), state.energy(), clipped), settings, rng);
    }
}
