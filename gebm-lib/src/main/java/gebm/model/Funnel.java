package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;

/** {@code x₁ ~ N(0, scale²)} and {@code xᵢ | x₁ ~ N(0, exp(x₁))}. */
record Funnel(int dimension, double scale) implements Target {
    @Override
    public NDArray at(NDArray x) {
        Require.rows("x", x, dimension);
        NDArray v = x.get(":, 0");
        NDArray rest = x.get(":, 1:").square().sum(new int[] {1}).mul(v.neg().exp());
        return v.square().div(scale * scale).add(rest).add(v.mul(dimension - 1)).mul(0.5);
    }

    @Override
    public NDArray sample(NDManager scope, int n, DataType type, Rng rng) {
        NDArray y = rng.normal(scope, new Shape(Require.positive("n", n), dimension), type);
        NDArray v = y.get(":, 0:1").mul(scale);
        return v.concat(y.get(":, 1:").mul(v.mul(0.5).exp()), 1);
    }

    @Override
    public String toString() {
        return "funnel(" + dimension + ", " + scale + ")";
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
        for (int i = 0; i < dimension; i++) {
            covariance[i][i] = i == 0 ? scale * scale : Math.exp(0.5 * scale * scale);
        }
        return covariance;
    }

    @Override
    public double[] marginalCdf(int coordinate, double... values) {
        TargetArrays.requireCoordinate(this, coordinate);
        NormalMarginal marginal = coordinate == 0
                ? NormalMarginal.of(0, scale)
                : NormalMarginal.over(t -> 0, t -> Math.exp(0.5 * scale * t));
        return marginal.cdf(values);
    }
}
