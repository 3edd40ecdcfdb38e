package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.StopReason;
import gebm.model.Energy;
import gebm.nn.Mlp;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LangevinTest {
    private static final Energy GAUSSIAN = x -> x.square().sum(new int[] {1}).mul(0.5);

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
     * With E = x²/2 the chain is x' = (1 − λ)x + √(2λ)ξ, of stationary variance v = 1/(1 − λ/2). 20,000 independent
     * chains after 60 steps (from 0, short of v by the factor 1 − 0.6¹²⁰): the sample variance has standard error
     * v·√(2/20000); 3.3 of them are exceeded with probability 0.1 %.
     */
    @Test
    void varianceMatchesDiscretisedTheory() {
        double lambda = 0.4; // not 1/2, where √(2λ) and 2λ are one
        NDArray start = m.zeros(new Shape(20_000, 1), DataType.FLOAT64);
        var chains = new Langevin(Schedule.constant(lambda)).run(GAUSSIAN, start, SamplingPlan.of(60), Rng.of(1));
        double expected = 1 / (1 - lambda / 2);
        double variance = chains.position().square().mean().getDouble();
        assertThat(variance).isCloseTo(expected, within(3.3 * expected * Math.sqrt(2 / 20_000.0)));
        assertThat(chains.stop()).isEqualTo(new StopReason.Completed(60));
    }

    @Test
    void runEqualsStepsByHandAndResumedRuns() {
        Energy energy = Energy.neural(Mlp.of(2, 16, 1), new Shape(2), Rng.of(5));
        var langevin = new Langevin(Schedule.stepDecay(0.05, 0.1, 10));
        NDArray start = Rng.of(2).normal(m, new Shape(7, 2));
        var whole = langevin.run(energy, start, SamplingPlan.of(25).withThinning(5), Rng.of(3));
        var state = langevin.init(energy, start, Rng.of(3));
        double[] means = new double[25];
        for (int i = 0; i < 25; i++) {
            var next = langevin.step(energy, state, i, Rng.of(3));
            state = next.state();
            means[i] = next.info().energy().mean().getFloat();
            if (i % 5 == 4) {
                assertThat(whole.draws().get(i / 5).toFloatArray())
                        .containsExactly(state.position().toFloatArray());
            }
        }
        assertThat(whole.position().toFloatArray())
                .containsExactly(state.position().toFloatArray());
        assertThat(whole.meanEnergy()).containsExactly(means);
        var first = langevin.run(energy, start, SamplingPlan.of(11), Rng.of(3));
        var second = langevin.resume(energy, first, SamplingPlan.of(14), Rng.of(3));
        assertThat(second.position().toFloatArray())
                .containsExactly(whole.position().toFloatArray());
        assertThat(second.iterations()).isEqualTo(25);
    }

    @Test
    void keepsDrawsAfterWarmUp() {
        NDArray start = m.zeros(new Shape(3, 1));
        var langevin = new Langevin(Schedule.constant(0.1));
        var all = langevin.run(GAUSSIAN, start, SamplingPlan.of(20).withThinning(1), Rng.of(3));
        var some =
                langevin.run(GAUSSIAN, start, SamplingPlan.of(20).withWarmUp(4).withThinning(3), Rng.of(3));
        assertThat(all.draws().getShape()).isEqualTo(new Shape(20, 3, 1));
        assertThat(some.draws().getShape()).isEqualTo(new Shape(5, 3, 1));
        for (int k = 0; k < 5; k++) {
            assertThat(some.draws().get(k).toFloatArray())
                    .containsExactly(all.draws().get(4 + 3 * k + 2).toFloatArray());
        }
    }

    @Test
    void endsWhenInterrupted() throws InterruptedException {
        NDArray start = m.zeros(new Shape(100, 2));
        Thread here = Thread.currentThread();
        CountDownLatch running = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            try {
                running.await();
                here.interrupt();
            } catch (InterruptedException e) {
                here.interrupt();
            }
        });
        other.start();
        var plan = SamplingPlan.of(100_000_000) // hours
                .withThinning(1_000_000)
                .withProgress((done, total, message) -> {
                    if (done > 0) {
                        running.countDown();
                    }
                });
        var chains = new Langevin(Schedule.constant(1e-3)).run(GAUSSIAN, start, plan, Rng.of(1));
        assertThat(chains.stop()).isEqualTo(new StopReason.Stopped(chains.iterations()));
        assertThat(chains.iterations()).isBetween(1L, 99_999_999L);
        assertThat(chains.meanEnergy()).hasSize((int) chains.iterations());
        assertThat(Thread.interrupted()).as("the flag stays set").isTrue();
        other.join();
    }

    @Test
    void reportsDivergenceWithIterationAndPartialRun() {
        Energy steep = x -> x.square().square().sum(new int[] {1});
        NDArray start = m.ones(new Shape(2, 1));
        assertThatThrownBy(
                        () -> new Langevin(Schedule.constant(1.0)).run(steep, start, SamplingPlan.of(100), Rng.of(1)))
                .isInstanceOfSatisfying(DivergedException.class, e -> {
                    Chains<?> partial = e.partial(Chains.class);
                    assertThat(partial.meanEnergy()).isNotEmpty().doesNotContain(Double.NaN);
                    assertThat(e.getMessage())
                            .contains("iteration " + partial.iterations())
                            .contains("smaller step size");
                    assertThat(partial.position().isNaN().any().getBoolean()).isFalse();
                });
    }

    /** A wall behind which the energy is NaN: chain 2 starts next to it, runs into it, and is named. */
    @Test
    void namesTheChainThatDivergesAndWhere() {
        Energy walled = x -> x.get(":, 0").neg().add(1).log();
        NDArray start = m.create(new double[][] {{-5, 0}, {-5, 0}, {0.9, 0.25}, {-5, 0}});
        assertThatThrownBy(
                        () -> new Langevin(Schedule.constant(0.01)).run(walled, start, SamplingPlan.of(100), Rng.of(1)))
                .isInstanceOf(DivergedException.class)
                .hasMessageMatching(
                        ".* at iteration \\d+ with settings .*: chain 2, at \\[0\\.\\d+, .*\\], gave NaN; .*");
        assertThatThrownBy(() -> new Langevin(Schedule.constant(0.01))
                        .run(walled, start.add(0.2), SamplingPlan.of(100), Rng.of(1)))
                .hasMessage("energy and gradient at the start must be finite, got chain 2, at [1.1, 0.45], gave NaN");
    }

    @Test
    void rejectsNegativeStepsAndBadStarts() {
        NDArray start = m.ones(new Shape(2, 1));
        assertThatThrownBy(
                        () -> new Langevin(Schedule.constant(-0.1)).run(GAUSSIAN, start, SamplingPlan.of(3), Rng.of(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("stepSize.at(0) must be finite and > 0, got -0.1");
        assertThatThrownBy(() -> new Langevin(Schedule.constant(0.1))
                        .run(GAUSSIAN, start.mul(Float.NaN), SamplingPlan.of(3), Rng.of(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at the start must be finite");
        assertThatThrownBy(() -> new Langevin(Schedule.constant(0.1))
                        .run(GAUSSIAN, m.ones(new Shape(3)), SamplingPlan.of(3), Rng.of(1)))
                .hasMessageContaining("(chains, d)")
                .hasMessageContaining("(3)");
        assertThatThrownBy(() -> SamplingPlan.of(10).withThinning(11)).hasMessageContaining("got 11");
    }
}
