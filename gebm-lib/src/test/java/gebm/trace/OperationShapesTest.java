package gebm.trace;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.trace.OperationCase.Derivative;
import gebm.trace.OperationCase.Sizes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.IntRange;

/** The contract of operations on random shapes and numbers: values, and our derivative rules against the engine's. */
class OperationShapesTest {
    /** While jqwik looks for smaller shapes, only the rows that failed are tried. */
    private List<OperationCase> rows =
            OperationCases.all().stream().filter(c -> c.defect() == null).toList();

    @Property(tries = 10, seed = "7")
    void everyRow(
            @ForAll @IntRange(min = 1, max = 5) int n,
            @ForAll @IntRange(min = 1, max = 5) int m,
            @ForAll @IntRange(min = 1, max = 5) int k,
            @ForAll @IntRange(min = 0, max = 1_000_000) int seed) {
        tryRows(new Sizes(n, m, k), seed, Derivative.FIRST);
    }

    @Tag("slow")
    @Property(tries = 100)
    void everyRowToSecondOrder(
            @ForAll @IntRange(min = 1, max = 6) int n,
            @ForAll @IntRange(min = 1, max = 6) int m,
            @ForAll @IntRange(min = 1, max = 6) int k,
            @ForAll @IntRange(min = 0, max = 1_000_000) int seed) {
        tryRows(new Sizes(n, m, k), seed, Derivative.SECOND);
    }

    private void tryRows(Sizes sizes, int seed, Derivative highest) {
        Map<OperationCase, AssertionError> failures = new LinkedHashMap<>();
        for (OperationCase c : rows) {
            OperationCase lowered = c.derivative() == Derivative.SECOND ? c.with(highest) : c;
            try (NDManager scope = NDManager.newBaseManager()) {
                OperationCheck check = new OperationCheck(lowered, sizes, seed, scope);
                try {
                    check.assertValue(DataType.FLOAT64);
                    if (c.derivative() != Derivative.NONE) {
                        check.assertRulesEqualEngine();
                    }
                } catch (RuntimeException | AssertionError e) {
                    failures.put(c, new AssertionError(check.where(), e));
                }
            }
        }
        if (!failures.isEmpty()) {
            rows = List.copyOf(failures.keySet());
            AssertionError all = new AssertionError("rows that fail: "
                    + failures.values().stream().map(Throwable::getMessage).toList());
            failures.values().forEach(all::addSuppressed);
            throw all;
        }
    }
}
