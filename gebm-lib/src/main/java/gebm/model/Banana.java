package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;

/** {@code x₁²/(2·scale²) + ½(x₂ − bend·(x₁² − scale²))² + ½·Σ_{i≥3} xᵢ²}. */
record Banana(int dimension, double scale, double bend) implements Target {
    @Override
    public NDArray at(NDArray x) {
        Require.rows("x", x, dimension);
        NDArray square = x.get(":, 0").square();
        NDArray straight = x.get(":, 1").sub(square.sub(scale * scale).mul(bend));
        NDArray plane = square.div(scale * scale).add(straight.square()).mul(0.5);
        return dimension == 2 ? plane : plane.add(TargetArrays.restEnergy(x, 2));
    }

    @Override
    public NDArray sample(NDManager scope, int n, DataType type, Rng rng) {
        NDArray y = rng.normal(scope, new Shape(Require.positive("n", n), dimension), type);
        NDArray first = y.get(":, 0:1");
        NDArray second = y.get(":, 1:2").add(first.square().sub(1).mul(bend * scale * scale));
        NDList parts = new NDList(first.mul(scale), second);
        if (dimension > 2) {
            parts.add(y.get(":, 2:"));
        }
        return NDArrays.concat(parts, 1);
    }

    @Override
    public String toString() {
        return "banana(" + dimension + ", " + scale + ", " + bend + ")";
    }

    @Override
    public double logNormaliser() {
        return Math.log(scale) + 0.5 * dimension * Math.log(2 * Math.PI);
    }

    @Override
    public double[] mean() {
        return new double[dimension];
    }

    @Override
    public double[][] covariance() {
        double[][] covariance = TargetArrays.identity(dimension);
        covariance[0][0] = scale * scale;
        covariance[1][1] = 1 + 2 * bend * bend * Math.pow(scale, 4);
        return covariance;
    }

    @Override
    public double[] marginalCdf(int coordinate, double... values) {
        TargetArrays.requireCoordinate(this, coordinate);
        NormalMarginal marginal =
                switch (coordinate) {
                    case 0 -> NormalMarginal.of(0, scale);
                    case 1 -> NormalMarginal.over(t -> bend * scale * scale * (t * t - 1), t -> 1);
                    default -> NormalMarginal.of(0, 1);
                };
        return marginal.cdf(values);
    }
}
