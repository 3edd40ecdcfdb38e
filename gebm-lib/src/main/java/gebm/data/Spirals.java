package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Ops;
import gebm.trace.Special;

/** Two spiral arms, each the other turned by half a turn, with noise that is uniform and noise that is Gaussian. */
record Spirals() implements KnownDensity {
    private static final double END = 3 * Math.PI; // radians of an arm
    private static final double SHRINK = 3;
    private static final double BOX = 0.5 / SHRINK; // length of the uniform noise along each axis
    private static final double SIGMA = 0.1;
    private static final QuadratureRule RULE = QuadratureRule.gaussLegendre(600);

    @Override
    public NDArray batch(NDManager scope, int size, long index, Rng rng) {
        return PlanarSets.batch(scope, size, index, rng, (point, numbers) -> {
            double angle = END * Math.sqrt(numbers.nextDouble());
            int arm = numbers.nextBoolean() ? 1 : -1;
            double[] on = arm(angle);
            for (int axis = 0; axis < 2; axis++) {
                point[axis] = arm * (on[axis] + BOX * numbers.nextDouble()) + SIGMA * numbers.nextGaussian();
            }
        });
    }

    private static double[] arm(double angle) {
        double radius = angle / SHRINK;
        return new double[] {-radius * StrictMath.cos(angle), radius * StrictMath.sin(angle)};
    }

    @Override
    public Shape sampleShape() {
        return PlanarSets.SAMPLE;
    }

    @Override
    public NDArray logDensity(NDArray x) {
        Require.rows("x", x, 2);
        int nodes = RULE.nodes().length;
        double[][] places = new double[2][nodes];
        double[] logWeights = new double[nodes];
        for (int i = 0; i < nodes; i++) {
            double angle = END * RULE.nodes()[i];
            double[] on = arm(angle);
            places[0][i] = on[0];
            places[1][i] = on[1];
            double share = RULE.weights()[i] * 2 * RULE.nodes()[i]; // the angle's density is 2·angle/END²
            logWeights[i] = Math.log(share / (2 * BOX * BOX));
        }
        NDArray weights = PlanarSets.constant(x, logWeights);
        NDArray one = armLogs(x, places).add(weights);
        NDArray other = armLogs(x.neg(), places).add(weights);
        return Ops.logAddExp(Ops.logSumExp(one, 1), Ops.logSumExp(other, 1));
    }

    private static NDArray armLogs(NDArray x, double[][] places) {
        NDArray across = x.get(":, 0:1").sub(PlanarSets.constant(x, places[0]));
        NDArray along = x.get(":, 1:2").sub(PlanarSets.constant(x, places[1]));
        return logBlurredBox(across).add(logBlurredBox(along));
    }

    /** {@code log(Φ(z/σ) − Φ((z − BOX)/σ))}, which does not change when z is mirrored at the middle of the box. */
    private static NDArray logBlurredBox(NDArray z) {
        NDArray nearer = z.sub(BOX / 2).abs().neg().add(BOX / 2);
        NDArray upper = Special.logNdtr(nearer.div(SIGMA));
        NDArray lower = Special.logNdtr(nearer.sub(BOX).div(SIGMA));
        return upper.add(Special.log1p(lower.sub(upper).exp().neg()));
    }
}
