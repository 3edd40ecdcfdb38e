/**
 * Studies beside the notebooks, from data to numbers: {@link gebm.experiment.DigitComparison}, a GEBM of digits against
 * its generator ({@link gebm.experiment.SamplerComparison} of {@link gebm.experiment.SamplingMethod}s on any trained
 * pair); {@link gebm.experiment.PaperImages}, the paper's on images of 32×32; {@link gebm.experiment.UciExperiment},
 * densities of tables, and {@link gebm.experiment.UciTable}, what RESULTS.md shows of them. A study that takes long is a
 * {@link gebm.experiment.Job}: stopped or killed, the same call goes on.
 *
 * <p>{@link gebm.experiment.DigitClassifier} gives the features that distances of digits look at, and with
 * {@link gebm.experiment.ModeCount} which digits occur.
 */
package gebm.experiment;
