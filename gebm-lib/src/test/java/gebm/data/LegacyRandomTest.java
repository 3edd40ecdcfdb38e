package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LegacyRandomTest {
    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "20260101", "4294967295"})
    void drawsAreThoseOfNumPy(String seed) {
        UciOracle.Draws expected = UciOracle.draws(seed);
        LegacyRandom random = LegacyRandom.of(Integer.parseUnsignedInt(seed));
        assertThat(IntStream.range(0, 5).mapToDouble(i -> random.uniform()).toArray())
                .containsExactly(expected.uniform());
        assertThat(random.permutation(11)).containsExactly(expected.permutation());
        double last = 0; // past the words of the first state
        for (int i = 0; i < 700; i++) {
            last = random.uniform();
        }
        int[] order = random.permutation(1599);
        assertThat(last).isEqualTo(expected.later()[0]);
        assertThat(order)
                .startsWith(Arrays.stream(expected.later(), 1, 6)
                        .mapToInt(x -> (int) x)
                        .toArray());
        assertThat(Arrays.stream(order).sorted().toArray())
                .containsExactly(IntStream.range(0, 1599).toArray());
    }

    @Test
    void theFirstNoiseOfRedWineFollowsItsShuffle() {
        UciOracle.Reference red = UciOracle.reference(Uci.RED_WINE);
        LegacyRandom random = LegacyRandom.of(1);
        assertThat(random.permutation(1599)).containsExactly(red.order());
        double gap = 0.09999999999999964; // of fixed acidity
        for (int row = 0; row < 3; row++) {
            assertThat((random.uniform() * 2 - 1) * gap).isEqualTo(red.noise()[row][0]);
        }
    }

    @Test
    void oneRowNeedsNoDraw() {
        LegacyRandom random = LegacyRandom.of(1);
        assertThat(random.permutation(1)).containsExactly(0);
        assertThat(random.uniform()).isEqualTo(UciOracle.draws("1").uniform()[0]);
    }
}
