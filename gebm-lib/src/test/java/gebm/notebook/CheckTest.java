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
            Check.between("count", 3, 1, 5);
            Check.below("distance", 0.4, 0.6);
            Check.above("gain", 1234567, 1e-7);
            Check.that("run completed", true);
            assertThat(shown.texts())
                    .containsExactly(
                            "✓ variance: 1.010 (in [0.9500, 1.050])",
                            "✓ count: 3 (in [1, 5])",
                            "✓ distance: 0.4000 (below 0.6000)",
                            "✓ gain: 1.235e+06 (above 1.000e-07)",
                            "✓ run completed");
        }

        @Test
        void leavesItsRecord() {
            Check.between("count", 3, 1, 5);
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
                            "passed",
                            true,
                            "size",
                            Size.name()));
            assertThat(shown.data.get(1).get(Check.MIME_TYPE))
                    .isEqualTo(Map.of("name", "run completed", "value", true, "passed", true, "size", Size.name()));
        }

        @Test
        void includesItsBounds() {
            Check.between("low", 1, 1, 5);
            Check.between("high", 5, 1, 5);
            assertThatThrownBy(() -> Check.below("limit", 5, 5)).isInstanceOf(Check.Failed.class);
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
            assertThatThrownBy(() -> Check.below("v", Double.NaN, 1)).isInstanceOf(Check.Failed.class);
            assertThatThrownBy(() -> Check.above("v", 1, Double.NaN)).isInstanceOf(Check.Failed.class);
            assertThatThrownBy(() -> Check.that("v holds", false)).hasMessage("v holds does not hold");
        }

        @Test
        void numbersThatJsonLacksAreTexts() {
            assertThatThrownBy(() -> Check.below("v", Double.POSITIVE_INFINITY, 1))
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
