package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Rng;
import gebm.nn.Mlp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program's graph as a value and as text, and programs as files. */
class GraphTest {
    @TempDir
    Path folder;

    private NDManager m;
    private NDArray x;
    private Network network;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
        x = Rng.of(1).normal(m, new Shape(4, 2), DataType.FLOAT64);
        network = Network.of(Mlp.of(Activation::tanh, 2, 3, 1), new Shape(2), DataType.FLOAT64, Rng.of(1));
    }

    @AfterEach
    void close() {
        m.close();
        network.close();
    }

    @Test
    void showsOperationsWithShapesTypesAndLines() {
        Program program = Program.of(y -> y.exp().sum(new int[] {1}).add(1));
        program.run(x);
        ProgramGraph graph = program.graph();
        assertThat(graph.names()).containsExactly("exp", "sum", "add");
        assertThat(graph.inputs())
                .extracting(ProgramGraph.Input::role)
                .containsExactly(ProgramGraph.Role.KEY, ProgramGraph.Role.ARGUMENT);
        ProgramGraph.Operation sum = graph.operations().get(1);
        assertThat(sum.shape()).isEqualTo(new Shape(4));
        assertThat(sum.type()).isEqualTo(DataType.FLOAT64);
        assertThat(sum.line().getFileName()).isEqualTo("GraphTest.java");
        assertThat(program.explain())
                .contains(
                        "argument",
                        "float64 (4, 2)",
                        "exp(v1)",
                        "GraphTest.java:" + sum.line().getLineNumber());
        assertThat(graph.derivatives()).isEmpty();
    }

    @Test
    void saysHowEachDerivativeIsComputed() {
        Program rules = Program.of(y -> Gradients.gradient(network::apply, y));
        rules.run(x);
        assertThat(rules.graph().derivatives()).hasSize(1).first().matches(ProgramGraph.Derivative::byRules);
        assertThat(rules.explain()).contains("gradient at GraphTest.java", "by rules");

        Program engine = Program.of(
                y -> Gradients.jacobianVector(z -> z.cumProd(1), y, y).product());
        engine.run(x);
        ProgramGraph.Derivative derivative = engine.graph().derivatives().get(0);
        assertThat(derivative.byRules()).isFalse();
        assertThat(derivative.tangent()).isTrue();
        assertThat(derivative.because()).startsWith("cumprod at GraphTest.java:");
        assertThat(engine.explain()).contains("tangent by the engine", "because of cumprod");
    }

    @Test
    void showsLoopsWithTheirBodies() {
        Program program = Program.of(y -> Loop.run(0, 5, new NDList(y), (state, step) -> {
                    NDArray next = state.head().sin();
                    step.stopIf(next.sum().gt(100));
                    return new NDList(next);
                })
                .head());
        program.run(x);
        List<ProgramGraph.Operation> operations = program.graph().operations();
        assertThat(operations.get(0).name()).isEqualTo("for");
        assertThat(operations.get(1).depth()).isEqualTo(1);
        assertThat(program.graph().names()).contains("sin", "break");
        assertThat(program.explain()).contains("for ", " in 0..5 carrying", "\n  v");
    }

    @Test
    void needsARun() {
        assertThatThrownBy(() -> Program.of(NDArray::exp).explain())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("call run first");
    }

    @Test
    void equalOperationsAreWrittenOnce() {
        Program program = Program.of(y -> y.exp().add(y.exp()).mul(y.exp().add(y.exp())));
        assertThat(program.run(m.create(0.0)).getDouble()).isEqualTo(4);
        assertThat(program.graph().counts()).containsEntry("exp", 1L).containsEntry("add", 1L);
    }

    @Test
    void equalOperationsOnChangedMemoryAreNot() {
        Program program = Program.of(y -> {
            NDArray copy = y.duplicate();
            NDArray before = copy.exp();
            copy.addi(1);
            return copy.exp().div(before);
        });
        assertThat(program.run(m.create(0.5)).getDouble())
                .isCloseTo(Math.E, org.assertj.core.api.Assertions.within(1e-12));
    }

    @Test
    void equalDrawsOfDifferentKeysAreNot() {
        Program program = Program.ofRandom((scope, in, rng) -> new NDList(
                rng.fork("a").normal(scope, new Shape(2)),
                rng.fork("b").normal(scope, new Shape(2)),
                rng.fork("a").normal(scope, new Shape(2))));
        NDList draws = program.run(m, new NDList(x), Rng.of(3));
        assertThat(draws.get(0).toFloatArray()).isEqualTo(draws.get(2).toFloatArray());
        assertThat(draws.get(0).toFloatArray()).isNotEqualTo(draws.get(1).toFloatArray());
        assertThat(draws.get(0).toFloatArray())
                .isEqualTo(Rng.of(3).fork("a").normal(m, new Shape(2)).toFloatArray());
    }

    @Test
    void resultsNeverShareMemoryWithEachOther() {
        NDList results = Program.ofList(in -> {
                    NDArray doubled = in.head().mul(2);
                    return new NDList(doubled, doubled.reshape(8), doubled);
                })
                .run(m, new NDList(x));
        results.get(0).muli(0);
        assertThat(results.get(1).toDoubleArray()).isEqualTo(results.get(2).toDoubleArray());
        assertThat(results.get(1).toDoubleArray()).isEqualTo(x.mul(2).toDoubleArray());
    }

    @Test
    void aSavedProgramHoldsItsArrays() {
        Path file = folder.resolve("program.pt");
        Program program = Program.ofRandom((scope, in, rng) -> new NDList(
                Gradients.gradient(network::apply, in.head()), rng.normal(scope, new Shape(3), DataType.FLOAT64)));
        NDList expected = program.run(m, new NDList(x), Rng.of(5));
        program.save(file);
        network.parameters().forEach(p -> p.muli(0)); // the file keeps the values of then
        Program loaded = Program.load(file);
        for (int call = 0; call < 2; call++) {
            NDList again = loaded.run(m, new NDList(x), Rng.of(5));
            assertThat(again.get(0).toDoubleArray()).isEqualTo(expected.get(0).toDoubleArray());
            assertThat(again.get(1).toDoubleArray()).isEqualTo(expected.get(1).toDoubleArray());
        }
        assertThat(loaded.source()).contains("self.v").contains("def forward");
    }

    @Test
    void loadingSaysWhatIsWrong() throws IOException {
        Path file = folder.resolve("program.pt");
        assertThatThrownBy(() -> Program.load(file)).hasMessageContaining("cannot read a program from " + file);
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> Program.load(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is damaged");
        Program program = Program.of(NDArray::exp);
        program.run(x);
        program.save(file);
        Program loaded = Program.load(file);
        assertThatThrownBy(() -> loaded.run(x.get(0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes [float64 (4, 2)], got [float64 (2)]");
        assertThatThrownBy(() -> Program.of(loaded::run).run(x))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("cannot become part of another program");
        assertThatThrownBy(loaded::explain).hasMessageContaining("its text only");
    }
}
