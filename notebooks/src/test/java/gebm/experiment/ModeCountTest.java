package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import gebm.core.Rng;
import gebm.data.Digits;
import gebm.data.StrokeDigits;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ModeCountTest {
    private static final int[] DATA = {0, 1, 2, 3, 0, 1, 2, 3};

    @Test
    void countsByHand() {
        var found = ModeCount.of(new int[] {0, 0, 0, 2}, DATA, 4);
        assertThat(found.modes()).isEqualTo(2);
        assertThat(found.shares()).containsExactly(0.75, 0, 0.25, 0);
        assertThat(found.reference()).containsExactly(0.25, 0.25, 0.25, 0.25);
        double entropy = -0.75 * Math.log(0.75) - 0.25 * Math.log(0.25);
        assertThat(found.entropy()).isCloseTo(entropy, within(1e-15));
        assertThat(found.divergence()).isCloseTo(Math.log(4) - entropy, within(1e-15)); // from equal shares
        assertThat(found.toString())
                .startsWith("2 of 4 modes, entropy 0.562, divergence from the data 0.8240")
                .contains("  0  0.750  (data 0.250)");
    }

    @Test
    void ofTheDataItselfDivergesByNothing() {
        var found = ModeCount.of(DATA, DATA, 4);
        assertThat(found.modes()).isEqualTo(4);
        assertThat(found.divergence()).isCloseTo(0, within(1e-15));
        assertThat(found.entropy()).isCloseTo(Math.log(4), within(1e-15));
    }

    /** Samples that show three of the digits only are seen to. */
    @Test
    void ofImagesByTheShippedClassifier() {
        Digits digits = StrokeDigits.of(300, Rng.of(7));
        try (NDManager scope = NDManager.newBaseManager();
                DigitClassifier classifier = DigitClassifier.shipped()) {
            int[] found = classifier.digits(digits.images(scope));
            long[] few = IntStream.range(0, 300)
                    .filter(i -> found[i] < 3)
                    .asLongStream()
                    .toArray();
            var modes = classifier.modes(digits.images(scope).get(scope.create(few)), digits);
            assertThat(modes.modes()).isEqualTo(3);
            assertThat(Arrays.stream(modes.shares()).sum()).isCloseTo(1, within(1e-9));
            assertThat(modes.divergence()).isGreaterThan(0.9); // log(10/3) = 1.2 for equal shares
        }
    }

    @Test
    void rejectsOtherLabels() {
        assertThatThrownBy(() -> ModeCount.of(new int[] {0, 4}, DATA, 4))
                .hasMessage("samples[1] must be in 0..3, got 4");
        assertThatThrownBy(() -> ModeCount.of(new int[] {0}, new int[] {0, 1}, 3))
                .hasMessage("class 2 of the data must be present (use more data), got none of 2");
        assertThatThrownBy(() -> ModeCount.of(new int[0], DATA, 4))
                .hasMessage("samples must be at least one label, got 0");
    }
}
