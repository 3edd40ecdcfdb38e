package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import java.util.Objects;

/**
 * Independence Metropolis: proposals from a fixed distribution, whatever the position.
 *
 * <p>Proposes {@code x' ~ q} and accepts with probability {@code min(1, w(x')/w(x))}, {@code w = exp(−E)/q}. On the
 * latent energy of a GEBM with the prior as proposal the ratio is {@code exp(β(E(G(z)) − E(G(z'))))}: the paper's IHM,
 * which is MH-GAN with the energy as critic.
 *
 * <p>Shapes: position {@code (chains, d…)} as samples of the proposal; energy and acceptance {@code (chains)}.
 * <p>Units: energy in nats.
 * <p>Cost: one energy of the target and one log density of the proposal a step.
 * <p>Source: Hastings (1970); Turner et al. (2019), Metropolis-Hastings GANs. Differs: the ratio is the energy's; a
 * GAN's critic must be calibrated first.
 *
 * @param proposal q
 */
public record IndependenceMetropolis(DensityBase proposal) implements Metropolis<IndependenceMetropolis.State> {
    /** Checks that there is a proposal. */
    public IndependenceMetropolis {
        Objects.requireNonNull(proposal, "proposal");
    }

    /** Positions with the target's energy and {@code E(x) + log q(x)} there. */
    public record State(NDArray position, NDArray energy, NDArray relativeEnergy) implements Metropolis.State {
        @Override
        public NDList arrays() {
            return new NDList(position, energy, relativeEnergy);
        }
    }

    @Override
    public State init(Energy target, NDArray position, Rng rng) {
        NDArray energy = target.at(position);
        return new State(position, energy, energy.add(proposal.logDensity(position)));
    }

    @Override
    public double[] settings(long iteration) {
        return new double[0];
    }

    @Override
    public Proposal<State> propose(Energy target, State state, NDArray settings, Rng rng) {
        NDArray x = state.position();
        return propose(
                target,
                state,
                proposal.sample(x.getManager(), (int) x.getShape().get(0), rng));
    }

    /** The proposal of the positions {@code next}. */
    Proposal<State> propose(Energy target, State state, NDArray next) {
        State proposed = init(target, next, null);
        return new Proposal<>(proposed, proposed.relativeEnergy().sub(state.relativeEnergy()));
    }

    @Override
    public State state(NDList arrays) {
        return new State(arrays.get(0), arrays.get(1), arrays.get(2));
    }
}
