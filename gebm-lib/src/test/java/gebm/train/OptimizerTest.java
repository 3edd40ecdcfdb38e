package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Schedule;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every optimiser must do, on {@link OptimizerCases}. */
class OptimizerTest {
    private static final Shape[] SHAPES = {new Shape(2, 3), new Shape(3), new Shape()};
    private static final int UPDATES = 50;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    static List<OptimizerCases.Case> cases() {
        return OptimizerCases.all();
    }

    private NDList parameters(DataType type) {
        NDList list = new NDList();
        for (int p = 0; p < SHAPES.length; p++) {
            double[] values = new double[(int) SHAPES[p].size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = Math.cos(2.3 * i + p);
            }
            list.add(m.create(values, SHAPES[p]).toType(type, true));
        }
        return list;
    }

    /** Differs from update to update; stays away from 1, where the Newton map has its pole. */
    private static double gradient(double value, long t) {
        return 0.7 * Math.sin(value + 0.3 * t);
    }

    private NDList gradients(double[][] values, DataType type, long t) {
        NDList list = new NDList();
        for (int p = 0; p < values.length; p++) {
            double[] g = Arrays.stream(values[p]).map(v -> gradient(v, t)).toArray();
            list.add(m.create(g, SHAPES[p]).toType(type, true));
        }
        return list;
    }

