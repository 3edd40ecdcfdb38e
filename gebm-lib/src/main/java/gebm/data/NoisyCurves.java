package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Ops;
import java.util.List;

/**
 * Points on curves, each as likely and its parameter uniform, with Gaussian noise:
 * {@code p(x) = (1/k)·Σ_c ∫₀¹ N(x; c(u), σ²I) du}.
 *
 * <p>The integral is a sum over nodes that lie closer than the noise is wide, so that it converges exponentially.
 */
final class NoisyCurves implements KnownDensity {
    private final String name;
    private final List<Curve> curves;
    private final double sigma;
    private final QuadratureRule rule;

    /** A place in the plane for each u in [0, 1]. */
    interface Curve {
        double[] at(double u);
    }

    NoisyCurves(String name, double sigma, QuadratureRule rule, Curve... curves) {
        this.name = name;
        this.curves = List.of(curves);
        this.sigma = sigma;
        this.rule = rule;
    }

    @Override
    public NDArray batch(NDManager scope, int size, long index, Rng rng) {
        return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
            Curve curve = curves.get(numbers.nextInt(curves.size()));
            double[] on = curve.at(numbers.nextDouble());
            for (int axis = 0; axis < 2; axis++) {
                point[axis] = on[axis] + sigma * numbers.nextGaussian();
            }
        });
    }

    @Override
    public Shape sampleShape() {
        return PlanarSets.SAMPLE;
    }

    @Override
    public NDArray logDensity(NDArray x) {
        Require.rows("x", x, 2);
        int nodes = rule.nodes().length;
        double[][] places = new double[2][curves.size() * nodes];
        double[] logWeights = new double[curves.size() * nodes];
        for (int i = 0; i < logWeights.length; i++) {
            double[] on = curves.get(i / nodes).at(rule.nodes()[i % nodes]);
            places[0][i] = on[0];
            places[1][i] = on[1];
            logWeights[i] = Math.log(rule.weights()[i % nodes] / (curves.size() * 2 * Math.PI * sigma * sigma));
        }
        NDArray across = x.get(":, 0:1").sub(PlanarSets.constant(x, places[0])).square();
        NDArray along = x.get(":, 1:2").sub(PlanarSets.constant(x, places[1])).square();
        NDArray exponents = across.add(along).mul(-1 / (2 * sigma * sigma));
        return Ops.logSumExp(exponents.add(PlanarSets.constant(x, logWeights)), 1);
    }

    @Override
    public String toString() {
        return name;
    }
}
