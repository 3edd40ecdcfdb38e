/**
 * Markov kernels on an energy. {@link gebm.sampler.Sampler} is what one implements, {@link gebm.sampler.SamplingPlan}
 * says how long to run, {@link gebm.sampler.Chains} is what comes back; {@link gebm.sampler.Langevin} is the kernel
 * there is.
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
