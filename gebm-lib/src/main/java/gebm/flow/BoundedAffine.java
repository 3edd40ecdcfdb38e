package gebm.flow;

import ai.djl.ndarray.NDArray;

/**
 * A scale and a shift: {@code z = x·exp(s) + t}, with {@code s = a/(1 + |a|/log 1000)} so that the scale stays in [0.001, 1000].
 *
 * <p>Parameters: t, a.
 * <p>Source: Papamakarios, Pavlakou and Murray (2017), Masked Autoregressive Flow, NeurIPS 30, equation 4, with
 * {@code s = −α} and {@code t = −μ·exp(−α)}. Differs: the bound on the scale, as in zuko 1.6.0.
 */
public record BoundedAffine() implements ScalarBijection {
    @Override
    public int parameters() {
        return 2;
    }

    private static NDArray logScale(NDArray parameters) {
        return ScalarBijection.softClip(parameters.get(":, :, 1"), LOG_LIMIT);
    }

    @Override
    public Moved forward(NDArray z, NDArray parameters) {
        NDArray logSlope = logScale(parameters).neg();
        return new Moved(z.sub(parameters.get(":, :, 0")).mul(logSlope.exp()), logSlope);
    }

    @Override
    public Moved inverse(NDArray x, NDArray parameters) {
        NDArray logSlope = logScale(parameters);
        return new Moved(x.mul(logSlope.exp()).add(parameters.get(":, :, 0")), logSlope);
    }
}
