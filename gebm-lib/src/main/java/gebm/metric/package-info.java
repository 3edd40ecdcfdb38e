/**
 * Numbers about samples, chains and energies.
 *
 * <p>Nouns, for samples: {@link gebm.metric.Features} ({@link gebm.metric.PrincipalComponents}, or any network, also
 * from a TorchScript file) and what is measured on them:
 * {@link gebm.metric.Frechet} (distance between fitted Gaussians, against a set or its {@link gebm.metric.ReferenceStatistics}),
 * {@link gebm.metric.KernelDistance} (KID, with its interval), {@link gebm.metric.Mmd} (Gaussian kernels),
 * {@link gebm.metric.PrecisionRecall} (with density and coverage), {@link gebm.metric.IntrinsicDimension};
 * {@link gebm.metric.SlicedWasserstein}, and
 * {@link gebm.metric.Wasserstein} for one number. For Markov chains: {@link gebm.metric.ChainDiagnostics} (a table of R-hat
 * and effective sample sizes, with a verdict), {@link gebm.metric.Quantity} (one of its rows in full),
 * {@link gebm.metric.Estimate} (a number with its Monte Carlo error). For energies:
 * {@link gebm.metric.AnnealedImportance} and {@link gebm.metric.SequentialMonteCarlo} (estimates of
 * {@code log ∫ exp(−E)}) with their result {@link gebm.metric.LogNormaliser}.
 *
 * <pre>{@code
 * var scope = ai.djl.ndarray.NDManager.newBaseManager();
 * var images = gebm.data.StrokeDigits.of(400, Rng.of(7)).flattened(scope);
 * var frechet = Frechet.of(PrincipalComponents.fit(images, 8));
 * System.out.println(frechet.between(images.get(":200"), images.get("200:")));
 * scope.close();
 * }</pre>
 */
package gebm.metric;
