package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Target;
import gebm.model.Targets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What never rejects wrongly leaves its target invariant: chains that start from exact samples stay exact samples.
 *
 * <p>10,000 chains start from independent samples of the target and take so many steps that a wrong kernel would have
 * left it; as the chains are independent of each other, so are the last positions, and the tests need no effective
 * sample size. Of each of 21 pairs of sampler and target in two dimensions, 2 means, 3 products and 6 quantiles are
 * tested: 231 statistics, each normal to good approximation, against 4.6 standard errors, which one of them exceeds
 * with probability 4e-6, and any of a pair's 11 with 5e-5.
 */
class InvarianceTest {
    private static final int CHAINS = 10_000;
    private static final double LIMIT = 4.6;
    private static final double[] DEVIATIONS = {-1.2, 0.1, 1.4}; // of the quantiles from the mean

    record Case(String name, Sampler<?> sampler, Target target, int steps) {
        @Override
        public String toString() {
            return name + " on " + target.name();
        }
    }

    static List<Case> cases() {
        Target gaussian = Targets.gaussianWithCondition(2, 100);
        Target mixture =
                Targets.mixture(new double[] {0.3, 0.7}, new double[][] {{-1.5, 0}, {1, 1}}, new double[] {0.5, 0.8});
        Target banana = Targets.banana(2, 1, 0.8);
        List<Case> cases = new ArrayList<>();
        for (Target target : List.of(gaussian, mixture, banana)) {
            double narrow = target == gaussian ? 0.1 : 0.5; // about the smallest scale
            samplers(narrow).forEach((name, sampler) -> cases.add(new Case(name, sampler, target, 60)));
        }
        return cases;
    }

    private static Map<String, Sampler<?>> samplers(double narrow) {
        Mala mala = new Mala(Schedule.constant(narrow * narrow));
        Map<String, Sampler<?>> samplers = new LinkedHashMap<>();
        samplers.put("Mala", mala);
        samplers.put("Hmc", Hmc.of(narrow, 3 * narrow));
        samplers.put("RandomWalk", new RandomWalk(Schedule.constant(3 * narrow)));
        samplers.put(
                "IndependenceMetropolis", new IndependenceMetropolis(DensityBase.standardNormal(2, DataType.FLOAT64)));
        samplers.put("Preconditioned", new Preconditioned<>(mala, new double[] {2, 0.7}));
        samplers.put("ParallelTempering", ParallelTempering.of(mala, 3, 0.3));
        samplers.put(
                "ParallelTempering with a reference",
                new ParallelTempering<>(
                        mala, x -> x.square().sum(new int[] {1}).mul(0.5), new double[] {1, 0.5, 0}, 2));
        return samplers;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void staysAtItsTarget(Case c) {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray start = c.target().sample(m, CHAINS, DataType.FLOAT64, Rng.of(11));
            var chains = c.sampler().run(c.target(), start, SamplingPlan.of(c.steps()), Rng.of(12));
            double acceptance = Arrays.stream(chains.acceptance()).average().orElseThrow();
            assertThat(acceptance).as("it neither stays nor always accepts").isBetween(0.05, 0.99);
            assertExact(c.target(), chains.position().toDoubleArray());
        }
    }

    private static void assertExact(Target target, double[] x) {
        double[] mean = target.mean();
        double[][] covariance = target.covariance();
        for (int i = 0; i < 2; i++) {
            double[] deviations = new double[CHAINS];
            for (int n = 0; n < CHAINS; n++) {
                deviations[n] = x[2 * n + i] - mean[i];
            }
            assertMean("mean " + i, deviations, 0);
            for (int j = i; j < 2; j++) {
                double[] products = new double[CHAINS];
                for (int n = 0; n < CHAINS; n++) {
                    products[n] = (x[2 * n + i] - mean[i]) * (x[2 * n + j] - mean[j]);
                }
                assertMean("covariance " + i + ", " + j, products, covariance[i][j]);
            }
            for (double deviation : DEVIATIONS) {
                double value = mean[i] + deviation * Math.sqrt(covariance[i][i]);
                double p = target.marginalCdf(i, value)[0];
                double below = 0;
                for (int n = 0; n < CHAINS; n++) {
                    below += x[2 * n + i] <= value ? 1.0 / CHAINS : 0;
                }
                assertThat(below)
                        .as("share of x[%d] below %s", i, value)
                        .isCloseTo(p, within(LIMIT * Math.sqrt(p * (1 - p) / CHAINS)));
            }
        }
    }

    private static void assertMean(String what, double[] numbers, double expected) {
        double mean = Arrays.stream(numbers).average().orElseThrow();
        double variance = Arrays.stream(numbers)
                .map(v -> (v - mean) * (v - mean))
                .average()
                .orElseThrow();
        assertThat(mean).as(what).isCloseTo(expected, within(LIMIT * Math.sqrt(variance / CHAINS)));
    }
}
