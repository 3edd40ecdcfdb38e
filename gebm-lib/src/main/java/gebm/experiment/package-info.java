/**
 * Whole experiments, from data to numbers, that can be stopped and resumed: {@link gebm.experiment.DigitComparison}, a GEBM
 * of digits against its generator ({@link gebm.experiment.SamplerComparison} of {@link gebm.experiment.SamplingMethod}s on
 * any trained pair); {@link gebm.experiment.PaperImages}, the paper's on images of 32×32;
 * {@link gebm.experiment.UciExperiment}, densities of tables, and {@link gebm.experiment.UciTable}, what the README shows
 * of them.
 *
 * <pre>{@code
 * var experiment = gebm.experiment.PaperImages.convNet().withTraining(plan -> plan.withIterations(1_000));
 * var plan = experiment.training(); // batches of 128, Adam at 1e-4, …
 * // experiment.run(images, folder, Rng.of(1)) trains, polishes and returns the model: hours even so
 * }</pre>
 */
package gebm.experiment;
