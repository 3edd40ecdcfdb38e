package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.sampler.KineticLangevin.Splitting;
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KineticLangevinTest {
    private static final Energy GAUSSIAN = x -> x.square().sum(new int[] {1}).mul(0.5);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** Position, velocity and midpoint after a step from (x, v) with noise ξ: linear in the three on a Gaussian. */
    private double[] step(KineticLangevin sampler, double x, double v, double xi) {
        NDArray settings = m.create(sampler.settings(0));
        NDArray position = m.create(new double[][] {{x}});
        NDArray velocity = m.create(new double[][] {{v}});
        NDArray noise = m.create(new double[][] {{xi}});
        NDList result = Program.ofList(in -> {
                    var at = Langevin.State.at(GAUSSIAN, in.get(1));
                    var state = new KineticLangevin.State(in.get(1), in.get(2), at.energy(), at.gradient());
                    return sampler.move(GAUSSIAN, state, in.get(0), in.get(3)).arrays();
                })
                .run(m, new NDList(settings, position, velocity, noise));
        double middle = x + sampler.settings(0)[0] * v;
        return new double[] {result.get(0).getDouble(), result.get(1).getDouble(), middle};
    }

    /** The stationary covariance of (x, v), from the linear step itself: no draw, no Monte-Carlo error. */
    private double[][] stationary(KineticLangevin sampler) {
        double[] byX = step(sampler, 1, 0, 0);
        double[] byV = step(sampler, 0, 1, 0);
        double[] byXi = step(sampler, 0, 0, 1);
        double[][] cov = {{1, 0}, {0, 1}};
        for (int i = 0; i < 20_000; i++) {
            double[][] next = new double[2][2];
            for (int a = 0; a < 2; a++) {
                for (int b = 0; b < 2; b++) {
                    next[a][b] = byX[a] * byX[b] * cov[0][0]
                            + (byX[a] * byV[b] + byV[a] * byX[b]) * cov[0][1]
                            + byV[a] * byV[b] * cov[1][1]
                            + byXi[a] * byXi[b];
                }
            }
            cov = next;
        }
        return cov;
    }

    /** ABOBA on x²/2: positions of variance 1 for every h < 2 and κ, the midpoints 1/(1 − h²/4). */
    @ParameterizedTest
    @CsvSource({"0.1,0.5", "0.5,1", "1,0.3", "1.5,2", "1.9,0.7", "0.02,100"})
    void abobaHasItsExactStationaryVariances(double h, double friction) {
        var sampler = KineticLangevin.of(Schedule.constant(h), friction);
        double[][] cov = stationary(sampler);
        assertThat(cov[0][0]).isCloseTo(1, within(1e-9));
        double middle = cov[0][0] + h * cov[0][1] + h * h / 4 * cov[1][1];
        assertThat(middle).isCloseTo(1 / (1 - h * h / 4), within(1e-8));
    }

    /** BAOAB on x²/2: positions of variance 1, velocities 1 − h²/4. */
    @ParameterizedTest
    @CsvSource({"0.1,0.5", "0.5,1", "1,0.3", "1.5,2", "1.9,0.7", "0.02,100"})
    void baoabHasItsExactStationaryVariances(double h, double friction) {
        double[][] cov = stationary(new KineticLangevin(Schedule.constant(h), friction, Splitting.BAOAB));
        assertThat(cov[0][0]).isCloseTo(1, within(1e-9));
        assertThat(cov[1][1]).isCloseTo(1 - h * h / 4, within(1e-9));
    }

    /** Without memory in the velocity the midpoints are a Langevin chain of step λ = h²/2, noise for noise. */
    @Test
    void midpointsAreLangevinWhenFrictionIsInfinite() {
        double h = 0.3;
        double lambda = h * h / 2;
        var sampler = KineticLangevin.of(Schedule.constant(h), 1e6);
        double x = 0.7;
        double v = -0.4;
        double[] noise = {0.5, -1.2, 0.3, 2.1, -0.6};
        double langevin = step(sampler, x, v, 0)[2];
        for (double xi : noise) {
            double[] next = step(sampler, x, v, xi);
            x = next[0];
            v = next[1];
            langevin = langevin - lambda * langevin + Math.sqrt(2 * lambda) * xi;
            assertThat(x + h / 2 * v).isCloseTo(langevin, within(1e-12));
        }
    }

    /** Without friction a step is reversible: back with the velocity turned round. */
    @ParameterizedTest
    @CsvSource({"ABOBA", "BAOAB"})
    void isReversibleWithoutFriction(Splitting splitting) {
        var sampler = new KineticLangevin(Schedule.constant(0.7), 0, splitting);
        double[] there = step(sampler, 0.3, -1.1, 5);
        double[] back = step(sampler, there[0], -there[1], 5);
        assertThat(back[0]).isCloseTo(0.3, within(1e-12));
        assertThat(-back[1]).isCloseTo(-1.1, within(1e-12));
    }

    /**
     * Two wells at ±2, 8 nats apart from each other by their barrier: chains that start in one find the other sooner
     * with little friction than with much. Of 200 chains none may cross with κ = 100 in 400 steps of 0.02, as they
     * diffuse √(2·400·0.0002) = 0.4 only; with κ = 1 and steps of 0.1 they go 40 units of time.
     */
    @Test
    void crossesBarriersWhereFrictionIsLow() {
        Energy wells = x -> x.square().sub(4).square().sum(new int[] {1}).mul(0.125);
        NDArray start = m.zeros(new Shape(200, 1), DataType.FLOAT64).sub(2);
        double slow = crossed(KineticLangevin.of(Schedule.constant(0.02), 100), wells, start);
        double fast = crossed(KineticLangevin.of(Schedule.constant(0.1), 1), wells, start);
        assertThat(slow).isZero();
        assertThat(fast).isGreaterThan(0.2);
    }

    private static double crossed(KineticLangevin sampler, Energy target, NDArray start) {
        var chains = sampler.run(target, start, SamplingPlan.of(400), Rng.of(4));
        return chains.position().gt(0).toType(DataType.FLOAT64, false).mean().getDouble();
    }

    @Test
    void rejectsNumbersOutOfRange() {
        assertThatThrownBy(() -> KineticLangevin.of(Schedule.constant(0.1), -1))
                .hasMessage("friction must be finite and >= 0, got -1.0");
        assertThatThrownBy(() -> KineticLangevin.of(Schedule.constant(0), 1).settings(7))
                .hasMessage("timeStep.at(7) must be finite and > 0, got 0.0");
    }
}
