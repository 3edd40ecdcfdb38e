package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.StopReason;
import gebm.model.Energy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WarmUpTest {
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

    private NDArray start(int chains, int d) {
        return Rng.of(1).normal(m, new Shape(chains, d), DataType.FLOAT64);
    }

    private static double acceptance(Tuned<?> tuned, Energy target) {
        return acceptance(tuned.sampler(), target, tuned.position());
    }

    private static <S extends ChainState> double acceptance(Sampler<S> sampler, Energy target, NDArray from) {
        double[] all =
                sampler.run(target, from, SamplingPlan.of(200), Rng.of(9)).acceptance();
        return Arrays.stream(all).average().orElseThrow();
    }

    /** From far too small a step and from far too large a one. */
    @ParameterizedTest
    @ValueSource(doubles = {1e-6, 1, 1e5})
    void malaFindsItsAcceptance(double first) {
        var tuned = new Mala(Schedule.constant(first)).warmUp(GAUSSIAN, start(100, 20), WarmUp.of(300), Rng.of(2));
        assertThat(acceptance(tuned, GAUSSIAN)).isCloseTo(0.574, within(0.03));
        assertThat(tuned.acceptance()).hasSize(300);
        assertThat(tuned.stop()).isEqualTo(new StopReason.Completed(300));
    }

    /** On N(0, I) the best scale tends to 2.38/√d, at an acceptance of 0.234. */
    @Test
    void randomWalkFindsTheScaleOfTheory() {
        var tuned = new RandomWalk(Schedule.constant(1)).warmUp(GAUSSIAN, start(100, 40), WarmUp.of(400), Rng.of(2));
        assertThat(acceptance(tuned, GAUSSIAN)).isCloseTo(0.234, within(0.02));
        assertThat(tuned.settings().get("stepSize")).isCloseTo(2.38 / Math.sqrt(40), within(0.03));
    }

    /** On a Gaussian of standard deviations from 0.1 to 1 the best trajectory goes some quarter of the longest period. */
    @Test
    void hmcFindsStepAndTrajectory() {
        NDArray deviations = m.create(new double[] {0.1, 0.2, 0.5, 1});
        Energy target = x -> x.div(x.getManager().from(deviations))
                .square()
                .sum(new int[] {1})
                .mul(0.5);
        var tuned = Hmc.of(1e-3, 1e-3).warmUp(target, start(100, 4).mul(deviations), WarmUp.of(400), Rng.of(3));
        assertThat(acceptance(tuned, target)).isBetween(0.6, 0.95);
        assertThat(tuned.settings().get("stepSize")).isBetween(0.08, 0.25);
        assertThat(tuned.settings().get("meanLength")).isBetween(0.7, 2.5);
    }

    @Test
    void preconditioningFindsTheScales() {
        double[] deviations = {0.01, 1, 100};
        NDArray units = m.create(deviations);
        Energy target = x ->
                x.div(x.getManager().from(units)).square().sum(new int[] {1}).mul(0.5);
        NDArray start = start(100, 3).mul(units);
        var tuned = Preconditioned.of(new Mala(Schedule.constant(1e-4)), 3)
                .warmUp(target, start, WarmUp.of(800), Rng.of(4));
        var found = (Preconditioned<Langevin.State>) tuned.sampler();
        for (int i = 0; i < 3; i++) {
            assertThat(found.scale()[i] / deviations[i]).as("scale %d", i).isBetween(0.8, 1.25);
        }
        assertThat(acceptance(tuned, target)).isCloseTo(0.574, within(0.05));
        assertThat(tuned.position().getManager()).isSameAs(m);
        assertThat(tuned.settings()).containsKeys("stepSize", "scale[2]");
    }

    /** In a scale of s the inner sampler on y = x/s does what it would do on E(sy). */
    @Test
    void preconditioningIsAChangeOfVariables() {
        double[] scale = {0.5, 3};
        var mala = new Mala(Schedule.constant(0.1));
        NDArray units = m.create(scale);
        Energy target = x -> x.square().square().sum(new int[] {1});
        Energy inY = y -> target.at(y.mul(y.getManager().from(units)));
        NDArray start = start(6, 2);
        double[] direct = new Preconditioned<>(mala, scale)
                .run(target, start, SamplingPlan.of(30), Rng.of(5))
                .position()
                .toDoubleArray();
        double[] inner = mala.run(inY, start.div(units), SamplingPlan.of(30), Rng.of(5))
                .position()
                .mul(units)
                .toDoubleArray();
        assertThat(direct).usingComparatorWithPrecision(1e-12).containsExactly(inner);
    }

    @Test
    void sameKeySameSettings() {
        var hmc = Hmc.of(0.1, 1);
        var first = hmc.warmUp(GAUSSIAN, start(20, 3), WarmUp.of(50), Rng.of(7));
        var second = hmc.warmUp(GAUSSIAN, start(20, 3), WarmUp.of(50), Rng.of(7));
        assertThat(second.settings()).isEqualTo(first.settings());
        assertThat(second.position().toDoubleArray())
                .containsExactly(first.position().toDoubleArray());
        assertThat(first.toString()).startsWith("Tuned[stepSize ").contains("meanLength ");
    }

    @Test
    void leavesOnlyItsPositionsBehind() {
        NDArray start = start(20, 3);
        int before = m.getManagedArrays().size();
        Hmc.of(0.1, 1).warmUp(GAUSSIAN, start, WarmUp.of(50), Rng.of(7));
        Preconditioned.of(new Mala(Schedule.constant(0.1)), 3).warmUp(GAUSSIAN, start, WarmUp.of(80), Rng.of(7));
        assertThat(m.getManagedArrays()).hasSize(before + 2);
    }

    @Test
    void stopsWhenInterruptedAndReports() {
        List<Long> reports = new ArrayList<>();
        WarmUp plan = WarmUp.of(10_000).withProgress((done, total, message) -> {
            reports.add(done);
            if (done == 30) {
                Thread.currentThread().interrupt();
            }
        });
        var tuned = new Mala(Schedule.constant(0.1)).warmUp(GAUSSIAN, start(20, 3), plan, Rng.of(7));
        assertThat(Thread.interrupted()).as("the flag stays set").isTrue();
        assertThat(tuned.stop()).isEqualTo(new StopReason.Stopped(30));
        assertThat(tuned.acceptance()).hasSize(30);
        assertThat(reports).contains(0L, 1L, 30L).doesNotContain(31L);
    }

    @Test
    void rejectsWhatItCannotUse() {
        assertThatThrownBy(() -> WarmUp.of(3)).hasMessage("steps of a warm-up must be >= 20, got 3");
        assertThatThrownBy(() -> Hmc.of(0.1, 1).warmUp(GAUSSIAN, start(1, 3), WarmUp.of(50), Rng.of(1)))
                .hasMessageContaining(">= 2 (better 50 or more), got 1");
        assertThatThrownBy(() -> new Mala(Schedule.constant(0.1))
                        .warmUp(GAUSSIAN, start(2, 3).mul(Double.NaN), WarmUp.of(50), Rng.of(1)))
                .hasMessageContaining("at the start must be finite");
        assertThatThrownBy(() -> new Preconditioned<>(new Mala(Schedule.constant(0.1)), new double[] {1, -1}))
                .hasMessage("scale[1] must be finite and > 0, got -1.0");
        assertThatThrownBy(() -> Preconditioned.of(new Mala(Schedule.constant(0.1)), 2)
                        .run(GAUSSIAN, start(4, 3), SamplingPlan.of(2), Rng.of(1)))
                .hasMessageContaining("(chains, 2), got (4, 3)");
    }
}
