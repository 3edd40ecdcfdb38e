/**
 * Whole experiments, from data to samples, that can be stopped and resumed: {@link gebm.experiment.PaperImages}, the paper's
 * on images of 32×32.
 *
 * <pre>{@code
 * var experiment = gebm.experiment.PaperImages.convNet().withTraining(plan -> plan.withIterations(1_000));
 * var plan = experiment.training(); // batches of 128, Adam at 1e-4, …
 * // experiment.run(images, folder, Rng.of(1)) trains, polishes and returns the model: hours even so
 * }</pre>
 */
package gebm.experiment;
