package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.OptionalLong;

/** The rows of an array in a new order each epoch. Gathering in native memory leaves nothing for Java's collector. */
final class ShuffledRows implements DataSource {
    private final NDArray rows;
    private final NDList all; // the rows, and what belongs to them
    private final Epochs epochs;

    ShuffledRows(NDArray rows, NDArray... labels) {
        Shape shape = rows.getShape();
        Require.that(shape.dimension() > 0 && shape.size() > 0, "rows", "of shape (n, sampleShape) with n > 0", shape);
        requireFinite(rows);
        all = new NDList(rows);
        for (NDArray label : labels) {
            long n = label.getShape().dimension() == 0 ? 0 : label.getShape().get(0);
            Require.that(n == shape.get(0), "labels", "as many as rows, " + shape.get(0), label.getShape());
            requireFinite(label);
            all.add(label);
        }
        this.rows = rows;
        this.epochs = new Epochs(Math.toIntExact(shape.get(0)));
    }

    @Override
    public NDArray batch(NDManager scope, int size, long index, Rng rng) {
        return picked(new NDList(rows), scope, epochs.rows(size, index, rng)).head();
    }

    @Override
    public NDList arrays(NDManager scope, int size, long index, Rng rng) {
        return picked(all, scope, epochs.rows(size, index, rng));
    }

    private NDList picked(NDList arrays, NDManager scope, int... order) {
        NDList batch = new NDList();
        try (NDArray positions =
                rows.getManager().create(Arrays.stream(order).asLongStream().toArray())) {
            for (NDArray array : arrays) {
                batch.add(array.get(scope, new NDIndex("{}", positions)).toDevice(scope.getDevice(), false));
            }
        }
        return batch;
    }

    @Override
    public Shape sampleShape() {
        return rows.getShape().slice(1);
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(rows.getShape().get(0));
    }

    @Override
    public String sha256() {
        return Sha256.of(all.toArray(new NDArray[0]));
    }

    /** One pass in the usual case: a sum is finite only if every term is. Else a search for the first that is not. */
    private static void requireFinite(NDArray rows) {
        if (!rows.getDataType().isFloating()) {
            return;
        }
        try (NDArray sum = rows.sum()) {
            if (Double.isFinite(Ops.doubles(sum)[0])) {
                return;
            }
        }
        for (int row = 0; row < rows.getShape().get(0); row++) {
            try (NDArray one = rows.get(row)) {
                requireFinite(row, Ops.doubles(one));
            }
        }
    }

    private static void requireFinite(int row, double[] values) {
        for (int column = 0; column < values.length; column++) {
            if (!Double.isFinite(values[column])) {
                throw new IllegalArgumentException(
                        "rows must be finite, got " + values[column] + " at row " + row + ", column " + column);
            }
        }
    }
}
