/**
 * Training: {@link gebm.train.Trainer} fits a model as a {@link gebm.train.TrainingPlan} says and returns a {@link
 * gebm.train.TrainingRun} with {@link gebm.train.History}, {@link gebm.train.Checkpoint} and {@link
 * gebm.train.RunCard}; {@link gebm.train.Optimizer} is what one implements for another rule of updates, {@link
 * gebm.train.Adam} and {@link gebm.train.Sgd} are there, and {@link gebm.train.GradientMap}s change gradients before them.
 * {@link gebm.train.RateDecay} lowers rates when an evaluation no longer improves.
 *
 * <pre>{@code
 * var prior = gebm.model.DensityBase.standardNormal(2);
 * var base = gebm.model.LatentBase.pushForward(prior, gebm.nn.Mlp.of(2, 32, 2), gebm.core.Rng.of(1));
 * var input = new ai.djl.ndarray.types.Shape(2);
 * var energy = gebm.model.Energy.neural(gebm.nn.Mlp.of(2, 32, 1), input, gebm.core.Rng.of(2));
 * var plan = gebm.train.TrainingPlan.of(3).withBatchSize(64).withEnergySteps(i -> 2);
 * var trainer = gebm.train.Trainer.alternating(
 *         gebm.objective.Kale.energyLoss(), gebm.objective.Kale.baseLoss(), plan);
 * var model = gebm.model.Gebm.of(base, energy);
 * var run = trainer.fit(model, gebm.data.Toy.eightGaussians(), gebm.core.Rng.of(3));
 * }</pre>
 */
package gebm.train;
