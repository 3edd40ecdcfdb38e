package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.StopReason;
import java.util.Arrays;

/**
 * What a run of a sampler gave.
 *
 * @param draws kept positions, {@code (draws, chains, d)}
 * @param last the state after the last step
 * @param steps what was noted after each step of this run
 * @param iterations steps done since the chains were started, earlier runs included
 * @param stop why the run ended
 */
public record Chains<S extends ChainState>(NDArray draws, S last, Steps steps, long iterations, StopReason stop) {
    /**
     * Numbers by the step, over all chains.
     *
     * @param meanEnergy the target's energy, averaged over the chains, in nats
     * @param acceptance the probability of acceptance, averaged over the chains; empty where the sampler never rejects
     * @param energyChange the absolute {@linkplain StepInfo#energyChange energy change}, averaged over the chains
     *     whose step did not diverge, in nats; empty where a step keeps no energy
     * @param divergences how many chains' steps diverged: an energy change that is above 1,000 nats or not finite
     */
    public record Steps(double[] meanEnergy, double[] acceptance, double[] energyChange, long[] divergences) {
        @Override
        public double[] meanEnergy() {
            return meanEnergy.clone();
        }

        @Override
        public double[] acceptance() {
            return acceptance.clone();
        }

        @Override
        public double[] energyChange() {
            return energyChange.clone();
        }

        @Override
        public long[] divergences() {
            return divergences.clone();
        }
    }

    /** The last positions, {@code (chains, d)}. */
    public NDArray position() {
        return last.position();
    }

    /** The target's energy after each step, averaged over the chains, in nats. */
    public double[] meanEnergy() {
        return steps.meanEnergy();
    }

    /** The acceptance after each step, averaged over the chains; empty where the sampler never rejects. */
    public double[] acceptance() {
        return steps.acceptance();
    }

    /** How many steps of single chains diverged in this run. */
    public long divergences() {
        return Arrays.stream(steps.divergences).sum();
    }

    @Override
    public String toString() {
        return "Chains[draws " + draws.getShape() + ", " + stop + "]";
    }
}
