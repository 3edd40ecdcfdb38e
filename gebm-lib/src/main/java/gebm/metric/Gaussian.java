package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Arrays;
import java.util.function.ObjLongConsumer;
import org.ejml.data.DMatrixRMaj;

/** Mean and covariance of the rows of an array, in double: {@code C = Σ (x − μ)(x − μ)ᵀ/(n − 1)}. */
record Gaussian(double[] mean, DMatrixRMaj covariance) {
    private static final int CHUNK = 4_096; // rows widened to double at a time

    /** Fits to {@code rows}, flattened to {@code (n, d)}. */
    static Gaussian fit(String what, NDArray rows) {
        Shape shape = rows.getShape();
        Require.that(shape.dimension() >= 2 && shape.get(0) >= 2, what, "of shape (n, d) with n >= 2", shape);
        long n = shape.get(0);
        int d = Math.toIntExact(shape.size() / n);
        try (NDManager scope = rows.getManager().newSubManager()) {
            NDArray sum = scope.zeros(new Shape(d), DataType.FLOAT64, rows.getDevice());
            chunks(scope, rows, d, (part, from) -> {
                requireFinite(what, part, from);
                sum.addi(part.sum(new int[] {0}));
            });
            NDArray mean = sum.divi(n);
            NDArray scatter = scope.zeros(new Shape(d, d), DataType.FLOAT64, rows.getDevice());
            chunks(scope, rows, d, (part, from) -> {
                NDArray centred = part.sub(mean);
                scatter.addi(centred.transpose().matMul(centred));
            });
            double[] covariance = scatter.divi(n - 1).toDoubleArray();
            return new Gaussian(mean.toDoubleArray(), DMatrixRMaj.wrap(d, d, covariance));
        }
    }

    /** Hands on some rows at a time, {@code (c, d)} in double, with the number of the first. */
    private static void chunks(NDManager scope, NDArray rows, int d, ObjLongConsumer<NDArray> each) {
        long n = rows.getShape().get(0);
        for (long from = 0; from < n; from += CHUNK) {
            try (NDManager inner = scope.newSubManager()) {
                each.accept(chunk(inner, rows, from, Math.min(n, from + CHUNK), d), from);
            }
        }
    }

    private static NDArray chunk(NDManager scope, NDArray rows, long from, long to, int d) {
        NDArray part = rows.get(scope, new NDIndex(from + ":" + to)).reshape(to - from, d);
        part.attach(scope);
        NDArray wide = part.toType(DataType.FLOAT64, true);
        wide.attach(scope);
        return wide;
    }

    private static void requireFinite(String what, NDArray part, long from) {
        double[] sums = part.sum(new int[] {1}).toDoubleArray();
        for (int i = 0; i < sums.length; i++) {
            if (!Double.isFinite(sums[i])) {
                double broken = Arrays.stream(part.get(i).toDoubleArray())
                        .filter(value -> !Double.isFinite(value))
                        .findFirst()
                        .orElse(Double.POSITIVE_INFINITY); // finite numbers whose sum overflows
                throw new IllegalArgumentException(what + " must be finite, got " + broken + " in row " + (from + i));
            }
        }
    }
}
