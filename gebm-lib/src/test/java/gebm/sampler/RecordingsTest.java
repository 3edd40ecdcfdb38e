package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.trace.Program;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The same sampler on the same target is recorded once: only a recording asks the target in Java. */
class RecordingsTest {
    private static final Schedule STEP = Schedule.constant(0.1);

    private final AtomicInteger asked = new AtomicInteger();
    private final Energy well = x -> {
        asked.incrementAndGet();
        return x.square().sub(1).square().sum(new int[] {1});
    };
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray start() {
        return Rng.of(1).normal(m, new Shape(4, 2), DataType.FLOAT64);
    }

    /** The second of two runs with other keys, starts and lengths, which keep equally many draws. */
    @Test
    void runsShareOne() {
        new Mala(STEP).run(well, start(), SamplingPlan.of(10), Rng.of(2));
        int once = asked.get();
        assertThat(once).isPositive();
        new Mala(STEP).run(well, start().mul(2), SamplingPlan.of(3000), Rng.of(3));
        assertThat(asked).hasValue(once);
    }

    @Test
    void anotherFrictionIsAnotherSampler() {
        new KineticLangevin(STEP, 1, KineticLangevin.Splitting.ABOBA).run(well, start(), SamplingPlan.of(2), Rng.of(2));
        int once = asked.get();
        new KineticLangevin(STEP, 1, KineticLangevin.Splitting.BAOAB).run(well, start(), SamplingPlan.of(2), Rng.of(2));
        assertThat(asked).hasValueGreaterThan(once);
    }

    @Test
    void targetsOfTheSamePartsShareOne() {
        Energy other = x -> x.sum(new int[] {1});
        new Langevin(STEP).run(well.plus(other), start(), SamplingPlan.of(2), Rng.of(2));
        int once = asked.get();
        new Langevin(STEP).run(well.plus(other), start(), SamplingPlan.of(2), Rng.of(2));
        assertThat(asked).hasValue(once);
    }

    @Test
    void replayBuffersRecordOnce() {
        var sampler = new StochasticGradientLangevin(Schedule.constant(0.01), Schedule.constant(0.01));
        var buffer = ReplayBuffer.of(m, DensityBase.standardNormal(2, DataType.FLOAT64), 20, 0.05, Rng.of(1));
        buffer = buffer.advance(sampler, well, SamplingPlan.of(5), 4, Rng.of(0)).buffer();
        int once = asked.get();
        for (int i = 1; i < 100; i++) {
            buffer = buffer.advance(sampler, well, SamplingPlan.of(5), 4, Rng.of(i))
                    .buffer();
        }
        assertThat(asked).hasValue(once);
    }

    /** Within a program, by itself, and by steps of a run: the same positions. */
    @Test
    void advanceIsTheRun() {
        for (SamplerCases.Case c : SamplerCases.all()) {
            assertAdvanceIsTheRun(c.sampler(), c);
        }
    }

    private <S extends ChainState> void assertAdvanceIsTheRun(Sampler<S> sampler, SamplerCases.Case c) {
        NDArray start = Rng.of(3).normal(m, new Shape(4, 2), c.type());
        int arrays = m.getManagedArrays().size();
        NDArray eager = sampler.advance(c.target(), start, 7, Rng.of(5));
        assertThat(m.getManagedArrays()).as("only the result stays").hasSize(arrays + 1);
        NDArray recorded = Program.ofRandom(
                        (scope, in, key) -> new NDList(sampler.advance(c.target(), in.singletonOrThrow(), 7, key)))
                .run(m, new NDList(start), Rng.of(5))
                .singletonOrThrow();
        NDArray run =
                sampler.run(c.target(), start, SamplingPlan.of(7), Rng.of(5)).position();
        assertThat(recorded.contentEquals(run)).as(c.toString()).isTrue();
        assertThat(eager.contentEquals(run)).as(c.toString()).isTrue();
    }
}
