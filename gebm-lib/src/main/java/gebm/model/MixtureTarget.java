package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Linalg;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.function.Function;

/** A mixture of Gaussians, normalised; all components at once. */
record MixtureTarget(double[] weights, double[][] means, Covariance[] covariances) implements Target {
    static MixtureTarget of(double[] weights, double[][] means, double[][][] covariances) {
        requireFit(weights, means, "covariances", covariances.length);
        Covariance[] checked = new Covariance[weights.length];
        Arrays.setAll(checked, k -> Covariance.of("covariances[" + k + "]", covariances[k], means[0].length));
        return new MixtureTarget(normalised(weights), TargetArrays.copy(means), checked);
    }

    static MixtureTarget of(double[] weights, double[][] means, double[] sigmas) {
        requireFit(weights, means, "sigmas", sigmas.length);
        Covariance[] made = new Covariance[weights.length];
        Arrays.setAll(made, k -> {
            double[] variances = new double[means[0].length];
            Arrays.fill(variances, Math.pow(Require.positive("sigmas[" + k + "]", sigmas[k]), 2));
            return Covariance.diagonal(variances);
        });
        return new MixtureTarget(normalised(weights), TargetArrays.copy(means), made);
    }

    private static void requireFit(double[] weights, double[][] means, String what, int spreads) {
        Require.that(weights.length > 0, "number of weights", "> 0", 0);
        Require.that(
                means.length == weights.length, "number of means", "that of weights, " + weights.length, means.length);
        Require.that(spreads == weights.length, "number of " + what, "that of weights, " + weights.length, spreads);
        for (int k = 0; k < weights.length; k++) {
            Require.positive("weights[" + k + "]", weights[k]);
            Require.that(
                    means[k].length == means[0].length && means[k].length > 0,
                    "dimension of means[" + k + "]",
                    "> 0 and that of means[0], " + means[0].length,
                    means[k].length);
            for (double m : means[k]) {
                Require.finite("means[" + k + "]", m);
            }
        }
    }

    private static double[] normalised(double[] weights) {
        double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(w -> w / sum).toArray();
    }

    private boolean isDiagonal() {
        return Arrays.stream(covariances).allMatch(Covariance::isDiagonal);
    }

    @Override
    public NDArray at(NDArray x) {
        Require.rows("x", x, dimension());
        NDManager scope = x.getManager();
        DataType type = x.getDataType();
        NDArray centred = x.expandDims(1).sub(TargetArrays.constant(scope, means, type)); // (n, k, d)
        NDArray white = isDiagonal()
                ? centred.mul(TargetArrays.constant(scope, rows(Covariance::inverseDeviations), type))
                : Linalg.einsum("nkd,ked->nke", centred, cube(scope, Covariance::whitening, type));
        NDArray logs = white.square().sum(new int[] {2}).mul(-0.5).add(TargetArrays.constant(scope, logScales(), type));
        return Ops.logSumExp(logs, 1).neg();
    }

    /** {@code log(w_k/√det(2πC_k))}. */
    private double[] logScales() {
        double[] scales = new double[weights.length];
        Arrays.setAll(
                scales,
                k -> Math.log(weights[k])
                        - 0.5 * (dimension() * Math.log(2 * Math.PI) + covariances[k].logDeterminant()));
        return scales;
    }

    @Override
    public NDArray sample(NDManager scope, int n, DataType type, Rng rng) {
        Shape shape = new Shape(Require.positive("n", n), dimension());
        NDArray logits = scope.create(Arrays.stream(weights).map(Math::log).toArray());
        NDArray component = rng.fork("component").categorical(logits, n); // (n)
        NDArray noise = rng.fork("noise").normal(scope, shape, type);
        NDArray spread = isDiagonal()
                ? noise.mul(TargetArrays.constant(scope, rows(Covariance::deviations), type)
                        .get(new NDIndex("{}", component)))
                : Linalg.einsum(
                        "nd,ned->ne",
                        noise,
                        cube(scope, Covariance::factor, type).get(new NDIndex("{}", component)));
        return spread.add(TargetArrays.constant(scope, means, type).get(new NDIndex("{}", component)));
    }

    private double[][] rows(Function<Covariance, double[]> row) {
        return Arrays.stream(covariances).map(row).toArray(double[][]::new);
    }

    private NDArray cube(NDManager scope, Function<Covariance, double[][]> matrix, DataType type) {
        int d = dimension();
        double[] flat = Arrays.stream(covariances)
                .flatMap(c -> Arrays.stream(matrix.apply(c)))
                .flatMapToDouble(Arrays::stream)
                .toArray();
        return scope.create(flat, new Shape(covariances.length, d, d)).toType(type, false);
    }

    @Override
    public String toString() {
        return "mixture of " + weights.length + " in " + dimension() + " dimensions";
    }

    @Override
    public int dimension() {
        return means[0].length;
    }

    @Override
    public double logNormaliser() {
        return 0;
    }

    @Override
    public double[] mean() {
        double[] mean = new double[dimension()];
        for (int k = 0; k < weights.length; k++) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += weights[k] * means[k][i];
            }
        }
        return mean;
    }

    @Override
    public double[][] covariance() {
        double[] mean = mean();
        double[][] sum = new double[mean.length][mean.length];
        for (int k = 0; k < weights.length; k++) {
            double[][] within = covariances[k].matrix();
            for (int i = 0; i < mean.length; i++) {
                for (int j = 0; j < mean.length; j++) {
                    sum[i][j] += weights[k] * (within[i][j] + (means[k][i] - mean[i]) * (means[k][j] - mean[j]));
                }
            }
        }
        return sum;
    }

    @Override
    public double[] marginalCdf(int coordinate, double... values) {
        TargetArrays.requireCoordinate(this, coordinate);
        double[] m = Arrays.stream(means).mapToDouble(row -> row[coordinate]).toArray();
        double[] s = Arrays.stream(covariances)
                .mapToDouble(c -> c.deviations()[coordinate])
                .toArray();
        return new NormalMarginal(weights, m, s).cdf(values);
    }
}
