package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Rng;
import gebm.nn.Mlp;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products with Jacobians and Hessians, traces, gradients per sample, loops with outputs: against differences. */
class TransformsTest {
    private static final Shape POINTS = new Shape(4, 3);

    private NDManager m;
    private NDArray x;
    private NDArray v;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
        x = Rng.of(1).normal(m, POINTS, DataType.FLOAT64);
        v = Rng.of(2).normal(m, POINTS, DataType.FLOAT64);
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** Vector fields (4, 3) → (4, 3): by our rules, and with an operation that only the engine can differentiate. */
    private record Field(String name, boolean byRules, UnaryOperator<NDArray> f) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Field> fields() {
        return List.of(
                new Field("elementwise", true, x -> x.sin().mul(x).add(x.exp().mul(0.3))),
                new Field("mixing", true, x -> x.tanh().mul(x.square().sum(new int[] {1}, true))),
                new Field("softmax", true, x -> x.softmax(1).mul(x)),
                new Field("indexing", true, x -> x.get(new NDIndex(":, ::2"))
                        .square()
                        .concat(x.get(new NDIndex(":, 1")).expandDims(1).exp(), 1)),
                new Field("normalised", true, x -> x.div(x.norm(new int[] {1}, true))),
                new Field("constant", true, x -> x.zerosLike().add(2)),
                new Field(
                        "a gradient",
                        true,
                        x -> Gradients.gradient(y -> y.square().square().sum(new int[] {1}), x)),
                new Field("engine", false, x -> x.cumProd(1).add(x.sin())),
                new Field(
                        "a gradient by the engine",
                        false,
                        x -> Gradients.gradient(y -> y.cumProd(1).square().sum(new int[] {1}), x)),
                new Field("a loop of as many steps as an array says", false, x -> {
                    NDArray factor = x.square();
                    NDArray steps = x.getManager().create(new long[] {3}, new Shape());
                    NDArray first = x.getManager().create(new long[] {0}, new Shape());
                    NDArray last = Loop.run(
                                    first,
                                    steps,
                                    new NDList(x),
                                    (state, step) ->
                                            new NDList(state.head().add(factor).sin()))
                            .head();
                    return factor.sub(last);
                }),
                new Field("a loop", true, x -> Loop.run(
                                0,
                                3,
                                new NDList(x),
                                (state, step) -> new NDList(
                                        state.head().add(state.head().sin().mul(0.1))))
                        .head()));
    }

    private double[] difference(UnaryOperator<NDArray> f, NDArray at, NDArray along) {
        double h = 1e-6;
        Program program = Program.of(f);
        NDArray up = program.run(at.add(along.mul(h)));
        NDArray down = program.run(at.sub(along.mul(h)));
        return up.sub(down).div(2 * h).toDoubleArray();
    }

    private static void assertClose(NDArray actual, double[] expected, double tolerance) {
        assertThat(actual.toDoubleArray())
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(expected);
    }

    @ParameterizedTest
    @MethodSource("fields")
    void jacobianVectorEqualsDifferences(Field field) {
        Program program = Program.ofList(in -> {
            Gradients.ValueAndProduct result = Gradients.jacobianVector(field.f(), in.get(0), in.get(1));
            return new NDList(result.value(), result.product());
        });
        NDList result = program.run(m, new NDList(x, v));
        assertClose(result.get(0), Program.of(field.f()).run(x).toDoubleArray(), 1e-14);
        assertClose(result.get(1), difference(field.f(), x, v), 1e-7);
        assertThat(program.source().contains("autograd")).isEqualTo(!field.byRules());
    }

