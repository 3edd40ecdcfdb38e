package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Energy;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReplayBufferTest {
    private static final Energy STILL = x -> x.sum(new int[] {1}).mul(0);
    private static final DensityBase NORMAL = DensityBase.standardNormal(2, DataType.FLOAT64);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static StochasticGradientLangevin noiseless() {
        return new StochasticGradientLangevin(Schedule.constant(1), Schedule.constant(0));
    }

    /** One step of λ = 1 on a constant slope (1, 0) moves each chosen entry by −1 in x, and no other. */
    @Test
    void continuesEntriesInTheirPlaces() {
        Energy slope = x -> x.get(":, 0").mul(1.0);
        var buffer = ReplayBuffer.of(m, NORMAL, 10, 0, Rng.of(1));
        double[] before = buffer.entries().toDoubleArray();
        var next = buffer.advance(noiseless(), slope, SamplingPlan.of(1), 4, Rng.of(2));
        double[] after = next.buffer().entries().toDoubleArray();
        int moved = 0;
        for (int i = 0; i < 10; i++) {
            double step = before[2 * i] - after[2 * i];
            assertThat(Math.abs(step - 1) < 1e-12 || step == 0).isTrue();
            moved += step != 0 ? 1 : 0;
            assertThat(after[2 * i + 1]).isEqualTo(before[2 * i + 1]);
        }
        assertThat(moved).isEqualTo(4);
        assertThat(next.samples().getShape()).isEqualTo(new Shape(4, 2));
        assertThat(buffer.entries().toDoubleArray()).as("the old one stays").containsExactly(before);
        for (double x : next.samples().toDoubleArray()) {
            assertThat(after).contains(x);
        }
    }

    /**
     * With a share of 5 % fresh, of 10,000 entries Binomial(10000, 0.05) are replaced: 500 ± 3.3·21.8 but for
     * probability 0.1 %.
     */
    @Test
    void replacesItsShareByFreshSamples() {
        var buffer = ReplayBuffer.of(m, NORMAL, 10_000, 0.05, Rng.of(1));
        var next = buffer.advance(noiseless(), STILL, SamplingPlan.of(1), 10_000, Rng.of(2));
        double[] before = buffer.entries().get(":, 0").toDoubleArray();
        double[] after = next.buffer().entries().get(":, 0").toDoubleArray();
        long changed = java.util.stream.IntStream.range(0, before.length)
                .filter(i -> before[i] != after[i])
                .count();
        assertThat((double) changed).isCloseTo(500, within(3.3 * 21.8));
        assertThat(Arrays.stream(after).distinct().count()).isGreaterThan(9_990);
    }

    @Test
    void sameKeySameEntriesAndNothingElseStays() {
        var buffer = ReplayBuffer.of(m, NORMAL, 20, 0.5, Rng.of(1));
        int arrays = m.getManagedArrays().size();
        var first = buffer.advance(noiseless(), STILL, SamplingPlan.of(3), 7, Rng.of(2));
        assertThat(m.getManagedArrays()).hasSize(arrays + 2);
        var second = buffer.advance(noiseless(), STILL, SamplingPlan.of(3), 7, Rng.of(2));
        assertThat(second.buffer().entries().toDoubleArray())
                .containsExactly(first.buffer().entries().toDoubleArray());
    }

    @Test
    void rejectsNumbersOutOfRange() {
        var buffer = ReplayBuffer.of(m, NORMAL, 10, 0.05, Rng.of(1));
        assertThatThrownBy(() -> buffer.advance(noiseless(), STILL, SamplingPlan.of(1), 11, Rng.of(2)))
                .hasMessage("n must be from 1 to the capacity 10, got 11");
        assertThatThrownBy(() -> ReplayBuffer.of(m, NORMAL, 10, 1.5, Rng.of(1)))
                .hasMessageContaining("freshShare must be in [0.0, 1.0], got 1.5");
    }
}
