package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import gebm.trace.Loop;
import gebm.trace.Ops;
import gebm.trace.Special;
import java.util.Arrays;

/**
 * The map that makes a mixture of Gaussians of a normal number: {@code z = Φ⁻¹(F(x))}, F the mixture's distribution function.
 *
 * <p>{@code F(x) = Σₖ πₖ Φ((x − μₖ)/σₖ)}, and {@code log dz/dx = log Σₖ πₖ N(x; μₖ, σₖ²) − log φ(z)}: with a standard normal
 * prior the density of x is the mixture's. Distribution functions are kept as logarithms of the smaller tail, so that z is
 * exact far out, and Φ⁻¹ is six steps of Newton's method on {@code log Φ}. From latents to data the equation is solved by
 * bisection between the components' own quantiles, {@code minₖ(μₖ + σₖz)} and {@code maxₖ(μₖ + σₖz)}; derivatives are those
 * of the solution.
 *
 * <p>Parameters: for each component a logit of π, the difference of μ from its place at first ({@code −2 + (4k + 2)/K}), and
 * the logarithm of σ, bounded to ±log 1000 by {@link ScalarBijection#softClip}.
 *
 * <p>Cost: {@code 3·components} outputs of the network for each coordinate; from latents to data 64 evaluations of F.
 * <p>Source: Papamakarios, Pavlakou and Murray (2017), Masked Autoregressive Flow, NeurIPS 30, section 3.3 (MADE MoG and MAF
 * MoG). Differs: there a sample draws its component, here it is a function of z, so that there are latents to run chains
 * in; the density is the same.
 *
 * <pre>{@code
 * var type = ai.djl.ndarray.types.DataType.FLOAT32;
 * var map = MaskedAutoregressive.of(new int[] {1, 2}, 32, new GaussianMixtureMap(10), type, Rng.of(1));
 * var flow = Flow.of(DensityBase.standardNormal(2), map); // p(x₀)·p(x₁ | x₀), each a mixture of ten Gaussians
 * }</pre>
 *
 * @param components of the mixture
 */
public record GaussianMixtureMap(int components) implements ScalarBijection {
    private static final double LOG_ROOT = 0.5 * Math.log(2 * Math.PI);
    private static final int HALVINGS = 64; // 2⁻⁶⁴ of the first interval is below rounding
    private static final double SMALLEST = 1e-30; // keeps 0/0 out where a slope underflows

    /** Checks the number. */
    public GaussianMixtureMap {
        Require.positive("components", components);
    }

    @Override
    public int parameters() {
        return 3 * components;
    }

    /** Of one mixture for each coordinate: {@code (n, k, components)}. */
    private record Mixture(NDArray logWeight, NDArray mean, NDArray logScale) {
        NDArray standardised(NDArray x) {
            return x.expandDims(2).sub(mean).mul(logScale.neg().exp());
        }

        /** {@code log F(x)}. */
        NDArray logBelow(NDArray x) {
            return Ops.logSumExp(logWeight.add(Special.logNdtr(standardised(x))), 2);
        }

        /** {@code log(1 − F(x))}. */
        NDArray logAbove(NDArray x) {
            return Ops.logSumExp(logWeight.add(Special.logNdtr(standardised(x).neg())), 2);
        }

        NDArray logDensity(NDArray x) {
            NDArray square = standardised(x).square().mul(0.5);
            return Ops.logSumExp(logWeight.sub(logScale).sub(square), 2).sub(LOG_ROOT);
        }

        Mixture detached() {
            return new Mixture(logWeight.stopGradient(), mean.stopGradient(), logScale.stopGradient());
        }
    }

    private Mixture mixture(NDArray parameters) {
        double[] places = new double[components];
        Arrays.setAll(places, k -> -2 + (4.0 * k + 2) / components);
        NDArray first = parameters.getManager().create(places).toType(parameters.getDataType(), false);
        return new Mixture(
                part(parameters, 0).logSoftmax(2),
                part(parameters, 1).add(first),
                ScalarBijection.softClip(part(parameters, 2), LOG_LIMIT));
    }

