package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Special;

/** {@code (‖x‖² − radius²)²/(8·radius²·width²)} in the plane. */
final class Ring implements Target {
    private static final double FAR = 9; // standard deviations of ‖x‖²; beyond lies 1e-19

    private final double radius;
    private final double width;
    private final double spread; // the standard deviation of ‖x‖² before it is cut off at 0
    private final double kept; // the share of its normal distribution that is above 0

    Ring(double radius, double width) {
        this.radius = radius;
        this.width = width;
        this.spread = 2 * radius * width;
        this.kept = NormalMarginal.of(0, 1).cdf(new double[] {radius * radius / spread})[0];
    }

    @Override
    public NDArray at(NDArray x) {
        Require.rows("x", x, 2);
        return x.square()
                .sum(new int[] {1})
                .sub(radius * radius)
                .div(spread)
                .square()
                .mul(0.5);
    }

    @Override
    public NDArray sample(NDManager scope, int n, DataType type, Rng rng) {
        Shape shape = new Shape(Require.positive("n", n));
        NDArray tail = rng.fork("radius")
                .uniform(scope, shape, DataType.FLOAT64)
                .sub(1)
                .mul(-kept); // in (0, kept]
        NDArray square = Special.ndtri(tail).mul(-spread).add(radius * radius).maximum(0);
        NDArray angle =
                rng.fork("angle").uniform(scope, shape, DataType.FLOAT64).mul(2 * Math.PI);
        NDArray direction = angle.cos().stack(angle.sin(), 1);
        return direction.mul(square.sqrt().expandDims(1)).toType(type, false);
    }

    @Override
    public String toString() {
        return "ring(" + radius + ", " + width + ")";
    }

    @Override
    public int dimension() {
        return 2;
    }

    @Override
    public double logNormaliser() {
        return Math.log(Math.PI * spread * Math.sqrt(2 * Math.PI) * kept);
    }

    @Override
    public double[] mean() {
        return new double[2];
    }

    @Override
    public double[][] covariance() {
        double a = radius * radius / spread;
        double hazard = Math.exp(-0.5 * a * a) / Math.sqrt(2 * Math.PI) / kept;
        double half = 0.5 * (radius * radius + spread * hazard);
        return new double[][] {{half, 0}, {0, half}};
    }

    @Override
    public double[] marginalCdf(int coordinate, double... values) {
        TargetArrays.requireCoordinate(this, coordinate);
        double reach = Math.sqrt(radius * radius + FAR * spread);
        return new TabulatedMarginal(-reach, reach, x1 -> acrossFrom(x1, reach)).cdf(values);
    }

    /** {@code ∫ exp(−E(x₁, x₂)) dx₂} by the trapezoidal rule, with steps of at most 0.4 widths. */
    private double acrossFrom(double x1, double reach) {
        int nodes = (int) Math.ceil(reach / Math.min(0.4 * width, reach / 100));
        double step = reach / nodes;
        double sum = 0;
        for (int i = 0; i <= nodes; i++) { // x₂ ≥ 0 is half of it
            double x2 = i * step;
            double e = (x1 * x1 + x2 * x2 - radius * radius) / spread;
            sum += (i == 0 ? 0.5 : 1) * Math.exp(-0.5 * e * e);
        }
        return sum;
    }
}
