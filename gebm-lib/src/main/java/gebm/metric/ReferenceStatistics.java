package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import gebm.model.Tensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.ejml.data.DMatrixRMaj;

/**
 * Mean and covariance of features of a reference set, computed once, with the words which set that was.
 *
 * <p>A {@link Frechet} distance to them needs the features of the samples only. The set's name is that of what was handed in, train or test by
 * the caller's choice, and goes with the numbers: into the file and into {@link #toString}. Statistics on
 * other features than the distance's are refused.
 *
 * <p>Shapes: mean {@code (k)}, covariance {@code (k, k)}, unbiased; double.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var test = gebm.data.StrokeDigits.of(300, Rng.of(7)).flattened(scope);
 *     var features = PrincipalComponents.fit(test, 16);
 *     var reference = ReferenceStatistics.of(features, test, "stroke digits of seed 7 [0:300]");
 *     var others = gebm.data.StrokeDigits.of(300, Rng.of(8)).flattened(scope);
 *     System.out.println(Frechet.of(features).between(others, reference) + " from " + reference);
 * }
 * }</pre>
 */
public final class ReferenceStatistics {
    private static final Set<String> ARRAYS = Set.of("mean", "covariance", "count", "set", "features");

    private final String set;
    private final String features;
    private final long count;
    private final Gaussian gaussian;

    private ReferenceStatistics(String set, String features, long count, Gaussian gaussian) {
        this.set = set;
        this.features = features;
        this.count = count;
        this.gaussian = gaussian;
    }

    /**
     * The statistics of {@code features} on {@code samples}.
     *
     * @param set which samples these are, in words: data set, train or test, rows; not blank
     * @throws IllegalArgumentException if there are fewer than 2 samples or a feature is not finite (naming its row)
     */
    public static ReferenceStatistics of(Features features, NDArray samples, String set) {
        Require.that(!set.isBlank(), "set", "the name of a data set and which part of it", "\"" + set + "\"");
        try (NDArray rows = features.apply(samples)) {
            return new ReferenceStatistics(
                    set, features.name(), rows.getShape().get(0), Gaussian.fit("reference", rows));
        }
    }

    /** Which samples these are the statistics of. */
    public String set() {
        return set;
    }

    /** The {@linkplain Features#name name} of the features. */
    public String features() {
        return features;
    }

    /** How many samples there were. */
    public long count() {
        return count;
    }

    /** The features' mean. */
    public double[] mean() {
        return gaussian.mean().clone();
    }

    /** The features' covariance, row by row. */
    public double[][] covariance() {
        DMatrixRMaj matrix = gaussian.covariance();
        double[][] rows = new double[matrix.getNumRows()][matrix.getNumCols()];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(matrix.getData(), i * rows.length, rows[i], 0, rows.length);
        }
        return rows;
    }

    Gaussian gaussian() {
        return gaussian;
    }

    /** Writes a safetensors file: {@code mean}, {@code covariance}, {@code count}, and the two names as UTF-8 bytes. */
    public void save(Path file) {
        try (NDManager scope = NDManager.newBaseManager()) {
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            arrays.put("mean", scope.create(gaussian.mean()));
            arrays.put("covariance", scope.create(covariance()));
            arrays.put("count", scope.create(new long[] {count}));
            arrays.put("set", text(scope, set));
            arrays.put("features", text(scope, features));
            Tensors.write(file, arrays);
        }
    }

    /**
     * The statistics in {@code file}, as {@link #save} wrote them.
     *
     * @throws java.io.UncheckedIOException if the file is missing or damaged
     * @throws IllegalArgumentException if it holds something else
     */
    public static ReferenceStatistics load(Path file) {
        try (NDManager scope = NDManager.newBaseManager()) {
            Map<String, NDArray> arrays = Tensors.read(scope, file);
            Require.that(arrays.keySet().equals(ARRAYS), "the arrays of " + file, ARRAYS.toString(), arrays.keySet());
            double[] mean = arrays.get("mean").toDoubleArray();
            double[] covariance = arrays.get("covariance").toDoubleArray();
            Require.that(
                    covariance.length == mean.length * mean.length,
                    "covariance in " + file,
                    "of " + mean.length + " rows and columns",
                    arrays.get("covariance").getShape());
            return new ReferenceStatistics(
                    text(arrays.get("set")),
                    text(arrays.get("features")),
                    arrays.get("count").toLongArray()[0],
                    new Gaussian(mean, DMatrixRMaj.wrap(mean.length, mean.length, covariance)));
        }
    }

    private static NDArray text(NDManager scope, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return scope.create(bytes).toType(DataType.INT8, false);
    }

    private static String text(NDArray bytes) {
        return new String(bytes.toByteArray(), StandardCharsets.UTF_8);
    }

    /** The set, the number of its samples and the features. */
    @Override
    public String toString() {
        return set + " (" + count + " samples, " + gaussian.mean().length + " features of " + features + ")";
    }
}