    private NDArray part(NDArray parameters, int number) {
        return parameters.get(":, :, " + number * components + ":" + (number + 1) * components);
    }

    private static NDArray logNormal(NDArray z) {
        return z.square().mul(-0.5).sub(LOG_ROOT);
    }

    /**
     * The z ≤ 0 with {@code log Φ(z) = u}, for u ≤ log ½. Newton's method from {@code −√(−2u)}, which is below the root,
     * climbs to it, since log Φ is concave; the last two steps carry the derivatives, to third order.
     */
    private static NDArray quantile(NDArray u) {
        NDArray fixed = u.stopGradient();
        NDArray z = fixed.mul(-2).sqrt().neg();
        for (int i = 0; i < 4; i++) {
            z = newton(z, fixed);
        }
        return newton(newton(z.stopGradient(), u), u);
    }

    private static NDArray newton(NDArray z, NDArray u) {
        NDArray logBelow = Special.logNdtr(z);
        return z.sub(logBelow.sub(u).mul(logBelow.sub(logNormal(z)).exp()));
    }

    @Override
    public Moved inverse(NDArray x, NDArray parameters) {
        Mixture mixture = mixture(parameters);
        NDArray below = mixture.logBelow(x);
        NDArray above = mixture.logAbove(x);
        NDArray z = quantile(below.minimum(above));
        z = NDArrays.where(below.lt(above), z, z.neg());
        return new Moved(z, mixture.logDensity(x).sub(logNormal(z)));
    }

    /** The tail that is compared: below x where z is negative, above it elsewhere. */
    private static NDArray tail(Mixture mixture, NDArray x, NDArray negative) {
        return NDArrays.where(negative, mixture.logBelow(x), mixture.logAbove(x));
    }

    @Override
    public Moved forward(NDArray z, NDArray parameters) {
        Mixture mixture = mixture(parameters);
        NDArray fixed = z.stopGradient();
        NDArray negative = fixed.lt(0);
        NDArray sign = negative.toType(z.getDataType(), false).mul(2).sub(1);
        NDArray solution = bisected(mixture.detached(), fixed, negative, sign);
        NDArray x = implicit(mixture, implicit(mixture, solution, z, negative, sign), z, negative, sign);
        return new Moved(x, logNormal(z).sub(mixture.logDensity(x)));
    }

    private static NDArray bisected(Mixture mixture, NDArray z, NDArray negative, NDArray sign) {
        NDArray target = Special.logNdtr(z.mul(sign));
        NDArray quantiles = mixture.mean().add(mixture.logScale().exp().mul(z.expandDims(2)));
        NDList ends = new NDList(quantiles.min(new int[] {2}), quantiles.max(new int[] {2}));
        NDList found = Loop.run(0, HALVINGS, ends, (state, step) -> {
            NDArray middle = state.get(0).add(state.get(1)).mul(0.5);
            NDArray low = tail(mixture, middle, negative).sub(target).mul(sign).lt(0);
            return new NDList(NDArrays.where(low, middle, state.get(0)), NDArrays.where(low, state.get(1), middle));
        });
        return found.get(0).add(found.get(1)).mul(0.5).stopGradient();
    }

    /**
     * x as it is, with the derivatives of the solution: a step of Newton's method on the tail's difference from its own
     * value, which is zero. Two steps give derivatives to third order.
     */
    private static NDArray implicit(Mixture mixture, NDArray x, NDArray z, NDArray negative, NDArray sign) {
        NDArray tail = tail(mixture, x, negative);
        NDArray difference = tail.sub(Special.logNdtr(z.mul(sign)));
        NDArray slope = mixture.logDensity(x).sub(tail).exp().maximum(SMALLEST).mul(sign);
        return x.sub(difference.sub(difference.stopGradient()).div(slope));
    }
}
