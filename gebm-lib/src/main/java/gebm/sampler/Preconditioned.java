package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Energy;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Any sampler in rescaled coordinates: {@code y = x/scale}, by dimension.
 *
 * <p>The inner sampler runs on {@code E(scale·y)}, whose level sets are rounder when {@code scale} is near the
 * target's standard deviations; what it leaves invariant, this leaves invariant too. For HMC this is a diagonal mass
 * matrix {@code M = diag(1/scale²)}, for Langevin a diagonal preconditioner. A step size is in units of the scale.
 *
 * <p>{@link #warmUp} finds the scale: the standard deviations over chains and time of a run in the present scale,
 * after which the inner sampler finds its settings in the new one.
 *
 * <p>Shapes: position {@code (chains, d)}.
 * <p>Cost: that of the inner sampler.
 *
 * @param inner the sampler of y
 * @param scale a number for each dimension, each finite and {@code > 0}
 */
public record Preconditioned<S extends ChainState>(Sampler<S> inner, double[] scale)
        implements Tunable<Preconditioned.State<S>> {
    /** Checks and copies the numbers. */
    public Preconditioned {
        Objects.requireNonNull(inner, "inner");
        scale = scale.clone();
        for (int i = 0; i < scale.length; i++) {
            Require.positive("scale[" + i + "]", scale[i]);
        }
    }

    /** {@code inner} in d dimensions whose scales are all one, for a warm-up to find better ones. */
    public static <S extends ChainState> Preconditioned<S> of(Sampler<S> inner, int d) {
        double[] ones = new double[Require.positive("d", d)];
        Arrays.fill(ones, 1);
        return new Preconditioned<>(inner, ones);
    }

    @Override
    public double[] scale() {
        return scale.clone();
    }

    /**
     * Positions, and the inner sampler's state.
     *
     * @param position x, {@code (chains, d)}
     * @param inner the state in y, with the target's energy
     */
    public record State<S extends ChainState>(NDArray position, S inner) implements ChainState {
        @Override
        public NDList arrays() {
            NDList all = new NDList(position);
            all.addAll(inner.arrays());
            return all;
        }
    }

    private NDArray scaleFor(NDArray x) {
        long d = x.getShape().get(x.getShape().dimension() - 1);
        Require.that(
                x.getShape().dimension() == 2 && d == scale.length,
                "position",
                "of shape (chains, " + scale.length + ")",
                x.getShape());
        return x.getManager().create(scale).toType(x.getDataType(), false);
    }

    private Energy scaled(Energy target) {
        return y -> target.at(y.mul(scaleFor(y)));
    }

    @Override
    public State<S> init(Energy target, NDArray position, Rng rng) {
        return new State<>(position, inner.init(scaled(target), position.div(scaleFor(position)), rng));
    }

    @Override
    public double[] settings(long iteration) {
        return inner.settings(iteration);
    }

    @Override
    public Transition<State<S>> update(Energy target, State<S> state, NDArray settings, Rng rng) {
        Transition<S> next = inner.update(scaled(target), state.inner(), settings, rng);
        NDArray y = next.state().position();
        return new Transition<>(new State<>(y.mul(scaleFor(y)), next.state()), next.info());
    }

    @Override
    public State<S> state(NDList arrays) {
        return new State<>(arrays.get(0), inner.state(arrays.subNDList(1)));
    }

    @Override
    public Tuned<State<S>> warmUp(Energy target, NDArray start, WarmUp plan, Rng rng) {
        Require.that(plan.steps() >= 80, "steps of a warm-up that finds scales", ">= 80", plan.steps());
        int part = plan.steps() / 4;
        try (NDManager scope = start.getManager().newSubManager()) {
            NDArray from = start.duplicate();
            from.attach(scope);
            Tuned<State<S>> rough = innerWarmUp(target, from, part, shifted(plan, 0), rng.fork("rough"));
            SamplingPlan middle =
                    SamplingPlan.of(part).withWarmUp(part / 2).withThinning(1).withProgress(shifted(plan, part));
            Chains<State<S>> spread = rough.sampler().run(target, rough.position(), middle, rng.fork("spread"));
            Preconditioned<S> rescaled = new Preconditioned<>(inner, deviations(spread.draws()));
            int rest = plan.steps() - 2 * part;
            Tuned<State<S>> found = rescaled.innerWarmUp(
                    target, spread.position(), rest, shifted(plan, 2 * part), rng.fork("settings"));
            found.position().attach(start.getManager());
            return found;
        }
    }

    private static Progress shifted(WarmUp plan, int before) {
        return (done, total, message) -> plan.progress().report(before + done, plan.steps(), message);
    }

    /** The inner sampler's warm-up in this scale; an inner sampler that has none keeps its settings. */
    private Tuned<State<S>> innerWarmUp(Energy target, NDArray start, int steps, Progress progress, Rng rng) {
        Map<String, Double> settings = new LinkedHashMap<>();
        for (int i = 0; i < scale.length; i++) {
            settings.put("scale[" + i + "]", scale[i]);
        }
        if (!(inner instanceof Tunable<S> tunable)) {
            return new Tuned<>(this, start, settings, new double[0], new StopReason.Completed(steps));
        }
        NDArray units = scaleFor(start);
        WarmUp plan = new WarmUp(steps, progress);
        Tuned<S> found = tunable.warmUp(scaled(target), start.div(units), plan, rng);
        settings.putAll(found.settings());
        NDArray position = found.position().mul(units);
        return new Tuned<>(
                new Preconditioned<>(found.sampler(), scale), position, settings, found.acceptance(), found.stop());
    }

    /** The standard deviation of each dimension over all draws, in double. */
    private static double[] deviations(NDArray draws) {
        int d = (int) draws.getShape().get(2);
        double[] numbers = Ops.doubles(draws);
        int n = numbers.length / d;
        double[] deviations = new double[d];
        for (int k = 0; k < d; k++) {
            double mean = 0;
            for (int i = k; i < numbers.length; i += d) {
                mean += numbers[i] / n;
            }
            double squares = 0;
            for (int i = k; i < numbers.length; i += d) {
                squares += (numbers[i] - mean) * (numbers[i] - mean) / n;
            }
            deviations[k] = Require.positive("spread of the chains in dimension " + k, Math.sqrt(squares));
        }
        return deviations;
    }
}
