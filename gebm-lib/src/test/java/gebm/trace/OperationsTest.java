package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import gebm.trace.OperationCase.Derivative;
import gebm.trace.OperationCase.Sizes;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of operations, on fixed arguments: values, derivatives, memory. */
class OperationsTest {
    private static NDManager m;
    private static Map<OperationCase, OperationCheck> checks; // kept, so that each program is recorded once

    @BeforeAll
    static void open() {
        m = NDManager.newBaseManager();
        checks = new LinkedHashMap<>();
    }

    @AfterAll
    static void close() {
        checks = null;
        m.close();
    }

    static Stream<OperationCase> rows() {
        return OperationCases.all().stream().filter(c -> c.defect() == null);
    }

    static Stream<OperationCase> differentiable() {
        return rows().filter(c -> c.derivative() != Derivative.NONE);
    }

    static Stream<OperationCase> byDifferences() {
        return differentiable().filter(c -> c.derivative() != Derivative.BY_DEFINITION);
    }

    private static OperationCheck check(OperationCase c) {
        return checks.computeIfAbsent(c, row -> new OperationCheck(row, Sizes.USUAL, 7, m.newSubManager()));
    }

    @Test
    void namesAreUnique() {
        List<String> names =
                OperationCases.all().stream().map(OperationCase::name).toList();
        assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(200);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void valueInFloat64(OperationCase c) {
        check(c).assertValue(DataType.FLOAT64);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void valueInFloat32(OperationCase c) {
        check(c).assertValue(DataType.FLOAT32);
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void rulesEqualEngine(OperationCase c) {
        check(c).assertRulesEqualEngine();
    }

    @ParameterizedTest
    @MethodSource("byDifferences")
    void derivativesEqualDifferences(OperationCase c) {
        check(c).assertDifferences();
    }

    @ParameterizedTest
    @MethodSource("differentiable")
    void productsWithJacobians(OperationCase c) {
        check(c).assertForward();
    }

    // ---------------------------------------------------------------- oracles

    /** What {@code oracles/operations.py} computed with NumPy and SciPy. */
    record Oracles(Map<String, String> versions, Map<String, Oracle> cases) {
        static Oracles read() {
            try (Reader reader = new InputStreamReader(
                    Oracles.class.getResourceAsStream("/oracles/operations.json"), StandardCharsets.UTF_8)) {
                return new Gson().fromJson(reader, Oracles.class);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    record Oracle(List<Numbers> arguments, Numbers value) {}

    record Numbers(long[] shape, double[] numbers) {
        NDArray array() {
            return m.create(numbers, new Shape(shape));
        }
    }

    static Stream<String> oracles() {
        return Oracles.read().cases().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("oracles")
    void valueEqualsOracle(String name) {
        OperationCase c =
                rows().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
        Oracle oracle = Oracles.read().cases().get(name);
        NDList arguments = new NDList();
        oracle.arguments().forEach(numbers -> arguments.add(numbers.array()));
        check(c).assertOracle(arguments, oracle.value().array());
    }

    @Test
    void rowsWithoutReferenceHaveAnOracle() {
        assertThat(rows().filter(c -> c.reference() == null).map(OperationCase::name))
                .isSubsetOf(Oracles.read().cases().keySet());
    }

    // ---------------------------------------------------------------- memory

    /** Nothing that a program reads may lie where the garbage collector can free it. */
    @Test
    void bitsSurviveCollections() {
        Map<OperationCase, List<byte[]>> calm = new LinkedHashMap<>();
        rows().forEach(c -> calm.put(c, check(c).bits()));
        GarbageTest.litter();
        calm.forEach((c, bits) -> assertThat(check(c).bits()).as(c.name()).containsExactlyElementsOf(bits));
    }

    // ---------------------------------------------------------------- defects

    static Stream<OperationCase> defects() {
        return OperationCases.all().stream().filter(c -> c.defect() != null);
    }

    /** Shown as skipped, with the reason, as long as the defect is there. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("defects")
    void knownDefect(OperationCase c) {
        OperationCheck check = check(c);
        try {
            check.assertValue(DataType.FLOAT64);
            if (c.derivative() != Derivative.NONE) {
                check.assertRulesEqualEngine();
                check.assertDifferences();
                check.assertForward();
            }
        } catch (RuntimeException | AssertionError e) {
            Assumptions.abort("known defect: " + c.defect());
        }
        fail(c.name() + " is right now: take the mark off, it said: " + c.defect());
    }
}
