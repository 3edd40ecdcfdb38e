package gebm.metric;

import ai.djl.ndarray.NDManager;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.sampler.Metropolis;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Sequential Monte Carlo: annealed importance sampling whose particles are resampled on the way.
 *
 * <p>Particles go along {@code E_β = −(1 − β)·log p₀ + β·E} as in {@link AnnealedImportance}. Where the effective sample
 * size of a population falls below half its particles, they are drawn anew in proportion to their weights (systematic
 * resampling), and their mean weight becomes a factor of the population's estimate of {@code ∫ exp(−E)}. That estimate
 * is unbiased; what resampling buys is that no effort is spent on particles that have lost their weight.
 *
 * <p>Particles of one population depend on one another, so the error bar comes from several independent populations.
 * They run side by side as rows of one array.
 *
 * <p>The path is given, or found by a population of its own, which takes each inverse temperature so that the
 * conditional effective sample size of the step is {@value #SHARE} of the particles, and is then thrown away. That
 * keeps the estimate unbiased.
 *
 * <p>Units: nats.
 * <p>Randomness: as in {@link AnnealedImportance}; the search for the path has {@code rng.fork("path")}.
 * <p>Cost: as {@link AnnealedImportance}, one native call an inverse temperature, and for a path that is found
 * {@code 1/populations} more.
 * <p>Source: Del Moral, Doucet and Jasra (2006), Sequential Monte Carlo samplers, JRSS B 68(3); for the path Zhou,
 * Johansen and Aston (2016), JCGS 25(3). Differs: the path comes from a population that is thrown away.
 *
 * <pre>{@code
 * var target = gebm.model.Targets.ring(2, 0.3);
 * var kernel = new gebm.sampler.Mala(gebm.core.Schedule.constant(0.05));
 * var reference = gebm.model.DensityBase.standardNormal(2);
 * var logZ = SequentialMonteCarlo.of(kernel).estimate(target, reference, 100, Rng.of(7));
 * System.out.println(logZ + ", truth " + target.logNormaliser());
 * }</pre>
 *
 * @param kernel moves the particles
 * @param inverseTemperatures the path, from 0 to 1, rising; empty to find one
 * @param moves steps of the kernel at each inverse temperature
 * @param populations independent ones, at least 4
 * @param progress where the run reports
 */
public record SequentialMonteCarlo(
        Metropolis<?> kernel, double[] inverseTemperatures, int moves, int populations, Progress progress) {
    private static final double SHARE = 0.9;
    private static final int MOST_STEPS = 10_000;

    /** Checks and copies. */
    public SequentialMonteCarlo {
        Objects.requireNonNull(kernel, "kernel");
        Objects.requireNonNull(progress, "progress");
        inverseTemperatures = inverseTemperatures.length == 0 ? new double[0] : Annealing.path(inverseTemperatures);
        Require.positive("moves", moves);
        Require.that(populations >= 4, "populations", ">= 4", populations);
    }

    /** 16 populations along a path that is found, with one move at each inverse temperature. */
    public static SequentialMonteCarlo of(Metropolis<?> kernel) {
        return new SequentialMonteCarlo(kernel, new double[0], 1, 16, Progress.none());
    }

    /** The same along a given path, from 0 to 1. */
    public SequentialMonteCarlo withInverseTemperatures(double... path) {
        return new SequentialMonteCarlo(kernel, Annealing.path(path), moves, populations, progress);
    }

    /** The same with {@code moves} steps of the kernel at each inverse temperature. */
    public SequentialMonteCarlo withMoves(int moves) {
        return new SequentialMonteCarlo(kernel, inverseTemperatures, moves, populations, progress);
    }

    /** The same with so many populations. */
    public SequentialMonteCarlo withPopulations(int populations) {
        return new SequentialMonteCarlo(kernel, inverseTemperatures, moves, populations, progress);
    }

    /** The same, reporting to {@code sink}. */
    public SequentialMonteCarlo withProgress(Progress sink) {
        return new SequentialMonteCarlo(kernel, inverseTemperatures, moves, populations, sink);
    }

    /** The path, from 0 to 1; empty to find one. */
    @Override
    public double[] inverseTemperatures() {
        return inverseTemperatures.clone();
    }

    /**
     * {@code log ∫ exp(−E(x)) dx}.
     *
     * @param target E; may be +∞ where there is no mass
     * @param reference p₀, normalised, with the target's support or more and tails no lighter; particles have its type
     * @param particles in each population, at least 2
     * @throws gebm.core.DivergedException if an energy is NaN or −∞; it names particle, inverse temperature and position
     * @throws IllegalStateException if all weights are zero, no path is found in 10,000 steps, or the thread was
     *     interrupted, whose flag stays set
     */
    public LogNormaliser estimate(Energy target, DensityBase reference, int particles, Rng rng) {
        Require.that(particles >= 2, "particles", ">= 2", particles);
        Annealing<?> annealing = new Annealing<>(kernel, moves, target, reference);
        double[] path = inverseTemperatures();
        if (path.length == 0) {
            Population[] one = {new Population(particles)};
            path = travel(annealing, one, path, Progress.none(), rng.fork("path"), rng.fork("path resample")).path;
        }
        Population[] all = new Population[populations];
        Arrays.setAll(all, p -> new Population(particles));
        Travelled way = travel(annealing, all, path, progress, rng, rng.fork("resample"));
        double[] logs = Arrays.stream(all).mapToDouble(Population::logEstimate).toArray();
        return LogNormaliser.of(logs, way.smallest, populations * particles, way.acceptance, path);
    }

    /**
     * The log-partition {@code A = log E_B[exp(−E)]} of a model, in its latent space, from the prior.
     *
     * @see #estimate(Energy, DensityBase, int, Rng)
     */
    public LogNormaliser estimate(Gebm model, int particles, Rng rng) {
        return estimate(model.latentEnergy(1), model.base().prior(), particles, rng);
    }

    /** Where populations went, the mean acceptance at each step, and the smallest effective sample size on the way. */
    private record Travelled(double[] path, double[] acceptance, double smallest) {}

    /** Takes populations side by side along {@code given}, or where that is empty along a path that the first one finds. */
    private static Travelled travel(
            Annealing<?> annealing, Population[] all, double[] given, Progress progress, Rng rng, Rng resampling) {
        int steps = given.length > 0 ? given.length - 1 : MOST_STEPS;
        int particles = all[0].logWeights.length;
        double[] path = Arrays.copyOf(given, steps + 1);
        double[] acceptance = new double[steps];
        double smallest = (double) all.length * particles;
        int done = 0;
        progress.report(0, steps, "");
        try (NDManager scope = NDManager.newBaseManager()) {
            Annealing.Cloud cloud = annealing.start(scope, all.length * particles, rng);
            while (path[done] < 1) {
                double beta = path[done];
                if (Thread.currentThread().isInterrupted()) {
                    throw Annealing.interrupted(done, steps);
                }
                if (done == steps) {
                    throw new IllegalStateException("no path in " + MOST_STEPS + " steps, at inverse temperature "
                            + beta + ": give one, or use a wider reference");
                }
                double[] differences = annealing.finite(cloud, beta);
                int k = done + 1;
                path[k] = given.length > 0 ? given[k] : beta + all[0].rise(differences, 1 - beta);
                SplittableRandom uniforms = resampling.fork(k).numbers();
                int[] ancestors = new int[all.length * particles];
                double effective = 0;
                for (int p = 0; p < all.length; p++) {
                    int from = p * particles;
                    double[] own = Arrays.copyOfRange(differences, from, from + particles);
                    effective += all[p].weigh(own, path[k] - beta);
                    all[p].resample(ancestors, from, uniforms.nextDouble());
                }
                smallest = Math.min(smallest, effective);
                Annealing.Stepped stepped = annealing.step(scope, cloud, ancestors, k, path[k], rng);
                cloud = stepped.cloud();
                acceptance[done] = stepped.acceptance();
                done = k;
                progress.report(done, steps, "");
            }
        }
        return new Travelled(Arrays.copyOf(path, done + 1), Arrays.copyOf(acceptance, done), smallest);
    }

    /** The weights of a population, and its estimate up to the last resampling. */
    private static final class Population {
        private final double[] logWeights;
        private double logFactors;
        private double effective;

        Population(int particles) {
            logWeights = new double[particles];
            effective = particles;
        }

        /** Takes the factors {@code exp(−rise·d)}; the effective sample size after, 0 where no weight is left. */
        double weigh(double[] differences, double rise) {
            for (int i = 0; i < logWeights.length; i++) {
                logWeights[i] -= rise * differences[i];
            }
            effective = LogNormaliser.effectiveSampleSize(logWeights);
            if (Double.isNaN(effective)) { // no weight is left: the estimate is 0, whatever follows
                logFactors = Double.NEGATIVE_INFINITY;
                Arrays.fill(logWeights, 0);
                effective = 0;
            }
            return effective;
        }

        /** Writes who follows whom, from {@code from} on; draws anew below half of the particles. */
        void resample(int[] ancestors, int from, double uniform) {
            int n = logWeights.length;
            boolean kept = effective >= n / 2.0 || effective == 0;
            int[] chosen = kept ? IntStream.range(0, n).toArray() : systematic(logWeights, uniform);
            for (int i = 0; i < n; i++) {
                ancestors[from + i] = from + chosen[i];
            }
            if (!kept) {
                logFactors += LogNormaliser.logMeanExp(logWeights);
                Arrays.fill(logWeights, 0);
            }
        }

        double logEstimate() {
            return logFactors + LogNormaliser.logMeanExp(logWeights);
        }

        /** The largest rise up to {@code longest} that leaves a share of the conditional effective sample size. */
        double rise(double[] differences, double longest) {
            if (share(differences, longest) >= SHARE) {
                return longest;
            }
            double low = 0;
            double high = longest;
            for (int i = 0; i < 60; i++) {
                double middle = (low + high) / 2;
                if (share(differences, middle) >= SHARE) {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            return high;
        }

        /** {@code (Σ W v)²/Σ W v²} of those with mass in the target, {@code v = exp(−rise·d)}, {@code Σ W = 1}. */
        private double share(double[] differences, double rise) {
            int[] alive = IntStream.range(0, differences.length)
                    .filter(i -> differences[i] < Double.POSITIVE_INFINITY && logWeights[i] > Double.NEGATIVE_INFINITY)
                    .toArray();
            if (alive.length == 0) {
                return 1;
            }
            double top =
                    Arrays.stream(alive).mapToDouble(i -> logWeights[i]).max().orElseThrow();
            double least =
                    Arrays.stream(alive).mapToDouble(i -> differences[i]).min().orElseThrow();
            double all = 0;
            double sum = 0;
            double squares = 0;
            for (int i : alive) {
                double w = Math.exp(logWeights[i] - top);
                double v = Math.exp(-rise * (differences[i] - least));
                all += w;
                sum += w * v;
                squares += w * v * v;
            }
            return sum * sum / (squares * all);
        }
    }

    /** Number i is drawn {@code ⌊n·W_i⌋} or {@code ⌈n·W_i⌉} times: the places {@code (uniform + j)/n} decide. */
    static int[] systematic(double[] logWeights, double uniform) {
        int n = logWeights.length;
        double top = Arrays.stream(logWeights).max().orElseThrow();
        double[] weights =
                Arrays.stream(logWeights).map(log -> Math.exp(log - top)).toArray();
        double total = Arrays.stream(weights).sum();
        int[] chosen = new int[n];
        double reached = weights[0];
        int i = 0;
        for (int j = 0; j < n; j++) {
            double place = (uniform + j) / n * total;
            while (reached <= place && i < n - 1) {
                i++;
                reached += weights[i];
            }
            chosen[j] = i;
        }
        return chosen;
    }
}
