package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Energy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every sampler must do, on {@link SamplerCases}. */
class SamplerTest {
    private static final int CHAINS = 5;
    private static final int STEPS = 17;

    private final Rng rng = Rng.of(53);
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    static List<SamplerCases.Case> cases() {
        return SamplerCases.all();
    }

    private NDArray start(DataType type) {
        return Rng.of(3).normal(m, new Shape(CHAINS, 2), type);
    }

    private static double[] numbers(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    private <S extends ChainState> Chains<S> run(Sampler<S> sampler, SamplerCases.Case c, int steps, Rng key) {
        return sampler.run(c.target(), start(c.type()), SamplingPlan.of(steps).withThinning(1), key);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void givesEveryPositionAndEnergy(SamplerCases.Case c) {
        Chains<?> chains = run(c.sampler(), c, STEPS, rng);
        assertThat(chains.draws().getShape()).isEqualTo(new Shape(STEPS, CHAINS, 2));
        assertThat(chains.draws().getDataType()).isEqualTo(c.type());
        assertThat(chains.position().getShape()).isEqualTo(new Shape(CHAINS, 2));
        assertThat(chains.position().getManager()).isSameAs(m);
        assertThat(numbers(chains.position()))
                .containsExactly(numbers(chains.draws().get(STEPS - 1)));
        assertThat(chains.stop()).isEqualTo(new StopReason.Completed(STEPS));
        assertThat(chains.iterations()).isEqualTo(STEPS);
        assertThat(chains.acceptance())
                .satisfiesAnyOf(a -> assertThat(a).isEmpty(), a -> assertThat(a).hasSize(STEPS));
        assertThat(chains.steps().energyChange())
                .satisfiesAnyOf(e -> assertThat(e).isEmpty(), e -> assertThat(e).hasSize(STEPS));
        assertThat(chains.steps().divergences()).hasSize(STEPS).containsOnly(0);
        assertThat(chains.meanEnergy()).hasSize(STEPS);
        if (!c.tellsEnergyOfPosition()) {
            return;
        }
        double tolerance = c.type() == DataType.FLOAT64 ? 1e-10 : 1e-5;
        double[] means = IntStream.range(0, STEPS)
                .mapToDouble(
                        i -> Arrays.stream(numbers(c.target().at(chains.draws().get(i))))
                                .average()
                                .orElseThrow())
                .toArray();
        assertThat(chains.meanEnergy())
                .usingComparatorWithPrecision(tolerance * 10)
                .containsExactly(means);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sameKeySameBits(SamplerCases.Case c) {
        double[] first = numbers(run(c.sampler(), c, STEPS, rng).draws());
        assertThat(numbers(run(c.sampler(), c, STEPS, rng).draws())).containsExactly(first);
        double[] other = numbers(run(c.sampler(), c, STEPS, rng.fork("other")).draws());
        assertThat(Arrays.equals(other, first)).isEqualTo(!c.draws());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void leavesItsArgumentsAlone(SamplerCases.Case c) {
        NDArray start = start(c.type());
        NDArray copy = start.duplicate();
        List<double[]> parameters =
                c.target().parameters().stream().map(SamplerTest::numbers).toList();
        c.sampler().run(c.target(), start, SamplingPlan.of(STEPS), rng);
        assertThat(start.contentEquals(copy)).isTrue();
        for (int i = 0; i < parameters.size(); i++) {
            assertThat(numbers(c.target().parameters().get(i))).containsExactly(parameters.get(i));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void runIsItsSteps(SamplerCases.Case c) {
        assertRunIsItsSteps(c.sampler(), c);
    }

    private <S extends ChainState> void assertRunIsItsSteps(Sampler<S> sampler, SamplerCases.Case c) {
        Chains<S> chains = run(sampler, c, STEPS, rng);
        S state = sampler.init(c.target(), start(c.type()), rng);
        for (int i = 0; i < STEPS; i++) {
            double[] before = numbers(state.position());
            Transition<S> next = sampler.step(c.target(), state, i, rng);
            assertThat(numbers(state.position())).as("the old state stays").containsExactly(before);
            state = next.state();
            assertThat(numbers(state.position()))
                    .as("step %d", i)
                    .containsExactly(numbers(chains.draws().get(i)));
            assertThat(next.info().energy().getShape()).isEqualTo(new Shape(CHAINS));
        }
        for (int i = 0; i < state.arrays().size(); i++) {
            assertThat(numbers(state.arrays().get(i)))
                    .containsExactly(numbers(chains.last().arrays().get(i)));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resumedRunsAreOneRun(SamplerCases.Case c) {
        assertResumedRunsAreOneRun(c.sampler(), c);
    }

    private <S extends ChainState> void assertResumedRunsAreOneRun(Sampler<S> sampler, SamplerCases.Case c) {
        Chains<S> whole = run(sampler, c, STEPS, rng);
        Chains<S> first = run(sampler, c, 6, rng);
        double[] reached = numbers(first.position());
        Chains<S> second = sampler.resume(c.target(), first, SamplingPlan.of(STEPS - 6), rng);
        assertThat(numbers(second.position())).containsExactly(numbers(whole.position()));
        assertThat(second.meanEnergy()).containsExactly(Arrays.copyOfRange(whole.meanEnergy(), 6, STEPS));
        assertThat(second.iterations()).isEqualTo(STEPS);
        assertThat(numbers(first.position())).as("the earlier run stays").containsExactly(reached);
    }

    /** Neither when a run reports, nor that it is stopped and resumed, moves a draw. */
    @ParameterizedTest
    @MethodSource("cases")
    void stopsAndReportsMoveNoDraw(SamplerCases.Case c) {
        assertStopsAndReportsMoveNoDraw(c.sampler(), c);
    }

    private <S extends ChainState> void assertStopsAndReportsMoveNoDraw(Sampler<S> sampler, SamplerCases.Case c) {
        int steps = 300;
        SamplingPlan plan = SamplingPlan.of(steps).withThinning(1);
        Chains<S> whole = sampler.run(c.target(), start(c.type()), plan, rng);
        SamplingPlan stopping = plan.withProgress((done, total, message) -> {
            if (done >= 3) {
                Thread.currentThread().interrupt();
            }
        });
        Chains<S> some = sampler.run(c.target(), start(c.type()), stopping, rng);
        assertThat(Thread.interrupted()).as("the flag stays set").isTrue();
        int done = (int) some.iterations();
        assertThat(some.stop()).isEqualTo(new StopReason.Stopped(done));
        assertThat(done).isBetween(3, steps - 1);
        assertThat(some.draws().getShape().get(0)).as("what was reached").isEqualTo(done);
        assertThat(numbers(some.draws())).containsExactly(numbers(whole.draws().get(":" + done)));
        Chains<S> rest =
                sampler.resume(c.target(), some, SamplingPlan.of(steps - done).withThinning(1), rng);
        assertThat(numbers(rest.draws())).containsExactly(numbers(whole.draws().get(done + ":")));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void runsInThreadsAreTheRunsInARow(SamplerCases.Case c) throws Exception {
        int threads = 10;
        double[][] expected = new double[threads][];
        for (int i = 0; i < threads; i++) {
            expected[i] = numbers(run(c.sampler(), c, STEPS, rng.fork(i)).draws());
        }
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<double[]>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Rng key = rng.fork(i);
                results.add(pool.submit(() -> {
                    try (NDManager own = NDManager.newBaseManager()) {
                        NDArray start = Rng.of(3).normal(own, new Shape(CHAINS, 2), c.type());
                        SamplingPlan plan = SamplingPlan.of(STEPS).withThinning(1);
                        return numbers(
                                c.sampler().run(c.target(), start, plan, key).draws());
                    }
                }));
            }
            for (int i = 0; i < threads; i++) {
                assertThat(results.get(i).get()).as("run %d", i).containsExactly(expected[i]);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    static List<SamplerCases.Case> neuralCases() {
        return cases().stream().filter(c -> !c.target().parameters().isEmpty()).toList();
    }

    @ParameterizedTest
    @MethodSource("neuralCases")
    void sameBitsWithCollectionsForcedBetweenAndDuring(SamplerCases.Case c) throws InterruptedException {
        double[] expected = numbers(run(c.sampler(), c, STEPS, rng).draws());
        AtomicBoolean ended = new AtomicBoolean();
        Thread collector = new Thread(() -> {
            for (int i = 0; i < 8 && !ended.get(); i++) {
                System.gc();
            }
        });
        collector.start();
        try {
            assertThat(numbers(run(c.sampler(), c, STEPS, rng).draws())).containsExactly(expected);
        } finally {
            ended.set(true);
            collector.join();
        }
    }

    /** Only the result stays: as many arrays after 200 steps as after 20. */
    @ParameterizedTest
    @MethodSource("cases")
    void leavesNoArraysBehind(SamplerCases.Case c) {
        NDArray start = start(c.type());
        c.sampler().run(c.target(), start, SamplingPlan.of(2), rng);
        int added20 = added(() -> c.sampler().run(c.target(), start, SamplingPlan.of(20), rng));
        int added200 = added(() -> c.sampler().run(c.target(), start, SamplingPlan.of(200), rng));
        Chains<?> chains = c.sampler().run(c.target(), start, SamplingPlan.of(2), rng);
        assertThat(added200)
                .isEqualTo(added20)
                .isEqualTo(1 + chains.last().arrays().size());
    }

    /** Each step by hand gives a state and what there is to know about it, and nothing else. */
    @ParameterizedTest
    @MethodSource("cases")
    void stepsLeaveNoArraysBehind(SamplerCases.Case c) {
        assertStepsLeaveNoArraysBehind(c.sampler(), c);
    }

    private <S extends ChainState> void assertStepsLeaveNoArraysBehind(Sampler<S> sampler, SamplerCases.Case c) {
        S state = sampler.init(c.target(), start(c.type()), rng);
        for (int i = 0; i < 5; i++) {
            int step = i;
            S from = state;
            int added = added(() -> {
                Transition<S> next = sampler.step(c.target(), from, step, rng);
                assertThat(next.info().energy().getManager()).isSameAs(m);
            });
            assertThat(added).isEqualTo(state.arrays().size() + 3);
            state = sampler.step(c.target(), from, step, rng).state();
        }
    }

    private int added(Runnable work) {
        int before = m.getManagedArrays().size();
        work.run();
        return m.getManagedArrays().size() - before;
    }

    @Test
    void resultsCopyTheirNumbers() {
        Chains<?> chains = run(cases().get(0).sampler(), cases().get(0), 3, rng);
        chains.meanEnergy()[0] = 99;
        assertThat(chains.meanEnergy()[0]).isNotEqualTo(99);
    }

    @Test
    void aTargetThatDoesNotFitNamesItsShapes() {
        Energy wide = Energy.neural(gebm.nn.Mlp.of(3, 1), new Shape(3), Rng.of(1));
        assertThatThrownBy(() -> cases().get(0).sampler().run(wide, start(DataType.FLOAT32), SamplingPlan.of(2), rng))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("5x2");
    }

    @Test
    void plansRejectNumbersThatDoNotFit() {
        assertThatThrownBy(() -> SamplingPlan.of(0)).hasMessage("steps must be > 0, got 0");
        assertThatThrownBy(() -> SamplingPlan.of(5).withThinning(0)).hasMessage("thinning must be > 0, got 0");
        assertThatThrownBy(() -> SamplingPlan.of(5).withWarmUp(-1)).hasMessage("warmUp must be >= 0, got -1");
        assertThatThrownBy(() -> SamplingPlan.of(5).withWarmUp(5))
                .hasMessage("warmUp + thinning must be <= steps = 5, got 6");
        assertThat(SamplingPlan.of(10).withWarmUp(3).withThinning(2).draws()).isEqualTo(3);
        assertThat(SamplingPlan.of(10).draws()).isEqualTo(1);
    }
}
