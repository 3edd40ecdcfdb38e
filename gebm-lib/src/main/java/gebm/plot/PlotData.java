package gebm.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;

/** Arrays as Java's numbers, checked. */
final class PlotData {
    private PlotData() {}

    /** Points of the plane, {@code (n, 2)}: all x and all y. */
    static double[][] plane(String name, NDArray points) {
        return columns(name, Require.rows(name, points, 2));
    }

    /** The columns of {@code (n, d)}, all finite. */
    static double[][] columns(String name, NDArray rows) {
        Shape shape = rows.getShape();
        Require.that(shape.dimension() == 2 && shape.size() > 0, name, "of shape (n, d)", shape);
        double[] flat = Ops.doubles(rows);
        int d = (int) shape.get(1);
        double[][] columns = new double[d][flat.length / d];
        for (int i = 0; i < flat.length; i++) {
            columns[i % d][i / d] = Require.finite(name + "[" + i / d + ", " + i % d + "]", flat[i]);
        }
        return columns;
    }

    /** Texts separated by commas, as many as there are things to name. */
    static String[] labels(String names, int count) {
        String[] labels = names.split("\\s*,\\s*", -1);
        Require.that(labels.length == count, "names", count + " texts separated by commas", '"' + names + '"');
        return labels;
    }
}
