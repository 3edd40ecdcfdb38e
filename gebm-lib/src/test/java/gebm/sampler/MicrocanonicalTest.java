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
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MicrocanonicalTest {
    private static final Energy BOWL =
            x -> x.square().sum(new int[] {1}).mul(0.5).add(x.sum(new int[] {1}).sin());

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static double energy(double[] x) {
        double sum = 0;
        double squares = 0;
        for (double value : x) {
            sum += value;
            squares += value * value;
        }
        return squares / 2 + Math.sin(sum);
    }

    private static double[] gradient(double[] x) {
        double sum = 0;
        for (double value : x) {
            sum += value;
        }
        double[] g = new double[x.length];
        for (int i = 0; i < g.length; i++) {
            g[i] = x[i] + Math.cos(sum);
        }
        return g;
    }

    /** Turns u as the papers write it, with hyperbolic functions; returns the change of kinetic energy. */
    private static double turn(double[] u, double[] g, double half) {
        int d = u.length;
        double length = 0;
        double along = 0;
        for (int i = 0; i < d; i++) {
            length += g[i] * g[i];
        }
        length = Math.sqrt(length);
        for (int i = 0; i < d; i++) {
            along -= g[i] / length * u[i];
        }
        double delta = half * length / (d - 1);
        double below = Math.cosh(delta) + along * Math.sinh(delta);
        for (int i = 0; i < d; i++) {
            u[i] = (u[i] - g[i] / length * (Math.sinh(delta) + along * (Math.cosh(delta) - 1))) / below;
        }
        return (d - 1) * Math.log(below);
    }

    private Microcanonical.Moved move(double[][] x, double[][] u, double epsilon) {
        NDList end = Program.ofList(in -> {
                    var at = Langevin.State.at(BOWL, in.get(1));
                    var state = new KineticLangevin.State(in.get(1), in.get(2), at.energy(), at.gradient());
                    var moved = Microcanonical.move(BOWL, state, in.get(0));
                    NDList all = new NDList(moved.state().arrays());
                    all.add(moved.energyChange());
                    return all;
                })
                .run(m, new NDList(m.create(new double[] {epsilon, 0}), m.create(x), m.create(u)));
        var state = new KineticLangevin.State(end.get(0), end.get(1), end.get(2), end.get(3));
        return new Microcanonical.Moved(state, end.get(4));
    }

    private static final double[][] X = {{0.3, -1.2, 0.8}, {2.1, 0.4, -0.5}};
    private static final double[][] U = {{0.6, 0, -0.8}, {-1 / 3.0, 2 / 3.0, 2 / 3.0}};

    @Test
    void matchesBruteForceStep() {
        double epsilon = 0.4;
        var moved = move(X, U, epsilon);
        for (int c = 0; c < X.length; c++) {
            double[] x = X[c].clone();
            double[] u = U[c].clone();
            double kinetic = turn(u, gradient(x), epsilon / 2);
            for (int i = 0; i < x.length; i++) {
                x[i] += epsilon * u[i];
            }
            kinetic += turn(u, gradient(x), epsilon / 2);
            for (int i = 0; i < x.length; i++) {
                assertThat(moved.state().position().getDouble(c, i)).isCloseTo(x[i], within(1e-12));
                assertThat(moved.state().velocity().getDouble(c, i)).isCloseTo(u[i], within(1e-12));
            }
            double change = energy(x) - energy(X[c]) + kinetic;
            assertThat(moved.energyChange().getDouble(c)).isCloseTo(change, within(1e-12));
        }
    }

    /** Reversible, and of an energy error of third order in the step. */
    @Test
    void isReversibleAndNearlyKeepsItsEnergy() {
        var there = move(X, U, 0.4);
        double[][] x = new double[2][3];
        double[][] u = new double[2][3];
        for (int c = 0; c < 2; c++) {
            for (int i = 0; i < 3; i++) {
                x[c][i] = there.state().position().getDouble(c, i);
                u[c][i] = -there.state().velocity().getDouble(c, i);
            }
        }
        var back = move(x, u, 0.4);
        for (int c = 0; c < 2; c++) {
            for (int i = 0; i < 3; i++) {
                assertThat(back.state().position().getDouble(c, i)).isCloseTo(X[c][i], within(1e-12));
            }
            double whole = move(X, U, 0.02).energyChange().getDouble(c);
            double half = move(X, U, 0.01).energyChange().getDouble(c);
            assertThat(whole / half).isCloseTo(8, within(0.5));
        }
    }

    /** Gradients of any size turn no velocity into NaN: cosh of 1,000 overflows. */
    @Test
    void standsSteepAndFlatEnergies() {
        Energy steep = x -> x.square().sum(new int[] {1}).mul(1e7);
        Energy flat = x -> x.sum(new int[] {1}).mul(0);
        var sampler = new Microcanonical(Schedule.constant(0.1), 1);
        NDArray start = m.ones(new Shape(3, 2));
        for (Energy target : new Energy[] {steep, flat}) {
            var chains = sampler.run(target, start, SamplingPlan.of(5), Rng.of(1));
            double[] lengths = chains.last()
                    .velocity()
                    .square()
                    .sum(new int[] {1})
                    .toType(DataType.FLOAT64, false)
                    .toDoubleArray();
            assertThat(lengths).usingComparatorWithPrecision(1e-5).containsExactly(1, 1, 1);
        }
    }

    /**
     * On N(0, I) in 50 dimensions, with the step that the warm-up finds: 200 chains, the mean over dimensions of
     * {@code E[x²]} is 1 up to a bias that the energy error of 5·10⁻⁴ a dimension keeps below 2 %. Its standard error
     * is √(2/(50·200)) = 0.014 for independent draws, and 3.3 of them are exceeded with probability 0.1 %.
     */
    @Test
    void samplesAGaussianAfterItsWarmUp() {
        Energy gaussian = x -> x.square().sum(new int[] {1}).mul(0.5);
        NDArray start = Rng.of(2).normal(m, new Shape(200, 50)).mul(3);
        var tuned = new Microcanonical(Schedule.constant(0.01), 1).warmUp(gaussian, start, WarmUp.of(400), Rng.of(3));
        assertThat(tuned.settings().get("decoherence")).isCloseTo(Math.sqrt(50), within(0.8));
        var chains = tuned.sampler()
                .run(gaussian, tuned.position(), SamplingPlan.of(300).withThinning(1), Rng.of(4));
        double[] change = chains.steps().energyChange();
        double size = java.util.Arrays.stream(change).average().orElseThrow();
        assertThat(size * size * Math.PI / 2 / 50).as("variance a dimension").isBetween(2e-4, 1e-3);
        double square = chains.position().square().mean().getFloat();
        assertThat(square).isCloseTo(1, within(0.02 + 3.3 * 0.0142));
    }

    @Test
    void refusesOneDimension() {
        var sampler = new Microcanonical(Schedule.constant(0.1), 1);
        assertThatThrownBy(() -> sampler.run(BOWL, m.ones(new Shape(3, 1)), SamplingPlan.of(2), Rng.of(1)))
                .hasMessage("numbers a chain must be >= 2 (else use another sampler), got 1");
    }
}
