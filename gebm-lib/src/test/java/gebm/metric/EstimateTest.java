package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EstimateTest {
    @Test
    void showsTheDigitsThatItsErrorLeaves() {
        assertThat(new Estimate(1.23456, 0.0123, 1043.6)).hasToString("1.235 ± 0.012 (ESS 1,044)");
        assertThat(new Estimate(-1234.56, 41, 12)).hasToString("-1235 ± 41 (ESS 12)");
        assertThat(new Estimate(-0.0001, 0.013, 12)).hasToString("0.000 ± 0.013 (ESS 12)");
        assertThat(new Estimate(3.2e8, 1e5, 12)).hasToString("3.200e+08 ± 100000 (ESS 12)");
    }

    @Test
    void showsFourDigitsWithoutAnError() {
        assertThat(new Estimate(1.23456, Double.NaN, Double.NaN)).hasToString("1.235 ± NaN (ESS NaN)");
        assertThat(new Estimate(0.000123456, 0, 8)).hasToString("1.235e-04 ± 0 (ESS 8)");
        assertThat(new Estimate(Double.NaN, Double.NaN, Double.NaN)).hasToString("NaN ± NaN (ESS NaN)");
    }
}
