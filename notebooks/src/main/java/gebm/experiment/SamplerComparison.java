package gebm.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.metric.Features;
import gebm.metric.Frechet;
import gebm.metric.KernelDistance;
import gebm.metric.PrecisionRecall;
import gebm.model.Gebm;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One trained pair of base and energy, sampled in several ways, and how near each comes to the data.
 *
 * <p>Settings are chosen by the Fréchet distance to <em>validation</em> data, which training has not seen; the numbers
 * of a {@link Row} are against <em>test</em> data, which chose nothing. Every method gives equally many samples, and
 * those that start from latents start from the same ones.
 *
 * <p>Units: distances in squared units of the features.
 * <p>Randomness: each method draws from {@code rng.fork(its name)}, so that adding one changes no other.
 * <p>Memory: the features of both references live until {@link #close}.
 */
public final class SamplerComparison implements AutoCloseable {
    private static final int NEIGHBOURS = 5; // of precision, recall, density, coverage: Naeem et al. (2020)
    private static final int KID_SUBSET = 200;

    private final NDManager manager = NDManager.newBaseManager();
    private final Gebm model;
    private final Features features;
    private final NDArray validation; // features
    private final NDArray test; // features
    private final int samples;
    private final int tuningSamples;
    private final Rng rng;

    SamplerComparison(
            Gebm model, Features features, NDArray validation, NDArray test, int samples, int tuning, Rng rng) {
        Require.that(samples >= 5 * 2, "samples", ">= 10", samples);
        Require.positive("samples for choices", tuning);
        this.model = model;
        this.features = features;
        this.validation = features.apply(validation);
        this.test = features.apply(test);
        this.validation.attach(manager);
        this.test.attach(manager);
        this.samples = samples;
        this.tuningSamples = tuning;
        this.rng = rng;
    }

    /**
     * A comparison on {@code model}, with 2,000 samples of each method and 400 where settings are chosen.
     *
     * @param features of samples as the base gives them
     * @param validation data for choices, samples as the base gives them
     * @param test data for the results
     */
    public static SamplerComparison of(Gebm model, Features features, NDArray validation, NDArray test, Rng rng) {
        return new SamplerComparison(model, features, validation, test, 2_000, 400, rng);
    }

    /**
     * Settings and how good each was.
     *
     * @param setting the best
     * @param distances the Fréchet distance to validation data by the name of the setting; empty if there is only one
     */
    public record Choice(SamplingMethod.Setting setting, Map<String, Double> distances) {}

    /**
     * How near the samples of a method come to test data.
     *
     * @param method its name
     * @param setting what was chosen
     * @param frechet Fréchet distance
     * @param kernel KID
     * @param neighbours precision, recall, density and coverage
     * @param meanEnergy of the samples, in nats
     * @param evaluations how many times a sample was generated and weighed, for each sample given
     * @param gradients how many of these took the gradient
     * @param seconds by the clock
     */
    public record Row(
            String method,
            String setting,
            double frechet,
            KernelDistance kernel,
            PrecisionRecall neighbours,
            double meanEnergy,
            double evaluations,
            double gradients,
            double seconds) {}

    /** The setting of {@code method} whose samples come nearest to validation data. */
    public Choice choose(SamplingMethod method) {
        if (method.settings().size() == 1) {
            return new Choice(method.settings().get(0), Map.of());
        }
        Map<String, Double> distances = new LinkedHashMap<>();
        for (SamplingMethod.Setting setting : method.settings()) {
            try (NDManager scope = NDManager.newBaseManager()) {
                Rng key = rng.fork("choose").fork(method.name());
                NDArray images = setting.draw()
                        .from(scope, model, start(scope, tuningSamples, "choose"), key)
                        .images();
                distances.put(setting.name(), Frechet.distance(features.apply(images), validation));
            }
        }
        return new Choice(
                Collections.min(method.settings(), Comparator.comparingDouble(s -> distances.get(s.name()))),
                distances);
    }

    /** Samples of a method with this setting, from the latents that all methods start from. */
    public SamplingMethod.Samples draw(NDManager scope, SamplingMethod method, SamplingMethod.Setting setting) {
        return setting.draw().from(scope, model, start(scope, samples, "measure"), rng.fork(method.name()));
    }

    /** What those samples are worth. */
    public Row measure(SamplingMethod method, SamplingMethod.Setting setting) {
        try (NDManager scope = NDManager.newBaseManager()) {
            long began = System.nanoTime();
            SamplingMethod.Samples drawn = draw(scope, method, setting);
            double seconds = (System.nanoTime() - began) / 1e9;
            NDArray seen = features.apply(drawn.images());
            double n = drawn.images().getShape().get(0);
            NDArray some = test.get(
                    scope, new NDIndex(":" + Math.min((long) n, test.getShape().get(0))));
            return new Row(
                    method.name(),
                    setting.name(),
                    Frechet.distance(seen, test),
                    KernelDistance.between(seen, test, Math.min(KID_SUBSET, (int) n / 5), rng.fork("kernel")),
                    PrecisionRecall.of(seen, some, NEIGHBOURS),
                    meanEnergy(drawn.images()),
                    drawn.evaluations() / n,
                    drawn.gradients() / n,
                    seconds);
        }
    }

    /** The Fréchet distance of {@code images} to test data. */
    public double distance(NDArray images) {
        try (NDArray seen = features.apply(images)) {
            return Frechet.distance(seen, test);
        }
    }

    private NDArray start(NDManager scope, int n, String purpose) {
        return model.base().prior().sample(scope, n, rng.fork("start").fork(purpose));
    }

    private double meanEnergy(NDArray images) {
        long n = images.getShape().get(0);
        double sum = 0;
        for (long from = 0; from < n; from += 1_000) {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray part = images.get(scope, new NDIndex(from + ":" + Math.min(n, from + 1_000)));
                sum += model.energy()
                        .at(part)
                        .toType(DataType.FLOAT64, false)
                        .sum()
                        .getDouble();
            }
        }
        return sum / n;
    }

    @Override
    public void close() {
        manager.close();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "SamplerComparison[%d samples, %d for choices]", samples, tuningSamples);
    }
}
