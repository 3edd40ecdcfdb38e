package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.StopReason;

/**
 * What a run of a sampler gave.
 *
 * @param draws kept positions, {@code (draws, chains, d)}
 * @param last the state after the last step
 * @param meanEnergy the target's energy after each step, averaged over the chains, in nats
 * @param acceptance the acceptance after each step, averaged over the chains; empty where the sampler never rejects
 * @param iterations steps done since the chains were started, earlier runs included
 * @param stop why the run ended
 */
public record Chains<S extends ChainState>(
        NDArray draws, S last, double[] meanEnergy, double[] acceptance, long iterations, StopReason stop) {
    /** Copies the numbers. */
    public Chains {
        meanEnergy = meanEnergy.clone();
        acceptance = acceptance.clone();
    }

    @Override
    public double[] meanEnergy() {
        return meanEnergy.clone();
    }

    @Override
    public double[] acceptance() {
        return acceptance.clone();
    }

    /** The last positions, {@code (chains, d)}. */
    public NDArray position() {
        return last.position();
    }

    @Override
    public String toString() {
        return "Chains[draws " + draws.getShape() + ", " + stop + "]";
    }
}