    private static double[][] numbers(NDList arrays) {
        return arrays.stream()
                .map(a -> a.toType(DataType.FLOAT64, true).toDoubleArray())
                .toArray(double[][]::new);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsALoopInJava(OptimizerCases.Case c) {
        NDList parameters = parameters(DataType.FLOAT64);
        NDList state = c.optimizer().init(m, parameters);
        double[][] expected = numbers(parameters);
        OptimizerCases.Rule[][] rules = Arrays.stream(expected)
                .map(values ->
                        Arrays.stream(values).mapToObj(v -> c.rule().get()).toArray(OptimizerCases.Rule[]::new))
                .toArray(OptimizerCases.Rule[][]::new);
        for (long t = 1; t <= UPDATES; t++) {
            NDList gradients = gradients(expected, DataType.FLOAT64, t);
            NDList before =
                    new NDList(gradients.stream().map(NDArray::duplicate).toList());
            c.optimizer().step(parameters, gradients, state, t - 1);
            for (int p = 0; p < SHAPES.length; p++) {
                assertThat(gradients.get(p).contentEquals(before.get(p))).isTrue();
                for (int i = 0; i < expected[p].length; i++) {
                    double v = expected[p][i];
                    expected[p][i] =
                            rules[p][i].update(v, gradient(v, t), t, c.rate().at(t - 1));
                }
                assertThat(parameters.get(p).toDoubleArray())
                        .as("parameter %d after update %d", p, t)
                        .usingComparatorWithPrecision(1e-12)
                        .containsExactly(expected[p]);
            }
        }
    }

    /** In float32 to 1e-5 of the largest value. */
    @ParameterizedTest
    @MethodSource("cases")
    void worksInFloat32(OptimizerCases.Case c) {
        NDList parameters = parameters(DataType.FLOAT32);
        NDList state = c.optimizer().init(m, parameters);
        double[] expected = numbers(parameters)[0];
        for (long t = 1; t <= 3; t++) {
            c.optimizer().step(parameters, gradients(numbers(parameters), DataType.FLOAT32, t), state, t - 1);
        }
        OptimizerCases.Rule[] rules =
                Arrays.stream(expected).mapToObj(v -> c.rule().get()).toArray(OptimizerCases.Rule[]::new);
        for (long t = 1; t <= 3; t++) {
            for (int i = 0; i < expected.length; i++) {
                expected[i] = rules[i].update(
                        expected[i], gradient(expected[i], t), t, c.rate().at(t - 1));
            }
        }
        assertThat(parameters.get(0).getDataType()).isEqualTo(DataType.FLOAT32);
        assertThat(numbers(parameters)[0]).usingComparatorWithPrecision(1e-5).containsExactly(expected);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void stateHasAnArrayAMomentAndParameter(OptimizerCases.Case c) {
        NDList parameters = parameters(DataType.FLOAT64);
        NDList state = c.optimizer().init(m, parameters);
        assertThat(state).hasSize(c.fixed() + c.perParameter() * SHAPES.length);
        for (int i = 0; i < state.size(); i++) {
            boolean counts = i < c.fixed();
            assertThat(state.get(i).getShape())
                    .isEqualTo(counts ? new Shape() : SHAPES[(i - c.fixed()) % SHAPES.length]);
            assertThat(state.get(i).getManager()).isSameAs(m);
            assertThat(numbers(new NDList(state.get(i)))[0]).containsOnly(0);
        }
        c.optimizer().step(parameters, gradients(numbers(parameters), DataType.FLOAT64, 1), state, 0);
        for (int i = 0; i < c.fixed(); i++) {
            assertThat(state.get(i).toType(DataType.FLOAT64, true).getDouble()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theStateIsAllItRemembers(OptimizerCases.Case c) {
        NDList first = parameters(DataType.FLOAT64);
        NDList state = c.optimizer().init(m, first);
        for (long t = 1; t <= 4; t++) {
            c.optimizer().step(first, gradients(numbers(first), DataType.FLOAT64, t), state, t - 1);
        }
        NDList second = parameters(DataType.FLOAT64);
        NDList fresh = c.optimizer().init(m, second);
        for (long t = 1; t <= 4; t++) {
            NDList copies = new NDList(fresh.stream().map(NDArray::duplicate).toList());
            c.optimizer().step(second, gradients(numbers(second), DataType.FLOAT64, t), copies, t - 1);
            fresh = copies;
        }
        assertThat(numbers(second)).isDeepEqualTo(numbers(first));
    }

    @Test
    void aZeroRateLeavesTheParameters() {
        for (Optimizer still : List.of(
                Adam.of(Schedule.constant(0)),
                new Sgd(Schedule.constant(0)),
                new Sgd(Schedule.constant(0)).after(GradientMap.softClip()))) {
            NDList parameters = parameters(DataType.FLOAT64);
            double[][] before = numbers(parameters);
            NDList state = still.init(m, parameters);
            still.step(parameters, gradients(before, DataType.FLOAT64, 1), state, 0);
            assertThat(numbers(parameters)).as(still.toString()).isDeepEqualTo(before);
        }
    }

    @Test
    void rejectsARateThatIsNoNumber() {
        NDList parameters = parameters(DataType.FLOAT64);
        Sgd sgd = new Sgd(i -> i == 2 ? Double.NaN : 0.1);
        NDList gradients = gradients(numbers(parameters), DataType.FLOAT64, 1);
        sgd.step(parameters, gradients, new NDList(), 1);
        assertThatThrownBy(() -> sgd.step(parameters, gradients, new NDList(), 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rate.at(2) must be finite and >= 0, got NaN");
    }

    @Test
    void nothingToUpdateIsNoError() {
        Adam adam = Adam.of(0.1);
        NDList none = new NDList();
        adam.step(none, none, adam.init(m, none), 0);
        assertThat(adam.init(m, none)).hasSize(1);
    }

    record Broken(String message, ThrowingCallable call) {
        @Override
        public String toString() {
            return message;
        }
    }

    static List<Broken> broken() {
        return List.of(
                new Broken("rate must be finite and > 0, got 0.0", () -> Adam.of(0)),
                new Broken("rate must be finite and > 0, got NaN", () -> Sgd.of(Double.NaN)),
                new Broken(
                        "beta1 must be in [0, 1), got 1.0", () -> Adam.of(0.1).withBetas(1, 0.9)),
                new Broken(
                        "beta2 must be in [0, 1), got -0.1", () -> Adam.of(0.1).withBetas(0.9, -0.1)),
                new Broken(
                        "beta2 must be in [0, 1), got NaN", () -> Adam.of(0.1).withBetas(0.9, Double.NaN)),
                new Broken(
                        "epsilon must be finite and > 0, got 0.0", () -> new Adam(Schedule.constant(1), 0.9, 0.999, 0)),
                new Broken("largest must be finite and > 0, got -1.0", () -> GradientMap.clip(-1)),
                new Broken("largest must be finite and > 0, got Infinity", () -> GradientMap.clipNorm(1 / 0.0)));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void rejectsConstants(Broken b) {
        assertThatThrownBy(b.call())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(b.message());
    }

    @Test
    void rejectsNoSchedule() {
        assertThatThrownBy(() -> Adam.of((Schedule) null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("rate");
        assertThatThrownBy(() -> new Sgd(null))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("rate");
    }
}
