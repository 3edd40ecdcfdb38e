package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.model.LatentBase;
import gebm.trace.ValueAndGradient;
import java.util.Objects;

/**
 * Discriminator optimal transport (DOT): descends the energy of what a latent generates, held near where it began.
 *
 * <p>Minimises {@code ‖z − z₀ + δ‖ + E(G(z))/k}, {@code z₀} the start, {@code δ = 10⁻³}, by
 * {@code z' = z − λ(g − (g·z)·z/‖z‖²)}, g the gradient: along the sphere on which latents of N(0, I) lie. Run it on {@link gebm.model.Gebm#generatedEnergy}. It draws
 * nothing, and leaves no distribution invariant: a baseline that moves each sample of the base to a better one nearby.
 *
 * <p>Shapes: position {@code (chains, d)}; energy {@code (chains)}.
 * <p>Units: energy in nats; λ in units of z.
 * <p>Cost: one value-and-gradient of the target a step.
 * <p>Source: Tanaka (2019), Discriminator optimal transport, algorithm 2, with {@code D = −E}; settings of the GEBM
 * reference code: λ = 10⁻⁴, times 0.1 every 200 of 1,000 steps. Differs: paper and code divide {@code (g·z)·z} by √d where the
 * projection needs ‖z‖², about d; so divided, the radial part of g is not removed but reversed and √d times as large.
 *
 * @param stepSize λ at each iteration; every value must be finite and {@code > 0}
 * @param lipschitz k, the energy's effective Lipschitz constant ({@link #effectiveLipschitz}); finite and {@code > 0}
 */
public record OptimalTransport(Schedule stepSize, double lipschitz) implements Sampler<OptimalTransport.State> {
    private static final double SHIFT = 1e-3; // δ: the distance has a gradient at its start

    /** Checks the numbers. */
    public OptimalTransport {
        Objects.requireNonNull(stepSize, "stepSize");
        Require.positive("lipschitz", lipschitz);
    }

    /** The largest {@code ‖∇_z E(G(z))‖} over {@code n} latents of the base's prior; the paper takes some hundred. */
    public static double effectiveLipschitz(LatentBase base, Energy generatedEnergy, int n, Rng rng) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray z = base.prior().sample(scope, Require.positive("n", n), rng);
            NDArray gradient = generatedEnergy.valueAndGradient(z).gradient();
            NDArray norms = PerChain.sum(gradient.square()).sqrt().toType(DataType.FLOAT64, false);
            return norms.max().getDouble();
        }
    }

    /**
     * Positions, where they began, and the target's energy and gradient.
     *
     * @param position {@code (chains, d)}
     * @param origin {@code (chains, d)}
     * @param energy {@code (chains)}, in nats
     * @param gradient {@code (chains, d)}
     */
    public record State(NDArray position, NDArray origin, NDArray energy, NDArray gradient) implements ChainState {
        @Override
        public NDList arrays() {
            return new NDList(position, origin, energy, gradient);
        }
    }

    private static State at(Energy target, NDArray position, NDArray origin) {
        ValueAndGradient e = target.valueAndGradient(position);
        return new State(position, origin, e.value(), e.gradient());
    }

    @Override
    public State init(Energy target, NDArray position, Rng rng) {
        return at(target, position, position);
    }

    @Override
    public double[] settings(long iteration) {
        return new double[] {Require.positive("stepSize.at(" + iteration + ")", stepSize.at(iteration))};
    }

    @Override
    public Transition<State> update(Energy target, State state, NDArray settings, Rng rng) {
        NDArray z = state.position();
        NDArray away = z.sub(state.origin()).add(SHIFT);
        NDArray distance = PerChain.sum(away.square()).sqrt();
        NDArray g =
                away.div(PerChain.column(distance, away)).add(state.gradient().div(lipschitz));
        NDArray outward = PerChain.dot(g, z).div(PerChain.sum(z.square()));
        NDArray along = g.sub(z.mul(PerChain.column(outward, z)));
        State next = at(target, z.sub(along.mul(settings.get(0))), state.origin());
        return new Transition<>(next, StepInfo.of(next.energy()));
    }

    @Override
    public State state(NDList arrays) {
        return new State(arrays.get(0), arrays.get(1), arrays.get(2), arrays.get(3));
    }
}
