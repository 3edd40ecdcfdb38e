package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Arrays;

/** Sets of samples as rows in double, and the distances between them, so many rows at a time that memory stays flat. */
final class SampleMatrix {
    /** How many rows are compared with all others at a time. */
    static final int PART = 1_000;

    private SampleMatrix() {}

    /** {@code samples} flattened to {@code (n, d)} in double, more than {@code than} rows, owned by {@code scope}. */
    static NDArray wide(NDManager scope, String name, NDArray samples, int than, String rule) {
        Shape shape = samples.getShape();
        Require.that(
                shape.dimension() >= 2 && shape.get(0) > than && shape.size() > 0,
                name,
                "of shape (n, d)" + rule,
                shape);
        NDArray flat = samples.reshape(shape.get(0), -1).toType(DataType.FLOAT64, true);
        flat.attach(scope);
        return flat;
    }

    /** Refuses sets of different widths. */
    static void sameWidth(String name, NDArray x, String other, NDArray y) {
        long d = y.getShape().get(1);
        Require.that(
                x.getShape().get(1) == d,
                "width of " + name,
                "that of " + other + ", " + d,
                x.getShape().get(1));
    }

    /** At most {@link #PART} rows of {@code x} from {@code from} on, owned by {@code scope}. */
    static NDArray part(NDManager scope, NDArray x, long from) {
        long end = Math.min(x.getShape().get(0), from + PART);
        NDArray part = x.get(scope, new NDIndex(from + ":" + end));
        part.attach(scope);
        return part;
    }

    /** Squared Euclidean distances {@code (c, m)}, owned by the manager of {@code x}. */
    static NDArray squaredDistances(NDArray x, NDArray y) {
        NDArray squares = x.square().sum(new int[] {1}, true);
        NDArray others = y.square().sum(new int[] {1}, true).transpose();
        return squares.add(others).sub(x.matMul(y.transpose()).mul(2));
    }

    /** Squared distances of at most {@link #PART} rows of {@code x} from all rows of {@code y}, row by row. */
    static double[] squaredDistances(NDArray x, int from, NDArray y) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray all = y.duplicate();
            all.attach(scope);
            return squaredDistances(part(scope, x, from), all).toDoubleArray();
        }
    }

    /** The squared distances of each row to its {@code k} nearest other rows, nearest first. */
    static double[][] nearest(NDArray x, int k) {
        int n = (int) x.getShape().get(0);
        double[][] nearest = new double[n][k];
        for (int from = 0; from < n; from += PART) {
            double[] distances = squaredDistances(x, from, x);
            for (int i = from; i < Math.min(n, from + PART); i++) {
                double[] found = nearest[i];
                Arrays.fill(found, Double.POSITIVE_INFINITY);
                for (int j = 0; j < n; j++) {
                    double distance = distances[(i - from) * n + j];
                    if (j != i && distance < found[k - 1]) {
                        insert(found, distance);
                    }
                }
            }
        }
        return nearest;
    }

    /** Puts {@code value} in its place among sorted numbers, of which the last goes. */
    private static void insert(double[] sorted, double value) {
        int at = sorted.length - 1;
        for (; at > 0 && sorted[at - 1] > value; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = value;
    }
}