    /** {@code uᵀ(J·v) = (uᵀJ)·v}. */
    @ParameterizedTest
    @MethodSource("fields")
    void vectorJacobianIsTheAdjoint(Field field) {
        NDArray u = Rng.of(3).normal(m, POINTS, DataType.FLOAT64);
        Function<NDArray, Double> number = NDArray::getDouble;
        double forward = number.apply(
                Gradients.jacobianVector(field.f(), x, v).product().mul(u).sum());
        double reverse = number.apply(
                Gradients.vectorJacobian(field.f(), x, u).product().mul(v).sum());
        assertThat(forward).isCloseTo(reverse, org.assertj.core.api.Assertions.within(1e-12));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void hessianVectorEqualsDifferencesOfGradients(Field field) {
        UnaryOperator<NDArray> energy = y -> field.f().apply(y).square().sum(new int[] {1});
        NDArray product = Gradients.hessianVector(energy, x, v);
        assertClose(product, difference(y -> Gradients.gradient(energy, y), x, v), 1e-6);
    }

    /** The derivative of a tangent, so forward mode inside reverse mode. */
    @ParameterizedTest
    @MethodSource("fields")
    void tangentsCanBeDifferentiated(Field field) {
        UnaryOperator<NDArray> speed = y -> Gradients.jacobianVector(field.f(), y, y.sin())
                .product()
                .square()
                .sum(new int[] {1});
        NDArray slope = Gradients.gradient(speed, x);
        double along = slope.mul(v).sum().getDouble();
        double expected = java.util.Arrays.stream(difference(speed, x, v)).sum();
        assertThat(along).isCloseTo(expected, org.assertj.core.api.Assertions.within(1e-6));
    }

    @ParameterizedTest
    @MethodSource("fields")
    void tracesEqualSumsOfDifferences(Field field) {
        double[] expected = new double[4];
        for (int j = 0; j < 3; j++) {
            NDArray axis = m.eye(3).toType(DataType.FLOAT64, true).get(j).broadcast(POINTS);
            double[] column = difference(field.f(), x, axis);
            for (int i = 0; i < 4; i++) {
                expected[i] += column[3 * i + j];
            }
        }
        Gradients.ValueAndTrace exact = Gradients.jacobianTrace(field.f(), x);
        assertClose(exact.trace(), expected, 1e-6);
        assertClose(exact.value(), Program.of(field.f()).run(x).toDoubleArray(), 1e-14);
    }

    /** The mean of {@code εᵀJε} over all sign vectors ε is the trace. */
    @Test
    void hutchinsonIsExactOverAllSigns() {
        UnaryOperator<NDArray> f = y -> y.tanh().mul(y.square().sum(new int[] {1}, true));
        NDArray mean = m.zeros(new Shape(4), DataType.FLOAT64);
        for (int signs = 0; signs < 8; signs++) {
            double[] probe = {signs % 2 * 2 - 1, signs / 2 % 2 * 2 - 1, signs / 4 * 2 - 1};
            NDArray rows = m.create(probe).broadcast(POINTS);
            mean = mean.add(Gradients.jacobianTrace(f, x, rows).trace().div(8));
        }
        assertClose(mean, Gradients.jacobianTrace(f, x).trace().toDoubleArray(), 1e-12);
    }

    @Test
    void refusesCotangentsAndDirectionsOfOtherShapes() {
        UnaryOperator<NDArray> f = y -> y.sum(new int[] {1});
        assertThatThrownBy(() -> Gradients.vectorJacobian(f, x, v))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("shape of the cotangent must be (4), that of f(x), got (4, 3)");
        assertThatThrownBy(() -> Gradients.jacobianVector(f, x, v.get(0)))
                .hasMessageContaining("shape of the direction must be (4, 3), that of x, got (3)");
        assertThatThrownBy(() -> Gradients.jacobianTrace(f, x.get(0))).hasMessageContaining("(n, d)");
    }

    @Test
    void gradientsPerSampleOfANetworkAreOneBatch() {
        Network network = Network.of(Mlp.of(Activation::tanh, 3, 5, 1), new Shape(3), DataType.FLOAT64, Rng.of(4));
        Program program = Program.ofList(in ->
                Gradients.perSample(network.parameters(), y -> network.apply(y).squeeze(1), in.head()));
        assertPerSample(network, program, y -> network.apply(y).squeeze(1));
        assertThat(program.source())
                .contains("torch.bmm")
                .doesNotContain("for ")
                .doesNotContain("autograd");
        network.close();
    }

    @Test
    void gradientsPerSampleOfAnythingElseAreALoop() {
        Network network = Network.of(Mlp.of(Activation::tanh, 3, 5, 1), new Shape(3), DataType.FLOAT64, Rng.of(4));
        UnaryOperator<NDArray> f = y -> {
            NDArray w = y.getManager().from(network.parameters().get(0));
            NDArray scaled = w.div(w.square().sum().sqrt());
            return network.apply(y)
                    .squeeze(1)
                    .add(y.matMul(scaled.transpose(1, 0)).cumProd(1).sum(new int[] {1}));
        };
        Program program = Program.ofList(in -> Gradients.perSample(network.parameters(), f, in.head()));
        assertPerSample(network, program, f);
        assertThat(program.source()).contains("for ");
        network.close();
    }

    private void assertPerSample(Network network, Program program, UnaryOperator<NDArray> f) {
        NDList each = program.run(m, new NDList(x));
        for (int i = 0; i < 4; i++) {
            NDList own = Program.ofList(in -> Gradients.ofParameters(
                                    network.parameters(),
                                    () -> new Gradients.Loss(f.apply(in.head()).sum(), new NDList()))
                            .gradients())
                    .run(m, new NDList(x.get(new NDIndex(i + ":" + (i + 1)))));
            for (int k = 0; k < own.size(); k++) {
                assertThat(each.get(k).getShape().get(0)).isEqualTo(4);
                assertClose(each.get(k).get(i), own.get(k).toDoubleArray(), 1e-13);
            }
        }
    }

    @Test
    void scanPutsOutARowAStep() {
        Program program = Program.ofList(in -> {
            Loop.Result result = Loop.scan(2, 6, new NDList(in.head()), (state, step) -> {
                NDArray next = state.head().mul(2);
                return new Loop.Result(new NDList(next), new NDList(next.sum(), next.add(1)));
            });
            assertThat(result.outputs().get(1).getShape()).isEqualTo(new Shape(4, 2));
            return new NDList(result.state()).addAll(result.outputs());
        });
        NDList result = program.run(m, new NDList(m.create(new double[] {1, 3})));
        assertThat(result.get(0).toDoubleArray()).containsExactly(16, 48);
        assertThat(result.get(1).toDoubleArray()).containsExactly(8, 16, 32, 64);
        assertThat(result.get(2).getShape()).isEqualTo(new Shape(4, 2));
        assertThat(result.get(2).get(3).toDoubleArray()).containsExactly(17, 49);
    }

    @Test
    void scanStopsEarlyWithTheRowsItHas() {
        Program program = Program.ofList(in -> {
            Loop.Result result = Loop.scan(0, 100, new NDList(in.head()), (state, step) -> {
                NDArray next = state.head().mul(2);
                step.stopIf(next.gt(50));
                return new Loop.Result(new NDList(next), new NDList(next));
            });
            return new NDList(result.state()).addAll(result.outputs());
        });
        NDList result = program.run(m, new NDList(m.create(3.0)));
        assertThat(result.get(0).getDouble()).isEqualTo(48);
        assertThat(result.get(1).toDoubleArray()).containsExactly(6, 12, 24, 48);
    }

    @Test
    void scanCanBeDifferentiated() {
        UnaryOperator<NDArray> f = y -> Loop.scan(0, 3, new NDList(y), (state, step) -> {
                    NDArray next = state.head().sin();
                    return new Loop.Result(new NDList(next), new NDList(next.square()));
                })
                .outputs()
                .head()
                .sum();
        assertThat(Gradients.gradient(f, x).mul(v).sum().getDouble())
                .isCloseTo(difference(f, x, v)[0], org.assertj.core.api.Assertions.within(1e-7));
    }

    @Test
    void refusesAnEmptyScanAndShapesNobodyKnows() {
        assertThatThrownBy(() -> Program.of(
                                y -> Loop.scan(3, 3, new NDList(y), (state, step) -> new Loop.Result(state, state))
                                        .outputs()
                                        .head())
                        .run(x))
                .hasMessageContaining("first step of a scan must be before its end 3, got 3");
        assertThatThrownBy(() -> Program.of(y -> {
                            NDArray rows = Loop.scan(0, 5, new NDList(y), (state, step) -> {
                                        step.stopIf(state.head().sum().gt(5));
                                        return new Loop.Result(state, state);
                                    })
                                    .outputs()
                                    .head();
                            return rows.div(rows.getShape().get(0));
                        })
                        .run(x))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("number of steps")
                .hasMessageContaining("TransformsTest");
    }
}
