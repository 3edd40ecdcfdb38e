package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Progress;
import gebm.core.Rng;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LongLoopTest {
    private final Program sums = LongLoop.program(
            1, (state, step, given, key) -> new NDList(state.head().add(step.sinceFirst(given.head()))));

    @Test
    void callsGrowAndProgressIsReported() {
        List<Integer> counts = new ArrayList<>();
        List<Long> reports = new ArrayList<>();
        int done = LongLoop.run(20, 4, (some, all, text) -> reports.add(some), (before, count) -> {
            assertThat(before).isEqualTo(counts.stream().mapToInt(i -> i).sum());
            counts.add(count);
            return count;
        });
        assertThat(done).isEqualTo(20);
        assertThat(counts).startsWith(1, 2, 4, 4, 4, 4).endsWith(1);
        assertThat(reports).containsExactly(0L, 1L, 3L, 7L, 11L, 15L, 19L, 20L);
    }

    @Test
    void endsWhereACallTakesFewerSteps() {
        assertThat(LongLoop.run(20, 4, Progress.none(), (before, count) -> Math.min(count, 5 - before)))
                .isEqualTo(5);
    }

    @Test
    void endsWhenInterruptedAndKeepsTheFlag() {
        int done = LongLoop.run(20, 1, Progress.none(), (before, count) -> {
            if (before == 2) {
                Thread.currentThread().interrupt();
            }
            return count;
        });
        assertThat(Thread.interrupted()).isTrue();
        assertThat(done).isEqualTo(3);
    }

    @Test
    void callsContinueOneAnother() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray zero = m.zeros(new Shape(1));
            NDArray rows = m.ones(new Shape(LongLoop.LONGEST, 1));
            var first = LongLoop.call(m, sums, 0, 3, new NDList(rows), new NDList(zero), Rng.of(1));
            var second = LongLoop.call(m, sums, 3, 4, new NDList(rows), first.state(), Rng.of(1));
            assertThat(first.steps()).isEqualTo(3);
            assertThat(second.steps()).isEqualTo(4);
            assertThat(second.finite()).isTrue();
            assertThat(second.state().head().getFloat()).isEqualTo(7);
        }
    }

    @Test
    void tellsAStateThatIsNotFinite() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray rows = m.ones(new Shape(LongLoop.LONGEST, 1)).mul(Float.POSITIVE_INFINITY);
            NDArray zero = m.zeros(new Shape(1));
            var reached = LongLoop.call(m, sums, 0, 1, new NDList(rows), new NDList(zero), Rng.of(1));
            assertThat(reached.finite()).isFalse();
        }
    }
}
