package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SizeTest {
    @Test
    void isFastWhenTheVariableIsSet() {
        assertThat(Size.fast("1")).isTrue();
        assertThat(Size.fast("true")).isTrue();
        assertThat(Size.fast(null)).isFalse();
        assertThat(Size.fast(" ")).isFalse();
        assertThat(Size.fast("0")).isFalse();
    }

    @Test
    void picksAndRemembers() {
        assertThat(Size.pick("SizeTest.steps", 2_000, 50)).isEqualTo(Size.isFast() ? 50 : 2_000);
        assertThat(Size.pick("SizeTest.long", 2_000L, 50L)).isEqualTo(Size.isFast() ? 50L : 2_000L);
        assertThat(Size.pick("SizeTest.tolerance", 0.1, 0.5)).isEqualTo(Size.isFast() ? 0.5 : 0.1);
        assertThat(Size.picked())
                .containsEntry("SizeTest.steps", Size.isFast() ? 50 : 2_000)
                .containsEntry("SizeTest.tolerance", Size.isFast() ? 0.5 : 0.1);
        assertThat(Size.name()).isEqualTo(Size.isFast() ? "fast" : "full");
    }
}
