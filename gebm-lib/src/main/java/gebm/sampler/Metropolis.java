package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import gebm.core.Rng;
import gebm.model.Energy;

/**
 * A sampler that proposes and then accepts or rejects, chain by chain, so that it leaves {@code exp(−target)} exactly
 * invariant.
 *
 * <p>A proposal is accepted with probability {@code min(1, exp(−energyChange))}. One whose energy change is NaN or +∞
 * is rejected; together with those above 1,000 nats they are counted as {@linkplain Chains#divergences divergences}. A
 * rejected chain keeps its whole state, a cached gradient included.
 *
 * <p>Source: Metropolis et al. (1953), Hastings (1970).
 */
public interface Metropolis<S extends Metropolis.State> extends Sampler<S> {
    /** Where the chains stand, with the target's energy there, {@code (chains)}. */
    interface State extends ChainState {
        /** The target's energy at the positions, {@code (chains)}, in nats. */
        NDArray energy();
    }

    /**
     * Where the chains may go.
     *
     * @param state the proposed state
     * @param energyChange {@code −log(π(x')q(x|x') / (π(x)q(x'|x)))} in nats, {@code (chains)}
     */
    record Proposal<S extends ChainState>(S state, NDArray energyChange) {}

    /** A proposal for each chain; recordable. */
    Proposal<S> propose(Energy target, S state, NDArray settings, Rng rng);

    @Override
    default Transition<S> update(Energy target, S state, NDArray settings, Rng rng) {
        Proposal<S> proposal = propose(target, state, settings, rng.fork("propose"));
        NDArray change = proposal.energyChange();
        NDArray acceptance = acceptance(change);
        NDArray uniform = rng.fork("accept").uniform(change.getManager(), change.getShape(), change.getDataType());
        NDArray accepted = uniform.lt(acceptance);
        NDList next = PerChain.choose(accepted, proposal.state().arrays(), state.arrays());
        S chosen = state(next);
        return new Transition<>(chosen, new StepInfo(chosen.energy(), acceptance, change));
    }

    /** {@code min(1, exp(−energyChange))}, and 0 for NaN. */
    static NDArray acceptance(NDArray energyChange) {
        NDArray ratio = energyChange.maximum(0).neg().exp();
        return NDArrays.where(energyChange.isNaN(), ratio.zerosLike(), ratio);
    }
}
