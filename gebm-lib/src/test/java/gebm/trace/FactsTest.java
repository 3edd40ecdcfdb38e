package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is inferred of shapes and types is what arrays have: every operation of values, gradients and Hessians. */
class FactsTest {
    static List<OperationCase> cases() {
        return OperationCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void inferredEqualsActual(OperationCase c) {
        try (NDManager m = NDManager.newBaseManager()) {
            NDList in = c.make(m, OperationCase.Sizes.USUAL, DataType.FLOAT64, 7);
            assertFacts(c.function()::apply, in, m);
            List<Integer> places = c.differentiable();
            if (c.derivative() != OperationCase.Derivative.NONE && !places.isEmpty()) {
                assertFacts(list -> secondDerivative(c, list, places.get(0)), in, m);
            }
        }
    }

    private static NDArray secondDerivative(OperationCase c, NDList list, int place) {
        UnaryOperator<NDArray> f = v -> {
            NDList x = new NDList(list);
            x.set(place, v);
            return c.function().apply(x).square().sum();
        };
        NDArray x = list.get(place);
        return c.derivative() == OperationCase.Derivative.FIRST
                ? Gradients.gradient(f, x)
                : Gradients.hessianVector(f, x, x.sin());
    }

    private static void assertFacts(java.util.function.Function<NDList, NDArray> f, NDList in, NDManager m) {
        Program program = Program.ofList(list -> new NDList(f.apply(list)));
        program.run(m, in);
        Executable ran = program.ran();
        Graph graph = ran.recorded().graph();
        List<ProgramGraph.Operation> inferred = ran.recorded().view().operations().stream()
                .filter(operation -> operation.depth() == 0 && operation.shape() != null)
                .filter(operation -> operation.results().size() == 1)
                .toList();
        Set<String> names = inferred.stream().map(o -> o.results().get(0)).collect(Collectors.toSet());
        List<Value> values = new ArrayList<>();
        graph.nodes().forEach(node -> node.outputs().stream()
                .filter(value -> names.contains(value.toString()))
                .forEach(values::add));
        Graph asked = new Graph(graph.inputs(), graph.nodes(), values);
        NDList all = new NDList();
        in.forEach(array -> all.add(array.duplicate()));
        all.addAll(ran.implicit());
        try (Executable shapes = new Executable(Printer.printShapes(asked, List.of()), Device.cpu(), List.of())) {
            NDList actual = shapes.call(m, 0, all);
            for (int i = 0; i < inferred.size(); i++) {
                long[] codeAndShape = actual.get(i).toLongArray();
                ProgramGraph.Operation operation = inferred.get(i);
                assertThat(operation.shape().getShape())
                        .as(operation.text())
                        .isEqualTo(Arrays.copyOfRange(codeAndShape, 1, codeAndShape.length));
                if (operation.type() != null) {
                    assertThat(operation.type()).as(operation.text()).isEqualTo(Types.of((int) codeAndShape[0]));
                }
            }
        } finally {
            Reference.reachabilityFence(ran); // it owns the constants
        }
    }

    /** So that what asks for a shape after it need not run what is recorded so far. */
    @Test
    void knowTheShapeOfColumnsChosenByAnArray() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray places = m.create(new long[] {2, 0, 1, 1});
            Program program = Program.of(x -> x.get(new NDIndex(":, {}", places)));
            program.run(m.ones(new Shape(5, 3)));
            assertThat(program.graph().operations())
                    .filteredOn(operation -> operation.name().equals("index"))
                    .singleElement()
                    .satisfies(operation -> assertThat(operation.shape()).isEqualTo(new Shape(5, 4)));
        }
    }
}
