package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/** {@code barrier·(x₁² − 1)² + ½·Σ_{i≥2} xᵢ²}. */
record DoubleWell(int dimension, double barrier) implements Target {
    private static final double HIGHEST = 1_000; // the tables' cells are then a twentieth of a well's width
    private static final int NODES = 4_000;

    DoubleWell {
        Require.within("barrier", barrier, 0, HIGHEST);
    }

    @Override
    public NDArray at(NDArray x) {
        Require.rows("x", x, dimension);
        NDArray well = x.get(":, 0").square().sub(1).square().mul(barrier);
        return dimension == 1 ? well : well.add(TargetArrays.restEnergy(x, 1));
    }

    private double weight(double x1) {
        double s = x1 * x1 - 1;
        return Math.exp(-barrier * s * s);
    }

    /** Beyond, the density of x₁ is below {@code e⁻⁴⁰} of its largest value. */
    private double reach() {
        return Math.sqrt(1 + Math.sqrt(40 / barrier));
    }

    /** The trapezoidal rule, which converges exponentially for what vanishes at both ends. */
    private double integral(DoubleUnaryOperator of) {
        double step = 2 * reach() / NODES;
        double sum = 0;
        for (int i = 0; i <= NODES; i++) {
            double x1 = i * step - reach();
            sum += step * of.applyAsDouble(x1) * weight(x1);
        }
        return sum;
    }

    /**
     * With y normal around 1, variance {@code 1/(2·barrier)}, and a random sign, the ratio of the densities is
     * {@code exp(−barrier·(y − 1)²·((y + 1)² − 1)) ≤ 1} for {@code y > 0}.
     */
    private double drawWell(SplittableRandom numbers) {
        while (true) {
            double away = numbers.nextGaussian() / Math.sqrt(2 * barrier);
            double y = 1 + away;
            if (y > 0 && numbers.nextDouble() < Math.exp(-barrier * away * away * y * (y + 2))) {
                return numbers.nextBoolean() ? y : -y;
            }
        }
    }

    @Override
    public NDArray sample(NDManager scope, int n, DataType type, Rng rng) {
        SplittableRandom numbers = rng.numbers();
        double[] points = new double[Require.positive("n", n) * dimension];
        for (int i = 0; i < points.length; i++) {
            points[i] = i % dimension == 0 ? drawWell(numbers) : numbers.nextGaussian();
        }
        return scope.create(points, new Shape(n, dimension)).toType(type, false);
    }

    @Override
    public String toString() {
        return "doubleWell(" + dimension + ", " + barrier + ")";
    }

    @Override
    public double logNormaliser() {
        return Math.log(integral(x1 -> 1)) + 0.5 * (dimension - 1) * Math.log(2 * Math.PI);
    }

    @Override
    public double[] mean() {
        return new double[dimension];
    }

    @Override
    public double[][] covariance() {
        double[][] covariance = TargetArrays.identity(dimension);
        covariance[0][0] = integral(x1 -> x1 * x1) / integral(x1 -> 1);
        return covariance;
    }

    @Override
    public double[] marginalCdf(int coordinate, double... values) {
        TargetArrays.requireCoordinate(this, coordinate);
        return coordinate == 0
                ? new TabulatedMarginal(-reach(), reach(), this::weight).cdf(values)
                : NormalMarginal.of(0, 1).cdf(values);
    }
}
