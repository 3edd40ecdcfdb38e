/**
 * Invertible maps, and distributions with exact densities made of them: a {@link gebm.flow.Flow} is a prior moved by a
 * {@link gebm.flow.Bijection}, a base with latents and density.
 *
 * <p>When to take which:
 *
 * <ul>
 *   <li>{@code Flow.realNvp}: density and samples in one pass each, smooth, cheap. For the base of a GEBM, or where chains
 *       run in its latents.
 *   <li>{@code Flow.splineCoupling}: as cheap, and bends more; for rows scaled to lie within [−5, 5], with sharp edges or
 *       several modes.
 *   <li>{@code Flow.maskedAutoregressive}: each coordinate given all before it. For densities of tables; a sample takes d
 *       passes.
 *   <li>{@code Flow.mixtureAutoregressive}: the same with Gaussian mixtures, for tables whose coordinates have several
 *       modes; the slowest to sample.
 *   <li>{@code Flow.conditional}: any of their parts given a context, {@code log p(x | c)}.
 * </ul>
 *
 * <p>In a notebook import {@code gebm.flow.Flow} by its name, too: the kernel imports {@code java.util.concurrent.*}, which
 * has a {@code Flow}.
 *
 * <p>What they are made of can be put together by {@code then}, and {@code inverted}: {@link gebm.flow.AffineCoupling},
 * {@link gebm.flow.MaskedAutoregressive} (couplings, too) with a {@link gebm.flow.ScalarBijection} ({@link
 * gebm.flow.BoundedAffine}, {@link gebm.flow.RationalQuadraticSpline}, {@link gebm.flow.GaussianMixtureMap}), {@link
 * gebm.flow.LinearMap} and {@link gebm.flow.Permutation}.
 *
 * <p>One's own is two formulas and its parts: {@link gebm.flow.Bijection} has a whole one as its example, and {@link
 * gebm.core.Trainable} an energy. What moves single numbers, with parameters from a network, is a {@link
 * gebm.flow.ScalarBijection}.
 *
 * <pre>{@code
 * var spline = new RationalQuadraticSpline(8, 5);
 * var type = ai.djl.ndarray.types.DataType.FLOAT32;
 * var map = MaskedAutoregressive.of(new int[] {0, 1, 1}, 32, spline, type, Rng.of(1))
 *         .then(LinearMap.of(3, type, Rng.of(2)))
 *         .then(MaskedAutoregressive.of(new int[] {1, 0, 1}, 32, spline, type, Rng.of(3)));
 * var flow = Flow.of(DensityBase.standardNormal(3), map); // trained by Trainer.of, or a base of a Gebm
 * }</pre>
 */
package gebm.flow;
