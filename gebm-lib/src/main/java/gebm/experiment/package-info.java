/**
 * Whole experiments, resumable, one JSON file for each run: {@link gebm.experiment.UciExperiment}, densities of tables, and
 * {@link gebm.experiment.UciTable}, what the README shows of them.
 *
 * <pre>{@code
 * var settings = gebm.experiment.UciExperiment.Settings.reference(gebm.experiment.UciExperiment.Method.KALE_F, 200);
 * }</pre>
 */
package gebm.experiment;
