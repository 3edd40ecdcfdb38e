/**
 * Numbers about samples.
 *
 * <p>Nouns: {@link gebm.metric.PrincipalComponents} (linear features), {@link gebm.metric.Frechet} (distance between
 * the Gaussians fitted to two sets of features), {@link gebm.metric.Wasserstein} (distance between distributions of one
 * number).
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
