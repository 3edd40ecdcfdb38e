package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void constantStays() {
        Schedule schedule = Schedule.constant(0.3);
        for (long step : new long[] {0, 1, 1_000_000_000_000L}) {
            assertThat(schedule.at(step)).isEqualTo(0.3);
        }
    }

    @Test
    void stepDecayFallsAtItsSteps() {
        Schedule schedule = Schedule.stepDecay(1e-2, 0.1, 200);
        assertThat(schedule.at(0)).isEqualTo(1e-2);
        assertThat(schedule.at(199)).isEqualTo(1e-2);
        assertThat(schedule.at(200)).isCloseTo(1e-3, within(1e-18));
        assertThat(schedule.at(999)).isCloseTo(1e-6, within(1e-20));
    }

    @Test
    void milestonesCountFromTheirStep() {
        Schedule schedule = Schedule.milestones(2, 0.5, 50, 500, 750);
        assertThat(schedule.at(49)).isEqualTo(2);
        assertThat(schedule.at(50)).isEqualTo(1);
        assertThat(schedule.at(499)).isEqualTo(1);
        assertThat(schedule.at(10_000)).isEqualTo(0.25);
        assertThatThrownBy(() -> Schedule.milestones(1, Double.NaN, 3)).hasMessage("factor must be finite, got NaN");
    }

    @Test
    void cosineFallsSlowlyAtBothEnds() {
        Schedule schedule = Schedule.cosine(3, 1, 600);
        assertThat(schedule.at(0)).isEqualTo(3);
        assertThat(schedule.at(200)).isCloseTo(2.5, within(1e-15)); // cos(π/3) = 1/2
        assertThat(schedule.at(300)).isCloseTo(2, within(1e-15));
        assertThat(schedule.at(400)).isCloseTo(1.5, within(1e-15));
        assertThat(schedule.at(600)).isEqualTo(1);
        assertThat(schedule.at(1_000_000)).isEqualTo(1);
    }

    @Test
    void timesScalesEveryStep() {
        Schedule schedule = Schedule.stepDecay(1, 0.5, 1).times(3);
        assertThat(schedule.at(0)).isEqualTo(3);
        assertThat(schedule.at(2)).isEqualTo(0.75);
    }

    @Test
    void rejectsWhatIsNotFinite() {
        assertThatThrownBy(() -> Schedule.constant(Double.NaN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("value must be finite, got NaN");
        assertThatThrownBy(() -> Schedule.stepDecay(Double.POSITIVE_INFINITY, 0.1, 1))
                .hasMessage("start must be finite, got Infinity");
        assertThatThrownBy(() -> Schedule.stepDecay(1, Double.NaN, 1)).hasMessage("factor must be finite, got NaN");
        assertThatThrownBy(() -> Schedule.stepDecay(1, 0.1, 0)).hasMessage("every must be > 0, got 0");
        assertThatThrownBy(() -> Schedule.cosine(1, Double.NaN, 5)).hasMessage("end must be finite, got NaN");
        assertThatThrownBy(() -> Schedule.cosine(1, 0, 0)).hasMessage("steps must be > 0, got 0");
    }
}
