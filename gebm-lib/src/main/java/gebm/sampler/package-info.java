/**
 * Markov kernels on an energy. {@link gebm.sampler.Sampler} is what one implements, {@link gebm.sampler.SamplingPlan}
 * says how long to run, {@link gebm.sampler.Chains} is what comes back.
 *
 * <p>Unadjusted, with a bias that a smaller step reduces: {@link gebm.sampler.Langevin},
 * {@link gebm.sampler.KineticLangevin} (crosses between modes), {@link gebm.sampler.Microcanonical} (few evaluations in
 * many dimensions). Exact, by {@linkplain gebm.sampler.Metropolis accepting or rejecting}: {@link gebm.sampler.Mala},
 * {@link gebm.sampler.Hmc}, {@link gebm.sampler.RandomWalk} (no gradient), {@link gebm.sampler.IndependenceMetropolis}
 * (the paper's IHM). {@link gebm.sampler.ParallelTempering} lets any of them cross barriers, and
 * {@link gebm.sampler.Preconditioned} runs any of them in rescaled coordinates. A {@link gebm.sampler.Tunable} one finds
 * its own settings in a {@link gebm.sampler.WarmUp}, and returns them frozen.
 *
 * <p>What a GEBM is compared with, on the same two networks: the paper's IHM, {@link gebm.sampler.Rejection} (DRS),
 * {@link gebm.sampler.OptimalTransport} (DOT) and {@link gebm.sampler.GradientFlow} (DGflow). DDLS (Che et al., 2020) is
 * {@link gebm.sampler.Langevin} on the latent energy at inverse temperature 1: there a GAN's discriminator stands for
 * −E. {@link gebm.sampler.ImportanceResampling} needs no chain and says by its effective sample size how far it can be
 * trusted. To train energies in data space, {@link gebm.sampler.StochasticGradientLangevin} continues chains from a
 * {@link gebm.sampler.ReplayBuffer}.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     gebm.model.Energy well = x -> x.square().sub(1).square().sum(new int[] {1});
 *     var start = gebm.core.Rng.of(1).normal(scope, new ai.djl.ndarray.types.Shape(500, 1));
 *     var langevin = new gebm.sampler.Langevin(gebm.core.Schedule.constant(0.01));
 *     var chains = langevin.run(well, start, gebm.sampler.SamplingPlan.of(100), gebm.core.Rng.of(2));
 * }
 * }</pre>
 */
package gebm.sampler;
