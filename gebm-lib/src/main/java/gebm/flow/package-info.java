/**
 * Invertible maps, and distributions with exact densities made of them: {@link gebm.flow.Flow} is a base with latent and
 * density, a prior moved by a {@link gebm.flow.Bijection}.
 *
 * <pre>{@code
 * var flow = Flow.realNvp(2, Rng.of(1)); // trained by Trainer.baseOnly, or a base of a Gebm
 * }</pre>
 */
package gebm.flow;
