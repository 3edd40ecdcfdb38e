package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;

/** N(mean, covariance), with {@code ½‖factor⁻¹(x − mean)‖²} as its energy; {@code factor·factorᵀ = covariance}. */
record GaussianTarget(String name, double[] mean, Covariance spread) implements Target {
    static GaussianTarget of(double[] mean, double[][] covariance) {
        Require.that(mean.length > 0, "dimension of the mean", "> 0", 0);
        Arrays.stream(mean).forEach(m -> Require.finite("mean", m));
        Covariance checked = Covariance.of("covariance", covariance, mean.length);
        return new GaussianTarget("gaussian in " + mean.length + " dimensions", mean.clone(), checked);
    }

    static GaussianTarget diagonal(String name, double[] mean, double[] variances) {
        return new GaussianTarget(name, mean, Covariance.diagonal(variances));
    }

    @Override
    public NDArray at(NDArray x) {
        Require.rows("x", x, mean.length);
        NDManager scope = x.getManager();
        NDArray centred = x.sub(TargetArrays.constant(scope, mean, x.getDataType()));
        NDArray white = spread.isDiagonal()
                ? centred.mul(TargetArrays.constant(scope, spread.inverseDeviations(), x.getDataType()))
                : centred.matMul(TargetArrays.constant(scope, spread.whitening(), x.getDataType())
                        .transpose());
        return white.square().sum(new int[] {1}).mul(0.5);
    }

    @Override
    public NDArray sample(NDManager scope, int n, DataType type, Rng rng) {
        NDArray noise = rng.normal(scope, new Shape(Require.positive("n", n), mean.length), type);
        NDArray moved = spread.isDiagonal()
                ? noise.mul(TargetArrays.constant(scope, spread.deviations(), type))
                : noise.matMul(
                        TargetArrays.constant(scope, spread.factor(), type).transpose());
        return moved.add(TargetArrays.constant(scope, mean, type));
    }

    @Override
    public double logNormaliser() {
        return 0.5 * mean.length * Math.log(2 * Math.PI) + 0.5 * spread.logDeterminant();
    }

    @Override
    public double[] marginalCdf(int coordinate, double... values) {
        TargetArrays.requireCoordinate(this, coordinate);
        double deviation = spread.deviations()[coordinate];
        return NormalMarginal.of(mean[coordinate], deviation).cdf(values);
    }

    @Override
    public int dimension() {
        return mean.length;
    }

    @Override
    public double[] mean() {
        return mean.clone();
    }

    @Override
    public double[][] covariance() {
        return spread.matrix();
    }

    @Override
    public String toString() {
        return name;
    }
}
