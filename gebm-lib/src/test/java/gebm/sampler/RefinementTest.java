package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.LatentBase;
import gebm.sampler.GradientFlow.Divergence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link OptimalTransport}, {@link GradientFlow} and {@link StochasticGradientLangevin} against their formulas. */
class RefinementTest {
    /** E = a·x₀ + x₁²/2. */
    private static final double SLOPE = 0.8;

    private static final Energy TARGET =
            z -> z.get(":, 0").mul(SLOPE).add(z.get(":, 1").square().mul(0.5));

    private static final double[] Z = {0.9, -1.4};

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray start() {
        return m.create(new double[][] {Z});
    }

    @Test
    void optimalTransportIsItsFormula() {
        double lambda = 0.05;
        double k = 2.5;
        double[] z = Z.clone();
        for (int step = 0; step < 10; step++) {
            double[] away = {z[0] - Z[0] + 1e-3, z[1] - Z[1] + 1e-3};
            double distance = Math.hypot(away[0], away[1]);
            double[] g = {away[0] / distance + SLOPE / k, away[1] / distance + z[1] / k};
            double outward = (g[0] * z[0] + g[1] * z[1]) / (z[0] * z[0] + z[1] * z[1]);
            z = new double[] {z[0] - lambda * (g[0] - outward * z[0]), z[1] - lambda * (g[1] - outward * z[1])};
        }
        var dot = new OptimalTransport(Schedule.constant(lambda), k);
        var chains = dot.run(TARGET, start(), SamplingPlan.of(10), Rng.of(1));
        assertThat(chains.position().toDoubleArray())
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(z);
        assertThat(chains.last().origin().toDoubleArray()).containsExactly(Z);
    }

    /** On the energy a·x₀ of the identity every latent's gradient has length a. */
    @Test
    void effectiveLipschitzIsTheLargestGradient() {
        LatentBase identity = LatentBase.pushForward(
                DensityBase.standardNormal(2, DataType.FLOAT64),
                new ai.djl.nn.SequentialBlock().add(x -> x),
                Rng.of(1));
        Energy flat = z -> z.get(":, 0").mul(-3);
        assertThat(OptimalTransport.effectiveLipschitz(identity, flat, 100, Rng.of(2)))
                .isCloseTo(3, within(1e-12));
    }

    @ParameterizedTest
    @EnumSource(Divergence.class)
    void gradientFlowIsItsFormula(Divergence divergence) {
        double eta = 0.1;
        double[] z = Z.clone();
        for (int step = 0; step < 5; step++) {
            double d = -SLOPE * z[0] - z[1] * z[1] / 2;
            double s =
                    switch (divergence) {
                        case KL -> 1;
                        case JS -> 1 / (1 + Math.exp(-d));
                        case LOG_D -> 1 / (1 + Math.exp(d));
                    };
            z = new double[] {z[0] - eta * s * SLOPE, z[1] - eta * s * z[1]};
        }
        var flow = new GradientFlow(Schedule.constant(eta), 0, divergence);
        var chains = flow.run(TARGET, start(), SamplingPlan.of(5), Rng.of(1));
        assertThat(chains.position().toDoubleArray())
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(z);
    }

    /** With σ = √(2α), or with γ = 1 and s = 1, both are Langevin, noise for noise. */
    @Test
    void bothAreLangevinWhereTheyShouldBe() {
        double lambda = 0.07;
        NDArray start = Rng.of(3).normal(m, new Shape(5, 2), DataType.FLOAT64);
        double[] langevin = last(new Langevin(Schedule.constant(lambda)), start);
        Schedule noise = Schedule.constant(Math.sqrt(2 * lambda));
        assertThat(last(new StochasticGradientLangevin(Schedule.constant(lambda), noise), start))
                .containsExactly(langevin);
        assertThat(last(new GradientFlow(Schedule.constant(lambda), 1, Divergence.KL), start))
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(langevin);
    }

    /** On E = Σx²/2, whose gradient is x: elements above 0.5 move by 0.5·α, those below by x·α. */
    @Test
    void clippedGradientsMoveByTheBound() {
        Energy bowl = x -> x.square().sum(new int[] {1}).mul(0.5);
        var sampler =
                new StochasticGradientLangevin(Schedule.constant(0.1), Schedule.constant(0)).withGradientClip(0.5);
        NDArray start = m.create(new double[] {3, -0.2, 0.4, -7}, new Shape(2, 2));
        assertThat(sampler.run(bowl, start, SamplingPlan.of(1), Rng.of(1))
                        .position()
                        .toDoubleArray())
                .usingComparatorWithPrecision(1e-14)
                .containsExactly(2.95, -0.18, 0.36, -6.95);
        assertThatThrownBy(() -> sampler.withGradientClip(0)).hasMessage("gradientClip must be > 0, got 0.0");
    }

    private static double[] last(Sampler<?> sampler, NDArray start) {
        return sampler.run(TARGET, start, SamplingPlan.of(20), Rng.of(4))
                .position()
                .toDoubleArray();
    }
}
