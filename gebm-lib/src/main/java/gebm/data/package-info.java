/**
 * Data: batches that are a function of an index and a key, toy densities, images, tables, and files of samples.
 *
 * <p>Nouns: {@link gebm.data.DataSource} (batches), {@link gebm.data.Toy} (procedural 2-D data),
 * {@link gebm.data.KnownDensity} (sources whose density is known),
 * {@link gebm.data.Images} (images of one size that know their set and role, to be split without mixing) in a
 * {@link gebm.data.PixelRange}, from {@link gebm.data.FashionMnist}, {@link gebm.data.Cifar10} and
 * {@link gebm.data.ImageFolder}, {@link gebm.data.Digits} (those that are 28×28 digits) from {@link gebm.data.Mnist} and
 * {@link gebm.data.StrokeDigits},
 * {@link gebm.data.Tables} (CSV files as Tablesaw's tables, tables as arrays), {@link gebm.data.Split} by a
 * {@link gebm.data.SplitPlan} (a table in three parts, scaled, and the way back), {@link gebm.data.Standardizer} (scaling with its
 * inverse and log-determinant), {@link gebm.data.Uci} (the tables on which densities are compared),
 * {@link gebm.data.ImageFiles}, {@link gebm.data.Npy} and {@link gebm.data.Csv} (samples in files),
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
