package gebm.metric;

import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.sampler.Metropolis;
import java.util.Arrays;
import java.util.Objects;

/**
 * Annealed importance sampling: {@code log ∫ exp(−E)} from chains that go from a reference to the target.
 *
 * <p>Each chain starts at a sample of the reference p₀ and goes through {@code E_β = −(1 − β)·log p₀ + β·E} for
 * {@code 0 = β₀ < … < β_K = 1}: at {@code β_k} its weight takes the factor
 * {@code exp(−(β_k − β_{k−1})·(E + log p₀))}, then it takes {@code moves} steps of the kernel on {@code E_{β_k}}. Its
 * weight is an unbiased estimate of {@code ∫ exp(−E)}; chains are independent. Hence the kernel must leave every
 * {@code exp(−E_β)} exactly invariant, and {@link Metropolis} is what it has to be; it need not converge.
 *
 * <p>Units: nats.
 * <p>Randomness: the draws of step k come from {@code rng.fork(k)}, the start from {@code rng.fork("start")}. The
 * kernel's iterations are numbered through, so its schedules see {@code (k − 1)·moves + j}, from 0.
 * <p>Cost: for each chain and inverse temperature one energy, one start of the kernel (one value-and-gradient) and
 * {@code moves} steps of it; all inverse temperatures run natively, in one call or a few.
 * <p>Source: Neal (2001), Annealed importance sampling, Statistics and Computing 11; interval: see
 * {@link LogNormaliser}. Differs: no.
 *
 * <pre>{@code
 * var target = gebm.model.Targets.mixture(
 *         new double[] {1, 2}, new double[][] {{-1, 0}, {2, 1}}, new double[] {0.5, 0.7});
 * var kernel = new gebm.sampler.Mala(gebm.core.Schedule.constant(0.1));
 * var reference = gebm.model.DensityBase.standardNormal(2);
 * var logZ = AnnealedImportance.of(kernel, 100).estimate(target, reference, 200, Rng.of(7));
 * System.out.println(logZ); // the truth is 0
 * }</pre>
 *
 * @param kernel moves the chains
 * @param inverseTemperatures {@code β₀, …, β_K}: from 0 to 1, rising
 * @param moves steps of the kernel at each inverse temperature
 * @param progress where the run reports
 */
public record AnnealedImportance(Metropolis<?> kernel, double[] inverseTemperatures, int moves, Progress progress) {
    /** Checks and copies. */
    public AnnealedImportance {
        Objects.requireNonNull(kernel, "kernel");
        Objects.requireNonNull(progress, "progress");
        inverseTemperatures = Annealing.path(inverseTemperatures);
        Require.positive("moves", moves);
    }

    /**
     * {@code steps} inverse temperatures after 0, {@code β_k = (k/steps)²}, one move at each.
     *
     * <p>The square puts more of them near 0, where most targets differ most from the reference.
     */
    public static AnnealedImportance of(Metropolis<?> kernel, int steps) {
        Require.positive("steps", steps);
        double[] path = new double[steps + 1];
        Arrays.setAll(path, k -> Math.pow(k / (double) steps, 2));
        return new AnnealedImportance(kernel, path, 1, Progress.none());
    }

    /** The same along another path, from 0 to 1. */
    public AnnealedImportance withInverseTemperatures(double... path) {
        return new AnnealedImportance(kernel, path, moves, progress);
    }

    /** The same with {@code moves} steps of the kernel at each inverse temperature. */
    public AnnealedImportance withMoves(int moves) {
        return new AnnealedImportance(kernel, inverseTemperatures, moves, progress);
    }

    /** The same, reporting to {@code sink}. */
    public AnnealedImportance withProgress(Progress sink) {
        return new AnnealedImportance(kernel, inverseTemperatures, moves, sink);
    }

    /** The path, from 0 to 1. */
    @Override
    public double[] inverseTemperatures() {
        return inverseTemperatures.clone();
    }

    /**
     * {@code log ∫ exp(−E(x)) dx}, by {@code chains} chains.
     *
     * @param target E; may be +∞ where there is no mass
     * @param reference p₀, normalised, with the target's support or more and tails no lighter; chains have its type
     * @param chains at least 4; hundreds make a good error bar
     * @throws gebm.core.DivergedException if an energy is NaN or −∞; it names chain, inverse temperature and position
     * @throws IllegalStateException if all weights are zero, or the thread was interrupted, whose flag stays set
     */
    public LogNormaliser estimate(Energy target, DensityBase reference, int chains, Rng rng) {
        Require.that(chains >= 4, "chains", ">= 4", chains);
        Annealing<?> annealing = new Annealing<>(kernel, moves, target, reference);
        double[] acceptance = new double[inverseTemperatures.length - 1];
        double[] logs = annealing.logWeights(chains, inverseTemperatures, acceptance, progress, rng);
        double effective = LogNormaliser.effectiveSampleSize(logs);
        return LogNormaliser.of(logs, effective, chains, acceptance, inverseTemperatures());
    }

    /**
     * The log-partition {@code A = log E_B[exp(−E)]} of a model, in its latent space, from the prior.
     *
     * @see #estimate(Energy, DensityBase, int, Rng)
     */
    public LogNormaliser estimate(Gebm model, int chains, Rng rng) {
        return estimate(model.latentEnergy(1), model.base().prior(), chains, rng);
    }
}
