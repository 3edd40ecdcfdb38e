package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ProgramTest {
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray points(DataType type) {
        float[] numbers = new float[12];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) Math.sin(1.7 * i + 0.3) * 0.8f;
        }
        return m.create(numbers, new Shape(3, 4)).toType(type, true);
    }

    record Case(String name, UnaryOperator<NDArray> function) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> operations() {
        return List.of(
                new Case("numbers", x -> x.mul(3).add(0.1).sub(2).div(1.5).pow(2)),
                new Case(
                        "arrays",
                        x -> x.mul(x).add(x.exp()).sub(x).div(x.square().add(1))),
                new Case("number left", x -> x.add(2).getNDArrayInternal().rdiv(3)),
                new Case("number minus", x -> x.getNDArrayInternal().rsub(3)),
                new Case("elementwise", x -> x.tanh()
                        .add(x.sin())
                        .add(x.cos())
                        .add(x.abs().add(0.1).sqrt())),
                new Case("sigmoid", x -> x.getNDArrayInternal().sigmoid()),
                new Case("softplus", x -> x.getNDArrayInternal().softPlus()),
                new Case("leaky relu", x -> x.getNDArrayInternal().leakyRelu(0.2f)),
                new Case("swish", x -> x.getNDArrayInternal().swish(1.5f)),
                new Case("gelu", x -> x.getNDArrayInternal().gelu()),
                new Case("clip", x -> x.clip(-0.3, 0.4)),
                new Case("maximum", x -> x.maximum(0.1).minimum(0.5)),
                new Case("sum", x -> x.sum(new int[] {1})),
                new Case("mean", x -> x.mean(new int[] {0}, true)),
                new Case("max", x -> x.max(new int[] {1})),
                new Case("norm", x -> x.norm(new int[] {1})),
                new Case("softmax", x -> x.softmax(1)),
                new Case("log softmax", x -> x.logSoftmax(-1)),
                new Case("reshape", x -> x.reshape(2, 6).transpose()),
                new Case("flatten", x -> x.flatten()),
                new Case("get fixed", x -> x.get(1)),
                new Case("get slice", x -> x.get(":, 1:3")),
                new Case("get ellipsis", x -> x.get("..., 0")),
                new Case("concat", x -> x.concat(x.mul(2), 1)),
                new Case("stack", x -> NDArrays.stack(new NDList(x, x.neg()), 1)),
                new Case("where", x -> NDArrays.where(x.gt(0), x, x.mul(0.1))),
                new Case("split", x -> x.split(2, 1).get(1)),
                new Case("matmul", x -> x.matMul(x.transpose(1, 0))),
                new Case("dot", x -> x.dot(x.transpose())),
                new Case("broadcast", x -> x.expandDims(0).broadcast(2, 3, 4)),
                new Case("shape", x -> x.mul(x.exp().getShape().get(1))),
                new Case("created", x -> x.add(x.getManager().ones(new Shape(4), x.getDataType()))),
                new Case("constant", x -> x.mul(x.getManager().create(new double[] {1, 2, 3, 4}))),
                new Case("in place", x -> x.mul(2).addi(1).muli(x)),
                new Case("squeeze", x -> x.expandDims(1).squeeze(1)),
                new Case("swap", x -> x.swapAxes(0, 1)),
                new Case("cumulative", x -> x.cumSum(1)),
                new Case("pad", x -> x.pad(new Shape(1, 1), 0.5)));
    }

    @ParameterizedTest
    @MethodSource("operations")
    void equalsEager(Case c) {
        for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
            NDArray x = points(type);
            NDArray copy = x.duplicate();
            double tolerance = type == DataType.FLOAT64 ? 1e-12 : 1e-5;
            NDArray eager = c.function().apply(x);
            NDArray traced = Program.of(c.function()).run(x);
            assertThat(traced.getShape()).isEqualTo(eager.getShape());
            assertThat(traced.getDataType()).isEqualTo(eager.getDataType());
            double[] expected = eager.toType(DataType.FLOAT64, false).toDoubleArray();
            assertThat(traced.toType(DataType.FLOAT64, false).toDoubleArray())
                    .usingComparatorWithPrecision(tolerance)
                    .containsExactly(expected);
            assertThat(x.contentEquals(copy)).isTrue();
        }
    }

    /** First and second derivatives against central differences, in float64. */
    @ParameterizedTest
    @MethodSource("operations")
    void derivativesEqualDifferences(Case c) {
        NDArray x = points(DataType.FLOAT64);
        UnaryOperator<NDArray> weighted = v -> {
            NDArray y = c.function().apply(v);
            return y.mul(y).mul(0.5).add(y).sum();
        };
        UnaryOperator<NDArray> slope = v -> Gradients.gradient(weighted, v);
        UnaryOperator<NDArray> squaredSlope = v -> slope.apply(v).square().sum();
        assertGradient(weighted, Program.of(slope).run(x), x);
        assertGradient(
                squaredSlope,
                Program.of(v -> Gradients.gradient(squaredSlope, v)).run(x),
                x);
    }

    private void assertGradient(UnaryOperator<NDArray> f, NDArray gradient, NDArray x) {
        Program program = Program.of(f);
        double[] at = x.toDoubleArray();
        double[] expected = new double[at.length];
        double h = 1e-5;
        for (int i = 0; i < at.length; i++) {
            double[] moved = at.clone();
            moved[i] += h;
            double up = program.run(m.create(moved, x.getShape())).getDouble();
            moved[i] -= 2 * h;
            expected[i] = (up - program.run(m.create(moved, x.getShape())).getDouble()) / (2 * h);
        }
        double largest = 1;
        for (double value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertThat(gradient.toDoubleArray())
                .usingComparatorWithPrecision(1e-6 * largest)
                .containsExactly(expected);
    }

    @Nested
    class Draws {
        @Test
        void areTheSameInsideAndOutside() {
            for (long seed : new long[] {0, 1, -5, Long.MAX_VALUE}) {
                Rng rng = Rng.of(seed);
                NDArray outside = rng.fork("a").fork(3).normal(m, new Shape(5, 2));
                Program program = Program.ofRandom((scope, none, key) -> new NDList(
                        key.fork("a").fork(3).normal(scope, new Shape(5, 2)),
                        key.fork("u").uniform(scope, new Shape(4), DataType.FLOAT64)));
                NDList inside = program.run(m, new NDList(), rng);
                assertThat(inside.get(0).toFloatArray()).containsExactly(outside.toFloatArray());
                assertThat(inside.get(1).toDoubleArray())
                        .containsExactly(rng.fork("u")
                                .uniform(m, new Shape(4), DataType.FLOAT64)
                                .toDoubleArray());
            }
        }

        @Test
        void differByLabelIndexAndSeed() {
            Rng rng = Rng.of(1);
            List<float[]> draws = List.of(
                    rng.normal(m, new Shape(3)).toFloatArray(),
                    rng.fork("a").normal(m, new Shape(3)).toFloatArray(),
                    rng.fork("b").normal(m, new Shape(3)).toFloatArray(),
                    rng.fork(0).normal(m, new Shape(3)).toFloatArray(),
                    rng.fork(1).normal(m, new Shape(3)).toFloatArray(),
                    Rng.of(2).normal(m, new Shape(3)).toFloatArray());
            assertThat(draws.stream().map(d -> d[0]).distinct()).hasSize(6);
        }

        @Test
        void areForkedByStepInLoopsAsOutside() {
            Rng rng = Rng.of(9);
            Program program = Program.ofRandom((scope, none, key) -> Loop.run(
                    0,
                    4,
                    new NDList(scope.zeros(new Shape(3))),
                    (state, step) ->
                            new NDList(state.get(0).mul(2).add(step.fork(key).normal(scope, new Shape(3))))));
            NDArray expected = m.zeros(new Shape(3));
            for (int i = 0; i < 4; i++) {
                expected = expected.mul(2).add(rng.fork(i).normal(m, new Shape(3)));
            }
            assertThat(program.run(m, new NDList(), rng).get(0).toFloatArray())
                    .containsExactly(expected.toFloatArray());
        }
    }

    @Nested
    class Loops {
        @Test
        void carryState() {
            Program program = Program.ofList(in -> Loop.run(
                    in.get(1),
                    in.get(2),
                    new NDList(in.get(0), in.get(0)),
                    (state, step) -> new NDList(state.get(1), state.get(0).add(1))));
            NDList result = program.run(m, new NDList(m.create(5f), m.create(0L), m.create(3L)));
            assertThat(result.get(0).getFloat()).isEqualTo(6);
            assertThat(result.get(1).getFloat()).isEqualTo(7);
        }

        @Test
        void stopBeforeTheStep() {
            Program program = Program.ofList(in -> Loop.run(0, 100, new NDList(in.get(0)), (state, step) -> {
                NDArray next = state.get(0).add(1);
                step.stopIf(next.gt(10));
                return new NDList(next);
            }));
            assertThat(program.run(m, new NDList(m.create(0f))).get(0).getFloat())
                    .isEqualTo(10);
        }

        @Test
        void areDifferentiable() {
            UnaryOperator<NDArray> cube = x -> Loop.run(
                            0,
                            3,
                            new NDList(x.onesLike()),
                            (state, step) -> new NDList(state.get(0).mul(x)))
                    .get(0);
            Program program = Program.of(x -> Gradients.gradient(y -> Gradients.gradient(cube, y), x));
            assertThat(program.run(m.create(new double[] {2, -1})).toDoubleArray())
                    .containsExactly(12, -6);
        }

        @Test
        void knowShapesInside() {
            Program program = Program.of(x -> Loop.run(
                            0,
                            2,
                            new NDList(x),
                            (state, step) -> new NDList(state.get(0)
                                    .exp()
                                    .log()
                                    .mul(state.get(0).square().getShape().get(0))))
                    .get(0));
            assertThat(program.run(m.create(new float[] {1, 2, 3})).toFloatArray()[2])
                    .isCloseTo(27, within(1e-4f));
        }
    }

    @Nested
    class Gradient {
        @Test
        void isZeroWhereNothingDepends() {
            Program constant = Program.of(x -> Gradients.gradient(y -> y.onesLike(), x));
            assertThat(constant.run(m.create(new float[] {1, 2})).toFloatArray())
                    .containsExactly(0, 0);
            Program linear = Program.of(x ->
                    Gradients.gradient(z -> Gradients.gradient(y -> y.mul(3), z).square(), x));
            assertThat(linear.run(m.create(new float[] {1, 2})).toFloatArray()).containsExactly(0, 0);
        }

        @Test
        void ofParametersCountsEveryUse() {
            NDArray w = m.create(2.0);
            Program program = Program.of(x -> {
                NDArray before = x.mul(w);
                var result = Gradients.ofParameters(
                        new NDList(w),
                        () -> new Gradients.Loss(x.mul(w).mul(w).add(before).sum(), new NDList(x.mul(w))));
                return NDArrays.stack(new NDList(
                        result.gradients().get(0), result.others().get(0).sum()));
            });
            assertThat(program.run(m.create(new double[] {1, 2})).toDoubleArray())
                    .containsExactly(12, 6);
            w.set(new double[] {3});
            assertThat(program.run(m.create(new double[] {1, 2})).toDoubleArray())
                    .containsExactly(18, 9);
        }

        @Test
        void leavesTheThreadsGradientModeAlone() {
            boolean before = ai.djl.pytorch.jni.JniUtils.isGradMode();
            Program.of(x -> Gradients.gradient(NDArray::exp, x)).run(m.create(1f));
            assertThatThrownBy(() -> Program.of(x -> Gradients.gradient(y -> y.matMul(y), x))
                            .run(m.ones(new Shape(2, 3))))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(ai.djl.pytorch.jni.JniUtils.isGradMode()).isEqualTo(before);
        }
    }

    @Nested
    class Memory {
        @Test
        void resultsNeverShareMemoryWithArguments() {
            NDArray x = m.create(new float[] {1, 2, 3, 4});
            NDList views = Program.ofList(in -> new NDList(
                            in.get(0), in.get(0).reshape(2, 2), in.get(0).get("1:3")))
                    .run(m, new NDList(x));
            views.forEach(view -> view.addi(10));
            assertThat(x.toFloatArray()).containsExactly(1, 2, 3, 4);
        }

        @Test
        void resultsBelongToTheScopeAndNamesStay() {
            NDArray x = m.create(new float[] {1, 2});
            x.setName("a.b");
            NDManager scope = m.newSubManager();
            NDArray y = Program.ofList(in -> new NDList(in.get(0).mul(2)))
                    .run(scope, new NDList(x))
                    .get(0);
            assertThat(y.getManager()).isSameAs(scope);
            assertThat(x.getName()).isEqualTo("a.b");
            scope.close();
            assertThat(y.isReleased()).isTrue();
        }
    }

    @Nested
    class Refuses {
        @Test
        void readingValues() {
            assertThatThrownBy(() -> Program.of(x -> x.mul(x.sum().getFloat())).run(m.create(new float[] {1})))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("reading values")
                    .hasMessageContaining("ProgramTest.java")
                    .hasMessageContaining("where");
        }

        @Test
        void aConstantAsReceiver() {
            NDArray constant = m.create(new float[] {1});
            assertThatThrownBy(() -> Program.of(x -> constant.mul(x)).run(m.create(new float[] {1})))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("make the recorded array the receiver");
        }

        @Test
        void drawsThatHaveNoKey() {
            assertThatThrownBy(() -> Program.of(x -> x.add(x.getManager().randomNormal(new Shape(1))))
                            .run(m.create(new float[] {1})))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("rng.normal");
        }

        @Test
        void arraysThatEscape() {
            NDArray[] leak = new NDArray[1];
            assertThatThrownBy(() -> Program.of(x -> {
                                NDArray g = Gradients.gradient(
                                        y -> {
                                            leak[0] = y.exp();
                                            return y.square();
                                        },
                                        x);
                                return g.add(leak[0]);
                            })
                            .run(m.create(new float[] {1})))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("return it from the function");
        }

        @Test
        void shapesThatDoNotFitWithTheUsersLine() {
            assertThatThrownBy(() -> Program.of(x -> x.matMul(x)).run(m.ones(new Shape(2, 3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("2x3 and 2x3")
                    .hasMessageContaining("ProgramTest.java");
        }
    }

    @Test
    void nestsInOtherPrograms() {
        Program square = Program.of(NDArray::square);
        Program outer = Program.of(x -> square.run(x).add(Gradients.gradient(square::run, x)));
        assertThat(outer.run(m.create(new float[] {3})).getFloat()).isEqualTo(15);
        assertThat(outer.source()).contains("torch.square");
    }
}
