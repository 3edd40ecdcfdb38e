package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RequireTest {
    record Case(String message, ThrowingCallable check) {
        @Override
        public String toString() {
            return message;
        }
    }

    static List<Case> broken() {
        return List.of(
                new Case("x must be finite and > 0, got 0.0", () -> Require.positive("x", 0.0)),
                new Case("x must be finite and > 0, got NaN", () -> Require.positive("x", Double.NaN)),
                new Case(
                        "x must be finite and > 0, got Infinity",
                        () -> Require.positive("x", Double.POSITIVE_INFINITY)),
                new Case("x must be > 0, got 0", () -> Require.positive("x", 0)),
                new Case("x must be > 0, got -3", () -> Require.positive("x", -3L)),
                new Case("x must be >= 0, got -1", () -> Require.notNegative("x", -1L)),
                new Case("x must be finite and >= 0, got -0.5", () -> Require.notNegative("x", -0.5)),
                new Case("x must be finite and >= 0, got NaN", () -> Require.notNegative("x", Double.NaN)),
                new Case("x must be finite and >= 0, got Infinity", () -> Require.notNegative("x", 1 / 0.0)),
                new Case("x must be finite, got NaN", () -> Require.finite("x", Double.NaN)),
                new Case("x must be finite, got -Infinity", () -> Require.finite("x", -1 / 0.0)),
                new Case("x must be in [0.0, 1.0], got 1.5", () -> Require.within("x", 1.5, 0, 1)),
                new Case("x must be in [0.0, 1.0], got NaN", () -> Require.within("x", Double.NaN, 0, 1)),
                new Case("x must be of shape (n, 3), got (2, 4)", () -> Require.rows("x", new Shape(2, 4), 3)),
                new Case("x must be of shape (n, 3), got (3)", () -> Require.rows("x", new Shape(3), 3)),
                new Case("x must be even, got 3", () -> Require.that(false, "x", "even", 3)));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void namesRuleAndValue(Case c) {
        assertThatThrownBy(c.check())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(c.message());
    }

    @Test
    void returnsWhatHolds() {
        assertThat(Require.positive("x", Double.MIN_VALUE)).isEqualTo(Double.MIN_VALUE);
        assertThat(Require.positive("x", 1)).isEqualTo(1);
        assertThat(Require.positive("x", 5_000_000_000L)).isEqualTo(5_000_000_000L);
        assertThat(Require.notNegative("x", 0L)).isZero();
        assertThat(Require.notNegative("x", 0.0)).isZero();
        assertThat(Require.finite("x", -2.5)).isEqualTo(-2.5);
        assertThat(Require.within("x", 0, 0, 1)).isZero();
        assertThat(Require.within("x", 1, 0, 1)).isEqualTo(1);
        Require.rows("x", new Shape(0, 3), 3);
        Require.that(true, "x", "even", 2);
    }
}
