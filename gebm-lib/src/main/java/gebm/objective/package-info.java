/**
 * What training minimises, pure functions of a model and a batch: {@link gebm.objective.Objective} is what one implements,
 * {@link gebm.objective.Negatives} what a loss sees beside data.
 *
 * <p>Of a GEBM: {@link gebm.objective.Kale}, {@link gebm.objective.DonskerVaradhan}, {@link
 * gebm.objective.SelfNormalizedLikelihood}, with {@link gebm.objective.BaseSamples}. Of an energy alone: {@link
 * gebm.objective.ContrastiveDivergence}, with {@link gebm.objective.PersistentChains}. Of a density: {@link
 * gebm.objective.MaximumLikelihood}. Of a classifier: {@link gebm.objective.CrossEntropy}. {@link
 * gebm.objective.Penalties} are added to any of them.
 *
 * <pre>{@code
 * var loss = gebm.objective.Kale.energyLoss().plus(1.0, gebm.objective.Penalties.gradient());
 * }</pre>
 */
package gebm.objective;
