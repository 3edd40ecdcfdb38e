/**
 * Numbers about samples, and about what normalises an energy.
 *
 * <p>Nouns: {@link gebm.metric.PrincipalComponents} (linear features), {@link gebm.metric.Frechet} (distance between
 * the Gaussians fitted to two sets of features), {@link gebm.metric.AnnealedImportance} and
 * {@link gebm.metric.SequentialMonteCarlo} (estimates of {@code log ∫ exp(−E)}) with their result
 * {@link gebm.metric.LogNormaliser}.
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
