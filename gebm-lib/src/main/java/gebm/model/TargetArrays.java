package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import java.util.Arrays;

/** What the targets share: checks of points, and numbers as arrays. */
final class TargetArrays {
    private TargetArrays() {}

    static void requireCoordinate(Target target, int coordinate) {
        Require.that(
                coordinate >= 0 && coordinate < target.dimension(),
                "coordinate",
                "in 0.." + (target.dimension() - 1),
                coordinate);
    }

    static NDArray constant(NDManager scope, double[] numbers, DataType type) {
        return scope.create(numbers).toType(type, false);
    }

    static NDArray constant(NDManager scope, double[][] rows, DataType type) {
        return scope.create(rows).toType(type, false);
    }

    static double[][] identity(int dimension) {
        double[] ones = new double[dimension];
        Arrays.fill(ones, 1);
        return diagonal(ones);
    }

    static double[][] diagonal(double[] entries) {
        double[][] rows = new double[entries.length][entries.length];
        for (int i = 0; i < entries.length; i++) {
            rows[i][i] = entries[i];
        }
        return rows;
    }

    static double[][] copy(double[][] rows) {
        return Arrays.stream(rows).map(double[]::clone).toArray(double[][]::new);
    }

    /** {@code ½ Σ_{i≥first} xᵢ²}, coordinates counted from 0. */
    static NDArray restEnergy(NDArray x, int first) {
        return x.get(":, " + first + ":").square().sum(new int[] {1}).mul(0.5);
    }
}
