/**
 * Data: batches that are a function of an index and a key, toy densities, and digit images.
 *
 * <p>Nouns: {@link gebm.data.DataSource} (batches), {@link gebm.data.Toy} (procedural 2-D data),
 * {@link gebm.data.KnownDensity} (sources whose density is known),
 * {@link gebm.data.Digits} (labelled 28×28 images), {@link gebm.data.Mnist} and {@link gebm.data.StrokeDigits} (where digits come from),
 * {@link gebm.data.DataStore} and {@link gebm.data.DataFile} (files looked up, verified and cached).
 *
 * <pre>{@code
 * var scope = ai.djl.ndarray.NDManager.newBaseManager();
 * var digits = StrokeDigits.of(1_000, Rng.of(7));
 * var source = DataSource.of(digits.flattened(scope));
 * var batch = source.batch(scope, 64, 0, Rng.of(1));
 * scope.close();
 * }</pre>
 */
package gebm.data;
