package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Gebm;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Discriminator rejection sampling (DRS): samples of the base, kept with a probability that grows with their weight.
 *
 * <p>With {@code d = −E(x)} and M the largest d seen so far, a sample is kept with probability
 * {@code σ(F)}, {@code F = d − M − log(1 − exp(d − M − 10⁻⁸)) − γ}. At {@code γ = 0} this is {@code exp(d − M)}:
 * rejection sampling, exact for the model as far as M is its true bound, and slow. The paper takes for γ a quantile of
 * F among the first samples: a negative γ keeps more, of a distribution between base and model; a positive one keeps
 * less, of a distribution sharper than the model, which tends to weights {@code 1/(exp(M − d) − 1)}.
 *
 * <p>Shapes: samples {@code (n, …)}.
 * <p>Units: nats.
 * <p>Cost: one sample of the base and one energy for each candidate.
 * <p>Source: Azadi et al. (2019), Discriminator Rejection Sampling, algorithm 1. Differs: {@code d = −E} needs no
 * calibration by a logistic layer, as the energy is a log density ratio already.
 *
 * @param quantile which quantile of F among the first samples γ is, in [0, 1); NaN for {@code γ = 0}
 * @param firstSamples how many samples give the first M, and γ
 * @param progress where the run reports
 */
public record Rejection(double quantile, int firstSamples, Progress progress) {
    private static final int BATCH = 1_000;
    private static final double EPSILON = 1e-8;

    /** Checks the numbers. */
    public Rejection {
        Require.that(
                Double.isNaN(quantile) || quantile >= 0 && quantile < 1, "quantile", "in [0, 1), or NaN", quantile);
        Require.positive("firstSamples", firstSamples);
        Objects.requireNonNull(progress, "progress");
    }

    /** Rejection sampling of the model itself, {@code γ = 0}; the first bound from 10,000 samples. */
    public static Rejection exact() {
        return new Rejection(Double.NaN, 10_000, Progress.none());
    }

    /** The paper's filter, γ the quantile of F among 10,000 samples; the paper's toy and image runs take 0.8. */
    public static Rejection filter(double quantile) {
        Require.that(quantile >= 0 && quantile < 1, "quantile", "in [0, 1)", quantile);
        return new Rejection(quantile, 10_000, Progress.none());
    }

    /** This sampler reporting to {@code sink}. */
    public Rejection withProgress(Progress sink) {
        return new Rejection(quantile, firstSamples, sink);
    }

    /**
     * What was kept.
     *
     * @param samples {@code (n, …)}; fewer than asked for after a stop
     * @param candidates how many samples of the base were looked at for them
     * @param largestLogWeight M at the end
     * @param raised how often M was raised after candidates had been accepted against a lower one
     * @param stop why the run ended, counting samples
     */
    public record Kept(NDArray samples, long candidates, double largestLogWeight, long raised, StopReason stop) {
        /** The share of candidates that was kept. */
        public double acceptance() {
            return (double) samples.getShape().get(0) / candidates;
        }
    }

    /**
     * {@code n} samples that pass; an interrupt ends the run after the present batch of candidates.
     *
     * @throws IllegalStateException if of a million candidates in a row none passes
     */
    public Kept sample(NDManager scope, Gebm model, int n, Rng rng) {
        Require.positive("n", n);
        try (NDManager own = scope.newSubManager()) {
            double[] first = first(model, rng.fork("first"));
            double bound = Arrays.stream(first).max().orElseThrow();
            double gamma = Double.isNaN(quantile) ? 0 : gamma(first, bound);
            NDList parts = new NDList();
            long candidates = 0;
            long raised = 0;
            int kept = 0;
            long since = 0;
            SplittableRandom uniforms = rng.fork("accept").numbers();
            progress.report(0, n, "");
            for (int batch = 0; kept < n && !Thread.currentThread().isInterrupted(); batch++) {
                NDArray x = model.base().sample(own, BATCH, rng.fork(batch));
                double[] weights = logWeights(model, x);
                double largest = Arrays.stream(weights).max().orElseThrow();
                if (largest > bound) {
                    bound = largest;
                    raised += kept > 0 ? 1 : 0;
                }
                long[] rows = new long[BATCH];
                int passed = 0;
                int looked = 0;
                for (; looked < BATCH && kept + passed < n; looked++) {
                    if (uniforms.nextDouble() < probability(weights[looked] - bound, gamma)) {
                        rows[passed++] = looked;
                    }
                }
                candidates += looked;
                since = passed > 0 ? 0 : since + looked;
                if (since >= 1_000_000) {
                    throw new IllegalStateException("none of a million candidates passed (largest log weight " + bound
                            + "): the energy's weights are too uneven for rejection; use a quantile, or a chain");
                }
                if (passed > 0) {
                    parts.add(x.get(own.create(Arrays.copyOf(rows, passed))));
                }
                x.close();
                kept += passed;
                progress.report(kept, n, "");
            }
            NDArray samples = parts.isEmpty()
                    ? own.zeros(new Shape(0).addAll(model.base().sampleShape()))
                    : NDArrays.concat(parts, 0);
            samples.attach(scope);
            StopReason stop = kept < n ? new StopReason.Stopped(kept) : new StopReason.Completed(kept);
            return new Kept(samples, candidates, bound, raised, stop);
        }
    }

    private double[] first(Gebm model, Rng rng) {
        double[] all = new double[firstSamples];
        for (int done = 0, batch = 0; done < firstSamples; done += BATCH, batch++) {
            int size = Math.min(BATCH, firstSamples - done);
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray x = model.base().sample(scope, size, rng.fork(batch));
                System.arraycopy(logWeights(model, x), 0, all, done, size);
            }
        }
        return all;
    }

    /** {@code −E(x)}, checked. */
    private static double[] logWeights(Gebm model, NDArray x) {
        try (NDArray energy = model.energy().at(x)) {
            double[] weights = Ops.doubles(energy);
            for (int i = 0; i < weights.length; i++) {
                weights[i] = -Require.finite("energy of a sample of the base", weights[i]);
            }
            return weights;
        }
    }

    private double gamma(double[] weights, double bound) {
        double[] f = Arrays.stream(weights).map(d -> logit(d - bound)).sorted().toArray();
        return f[(int) Math.min(f.length - 1, Math.floor(quantile * f.length))];
    }

    private static double logit(double relative) {
        return relative - Math.log(-Math.expm1(relative - EPSILON));
    }

    /** {@code σ(F)}. */
    static double probability(double relative, double gamma) {
        return 1 / (1 + Math.exp(gamma - logit(relative)));
    }
}
