package gebm.model;

import java.util.List;

/** One row for each kind of target, in as few dimensions as show all of it. */
final class TargetCases {
    private TargetCases() {}

    static List<Target> all() {
        double[][] correlated = {{2, 0.6, -0.3}, {0.6, 1, 0.2}, {-0.3, 0.2, 0.5}};
        double[][] narrow = {{0.3, 0, 0}, {0, 0.2, 0}, {0, 0, 0.4}};
        double[][] centres = {{1, 0, -1}, {-2, 1, 0.5}};
        return List.of(
                Targets.gaussian(new double[] {1, -2, 0.5}, correlated),
                Targets.gaussianWithCondition(3, 20),
                Targets.mixture(new double[] {1, 3}, centres, new double[][][] {correlated, narrow}),
                Targets.mixture(new double[] {0.3, 0.7}, centres, new double[] {0.5, 0.8}),
                Targets.doubleWell(1, 0.5),
                Targets.doubleWell(3, 3),
                Targets.banana(2, 2, 0.3),
                Targets.banana(3, 1.5, -0.4),
                Targets.funnel(2, 1),
                Targets.funnel(3, 0.8),
                Targets.ring(1.5, 0.4),
                Targets.ring(1, 0.8));
    }
}
