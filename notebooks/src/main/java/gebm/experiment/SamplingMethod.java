package gebm.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.StopReason;
import gebm.metric.Features;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.sampler.GradientFlow;
import gebm.sampler.ImportanceResampling;
import gebm.sampler.IndependenceMetropolis;
import gebm.sampler.KineticLangevin;
import gebm.sampler.Langevin;
import gebm.sampler.OptimalTransport;
import gebm.sampler.Rejection;
import gebm.sampler.Sampler;
import gebm.sampler.SamplingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/**
 * A way to get samples from a trained pair of base and energy, with the settings one chooses from.
 *
 * <p>{@link #all} are the ways that the paper's method is compared with: the base alone, filters of its samples,
 * transports of its latents, and chains. Chains start from the latents that the base alone would show, so that the same
 * row of two methods began as the same image.
 *
 * @param name what tables show
 * @param settings what one chooses from, at least one
 */
public record SamplingMethod(String name, List<Setting> settings) {
    private static final int PART = 250; // chains that run together: their images stay in the processor's cache

    /** Checks that there is something to choose from. */
    public SamplingMethod {
        Objects.requireNonNull(name, "name");
        settings = List.copyOf(settings);
        Require.that(!settings.isEmpty(), "settings of " + name, "at least one", "none");
    }

    /** How samples are drawn with given settings. */
    @FunctionalInterface
    public interface Draw {
        /** As many samples as {@code start} has latents; they belong to {@code scope}. */
        Samples from(NDManager scope, Gebm model, NDArray start, Rng rng);
    }

    /**
     * One choice of settings.
     *
     * @param name in words, for tables; empty if there is nothing to choose
     * @param draw how to draw with it
     */
    public record Setting(String name, Draw draw) {}

    /**
     * What a method gave.
     *
     * @param images {@code (n, …)}
     * @param evaluations how many times a sample was generated and weighed, over all samples
     * @param gradients how many of these took the gradient too
     */
    public record Samples(NDArray images, long evaluations, long gradients) {}

    /**
     * Every method, chains of at most {@code steps} steps whose step size falls to a tenth after half of them.
     *
     * <p>The settings: of DRS the quantile γ; of chains the first step size λ and, where it is not 1, the inverse
     * temperature β. Of DOT and DGflow the step; their other settings are those of their papers.
     */
    public static List<SamplingMethod> all(int steps) {
        return List.of(
                base(),
                importance(),
                rejection(),
                independence(steps),
                transport(steps),
                gradientFlow(steps),
                overdamped("GEBM, β = 1 (Langevin, DDLS)", steps, 1),
                kinetic("GEBM, β = 1 (kinetic)", steps, 1),
                overdamped("GEBM, β > 1 (Langevin)", steps, 10, 30, 100),
                kinetic("GEBM, β > 1 (kinetic)", steps, 3, 10, 30));
    }

    /** The base alone. */
    public static SamplingMethod base() {
        return single("base alone", (scope, model, start, rng) -> {
            long n = start.getShape().get(0);
            return new Samples(inParts(scope, start, z -> model.base().generate(z)), n, 0);
        });
    }

    /** The model itself, β = 1, by resampling of ten times as many samples of the base with weights e^−E. */
    public static SamplingMethod importance() {
        return single("GEBM, β = 1 (importance resampling)", (scope, model, start, rng) -> {
            int n = (int) start.getShape().get(0);
            NDArray images =
                    ImportanceResampling.of(10 * n).sample(scope, model, n, rng).samples();
            return new Samples(images, 10L * n, 0);
        });
    }

    /** Discriminator rejection sampling. */
    public static SamplingMethod rejection() {
        return choice("DRS", "γ at %.2f", new double[] {0.5, 0.8, 0.95}, quantile -> (scope, model, start, rng) -> {
            int n = (int) start.getShape().get(0);
            Rejection.Kept kept = Rejection.filter(quantile).sample(scope, model, n, rng);
            return new Samples(kept.samples(), kept.candidates(), 0);
        });
    }

    /** Independence Metropolis from the prior, the paper's IHM. */
    public static SamplingMethod independence(int steps) {
        Kernel kernel =
                (model, target, rng) -> new IndependenceMetropolis(model.base().prior());
        return single("IHM", chains(steps, false, model -> model.latentEnergy(1), kernel));
    }

