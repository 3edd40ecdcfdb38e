package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import gebm.trace.Linalg.Triangle;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ops, Special and Linalg against {@code oracles/functions.py}, and their derivatives against differences. */
class FunctionsTest {
    private static final Oracle ORACLE = oracle();

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** An array of the oracle. */
    record Numbers(long[] shape, double[] numbers) {
        NDArray in(NDManager scope, DataType type) {
            return scope.create(numbers, new Shape(shape)).toType(type, true);
        }
    }

    record OracleCase(List<Numbers> arguments, List<Numbers> results) {}

    record Oracle(Map<String, OracleCase> cases) {}

    private static Oracle oracle() {
        try (Reader reader = new InputStreamReader(
                FunctionsTest.class.getResourceAsStream("/oracles/functions.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, Oracle.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A function under its name in the oracle. */
    record Row(String name, Function<NDList, NDList> function) {
        OracleCase oracle() {
            return ORACLE.cases().get(name);
        }

        NDList arguments(NDManager scope, DataType type) {
            NDList list = new NDList();
            oracle().arguments().forEach(argument -> list.add(argument.in(scope, type)));
            return list;
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static Row one(String name, UnaryOperator<NDArray> function) {
        return new Row(name, list -> new NDList(function.apply(list.singletonOrThrow())));
    }

    private interface Two {
        NDArray apply(NDArray a, NDArray b);
    }

    private static Row two(String name, Two function) {
        return new Row(name, list -> new NDList(function.apply(list.get(0), list.get(1))));
    }

    private static NDArray symmetric(NDArray a) {
        return a.add(a.transpose(1, 0)).mul(0.5);
    }

    static List<Row> rows() {
        return List.of(
                one("log1p", Special::log1p),
                one("expm1", Special::expm1),
                two("xlogy", Special::xlogy),
                two("xlog1py", Special::xlog1py),
                one("erf", Special::erf),
                one("erfc", Special::erfc),
                one("erfcx", Special::erfcx),
                one("erfinv", Special::erfinv),
                one("ndtr", Special::ndtr),
                one("logNdtr", Special::logNdtr),
                one("ndtri", Special::ndtri),
                one("gammaln", Special::gammaln),
                one("digamma", Special::digamma),
                one("polygamma 1", x -> Special.polygamma(1, x)),
                one("polygamma 2", x -> Special.polygamma(2, x)),
                two("betaln", Special::betaln),
                one("i0", Special::i0),
                one("i0e", Special::i0e),
                one("i1", Special::i1),
                one("i1e", Special::i1e),
                one("softplus", Ops::softplus),
                one("softplus beta", x -> Ops.softplus(x, 3)),
                one("logSigmoid", Ops::logSigmoid),
                two("logAddExp", Ops::logAddExp),
                one("logSumExp", x -> Ops.logSumExp(x, 1)),
                one("logSumExp of all", Ops::logSumExp),
                one("logSumExp over two", x -> Ops.logSumExp(x, 0, -1)),
                one("logMeanExp", x -> Ops.logMeanExp(x, -2)),
                one("logMeanExp of all", Ops::logMeanExp),
                one("variance", x -> Ops.variance(x, 1, 1)),
                one("variance of all", x -> Ops.variance(x, 0)),
                one("variance over two", x -> Ops.variance(x, 1, -1, 0)),
                one("standardDeviation", x -> Ops.standardDeviation(x, 1, 0)),
                one("quantile", x -> Ops.quantile(x, 0.3, 1)),
                one("median", x -> Ops.median(x, 0)),
                new Row("sort", list -> sorted(list.get(0), 1, true)),
                new Row("sort down", list -> sorted(list.get(0), 0, false)),
                one("logCumSumExp", x -> Ops.logCumSumExp(x, 1)),
                one("cumMax", x -> Ops.cumMax(x, 1)),
                one("cumMin", x -> Ops.cumMin(x, 1)),
                one("cumSum", x -> x.cumSum(1)),
                one("cumProd", x -> x.cumProd(1)),
                new Row("spectralNorm", list -> {
                    Ops.SpectralNorm result = Ops.spectralNorm(list.get(0), list.get(1));
                    return new NDList(result.weight(), result.u());
                }),
                two("weightNorm", Ops::weightNorm),
                new Row(
                        "instanceNorm",
                        list -> new NDList(Ops.instanceNorm(list.get(0), list.get(1), list.get(2), 1e-3))),
                two("einsum product", (a, b) -> Linalg.einsum("ij, jk -> ik", a, b)),
                two("einsum batch", (a, b) -> Linalg.einsum("...ij,j->...i", a, b)),
                one("einsum trace", a -> Linalg.einsum("ii", a)),
                two("outer", Linalg::outer),
                two("kron", Linalg::kron),
                one("tril", a -> Linalg.tril(a, -1)),
                one("triu", a -> Linalg.triu(a, 1)),
                one("diagEmbed", Linalg::diagEmbed),
                one("diagonal", Linalg::diagonal),
                one("cholesky", a -> Linalg.cholesky(symmetric(a))),
                two("triangularSolve lower", (a, b) -> Linalg.triangularSolve(a, b, Triangle.LOWER)),
                two("triangularSolve upper", (a, b) -> Linalg.triangularSolve(a, b, Triangle.UPPER)),
                two("triangularSolve unit lower", (a, b) -> Linalg.triangularSolve(a, b, Triangle.UNIT_LOWER)),
                two("triangularSolve unit upper", (a, b) -> Linalg.triangularSolve(a, b, Triangle.UNIT_UPPER)),
                two("choleskySolve", Linalg::choleskySolve),
                two("solve", Linalg::solve),
                two("solve batch", Linalg::solve),
                one("inverse", Linalg::inverse),
                new Row("slogdet", list -> {
                    Linalg.LogDeterminant d = Linalg.slogdet(list.get(0));
                    return new NDList(d.sign(), d.logAbs());
                }),
                one("logdet", Linalg::logdet),
                one("det", Linalg::det),
                new Row("eigh", list -> {
                    Linalg.Eigen e = Linalg.eigh(symmetric(list.get(0)));
                    return new NDList(e.values(), e.vectors().square());
                }),
                new Row("svd", list -> {
                    Linalg.SingularValues s = Linalg.svd(list.get(0));
                    return new NDList(
                            s.u().square(), s.values(), s.vTransposed().square());
                }),
                new Row("qr", list -> {
                    Linalg.Orthogonal q = Linalg.qr(list.get(0));
                    return new NDList(q.q().square(), q.r().square());
                }),
                one("matrixExp", Linalg::matrixExp));
    }

    private static NDList sorted(NDArray x, int axis, boolean ascending) {
        Ops.Sorted sorted = Ops.sort(x, axis, ascending);
        return new NDList(sorted.values(), sorted.indices());
    }

    @Test
    void everyCaseOfTheOracleHasARow() {
        assertThat(rows().stream().map(Row::name))
                .containsExactlyInAnyOrderElementsOf(ORACLE.cases().keySet());
    }

    /** On ordinary arrays and in a program; float64 and float32; arguments stay as they are. */
    @ParameterizedTest
    @MethodSource("rows")
    void equalsNumpy(Row row) {
        for (DataType type : List.of(DataType.FLOAT64, DataType.FLOAT32)) {
            double tolerance = type == DataType.FLOAT64 ? 1e-12 : 2e-5;
            NDList arguments = row.arguments(m, type);
            NDList eager = row.function().apply(arguments);
            NDList traced = Program.ofList(row.function()).run(m, arguments);
            for (NDList results : List.of(eager, traced)) {
                assertThat(results).hasSameSizeAs(row.oracle().results());
                for (int i = 0; i < results.size(); i++) {
                    Numbers expected = row.oracle().results().get(i);
                    NDArray result = results.get(i);
                    assertThat(result.getManager()).isSameAs(m);
                    assertThat(result.getShape()).isEqualTo(new Shape(expected.shape()));
                    boolean indices = row.name().startsWith("sort") && i == 1;
                    assertThat(result.getDataType()).isEqualTo(indices ? DataType.INT64 : type);
                    assertClose(doubles(result), expected.numbers(), tolerance);
                }
            }
            NDList copies = row.arguments(m, type);
            for (int i = 0; i < arguments.size(); i++) {
                assertThat(arguments.get(i).contentEquals(copies.get(i))).isTrue();
            }
        }
    }

    private static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    private static void assertClose(double[] actual, double[] expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i])
                    .as("element %d", i)
                    .isCloseTo(expected[i], within(tolerance * Math.max(1, Math.abs(expected[i]))));
        }
    }

    static Stream<Row> rowsWithDerivatives() {
        return rows().stream().filter(row -> !row.name().equals("spectralNorm")); // it holds u and v: see below
    }

    /** First and second derivatives against central differences in float64, for each argument. */
    @ParameterizedTest
    @MethodSource("rowsWithDerivatives")
    void derivativesEqualDifferences(Row row) {
        NDList arguments = row.arguments(m, DataType.FLOAT64);
        for (int k = 0; k < arguments.size(); k++) {
            int place = k;
            UnaryOperator<NDArray> total = v -> {
                NDList all = new NDList(arguments);
                all.set(place, v);
                return total(row.function().apply(all));
            };
            UnaryOperator<NDArray> squaredSlope =
                    v -> Gradients.gradient(total, v).square().sum();
            assertGradient(total, arguments.get(k));
            assertGradient(squaredSlope, arguments.get(k));
        }
    }

    /** The forward derivative along a direction against the gradient of the same number. */
    @ParameterizedTest
    @MethodSource("rows")
    void forwardModeAgreesWithTheGradient(Row row) {
        NDList arguments = row.arguments(m, DataType.FLOAT64);
        for (int k = 0; k < arguments.size(); k++) {
            int place = k;
            UnaryOperator<NDArray> total = v -> {
                NDList all = new NDList(arguments);
                all.set(place, v);
                return total(row.function().apply(all));
            };
            NDArray x = arguments.get(k);
            NDArray direction = x.sin().add(0.3);
            double along = Gradients.gradient(total, x).mul(direction).sum().getDouble();
            assertThat(Gradients.jacobianVector(total, x, direction).product().getDouble())
                    .isCloseTo(along, within(1e-11 * Math.max(1, Math.abs(along))));
        }
    }

    /** A number that weighs every element of every floating result in its own way. */
    private NDArray total(NDList results) {
        NDArray total = null;
        for (NDArray result : results) {
            if (result.getDataType() == DataType.FLOAT64) {
                double[] weights = new double[(int) result.size()];
                Arrays.setAll(weights, i -> Math.sin(1.3 * i + 0.5));
                NDArray y = result.flatten();
                NDArray part = y.mul(m.create(weights)).add(y.square().mul(0.3)).sum();
                total = total == null ? part : total.add(part);
            }
        }
        return total;
    }

    private void assertGradient(UnaryOperator<NDArray> f, NDArray x) {
        assertGradient(f, f, x);
    }

    /** The gradient of {@code f} against differences of {@code same}, which has the same values. */
    private void assertGradient(UnaryOperator<NDArray> f, UnaryOperator<NDArray> same, NDArray x) {
        double[] gradient = Program.of(v -> Gradients.gradient(f, v)).run(x).toDoubleArray();
        Program program = Program.of(same);
        double[] at = x.toDoubleArray();
        double[] expected = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double h = 1e-4;
            expected[i] = (8 * (value(program, x, i, h) - value(program, x, i, -h))
                            - (value(program, x, i, 2 * h) - value(program, x, i, -2 * h)))
                    / (12 * h);
        }
        double largest = Arrays.stream(expected).map(Math::abs).reduce(1, Math::max);
        assertThat(gradient).usingComparatorWithPrecision(1e-7 * largest).containsExactly(expected);
    }

    private double value(Program program, NDArray x, int i, double by) {
        double[] moved = x.toDoubleArray();
        moved[i] += by;
        return program.run(m.create(moved, x.getShape())).getDouble();
    }

    /** Collects, and writes 777 over direct buffers that were freed. */
    private static void litter() {
        List<ByteBuffer> kept = new ArrayList<>();
        System.gc();
        for (int i = 0; i < 2_000; i++) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(8 << (i % 6));
            while (buffer.hasRemaining()) {
                buffer.put((byte) 77);
            }
            kept.add(buffer);
        }
        assertThat(kept).hasSize(2_000); // and so they are all alive until here
    }

    @Test
    void collectionsBetweenCallsChangeNothing() {
        List<Row> some = rows().stream()
                .filter(row -> List.of("betaln", "variance", "weightNorm", "instanceNorm", "solve", "eigh")
                        .contains(row.name()))
                .toList();
        assertThat(some).hasSize(6);
        for (Row row : some) {
            for (int run = 0; run < 3; run++) {
                NDList results = row.function().apply(row.arguments(m, DataType.FLOAT64));
                litter();
                for (int i = 0; i < results.size(); i++) {
                    Numbers expected = row.oracle().results().get(i);
                    assertClose(doubles(results.get(i)), expected.numbers(), 1e-12);
                }
            }
        }
    }

    /** An einsum of one array can be a view, and so can a diagonal; results are the caller's own. */
    @Test
    void resultsShareNoMemoryWithArguments() {
        NDArray x = m.ones(new Shape(2, 2));
        NDArray copy = x.duplicate();
        for (Row row : List.of(
                one("same", v -> Linalg.einsum("ij->ij", v)),
                one("transposed", v -> Linalg.einsum("ij->ji", v)),
                one("diagonal", Linalg::diagonal),
                one("tril", v -> Linalg.tril(v, 5)),
                one("logSumExp", v -> Ops.logSumExp(v.reshape(1, 4), 0)))) {
            row.function().apply(new NDList(x)).head().addi(1);
            Program.ofList(row.function()).run(m, new NDList(x)).head().addi(1);
            assertThat(x.contentEquals(copy)).as(row.name()).isTrue();
        }
    }

    @Test
    void normOfAListOutsideAProgram() {
        NDList list = new NDList(m.create(new float[] {1, 2}), m.create(new float[][] {{2}, {4}}));
        assertThat(Ops.norm(list).getFloat()).isEqualTo(5);
    }

    @Test
    void callsWithOtherOptionsAreOtherPrograms() {
        NDArray x = m.create(new double[][] {{1, 2}, {4, 8}});
        int[] axes = {0};
        assertThat(Ops.variance(x, 0, axes).toDoubleArray()).containsExactly(2.25, 9);
        axes[0] = 1;
        assertThat(Ops.variance(x, 0, axes).toDoubleArray()).containsExactly(0.25, 4);
        NDArray wide = m.create(new double[][] {{1, 2, 3}});
        assertThat(Ops.variance(wide, 0, 0).toDoubleArray()).containsExactly(0, 0, 0);
        assertThat(Ops.quantile(x, 0, 1).toDoubleArray()).containsExactly(1, 4);
        assertThat(Ops.quantile(x, 1, 1).toDoubleArray()).containsExactly(2, 8);
    }

    /** Four threads call the same functions with the same options and with shapes that are new to the programs. */
    @Test
    void threadsDoNotDisturbEachOther() {
        List<Row> rows = rows();
        int[] wrong = IntStream.range(0, 4)
                .parallel()
                .map(thread -> {
                    int different = 0;
                    try (NDManager own = NDManager.newBaseManager()) {
                        for (int i = 0; i < 3 * rows.size(); i++) {
                            NDArray wide = own.ones(new Shape(2, 40 + (i * (thread + 3)) % 50), DataType.FLOAT64);
                            different += Math.abs(Ops.logMeanExp(wide, 1).getDouble(1) - 1) < 1e-12 ? 0 : 1;
                            Row row = rows.get((i * (thread + 1)) % rows.size());
                            NDArray result = row.function()
                                    .apply(row.arguments(own, DataType.FLOAT64))
                                    .head();
                            double[] expected = row.oracle().results().get(0).numbers();
                            double error = Math.abs(doubles(result)[0] - expected[0]);
                            different += error <= 1e-12 * Math.max(1, Math.abs(expected[0])) ? 0 : 1;
                        }
                    }
                    return different;
                })
                .toArray();
        assertThat(wrong).containsOnly(0);
    }

    @Test
    void anArrayOfTheSurroundingsIsReadAtEachCall() {
        NDArray weight = m.create(new float[] {1, 2});
        Program program = Program.of(x -> x.mul(Special.erf(weight)));
        NDArray x = m.create(new float[] {1, 1});
        float first = program.run(x).getFloat(0);
        weight.set(new float[] {3, 4});
        assertThat(first).isEqualTo(Special.erf(m.create(1f)).getFloat());
        assertThat(program.run(x).getFloat(0))
                .isEqualTo(Special.erf(m.create(3f)).getFloat());
    }

    /** Third derivatives: of log Φ by differences of the second; of softplus by its formula s(1 − s)(1 − 2s). */
    @Test
    void thirdDerivatives() {
        UnaryOperator<NDArray> second = v -> Gradients.gradient(u -> Gradients.gradient(Special::logNdtr, u), v);
        assertGradient(v -> second.apply(v).sum(), m.create(new double[] {-3, -0.5, 1.2}));
        double[] at = {-1.5, 0.4, 2};
        double[] third = Program.of(v ->
                        Gradients.gradient(u -> Gradients.gradient(w -> Gradients.gradient(Ops::logSigmoid, w), u), v))
                .run(m.create(at))
                .toDoubleArray();
        double[] expected = Arrays.stream(at)
                .map(x -> 1 / (1 + Math.exp(-x)))
                .map(s -> -s * (1 - s) * (1 - 2 * s))
                .toArray();
        assertClose(third, expected, 1e-12);
    }

    @Nested
    class Values {
        private double of(UnaryOperator<NDArray> function, double x) {
            return function.apply(m.create(new double[] {x})).toDoubleArray()[0];
        }

        @Test
        void farOut() {
            assertThat(of(Special::logNdtr, -1e6)).isCloseTo(-5e11 - 14.734449091793535, within(1e-3));
            assertThat(of(Special::erfcx, 1e8)).isCloseTo(5.641895835477563e-9, within(1e-21));
            assertThat(of(Special::i0e, 800)).isCloseTo(0.014106945005869182, within(1e-15));
            assertThat(of(Ops::logSigmoid, -800)).isEqualTo(-800);
            assertThat(of(Ops::softplus, 800)).isEqualTo(800);
            assertThat(of(x -> Ops.logAddExp(x, x), 800)).isCloseTo(800 + Math.log(2), within(1e-12));
            assertThat(of(x -> Ops.logSumExp(x), Double.NEGATIVE_INFINITY)).isEqualTo(Double.NEGATIVE_INFINITY);
        }

        @Test
        void atTheEdges() {
            assertThat(of(x -> Special.xlogy(x, x), 0)).isZero();
            assertThat(of(Special::erfinv, 1)).isEqualTo(Double.POSITIVE_INFINITY);
            assertThat(of(Special::ndtri, 2)).isNaN();
            assertThat(of(Special::gammaln, 0)).isEqualTo(Double.POSITIVE_INFINITY);
        }

        @Test
        void quantilesOfInfinityAndNan() {
            double inf = Double.POSITIVE_INFINITY;
            NDArray x = m.create(new double[][] {{inf, 1, 2}, {0, Double.NaN, 1}});
            assertThat(Ops.median(x, 1).toDoubleArray()).containsExactly(2, Double.NaN);
            assertThat(Ops.quantile(x, 1, 1).toDoubleArray()).containsExactly(inf, Double.NaN);
        }

        @Test
        void ofEqualValuesTheLastHasTheDerivativeOfTheMaximum() {
            NDArray x = m.create(new float[] {1, 1, 0});
            assertThat(Gradients.gradient(v -> Ops.cumMax(v, 0), x).toFloatArray())
                    .containsExactly(1, 2, 0);
        }

        @Test
        void ofANumber() {
            NDArray x = m.create(2.0);
            assertThat(Ops.logSumExp(x).getDouble()).isEqualTo(2);
            assertThat(Ops.logMeanExp(x).getDouble()).isEqualTo(2);
            assertThat(Ops.variance(x, 0).getDouble()).isZero();
        }

        @Test
        void logCumSumExpOfLongAxes() {
            for (int n : new int[] {1, 2, 7, 64, 100}) {
                double[] x = new double[n];
                Arrays.setAll(x, i -> 300 * Math.sin(2.3 * i)); // sums whose terms differ by factors of e⁶⁰⁰
                double[] expected = new double[n];
                double sum = Double.NEGATIVE_INFINITY;
                for (int i = 0; i < n; i++) {
                    double larger = Math.max(sum, x[i]);
                    sum = larger + Math.log(Math.exp(sum - larger) + Math.exp(x[i] - larger));
                    expected[i] = sum;
                }
                NDArray rows = m.create(x).expandDims(0).broadcast(new Shape(2, n));
                NDArray result = Ops.logCumSumExp(rows, -1);
                assertClose(result.get(1).toDoubleArray(), expected, 1e-12);
            }
        }

        @Test
        void sortIsStable() {
            NDArray x = m.create(new float[] {1, 0, 1, 0, 1});
            assertThat(Ops.sort(x, 0, true).indices().toLongArray()).containsExactly(1, 3, 0, 2, 4);
            assertThat(Ops.sort(x, -1, false).indices().toLongArray()).containsExactly(0, 2, 4, 1, 3);
        }

        @Test
        void ofASingularMatrix() {
            Linalg.LogDeterminant d = Linalg.slogdet(m.create(new double[][] {{1, 2}, {2, 4}}));
            assertThat(d.sign().getDouble()).isZero();
            assertThat(d.logAbs().getDouble()).isEqualTo(Double.NEGATIVE_INFINITY);
        }
    }

    @Nested
    class SpectralNorms {
        private final Row row = rows().stream()
                .filter(r -> r.name().equals("spectralNorm"))
                .findFirst()
                .orElseThrow();

        /** {@code W/(u'ᵀWv)} with u' and v held at what the oracle gives. */
        @Test
        void derivativesHoldTheVectors() {
            NDList arguments = row.arguments(m, DataType.FLOAT64);
            NDArray w = arguments.get(0);
            NDArray flat = w.reshape(2, 6);
            NDArray v = flat.transpose().matMul(arguments.get(1));
            NDArray direction = v.div(v.norm());
            NDArray u = row.oracle().results().get(1).in(m, DataType.FLOAT64);
            NDArray outer = u.reshape(2, 1).mul(direction.reshape(1, 6)).reshape(w.getShape());
            UnaryOperator<NDArray> normalised =
                    x -> total(new NDList(Ops.spectralNorm(x, arguments.get(1)).weight()));
            UnaryOperator<NDArray> held =
                    x -> total(new NDList(x.div(x.mul(outer).sum())));
            assertGradient(normalised, held, w);
            assertGradient(squaredSlope(normalised), squaredSlope(held), w);
        }

        private UnaryOperator<NDArray> squaredSlope(UnaryOperator<NDArray> f) {
            return x -> Gradients.gradient(f, x).square().sum();
        }

        @Test
        void thePowerIterationFindsTheLargestSingularValue() {
            NDArray w = row.arguments(m, DataType.FLOAT64).get(0);
            NDArray u = row.arguments(m, DataType.FLOAT64).get(1);
            NDArray normalised = w;
            for (int i = 0; i < 60; i++) {
                Ops.SpectralNorm next = Ops.spectralNorm(w, u);
                u = next.u();
                normalised = next.weight();
            }
            assertThat(Linalg.svd(normalised.reshape(2, 6)).values().getDouble(0))
                    .isCloseTo(1, within(1e-12));
        }

        @Test
        void uGoesOnInsideAProgram() {
            NDArray w = row.arguments(m, DataType.FLOAT32).get(0);
            NDArray u = row.arguments(m, DataType.FLOAT32).get(1);
            NDArray first = Ops.spectralNorm(w, u).u();
            NDArray second = Ops.spectralNorm(w, first).weight();
            Program program = Program.of(x -> {
                Ops.SpectralNorm result = Ops.spectralNorm(x, u);
                InPlace.assign(u, result.u());
                return result.weight();
            });
            program.run(w);
            assertThat(u.toFloatArray()).containsExactly(first.toFloatArray());
            assertThat(program.run(w).toFloatArray()).containsExactly(second.toFloatArray());
        }
    }

    @Nested
    class Errors {
        private NDArray x;

        @BeforeEach
        void make() {
            x = m.ones(new Shape(2, 3));
        }

        private void refuses(String message, ThrowingCallable call) {
            assertThatThrownBy(call)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(message)
                    .hasMessageNotContaining("recorded at");
        }

        @Test
        void ofShapes() {
            refuses("axis must be an axis of (2, 3), got 2", () -> Ops.logSumExp(x, 2));
            refuses("axes must be different, got [1, -1]", () -> Ops.variance(x, 0, 1, -1));
            refuses("correction must be less than the number of values, 3, got 3", () -> Ops.variance(x, 3, 1));
            refuses("axis must be an axis of (2, 3), got -3", () -> Ops.quantile(x, 0.5, -3));
            refuses("values along the axis must be > 0, got 0", () -> Ops.median(m.ones(new Shape(2, 0)), 1));
            refuses("Dimension out of range", () -> Ops.cumMax(x, 2));
            refuses(
                    "weight must be of shape (out, ...), got (2)",
                    () -> Ops.spectralNorm(m.ones(new Shape(2)), m.ones(new Shape(2))));
            refuses("u must be of shape (2), got (3)", () -> Ops.spectralNorm(x, m.ones(new Shape(3))));
            refuses("g must be of shape (2), got (2, 1)", () -> Ops.weightNorm(x, m.ones(new Shape(2, 1))));
            NDArray three = m.ones(new Shape(3));
            refuses("x must be of shape (n, c, d...), got (2, 3)", () -> Ops.instanceNorm(x, three, three, 1e-5));
            refuses(
                    "shift must be of shape (3), got (2)",
                    () -> Ops.instanceNorm(m.ones(new Shape(2, 3, 4)), three, m.ones(new Shape(2)), 1e-5));
            refuses("a must be square in its last two axes, got (2, 3)", () -> Linalg.cholesky(x));
            refuses("a must be square in its last two axes, got (3)", () -> Linalg.det(three));
            refuses("Incompatible shapes", () -> Linalg.solve(m.eye(3), x));
        }

        @Test
        void ofNumbers() {
            refuses("beta must be finite and > 0, got 0.0", () -> Ops.softplus(x, 0));
            refuses("q must be in [0.0, 1.0], got NaN", () -> Ops.quantile(x, Double.NaN, 0));
            refuses("n must be in [0.0, 170.0], got -1.0", () -> Special.polygamma(-1, x));
            refuses("epsilon must be finite and >= 0, got -1.0", () -> Ops.instanceNorm(x, x, x, -1));
        }

        @Test
        void ofEquations() {
            refuses("equation must be like \"ij,jk->ik\", got \"i;j\"", () -> Linalg.einsum("i;j", x));
            refuses("equation must be of as many operands as arrays, 1, got 2", () -> Linalg.einsum("ij,jk", x));
            refuses("einsum", () -> Linalg.einsum("ijk->i", x));
        }

        @Test
        void ofMatrices() {
            refuses("not positive-definite", () -> Linalg.cholesky(m.eye(2).mul(-1)));
            refuses("singular", () -> Linalg.inverse(m.zeros(new Shape(2, 2))));
        }

        @Test
        void inAProgramNameTheLine() {
            assertThatThrownBy(() -> Program.of(v -> Linalg.cholesky(v.mul(-1))).run(m.eye(2)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("not positive-definite")
                    .hasMessageContaining("recorded at gebm.trace.FunctionsTest");
        }
    }
}
