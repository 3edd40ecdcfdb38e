package gebm.flow;

import ai.djl.ndarray.NDArray;

/**
 * An increasing map of single numbers whose parameters a network gives: what moves a coordinate in {@link
 * MaskedAutoregressive}.
 *
 * <p>Both directions are called in recordings only, and are written with {@code NDArray} so that they and their
 * derivatives can be. Parameters are any real numbers; near zero they should give a map near the identity, since a fresh
 * network gives small ones.
 *
 * <p>Shapes: numbers {@code (n, k)}, parameters {@code (n, k, parameters())}.
 */
public interface ScalarBijection {
    /** The largest logarithm of a scale, a slope or the ratio of two widths in the maps of this package; as in zuko 1.6.0. */
    double LOG_LIMIT = Math.log(1000);

    /** Parameters of one coordinate. */
    int parameters();

    /** From latents to data. */
    Moved forward(NDArray z, NDArray parameters);

    /** From data to latents. */
    Moved inverse(NDArray x, NDArray parameters);

    /**
     * Where numbers went, and the logarithm of the derivative there.
     *
     * @param value {@code (n, k)}
     * @param logSlope {@code (n, k)}
     */
    record Moved(NDArray value, NDArray logSlope) {}

    /**
     * {@code a/(1 + |a|/bound)}: about a near zero, and never beyond ±bound.
     *
     * <p>Scales are the exponentials of it, so that no network's output makes a map degenerate.
     */
    static NDArray softClip(NDArray a, double bound) {
        return a.div(a.abs().div(bound).add(1));
    }
}
