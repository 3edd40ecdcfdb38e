package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Gebm;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Importance resampling (SIR): samples of the base, drawn again in proportion to their weights under the energy.
 *
 * <p>N candidates {@code xᵢ = G(zᵢ)} of the base get weights {@code wᵢ = exp(−βE(xᵢ))/Σⱼ exp(−βE(xⱼ))}, and n of them
 * are chosen, i on average {@code n·wᵢ} times: <em>systematic</em>, at n equidistant places of the sorted sums of w with one common
 * uniform shift, which adds the least noise; or independently. As N grows, samples are those of the model with energy
 * βE; the bias is of the order of {@code 1/}{@link Resampled#effectiveSampleSize}, and a candidate may be
 * chosen more than once. No chain, no step size, no gradient: what it gives is a check on samplers that have them.
 *
 * <p>Shapes: samples {@code (n, …)}, latents {@code (n, k)}.
 * <p>Units: nats.
 * <p>Memory: the candidates' latents and energies; images only 1,000 at a time, and the n that were chosen.
 * <p>Cost: N samples of the base and N energies, and n more of the base.
 * <p>Source: Rubin (1988), Using the SIR algorithm to simulate posterior distributions; Kitagawa (1996) for systematic
 * choice. Differs: the order of the samples is random.
 *
 * @param candidates N
 * @param inverseTemperature β, {@code > 0}
 * @param systematic whether the places are equidistant, or else independent
 * @param progress where the run reports
 */
public record ImportanceResampling(int candidates, double inverseTemperature, boolean systematic, Progress progress) {
    private static final int BATCH = 1_000;

    /** Checks the numbers. */
    public ImportanceResampling {
        Require.that(candidates >= 2, "candidates", ">= 2", candidates);
        Require.finite("inverseTemperature", Require.positive("inverseTemperature", inverseTemperature));
        Objects.requireNonNull(progress, "progress");
    }

    /** Systematic resampling of so many candidates at {@code β = 1}, the model itself. */
    public static ImportanceResampling of(int candidates) {
        return new ImportanceResampling(candidates, 1, true, Progress.none());
    }

    /** With another β. */
    public ImportanceResampling withInverseTemperature(double beta) {
        return new ImportanceResampling(candidates, beta, systematic, progress);
    }

    /** Each sample chosen independently of the others. */
    public ImportanceResampling withIndependentChoices() {
        return new ImportanceResampling(candidates, inverseTemperature, false, progress);
    }

    /** Reporting to {@code sink}. */
    public ImportanceResampling withProgress(Progress sink) {
        return new ImportanceResampling(candidates, inverseTemperature, systematic, sink);
    }

    /**
     * What was chosen, and what the weights say.
     *
     * @param samples {@code (n, …)}
     * @param latents {@code (n, k)}, from which the base generates the samples
     * @param distinct how many different candidates are among them
     * @param effectiveSampleSize {@code (Σ exp(−βE))²/Σ exp(−2βE)}, of at most N: how many equal weights would be worth as much
     * @param logPartition {@code log((1/N) Σ exp(−βEᵢ))}, in nats
     * @param standardError of that, of first order: {@code √(1/effectiveSampleSize − 1/N)}
     * @param stop why the run ended, counting candidates
     */
    public record Resampled(
            NDArray samples,
            NDArray latents,
            int distinct,
            double effectiveSampleSize,
            double logPartition,
            double standardError,
            StopReason stop) {
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%d samples, %d of them distinct, effective sample size %.1f, log-partition %.4f ± %.4f",
                    samples.getShape().get(0),
                    distinct,
                    effectiveSampleSize,
                    logPartition,
                    standardError);
        }
    }

    /**
     * {@code n} samples of {@code model}, owned by {@code scope}; an interrupt ends the search for candidates after the
     * present batch, and what there is by then is drawn from.
     *
     * @throws IllegalArgumentException if an energy is not finite
     */
    public Resampled sample(NDManager scope, Gebm model, int n, Rng rng) {
        Require.positive("n", n);
        try (NDManager own = NDManager.newBaseManager()) {
            NDList latents = new NDList();
            double[] logs = new double[candidates];
            int done = 0;
            progress.report(0, candidates, "");
            for (int batch = 0;
                    done < candidates && (done == 0 || !Thread.currentThread().isInterrupted());
                    batch++) {
                int size = Math.min(BATCH, candidates - done);
                NDArray z = model.base()
                        .prior()
                        .sample(own, size, rng.fork("candidates").fork(batch));
                latents.add(z);
                logWeights(model, z, logs, done);
                done += size;
                progress.report(done, candidates, "");
            }
            return resampled(scope, model, NDArrays.concat(latents, 0), Arrays.copyOf(logs, done), n, rng);
        }
    }

    private void logWeights(Gebm model, NDArray z, double[] logs, int from) {
        try (NDArray energy = model.generatedEnergy().at(z)) {
            double[] values = Ops.doubles(energy);
            for (int i = 0; i < values.length; i++) {
                logs[from + i] = -inverseTemperature * Require.finite("energy of a candidate", values[i]);
            }
        }
    }

    private Resampled resampled(NDManager scope, Gebm model, NDArray latents, double[] logs, int n, Rng rng) {
        double largest = Arrays.stream(logs).max().orElseThrow();
        double[] sums = new double[logs.length]; // of the weights so far
        double squares = 0;
        double sum = 0;
        for (int i = 0; i < logs.length; i++) {
            double weight = Math.exp(logs[i] - largest);
            sum += weight;
            squares += weight * weight;
            sums[i] = sum;
        }
        int[] rows = rows(sums, n, rng);
        double size = sum * sum / squares;
        NDArray z = latents.get(
                latents.getManager().create(Arrays.stream(rows).asLongStream().toArray()));
        NDArray samples = generated(model, z);
        samples.attach(scope);
        z.attach(scope);
        return new Resampled(
                samples,
                z,
                (int) Arrays.stream(rows).distinct().count(),
                size,
                largest + Math.log(sum / logs.length),
                Math.sqrt(Math.max(0, 1 / size - 1.0 / logs.length)),
                logs.length < candidates ? new StopReason.Stopped(logs.length) : new StopReason.Completed(logs.length));
    }

    /** The candidates at n places of the sums of weights, in random order. */
    private int[] rows(double[] sums, int n, Rng rng) {
        SplittableRandom uniforms = rng.fork("places").numbers();
        double shift = uniforms.nextDouble();
        int[] order = rng.fork("order").permutation(n);
        int[] rows = new int[n];
        double total = sums[sums.length - 1];
        for (int i = 0; i < n; i++) {
            double place = total * (systematic ? (i + shift) / n : uniforms.nextDouble());
            int found =
                    Arrays.binarySearch(sums, place); // the first sum beyond the place; a weight of 0 is never chosen
            rows[order[i]] = Math.min(found >= 0 ? found + 1 : -found - 1, sums.length - 1);
        }
        return rows;
    }

    private static NDArray generated(Gebm model, NDArray z) {
        NDManager own = z.getManager();
        NDList parts = new NDList();
        long n = z.getShape().get(0);
        for (long from = 0; from < n; from += BATCH) {
            parts.add(model.base().generate(z.get(own, new NDIndex(from + ":" + Math.min(n, from + BATCH)))));
        }
        return NDArrays.concat(parts, 0);
    }
}