    /** Discriminator optimal transport. */
    public static SamplingMethod transport(int steps) {
        return choice("DOT", "λ = %s", new double[] {0.1, 0.3, 1}, lambda -> {
            Kernel kernel = (model, target, rng) -> {
                double k = OptimalTransport.effectiveLipschitz(model.base(), target, 500, rng.fork("lipschitz"));
                return new OptimalTransport(falling(lambda, steps), k);
            };
            return chains(steps, true, Gebm::generatedEnergy, kernel);
        });
    }

    /** Discriminator gradient flow of the Kullback–Leibler divergence, for 25 steps as its paper, or fewer. */
    public static SamplingMethod gradientFlow(int steps) {
        return choice("DGflow", "η = %s", new double[] {0.03, 0.1, 0.3}, eta -> {
            Sampler<?> flow = new GradientFlow(Schedule.constant(eta), 0.01, GradientFlow.Divergence.KL);
            return chains(Math.min(steps, 25), true, Gebm::generatedEnergy, (model, target, rng) -> flow);
        });
    }

    /** Overdamped Langevin on the latent energy, {@code βλ} of 0.1 or 0.2 at first. */
    public static SamplingMethod overdamped(String name, int steps, double... inverseTemperatures) {
        return langevin(name, steps, new double[] {0.1, 0.2}, inverseTemperatures, Langevin::new);
    }

    /** Kinetic Langevin with friction 1 and {@code h = √(2λ)}, {@code βλ} of 0.01 or 0.03 at first. */
    public static SamplingMethod kinetic(String name, int steps, double... inverseTemperatures) {
        return langevin(
                name,
                steps,
                new double[] {0.01, 0.03},
                inverseTemperatures,
                lambda -> KineticLangevin.of(i -> Math.sqrt(2 * lambda.at(i)), 1));
    }

    private static SamplingMethod langevin(
            String name, int steps, double[] products, double[] betas, Function<Schedule, Sampler<?>> sampler) {
        List<Setting> settings = new ArrayList<>();
        for (double beta : betas) {
            for (double product : products) {
                double lambda = product / beta;
                Kernel kernel = (model, target, rng) -> sampler.apply(falling(lambda, steps));
                String shown = String.format(Locale.ROOT, "β = %.0f, λ = %.3g", beta, lambda);
                settings.add(new Setting(shown, chains(steps, true, model -> model.latentEnergy(beta), kernel)));
            }
        }
        return new SamplingMethod(name, settings);
    }

    private static SamplingMethod single(String name, Draw draw) {
        return new SamplingMethod(name, List.of(new Setting("", draw)));
    }

    private static SamplingMethod choice(String name, String format, double[] values, DoubleFunction<Draw> draw) {
        List<Setting> settings = new ArrayList<>();
        for (double value : values) {
            settings.add(new Setting(String.format(Locale.ROOT, format, value), draw.apply(value)));
        }
        return new SamplingMethod(name, settings);
    }

    /** A tenth after half of the steps. */
    private static Schedule falling(double first, int steps) {
        return Schedule.stepDecay(first, 0.1, Math.max(1, steps / 2));
    }

    /** The sampler of chains on a model's energy. */
    private interface Kernel {
        Sampler<?> of(Gebm model, Energy target, Rng rng);
    }

    private static Draw chains(int steps, boolean gradients, Function<Gebm, Energy> energy, Kernel kernel) {
        return (scope, model, start, rng) -> {
            Energy target = energy.apply(model);
            Sampler<?> sampler = kernel.of(model, target, rng);
            long[] part = {0};
            NDArray images = inParts(scope, start, z -> {
                var chains = sampler.run(target, z, SamplingPlan.of(steps), rng.fork(part[0]++));
                if (chains.stop() instanceof StopReason.Stopped stopped) {
                    throw new IllegalStateException("the chains were stopped after " + stopped.iterations() + " of "
                            + steps + " steps; a comparison needs all of them");
                }
                return model.base().generate(chains.position());
            });
            long evaluations = (steps + 1) * start.getShape().get(0);
            return new Samples(images, evaluations, gradients ? evaluations : 0);
        };
    }

    private static NDArray inParts(NDManager scope, NDArray start, Features images) {
        NDArray all = images.inBatches(PART).apply(start);
        all.attach(scope);
        return all;
    }
}
