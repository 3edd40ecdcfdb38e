package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogNormaliserTest {
    private static LogNormaliser of(double... logs) {
        return LogNormaliser.of(logs, 2.5, logs.length, new double[] {0.8, 0.6}, new double[] {0, 0.5, 1});
    }

    @Test
    void isTheLogarithmOfTheMeanWithItsRelativeError() {
        double[] estimates = {1, 2, 3, 6};
        LogNormaliser result = of(Arrays.stream(estimates).map(Math::log).toArray());
        double error = Math.sqrt((4 + 1 + 0 + 9) / 3.0 / 4) / 3;
        assertThat(result.value()).isCloseTo(Math.log(3), within(1e-14));
        assertThat(result.standardError()).isCloseTo(error, within(1e-14));
        assertThat(result.high() - result.value()).isCloseTo(3.182446 * error, within(0.004 * error));
        assertThat(result.value() - result.low()).isCloseTo(result.high() - result.value(), within(1e-12));
    }

    @Test
    void doesNotOverflow() {
        assertThat(of(1e5, 1e5, 1e5, 1e5).value()).isEqualTo(1e5);
        assertThat(of(-1e5, -1e5, -1e5, Double.NEGATIVE_INFINITY).value())
                .isCloseTo(-1e5 + Math.log(0.75), within(1e-9));
    }

    @Test
    void refusesWeightsThatAreAllZero() {
        double none = Double.NEGATIVE_INFINITY;
        assertThatThrownBy(() -> of(none, none, none, none))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("all weights are zero");
    }

    @Test
    void quantilesOfStudentAreThoseOfTables() {
        assertThat(LogNormaliser.student(3)).isCloseTo(3.182446, within(4e-3));
        assertThat(LogNormaliser.student(7)).isCloseTo(2.364624, within(5e-5));
        assertThat(LogNormaliser.student(15)).isCloseTo(2.131450, within(2e-6));
        assertThat(LogNormaliser.student(99)).isCloseTo(1.984217, within(1e-6));
    }

    @Test
    void effectiveSampleSizeCountsWhatCounts() {
        double none = Double.NEGATIVE_INFINITY;
        assertThat(LogNormaliser.effectiveSampleSize(new double[] {7, 7, 7})).isEqualTo(3);
        assertThat(LogNormaliser.effectiveSampleSize(new double[] {-800, none, none}))
                .isEqualTo(1);
        double[] logs = {0, Math.log(2)};
        assertThat(LogNormaliser.effectiveSampleSize(logs)).isCloseTo(9 / 5.0, within(1e-14));
    }

    /**
     * Weights {@code exp(s·ξ − s²/2)} have mean 1. Of 4,000 estimates from n = 20 each, with s = 1: their mean is 1 up
     * to 3.3 standard errors (0.1 %), and by Jensen the mean of their logarithms is below 0 by about half the squared
     * error, 0.043 to first order; here below 0 by 10 of its standard errors, 0.0042.
     */
    @Test
    void isUnbiasedForZAndTooLowForItsLogarithm() {
        SplittableRandom numbers = new SplittableRandom(5);
        int runs = 4_000;
        double z = 0;
        double log = 0;
        for (int run = 0; run < runs; run++) {
            double value = of(weights(numbers, 20, 1)).value();
            z += Math.exp(value) / runs;
            log += value / runs;
        }
        assertThat(z).isCloseTo(1, within(3.3 * Math.sqrt((Math.E - 1) / 20 / runs)));
        assertThat(log).isBetween(-0.06, -0.02);
    }

    /** With s = 0.8 and n = 200 the interval is right 95 times in 100: of 1,000, at least 925 (0.03 % false alarms). */
    @Test
    void intervalsOfLogNormalWeightsHoldTheTruth() {
        SplittableRandom numbers = new SplittableRandom(6);
        int held = 0;
        for (int run = 0; run < 1_000; run++) {
            LogNormaliser result = of(weights(numbers, 200, 0.8));
            held += result.low() <= 0 && 0 <= result.high() ? 1 : 0;
        }
        assertThat(held).isBetween(925, 975);
    }

    private static double[] weights(SplittableRandom numbers, int n, double s) {
        double[] logs = new double[n];
        Arrays.setAll(logs, i -> s * numbers.nextGaussian() - s * s / 2);
        return logs;
    }

    @Test
    void numbersAreCopies() {
        LogNormaliser result = of(0, 0, 0, 0);
        result.acceptance()[0] = 9;
        result.inverseTemperatures()[0] = 9;
        assertThat(result.acceptance()).containsExactly(0.8, 0.6);
        assertThat(result.inverseTemperatures()).containsExactly(0, 0.5, 1);
    }

    @Test
    void isReadable() {
        assertThat(of(Math.log(1), Math.log(2), Math.log(3), Math.log(6)))
                .hasToString("log Z = 1.10 ± 0.36 (95 %: -0.05 to 2.24), effective sample size 3 of 4, "
                        + "3 inverse temperatures, acceptance 0.70 on average and 0.60 at worst");
    }
}
