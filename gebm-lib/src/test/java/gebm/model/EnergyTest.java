package gebm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.Rng;
import gebm.core.TrainableContract;
import gebm.nn.Mlp;
import gebm.trace.Gradients;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every energy must do, on {@link EnergyCases}, and what the kinds of energy compute. */
class EnergyTest {
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    static List<EnergyCases.Case> cases() {
        return EnergyCases.all();
    }

    private NDArray points(EnergyCases.Case c) {
        return Rng.of(7).normal(m, new Shape(9, c.dimension()), c.type());
    }

    private static double[] numbers(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isOneNumberAPointAndPure(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        NDArray x = points(c);
        NDArray copy = x.duplicate();
        NDArray e = energy.at(x);
        assertThat(e.getShape()).isEqualTo(new Shape(9));
        assertThat(e.getDataType()).isEqualTo(c.type());
        assertThat(e.getManager()).isSameAs(m);
        assertThat(numbers(energy.at(x))).containsExactly(numbers(e));
        assertThat(x.contentEquals(copy)).isTrue();
    }

    /** To the last digits only: a product of many rows may add in another order. */
    @ParameterizedTest
    @MethodSource("cases")
    void treatsPointsApart(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        NDArray x = points(c);
        double[] all = numbers(energy.at(x));
        double tolerance = c.type() == DataType.FLOAT64 ? 1e-12 : 1e-5;
        for (int i = 0; i < 9; i++) {
            assertThat(numbers(energy.at(x.get(i + ":" + (i + 1)))))
                    .usingComparatorWithPrecision(tolerance)
                    .containsExactly(all[i]);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tracedEqualsEager(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        NDArray x = points(c);
        double tolerance = c.type() == DataType.FLOAT64 ? 1e-12 : 1e-5;
        assertThat(numbers(Program.of(energy::at).run(x)))
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(numbers(energy.at(x)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradientEqualsDifferences(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        NDArray x = points(c);
        var both = energy.valueAndGradient(x);
        double tolerance = c.type() == DataType.FLOAT64 ? 1e-12 : 1e-5;
        assertThat(numbers(both.value()))
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(numbers(energy.at(x)));
        assertThat(both.gradient().getShape()).isEqualTo(x.getShape());
        assertThat(both.gradient().getDataType()).isEqualTo(c.type());
        if (c.type() == DataType.FLOAT64) {
            double[] expected = new double[9 * c.dimension()];
            double h = 1e-5;
            for (int i = 0; i < expected.length; i++) {
                expected[i] = (moved(energy, x, i, h) - moved(energy, x, i, -h)) / (2 * h);
            }
            double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            assertThat(largest).isPositive();
            assertThat(both.gradient().toDoubleArray())
                    .usingComparatorWithPrecision(1e-6 * Math.max(1, largest))
                    .containsExactly(expected);
        }
    }

    private double moved(Energy energy, NDArray x, int coordinate, double h) {
        double[] at = x.toDoubleArray();
        at[coordinate] += h;
        return energy.at(m.create(at, x.getShape()))
                .toDoubleArray()[coordinate / (int) x.getShape().get(1)];
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyParameterHasANameAndAGradient(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        assertThat(energy.arrays()).hasSameSizeAs(energy.parameters());
        energy.arrays().forEach((name, array) -> {
            NDArray gradient = Program.ofList(in -> Gradients.ofParameters(
                                    new NDList(array),
                                    () -> new Gradients.Loss(
                                            energy.at(in.get(0)).square().sum(), new NDList()))
                            .gradients())
                    .run(m, new NDList(points(c)))
                    .singletonOrThrow();
            assertThat(gradient.getShape()).as(name).isEqualTo(array.getShape());
            assertThat(Arrays.stream(numbers(gradient)).boxed()).as(name).anyMatch(g -> g != 0);
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void copyIsIndependent(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        NDArray x = points(c);
        double[] before = numbers(energy.at(x));
        Energy copy = energy.copy();
        assertThat(numbers(copy.at(x))).containsExactly(before);
        assertThat(copy.arrays().keySet()).isEqualTo(energy.arrays().keySet());
        copy.parameters().forEach(p -> p.muli(2));
        assertThat(numbers(energy.at(x))).containsExactly(before);
        if (!copy.parameters().isEmpty()) {
            assertThat(numbers(copy.at(x))).isNotEqualTo(before);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trainingSharesTheParameters(EnergyCases.Case c) {
        Energy energy = c.energy().get();
        NDList shared = energy.training().parameters();
        for (int i = 0; i < shared.size(); i++) {
            assertThat(shared.get(i)).isSameAs(energy.parameters().get(i));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isMadeOfItsParts(EnergyCases.Case c) {
        NDArray x = points(c);
        TrainableContract.check(c.energy().get(), energy -> numbers(energy.at(x)));
    }

    @Nested
    class Composition {
        private final Energy sum = x -> x.sum(new int[] {1});
        private final Energy square = x -> x.square().sum(new int[] {1});

        private double[] at(Energy energy) {
            NDArray x = m.create(new double[] {1, 2, -3, 0.5}, new Shape(2, 2));
            return energy.at(x).toDoubleArray();
        }

        @Test
        void plusAddsTimesScalesFlooredAtBounds() {
            assertThat(at(sum)).containsExactly(3, -2.5);
            assertThat(at(square)).containsExactly(5, 9.25);
            assertThat(at(sum.plus(square))).containsExactly(8, 6.75);
            assertThat(at(square.times(-2))).containsExactly(-10, -18.5);
            assertThat(at(sum.flooredAt(-1))).containsExactly(3, -1);
        }

        @Test
        void floorStopsTheGradient() {
            NDArray x = m.create(new double[] {1, 2, -3, 0.5}, new Shape(2, 2));
            var gradient = sum.flooredAt(-1).valueAndGradient(x).gradient();
            assertThat(gradient.toDoubleArray()).containsExactly(1, 1, 0, 0);
        }

        @Test
        void rejectsWhatIsNotFinite() {
            assertThatThrownBy(() -> sum.times(Double.NaN)).hasMessage("inverseTemperature must be finite, got NaN");
            assertThatThrownBy(() -> sum.flooredAt(Double.NEGATIVE_INFINITY))
                    .hasMessage("floor must be finite, got -Infinity");
        }
    }

    /**
     * Batch normalisation tells the modes apart. In training its outputs average to 0 over a batch; in prediction, with
     * the statistics that it starts with, it is {@code x/√(1 + ε)}.
     */
    @Nested
    class InTraining {
        private static Energy normalised() {
            return Energy.neural(BatchNorm.builder().build(), new Shape(1), DataType.FLOAT64, Rng.of(1));
        }

        static List<Arguments> energies() {
            return List.of(
                    Arguments.of("neural", normalised(), 1),
                    Arguments.of("floored", normalised().flooredAt(-100), 1),
                    Arguments.of("times", normalised().times(2), 2),
                    Arguments.of("plus", normalised().plus(normalised()), 2));
        }

        @ParameterizedTest(name = "{0}")
        @MethodSource("energies")
        void everyNetworkBehavesSo(String name, Energy energy, double factor) {
            NDArray x = m.create(new double[] {1, 2, 3, 6}, new Shape(4, 1));
            double root = Math.sqrt(1 + 1e-5);
            double[] predicted = {factor / root, 2 * factor / root, 3 * factor / root, 6 * factor / root};
            assertThat(energy.at(x).toDoubleArray())
                    .usingComparatorWithPrecision(1e-7)
                    .containsExactly(predicted);
            assertThat(energy.training().at(x).mean().getDouble()).isCloseTo(0, within(1e-7));
            assertThat(energy.training().copy().at(x).mean().getDouble()).isCloseTo(0, within(1e-7));
        }

        @Test
        void onlyTrainingMovesRunningStatistics() {
            Energy energy = normalised();
            NDArray mean = energy.arrays().get("runningMean");
            NDArray x = m.create(new double[] {1, 2, 3, 6}, new Shape(4, 1));
            energy.at(x);
            energy.valueAndGradient(x);
            assertThat(mean.toDoubleArray()).containsExactly(0);
            energy.training().at(x);
            assertThat(mean.getDouble(0)).isPositive();
        }
    }

    @Nested
    class NeuralRejects {
        private final Energy energy = EnergyCases.neural(DataType.FLOAT32, "a");

        @Test
        void moreThanOneOutput() {
            assertThatThrownBy(() -> Energy.neural(Mlp.of(3, 10), new Shape(3), Rng.of(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the output of an energy network must be one number a sample, got shape (10)");
        }

        @Test
        void pointsOfAnotherShape() {
            assertThatThrownBy(() -> energy.at(m.ones(new Shape(2, 4))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the shape of a sample must be (3), got (4)");
        }

        @Test
        void pointsOfAnotherType() {
            assertThatThrownBy(() -> energy.at(m.ones(new Shape(2, 3), DataType.FLOAT64)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the type of the input must be float32, got float64");
        }

        @Test
        void parametersOfAnInteger() {
            assertThatThrownBy(() -> Energy.neural(Mlp.of(3, 1), new Shape(3), DataType.INT32, Rng.of(1)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("type must be float32 or float64, got int32");
        }

        @Test
        void gradientsAtPointsOfAnotherShape() {
            assertThatThrownBy(() -> energy.valueAndGradient(m.ones(new Shape(2, 4))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2x4");
        }
    }
}
