package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Linear;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import gebm.core.Rng;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Functions that cannot be written as a program: the message names the operation, the line and what to do. */
class RefusalsTest {
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /**
     * A function and what its refusal says.
     *
     * @param line where the row begins: the message must name a line from there to the next row
     */
    record Case(String name, UnaryOperator<NDArray> function, int line, String operation, String advice) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case row(String name, UnaryOperator<NDArray> function, String operation, String advice) {
        int line = StackWalker.getInstance()
                .walk(frames -> frames.skip(1).findFirst().orElseThrow().getLineNumber());
        return new Case(name, function, line, operation, advice);
    }

    private static final NDManager OUTSIDE = NDManager.newBaseManager();

    static List<Case> cases() {
        String values = "a recorded array has no values yet";
        String shapes = "where(mask, x, 0)";
        NDArray constant = OUTSIDE.create(new float[] {1, 2, 3});
        return List.of(
                row("all values", x -> x.mul(x.toFloatArray()[0]), "reading values with toFloatArray", values),
                row("one value", x -> x.mul(x.getFloat(0)), "reading values with getFloat", values),
                row(
                        "a value for a branch",
                        x -> x.sum().getFloat() > 0 ? x : x.neg(),
                        "reading values with getFloat",
                        "where"),
                row(
                        "a truth value for a branch",
                        x -> x.gt(0).all().getBoolean() ? x : x.neg(),
                        "reading values with getBoolean",
                        "where"),
                row(
                        "comparing contents",
                        x -> x.contentEquals(x.abs()) ? x : x.neg(),
                        "reading values with contentEquals",
                        values),
                row("comparing nearly", x -> x.allClose(x.abs()) ? x : x.neg(), "reading values with allClose", values),
                row("numbers as objects", x -> x.mul(x.toArray()[0]), "reading values with toArray", values),
                row("bytes", x -> x.getManager().decode(x.encode()), "reading values with encode", values),
                row(
                        "a constant on the left",
                        x -> constant.mul(x),
                        "reading values with toByteBuffer",
                        "make the recorded array the receiver"),
                row(
                        "a constant copied over",
                        x -> {
                            x.exp().copyTo(x);
                            constant.add(x);
                            return x;
                        },
                        "reading values",
                        "getManager().from(constant)"),
                row("places of non-zeros", x -> x.nonzero(), "nonzero", shapes),
                row("different elements", x -> x.unique().head(), "unique", shapes),
                row(
                        "the shape of what a mask picks",
                        x -> x.mul(x.booleanMask(x.gt(0)).getShape().size()),
                        "asking for a shape that depends on values",
                        shapes),
                row(
                        "the size of what a mask picks, later",
                        x -> x.mul(x.get(x.gt(0)).exp().sort().size()),
                        "asking for a shape that depends on values",
                        "sum(x * mask) / sum(mask)"),
                row(
                        "a global draw",
                        x -> x.add(x.getManager().randomNormal(x.getShape())),
                        "randomNormal",
                        "rng.normal(manager, shape)"),
                row(
                        "a global uniform draw",
                        x -> x.add(x.getManager().randomUniform(0, 1, x.getShape())),
                        "randomUniform",
                        "rng.uniform(manager, shape)"),
                row(
                        "a global permutation",
                        x -> x.get(x.getManager().randomPermutation(3)),
                        "randomPermutation",
                        "rng.permutation(manager, n)"),
                row(
                        "asking for gradients",
                        x -> {
                            x.setRequiresGradient(true);
                            return x;
                        },
                        "setRequiresGradient",
                        "use Gradients.valueAndGradient"),
                row(
                        "taking a gradient",
                        x -> x.square().getGradient(),
                        "getGradient",
                        "use Gradients.valueAndGradient"),
                row(
                        "another device",
                        x -> x.toDevice(Device.gpu(3), false),
                        "toDevice",
                        "hand in all arrays on one device"),
                row(
                        "a manager elsewhere",
                        x -> x.getManager().newSubManager(Device.gpu(3)).ones(x.getShape()),
                        "newSubManager",
                        "on one device"),
                row("sparse arrays", x -> x.toSparse(SparseFormat.COO), "toSparse", "leave it out"),
                row(
                        "a file",
                        x -> x.getManager().load(java.nio.file.Path.of("x")).head(),
                        "load",
                        "outside of the program"),
                row("strings", x -> x.getManager().create("text"), "create", "programs compute with numbers"),
                row(
                        "putting one array in another's place",
                        x -> {
                            x.intern(x.exp());
                            return x;
                        },
                        "intern",
                        "overwrite this one with set"),
                row(
                        "median over two axes",
                        x -> x.reshape(1, 3).median(new int[] {0, 1}),
                        "median over [0, 1]",
                        "name one axis"),
                row(
                        "a fused update",
                        x -> {
                            x.getNDArrayInternal().sgdUpdate(new NDList(x), new NDList(x), 1, 0, 1, 0, 0, false);
                            return x;
                        },
                        "sgdUpdate",
                        "InPlace.assign"),
                row("random images", x -> x.getNDArrayInternal().randomFlipLeftRight(), "randomFlipLeftRight", "Rng"),
                row(
                        "boxes",
                        x -> x.getNDArrayInternal()
                                .multiBoxPrior(List.of(), List.of(), List.of(), List.of(), false)
                                .head(),
                        "multiBoxPrior",
                        "outside of programs"),
                row(
                        "a native call by name",
                        x -> x.getManager().invoke("exp", new NDList(x), null).head(),
                        "invoke",
                        "method of NDArray"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void namesOperationLineAndAdvice(Case c) {
        Program program = Program.of(c.function());
        NDArray x = m.create(new float[] {1, -2, 3});
        assertThatThrownBy(() -> program.run(x))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining(c.operation())
                .hasMessageContaining("cannot be recorded (at ")
                .hasMessageContaining(c.advice())
                .satisfies(e -> assertThat(line(e.getMessage())).isBetween(c.line(), end(c)));
        assertThat(Recorder.current()).isNull();
        assertThat(x.toFloatArray()).containsExactly(1, -2, 3);
    }

    private static int line(String message) {
        Matcher matcher = Pattern.compile("RefusalsTest\\.java:(\\d+)\\)").matcher(message);
        assertThat(matcher.find()).as(message).isTrue();
        return Integer.parseInt(matcher.group(1));
    }

    private static int end(Case c) {
        return cases().stream()
                .mapToInt(Case::line)
                .filter(line -> line > c.line())
                .min()
                .orElse(c.line() + 10);
    }

    /** What goes wrong between recordings, loops and gradients. */
    @Nested
    class Scopes {
        private void refused(UnaryOperator<NDArray> function, String... parts) {
            assertThatThrownBy(() -> Program.of(function).run(m.create(new float[] {1, 2})))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("RefusalsTest.java")
                    .hasMessageContainingAll(parts);
        }

        @Test
        void anArrayOfAnotherRecording() {
            NDArray[] leak = new NDArray[1];
            Program.of(x -> leak[0] = x.exp()).run(m.create(new float[] {1, 2}));
            refused(x -> x.add(leak[0]), "an array of another recording", "return it from that function");
        }

        @Test
        void aResultOfAnotherRecording() {
            NDArray[] leak = new NDArray[1];
            Program.of(x -> leak[0] = x.exp()).run(m.create(new float[] {1, 2}));
            assertThatThrownBy(() -> Program.of(x -> leak[0]).run(m.create(new float[] {1, 2})))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("an array of another recording");
        }

        @Test
        void anArrayFromALoopThatHasEnded() {
            NDArray[] leak = new NDArray[1];
            refused(
                    x -> {
                        NDArray last = Loop.run(0, 2, new NDList(x), (state, step) -> {
                                    leak[0] = state.head().exp();
                                    return new NDList(leak[0]);
                                })
                                .head();
                        return last.add(leak[0]);
                    },
                    "has ended",
                    "return it from the function that computed it");
        }

        @Test
        void stoppingInsideAGradient() {
            refused(
                    x -> Loop.run(
                                    0,
                                    2,
                                    new NDList(x),
                                    (state, step) -> new NDList(Gradients.gradient(
                                            y -> {
                                                step.stopIf(y.sum().gt(3));
                                                return y.square();
                                            },
                                            state.head())))
                            .head(),
                    "stopping here",
                    "directly inside a loop's step");
        }

        @Test
        void aRecordedArrayAfterItsProgram() {
            NDArray[] leak = new NDArray[1];
            Program.of(x -> leak[0] = x.exp()).run(m.create(new float[] {1, 2}));
            assertThatThrownBy(() -> leak[0].toFloatArray())
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("reading values with toFloatArray")
                    .hasMessageContaining("RefusalsTest.java");
        }

        @Test
        void aLoopOutsideOfAProgram() {
            assertThatThrownBy(() -> Loop.run(0, 2, new NDList(m.create(1f)), (state, step) -> state))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("call this from the function of a Program");
        }

        @Test
        void aGradientCollectorInside() {
            refused(
                    x -> {
                        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                            collector.backward(x.square().sum());
                        }
                        return x;
                    },
                    "handing a recorded array to the engine (backward)",
                    "use Gradients");
        }

        @Test
        void aConstantThatGathers() {
            NDArray constant = m.create(new float[] {1, 2, 3});
            refused(
                    x -> constant.take(x.toType(DataType.INT64, false)),
                    "handing a recorded array to the engine (take)",
                    "make the recorded array the receiver");
        }

        @Test
        void aBlockWithItsOwnParameters() {
            Linear block = Linear.builder().setUnits(2).build();
            block.initialize(m, DataType.FLOAT32, new Shape(1, 2));
            NDArray y = Program.of(x -> block.forward(new ParameterStore(m, false), new NDList(x), false)
                            .head())
                    .run(m.ones(new Shape(1, 2)));
            NDArray weight = block.getParameters().get(0).getValue().getArray();
            assertThat(y.toFloatArray())
                    .containsExactly(weight.sum(new int[] {1}).toFloatArray());
        }

        @Test
        void aResultThatIsNull() {
            assertThatThrownBy(() -> Program.of(x -> null).run(m.create(1f)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("an array of a program must not be null (at ")
                    .hasMessageContaining("RefusalsTest.java");
        }

        @Test
        void aWrongNumberOfCarriedArrays() {
            assertThatThrownBy(() -> Program.ofList(in -> Loop.run(0, 2, in, (state, step) -> new NDList()))
                            .run(m, new NDList(m.create(1f))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must return as many arrays as it carries, 1, got 0");
        }

        @Test
        void keysThatAreRead() {
            assertThatThrownBy(() -> Program.ofRandom((scope, in, rng) -> {
                                rng.permutation(3);
                                return in;
                            })
                            .run(m, new NDList(m.create(1f)), Rng.of(1)))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("reading a key")
                    .hasMessageContaining("RefusalsTest.java")
                    .hasMessageContaining("draw from it");
        }

        @Test
        void aParameterThatNobodyGave() {
            Linear block = Linear.builder().setUnits(2).build();
            block.initialize(m, DataType.FLOAT32, new Shape(1, 2));
            assertThatThrownBy(() -> Program.of(x -> block.forward(
                                            new RecordedParameters(Recorder.current(), java.util.Map.of()),
                                            new NDList(x),
                                            false)
                                    .head())
                            .run(m.ones(new Shape(1, 2))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no array was given for the parameter weight");
        }
    }

    /** What looks like it should be refused and is not. */
    @Nested
    class Allows {
        @Test
        void describingAnArray() {
            String[] texts = new String[3];
            Program.of(x -> {
                        NDArray y = x.exp();
                        texts[0] = x.toString();
                        texts[1] = y.toDebugString();
                        texts[2] = y.toDebugString(true);
                        assertThat(y.equals(y)).isTrue();
                        assertThat(y.equals(x)).isFalse();
                        assertThat(y.equals("y")).isFalse();
                        assertThat(new java.util.HashSet<>(List.of(x, y))).hasSize(2);
                        return y;
                    })
                    .run(m.create(new float[] {1, 2}));
            assertThat(texts[0]).contains("recorded array v1 (2) float32", "without values until its program runs");
            assertThat(texts[1]).isEqualTo(texts[2]).contains("recorded array v2");
        }

        @Test
        void closingAndAttaching() {
            NDArray y = Program.of(x -> {
                        try (NDManager scope = x.getManager().newSubManager();
                                NDArray half = x.mul(0.5f)) {
                            half.attach(scope);
                            half.setName("half");
                            NDArray sum = half.add(scope.zeros(new Shape(), DataType.FLOAT32));
                            half.close();
                            return sum.add(half);
                        }
                    })
                    .run(m.create(new float[] {1, 2}));
            assertThat(y.toFloatArray()).containsExactly(1, 2);
        }

        @Test
        void writingIntoAnArray() {
            NDArray x = m.create(new float[][] {{1, 2, 3}, {4, 5, 6}});
            NDArray y = Program.of(v -> {
                        NDArray copy = v.duplicate();
                        copy.set(new NDIndex("0, 1:"), v.get("1, :2"));
                        copy.set(new NDIndex(":, 0"), -1);
                        copy.set(v.gt(5), 9);
                        copy.set(new NDIndex("1, {}", v.getManager().create(new long[] {1})), 7);
                        copy.setScalar(new NDIndex("0, 0"), 3);
                        return copy;
                    })
                    .run(x);
            assertThat(y.toFloatArray()).containsExactly(3, 4, 5, -1, 7, 9);
            assertThat(x.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
        }

        /** What is computed before a write is not what is computed after it. */
        @Test
        void readingBeforeAndAfterAWrite() {
            NDArray y = Program.of(v -> {
                        NDArray copy = v.duplicate();
                        NDArray before = copy.exp();
                        NDArray view = copy.get("1:");
                        copy.set(new NDIndex("0"), 5);
                        copy.set(v.lt(2), 0);
                        view.addi(1);
                        NDArray looped = Loop.run(0, 3, new NDList(v), (state, step) -> {
                                    NDArray read = copy.square();
                                    copy.set(new NDIndex("0"), 1);
                                    return new NDList(state.head().mul(0).add(read));
                                })
                                .head();
                        return NDArrays.stack(new NDList(before.log(), copy, view.concat(v.get(":1")), looped));
                    })
                    .run(m.create(new float[] {1, 2, 3}));
            float[] values = y.toFloatArray();
            assertThat(new float[] {values[0], values[1], values[2]})
                    .usingComparatorWithPrecision(1e-6f)
                    .containsExactly(1, 2, 3);
            assertThat(new float[] {values[3], values[4], values[5]}).containsExactly(1, 3, 4);
            assertThat(new float[] {values[6], values[7], values[8]}).containsExactly(3, 4, 1);
            assertThat(new float[] {values[9], values[10], values[11]}).containsExactly(1, 9, 16);
        }

        @Test
        void pickingByValues() {
            Program program = Program.of(x -> {
                NDArray chosen = x.get(x.gt(0)).exp();
                assertThat(chosen.getDataType()).isEqualTo(DataType.FLOAT32);
                assertThat(chosen.sum().getShape()).isEqualTo(new Shape());
                return chosen.sum();
            });
            assertThat(program.run(m.create(new float[] {0, -1, -2})).getFloat())
                    .isZero();
            assertThat(program.run(m.create(new float[] {1, -1, 1})).getFloat())
                    .isCloseTo((float) (2 * Math.E), within(1e-5f));
        }

        @Test
        void gradientsThroughWrites() {
            NDArray x = m.create(new double[] {1, 2, 3});
            NDArray gradient = Gradients.gradient(
                    v -> {
                        NDArray copy = v.mul(2);
                        copy.set(new NDIndex("1"), v.get("0").square());
                        copy.set(new NDIndex("2"), 5);
                        return copy.square();
                    },
                    x);
            assertThat(gradient.toDoubleArray()).containsExactly(12, 0, 0); // 8x₀ + 4x₀³
        }

        @Test
        void copiesThatAreCopies() {
            NDArray x = m.create(new float[] {1, 2});
            NDArray y = Program.of(v -> {
                        v.toType(DataType.FLOAT32, true).addi(5);
                        v.toDevice(Device.cpu(), true).addi(5);
                        v.duplicate().addi(5);
                        return v.mul(1);
                    })
                    .run(x);
            assertThat(y.toFloatArray()).containsExactly(1, 2);
        }

        @Test
        void changingTheCallersArrayOnPurpose() {
            NDArray x = m.create(new float[] {1, 2});
            NDArray y = m.create(new float[] {0, 0});
            Program.of(v -> {
                        v.set(new NDIndex("0"), 7);
                        v.exp().log().copyTo(y);
                        return v.sum();
                    })
                    .run(x);
            assertThat(x.toFloatArray()).containsExactly(7, 2);
            assertThat(y.toFloatArray()[1]).isEqualTo(2);
        }
    }
}
