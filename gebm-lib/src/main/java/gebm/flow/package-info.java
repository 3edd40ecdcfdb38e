/**
 * Invertible maps with densities: {@link gebm.flow.RealNvp}, a base with latent and density.
 *
 * <pre>{@code
 * var flow = gebm.flow.RealNvp.of(2, gebm.core.Rng.of(1)); // trained by Trainer.baseOnly, or a base of a Gebm
 * }</pre>
 */
package gebm.flow;
