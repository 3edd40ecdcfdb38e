package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class CheckTest {
    private final Shown shown = Shown.attached();

    @AfterEach
    void detach() {
        shown.close();
    }

    @Nested
    class Passing {
        @Test
        void showsOneLineEach() {
            Check.within("variance", 1.01, 1.0, 0.05);
            Check.less("distance", 0.4, 0.6);
            Check.atMost("count", 3, 5);
            Check.greater("gain", 1234567, 1e-7);
            Check.atLeast("draws", 400, 400);
            Check.that("run completed", true);
            assertThat(shown.texts())
                    .containsExactly(
                            "✓ variance: 1.010 (in [0.9500, 1.050])",
                            "✓ distance: 0.4000 (< 0.6000)",
                            "✓ count: 3 (≤ 5)",
                            "✓ gain: 1.235e+06 (> 1.000e-07)",
                            "✓ draws: 400 (≥ 400)",
                            "✓ run completed");
        }

        @Test
        void leavesItsRecord() {
            Check.within("count", 3, 3, 2);
            Check.that("run completed", true);
            assertThat(shown.data.get(0).get(Check.MIME_TYPE))
                    .isEqualTo(Map.of(
                            "name",
                            "count",
                            "value",
                            3.0,
                            "low",
                            1.0,
                            "high",
                            5.0,
                            "rule",
                            "in [1, 5]",
                            "passed",
                            true,
                            "size",
                            Size.name()));
            assertThat(shown.data.get(1).get(Check.MIME_TYPE))
                    .isEqualTo(Map.of("name", "run completed", "value", true, "passed", true, "size", Size.name()));
        }

        @Test
        void includesItsBoundsOrNot() {
            Check.within("low", 1, 3, 2);
            Check.within("high", 5, 3, 2);
            Check.within("exact", 5, 5, 0);
            Check.atMost("bound", 5, 5);
            Check.atLeast("bound", 5, 5);
            assertThatThrownBy(() -> Check.less("bound", 5, 5)).hasMessage("bound: 5 (not < 5)");
            assertThatThrownBy(() -> Check.greater("bound", 5, 5)).hasMessage("bound: 5 (not > 5)");
            assertThatThrownBy(() -> Check.atMost("bound", 5.1, 5)).hasMessage("bound: 5.100 (not ≤ 5)");
            assertThatThrownBy(() -> Check.atLeast("bound", 4.9, 5)).hasMessage("bound: 4.900 (not ≥ 5)");
        }
    }

    @Nested
    class Failing {
        @Test
        void throwsAShortExceptionAndLeavesItsRecord() {
            assertThatThrownBy(() -> Check.within("variance", 1.2, 1.0, 0.05))
                    .isInstanceOf(Check.Failed.class)
                    .hasMessage("variance: 1.200 (not in [0.9500, 1.050])")
                    .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
            assertThat(shown.texts()).containsExactly("✗ variance: 1.200 (not in [0.9500, 1.050])");
            assertThat(shown.data.get(0).get(Check.MIME_TYPE)).asString().contains("passed=false");
        }

        @Test
        void nanNeverPasses() {
            assertThatThrownBy(() -> Check.within("v", Double.NaN, 1, 1)).hasMessage("v: NaN (not in [0, 2])");
            assertThatThrownBy(() -> Check.less("v", Double.NaN, 1)).isInstanceOf(Check.Failed.class);
            assertThatThrownBy(() -> Check.atMost("v", Double.NaN, 1)).isInstanceOf(Check.Failed.class);
            assertThatThrownBy(() -> Check.greater("v", 1, Double.NaN)).isInstanceOf(Check.Failed.class);
            assertThatThrownBy(() -> Check.atLeast("v", 1, Double.NaN)).isInstanceOf(Check.Failed.class);
            assertThatThrownBy(() -> Check.that("v holds", false)).hasMessage("v holds does not hold");
        }

        @Test
        void numbersThatJsonLacksAreTexts() {
            assertThatThrownBy(() -> Check.less("v", Double.POSITIVE_INFINITY, 1))
                    .isInstanceOf(Check.Failed.class);
            assertThat(shown.data.get(0).get(Check.MIME_TYPE))
                    .isEqualTo(Map.of(
                            "name",
                            "v",
                            "value",
                            "Infinity",
                            "low",
                            "-Infinity",
                            "high",
                            1.0,
                            "rule",
                            "< 1",
                            "passed",
                            false,
                            "size",
                            Size.name()));
        }

        @Test
        void aNegativeToleranceIsRefused() {
            assertThatThrownBy(() -> Check.within("v", 1, 1, -0.1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tolerance must be finite and >= 0, got -0.1");
        }
    }
}
