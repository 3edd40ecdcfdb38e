package gebm.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.TrainableContract;
import gebm.flow.Bijection.Image;
import gebm.trace.Gradients;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every bijection must do, on {@link BijectionCases}. */
class BijectionTest {
    private static final int ROWS = 6;

    private final Rng rng = Rng.of(63);
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    static List<BijectionCases.Case> cases() {
        return BijectionCases.all();
    }

    private NDArray points(int d) {
        return rng.fork("points")
                .normal(m, new Shape(ROWS, d), DataType.FLOAT64)
                .mul(1.5);
    }

    private static void assertClose(NDArray actual, NDArray expected, double tolerance) {
        assertThat(actual.toDoubleArray())
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(expected.toDoubleArray());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void eachWayUndoesTheOther(BijectionCases.Case c) {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        NDArray copy = points.duplicate();
        Image x = b.forward(points);
        Image z = b.inverse(points);
        assertThat(x.value().getShape()).isEqualTo(points.getShape());
        assertThat(x.logDetJacobian().getShape()).isEqualTo(new Shape(ROWS));
        assertClose(b.inverse(x.value()).value(), points, 1e-10);
        assertClose(b.forward(z.value()).value(), points, 1e-10);
        assertClose(b.inverse(x.value()).logDetJacobian(), x.logDetJacobian().neg(), 1e-9);
        assertClose(b.forward(z.value()).logDetJacobian(), z.logDetJacobian().neg(), 1e-9);
        assertThat(points.contentEquals(copy)).isTrue();
        assertThat(x.value().getManager()).isSameAs(m);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void logDeterminantIsThatOfTheJacobian(BijectionCases.Case c) {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        Image x = b.forward(points);
        Image z = b.inverse(points);
        for (int i = 0; i < ROWS; i++) {
            double[] at = points.get(i).toDoubleArray();
            assertThat(x.logDetJacobian().getDouble(i)).isCloseTo(logDeterminant(b::forward, at), within(1e-6));
            assertThat(z.logDetJacobian().getDouble(i)).isCloseTo(logDeterminant(b::inverse, at), within(1e-6));
        }
        if (!b.parameters().isEmpty()) {
            assertThat(Arrays.stream(x.logDetJacobian().toDoubleArray())
                            .map(Math::abs)
                            .max()
                            .orElseThrow())
                    .isGreaterThan(0.05); // far from the identity
        }
    }

    /** By central differences of order four. */
    private double logDeterminant(Function<NDArray, Image> way, double[] at) {
        int d = at.length;
        double h = 1e-4;
        double[][] steps = new double[4 * d][];
        double[] sizes = {h, -h, 2 * h, -2 * h};
        for (int j = 0; j < d; j++) {
            for (int k = 0; k < 4; k++) {
                steps[4 * j + k] = at.clone();
                steps[4 * j + k][j] += sizes[k];
            }
        }
        double[] flat = Arrays.stream(steps).flatMapToDouble(Arrays::stream).toArray();
        double[] values = way.apply(m.create(flat, new Shape(4 * d, d))).value().toDoubleArray();
        DMatrixRMaj jacobian = new DMatrixRMaj(d, d);
        for (int j = 0; j < d; j++) {
            for (int i = 0; i < d; i++) {
                int at0 = 4 * j * d + i;
                double near = values[at0] - values[at0 + d];
                double far = values[at0 + 2 * d] - values[at0 + 3 * d];
                jacobian.set(i, j, (8 * near - far) / (12 * h));
            }
        }
        return Math.log(Math.abs(CommonOps_DDRM.det(jacobian)));
    }

    /** Of the sum of all values, weighted, and of the log-determinants, in both directions. */
    @ParameterizedTest
    @MethodSource("cases")
    void everyParameterHasItsGradient(BijectionCases.Case c) {
        Bijection b = c.bijection();
        assertThat(b.arrays().values()).containsAll(b.parameters());
        checkGradients(b, x -> weighted(b.forward(x)));
        checkGradients(b, x -> weighted(b.inverse(x)));
    }

    private static NDArray weighted(Image image) {
        NDArray value = image.value();
        NDArray weights = value.getManager()
                .create(IntStream.range(0, (int) value.size())
                        .mapToDouble(i -> Math.cos(i + 1))
                        .toArray());
        return value.flatten().mul(weights).sum().add(image.logDetJacobian().sum());
    }

    /** What a penalty on gradients needs: the gradient of a product with the gradient, against differences of gradients. */
    @ParameterizedTest
    @MethodSource("cases")
    void secondDerivativesAreTrue(BijectionCases.Case c) {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        NDArray direction = rng.fork("direction").normal(m, points.getShape(), DataType.FLOAT64);
        for (UnaryOperator<NDArray> f :
                List.<UnaryOperator<NDArray>>of(x -> weighted(b.forward(x)), x -> weighted(b.inverse(x)))) {
            NDArray product = Gradients.gradient(
                    x -> Gradients.gradient(f, x)
                            .mul(x.getManager().from(direction))
                            .sum(),
                    points);
            double h = 1e-5;
            NDArray up = Gradients.gradient(f, points.add(direction.mul(h)));
            NDArray down = Gradients.gradient(f, points.sub(direction.mul(h)));
            double[] expected = up.sub(down).div(2 * h).toDoubleArray();
            double size =
                    Math.max(1, Arrays.stream(expected).map(Math::abs).max().orElseThrow());
            assertThat(product.toDoubleArray())
                    .usingComparatorWithPrecision(1e-5 * size)
                    .containsExactly(expected);
        }
    }

    private void checkGradients(Bijection b, UnaryOperator<NDArray> f) {
        NDArray points = points(b.dimension());
        Program value = Program.of(f);
        checkGradient("points", points, Gradients.gradient(f, points), () -> value.run(points));
        if (b.parameters().isEmpty()) {
            return;
        }
        NDList gradients = Program.ofList(in -> Gradients.ofParameters(
                                b.parameters(), () -> new Gradients.Loss(f.apply(in.head()), new NDList()))
                        .gradients())
                .run(m, new NDList(points));
        b.arrays().forEach((name, array) -> {
            int i = indexOf(b.parameters(), array);
            if (i >= 0) {
                checkGradient(name, array, gradients.get(i), () -> value.run(points));
            }
        });
    }

    private static int indexOf(NDList arrays, NDArray array) {
        for (int i = 0; i < arrays.size(); i++) {
            if (arrays.get(i) == array) {
                return i;
            }
        }
        return -1;
    }

    /** The largest element of a derivative against the difference of {@code value}. */
    static void checkGradient(String name, NDArray array, NDArray derivative, Supplier<NDArray> value) {
        double[] gradient = derivative.toDoubleArray();
        double[] values = array.toDoubleArray();
        int i = largest(gradient);
        double[] changed = values.clone();
        double h = 1e-5;
        changed[i] = values[i] + h;
        array.set(changed);
        double up = value.get().getDouble();
        changed[i] = values[i] - h;
        array.set(changed);
        double down = value.get().getDouble();
        array.set(values);
        assertThat(gradient[i])
                .as(name)
                .isNotZero()
                .isCloseTo((up - down) / (2 * h), within(1e-5 * Math.max(1, Math.abs(gradient[i]))));
    }

    private static int largest(double[] gradient) {
        int at = 0;
        for (int i = 0; i < gradient.length; i++) {
            at = Math.abs(gradient[i]) > Math.abs(gradient[at]) ? i : at;
        }
        return at;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tracedEqualsEager(BijectionCases.Case c) {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        NDList traced = Program.ofList(in -> {
                    Image x = b.forward(in.head());
                    Image z = b.inverse(in.head());
                    return new NDList(x.value(), x.logDetJacobian(), z.value(), z.logDetJacobian());
                })
                .run(m, new NDList(points));
        Image x = b.forward(points);
        Image z = b.inverse(points);
        assertClose(traced.get(0), x.value(), 1e-12);
        assertClose(traced.get(1), x.logDetJacobian(), 1e-12);
        assertClose(traced.get(2), z.value(), 1e-12);
        assertClose(traced.get(3), z.logDetJacobian(), 1e-12);
    }

    /** Collections between and during the calls, with other objects made in the room that they free. */
    @ParameterizedTest
    @MethodSource("cases")
    void doesNotDependOnTheGarbageCollector(BijectionCases.Case c) throws InterruptedException {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        double[] x = b.forward(points).value().toDoubleArray();
        double[] z = b.inverse(points).logDetJacobian().toDoubleArray();
        Thread collecting = new Thread(() -> {
            for (int i = 0; i < 4; i++) {
                System.gc();
            }
        });
        collecting.start();
        int runs = 0;
        while (collecting.isAlive() || runs++ < 3) {
            try (NDManager scope = m.newSubManager()) {
                NDArray again = scope.from(points).duplicate();
                again.attach(scope);
                assertThat(b.forward(again).value().toDoubleArray()).containsExactly(x);
                assertThat(b.inverse(again).logDetJacobian().toDoubleArray()).containsExactly(z);
            }
        }
        collecting.join();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void copiesShareNothing(BijectionCases.Case c) {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        double[] before = b.forward(points).value().toDoubleArray();
        Bijection copy = b.copy();
        assertThat(copy.arrays().keySet()).containsExactlyElementsOf(b.arrays().keySet());
        assertThat(copy.forward(points).value().toDoubleArray()).containsExactly(before);
        copy.parameters().forEach(p -> p.muli(2));
        if (!copy.parameters().isEmpty()) {
            assertThat(copy.forward(points).value().toDoubleArray()).isNotEqualTo(before);
        }
        copy.close();
        assertThat(b.forward(points).value().toDoubleArray()).containsExactly(before);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isMadeOfItsParts(BijectionCases.Case c) {
        Bijection b = c.bijection();
        NDArray points = points(b.dimension());
        TrainableContract.check(b, each -> each.forward(points).value().toDoubleArray());
    }

    /** The context passes as it is, and that of one row matters to that row only. */
    @ParameterizedTest
    @MethodSource("cases")
    void rowsAreTreatedApart(BijectionCases.Case c) {
        Bijection b = c.bijection();
        int d = b.dimension();
        NDArray points = points(d);
        NDArray changed = points.duplicate();
        changed.set(new ai.djl.ndarray.index.NDIndex(2, d - 1), changed.getDouble(2, d - 1) + 0.25);
        for (UnaryOperator<NDArray> way : List.<UnaryOperator<NDArray>>of(
                x -> b.forward(x).value(), x -> b.inverse(x).value())) {
            double[] before = way.apply(points).toDoubleArray();
            double[] after = way.apply(changed).toDoubleArray();
            for (int i = 0; i < ROWS * d; i++) {
                if (i / d != 2) {
                    assertThat(after[i]).isEqualTo(before[i]);
                } else if (i % d >= c.moved()) {
                    assertThat(after[i]).isEqualTo(changed.toDoubleArray()[i]);
                }
            }
            assertThat(Arrays.copyOfRange(after, 2 * d, 2 * d + c.moved()))
                    .isNotEqualTo(Arrays.copyOfRange(before, 2 * d, 2 * d + c.moved()));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void refusesOtherShapes(BijectionCases.Case c) {
        Bijection b = c.bijection();
        int d = b.dimension();
        assertThatThrownBy(() -> b.forward(m.zeros(new Shape(4, d + 1), DataType.FLOAT64)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(" must be of shape (n, " + d + "), got (4, " + (d + 1) + ")");
        assertThatThrownBy(() -> b.inverse(m.zeros(new Shape(d), DataType.FLOAT64)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageEndingWith(" must be of shape (n, " + d + "), got (" + d + ")");
    }

    @Test
    void permutationIsItsFormula() {
        Permutation p = Permutation.of(2, 0, 1);
        NDArray z = m.create(new double[] {10, 20, 30}, new Shape(1, 3));
        assertThat(p.forward(z).value().toDoubleArray()).containsExactly(30, 10, 20);
        assertThat(p.inverse(z).value().toDoubleArray()).containsExactly(20, 30, 10);
        assertThatThrownBy(() -> Permutation.of(0, 2, 2))
                .hasMessage("order must be each of 0, ..., 2 once, got [0, 2, 2]");
    }

    /** As drawn {@code WᵀW = 1}; then its matrix is that of the images of unit vectors, and has the determinant told. */
    @Test
    void linearMapIsARotationAtFirst() {
        LinearMap map = LinearMap.of(5, DataType.FLOAT64, rng);
        NDArray w = map.forward(m.eye(5, 5, 0, DataType.FLOAT64)).value();
        assertClose(w.transpose().dot(w), m.eye(5, 5, 0, DataType.FLOAT64), 1e-13);
        assertClose(map.forward(w).logDetJacobian(), m.zeros(new Shape(5), DataType.FLOAT64), 1e-13);
    }

    /** A mixture of one standard normal is the identity, however far out: its tails are logarithms. */
    @Test
    void mixturesKeepTheirTails() {
        double[] numbers = {-60, -12, -1, -1e-3, 0, 2, 9, 60};
        for (DataType type : new DataType[] {DataType.FLOAT32, DataType.FLOAT64}) {
            NDArray x = m.create(numbers, new Shape(8, 1)).toType(type, true);
            NDArray parameters = m.zeros(new Shape(8, 1, 3), type);
            NDList both = Program.ofList(in -> {
                        var z = new GaussianMixtureMap(1).inverse(in.get(0), in.get(1));
                        var back = new GaussianMixtureMap(1).forward(in.get(0), in.get(1));
                        return new NDList(z.value(), z.logSlope(), back.value(), back.logSlope());
                    })
                    .run(m, new NDList(x, parameters));
            double tolerance = type == DataType.FLOAT32 ? 1e-5 : 1e-13;
            for (int i = 0; i < 8; i++) {
                double far = Math.max(1, Math.abs(numbers[i]));
                double at = x.toType(DataType.FLOAT64, true).getDouble(i, 0);
                for (int k = 0; k < 4; k++) {
                    double actual = both.get(k).toType(DataType.FLOAT64, true).getDouble(i, 0);
                    double size = k % 2 == 0 ? far : far * far; // slopes are differences of squares
                    assertThat(actual).isCloseTo(k % 2 == 0 ? at : 0, within(tolerance * size));
                }
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThatThrownBy(() -> Permutation.reversal(3).then(Permutation.reversal(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dimension of the next bijection must be 3, got 2");
        Bijection linear = LinearMap.of(2, DataType.FLOAT64, rng);
        assertThatThrownBy(() -> linear.then(Permutation.reversal(2)).then(linear))
                .hasMessage("a trained part must be there under one name, got [0, 2]: take its copy()");
        assertThatThrownBy(() -> AffineCoupling.of(new boolean[] {true, true}, 4, DataType.FLOAT64, rng))
                .hasMessage("coordinates kept must be some and not all of 2, got 2");
    }
}
