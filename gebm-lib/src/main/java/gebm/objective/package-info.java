/**
 * Losses and penalties, pure functions of a model and a batch: {@link gebm.objective.EnergyLoss} and {@link
 * gebm.objective.BaseLoss} are what one implements, {@link gebm.objective.Kale}, {@link
 * gebm.objective.DonskerVaradhan}, {@link gebm.objective.MaximumLikelihood}, {@link
 * gebm.objective.ContrastiveDivergence}, {@link gebm.objective.SelfNormalizedLikelihood} and {@link
 * gebm.objective.Penalties} what there is.
 *
 * <pre>{@code
 * var loss = gebm.objective.Kale.energyLoss().plus(1.0, gebm.objective.Penalties.gradient());
 * }</pre>
 */
package gebm.objective;
