package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class WassersteinTest {
    private final SplittableRandom numbers = new SplittableRandom(71);

    private double[] normals(int n) {
        return numbers.doubles(n).map(u -> u * u - 0.3).toArray();
    }

    @Nested
    class BetweenSamples {
        @Test
        void isTheMeanGapOfSortedSamples() {
            // sorted: 1, 2, 5 and 0, 4, 6
            assertThat(Wasserstein.distance(new double[] {5, 1, 2}, new double[] {4, 6, 0}))
                    .isCloseTo((1 + 2 + 1) / 3.0, within(1e-15));
        }

        @Test
        void movesMassOfUnequalParts() {
            // a half of 0 and a third of each of 1, 2, 3: 0 → 1 (1/3), 0 → 2 (1/6), 4 → 2 (1/6), 4 → 3 (1/3)
            assertThat(Wasserstein.distance(new double[] {0, 4}, new double[] {1, 2, 3}))
                    .isCloseTo(1 / 3.0 + 2 / 6.0 + 2 / 6.0 + 1 / 3.0, within(1e-15));
        }

        /** {@code ∫|F_a − F_b|dx}, summed over the intervals between all points. */
        @Test
        void agreesWithTheDistributionFunctions() {
            double[] a = normals(37);
            double[] b = normals(101);
            double[] all = new double[a.length + b.length];
            System.arraycopy(a, 0, all, 0, a.length);
            System.arraycopy(b, 0, all, a.length, b.length);
            Arrays.sort(all);
            double expected = 0;
            for (int i = 1; i < all.length; i++) {
                double x = all[i - 1];
                double left = Arrays.stream(a).filter(v -> v <= x).count() / 37.0;
                double right = Arrays.stream(b).filter(v -> v <= x).count() / 101.0;
                expected += Math.abs(left - right) * (all[i] - x);
            }
            assertThat(Wasserstein.distance(a, b)).isCloseTo(expected, within(1e-13));
            assertThat(Wasserstein.distance(b, a)).isCloseTo(expected, within(1e-13));
        }

        @Test
        void isZeroToItselfAndTheShiftToAShiftedSet() {
            double[] a = normals(1_000);
            double[] shifted = Arrays.stream(a).map(v -> v + 0.25).toArray();
            double[] twice = Arrays.copyOf(a, 2_000);
            System.arraycopy(a, 0, twice, 1_000, 1_000);
            assertThat(Wasserstein.distance(a, a)).isZero();
            assertThat(Wasserstein.distance(a, shifted)).isCloseTo(0.25, within(1e-12));
            assertThat(Wasserstein.distance(twice, shifted)).isCloseTo(0.25, within(1e-12));
        }

        @Test
        void leavesItsArgumentsAlone() {
            double[] a = {3, 1};
            double[] b = {2, 0};
            Wasserstein.distance(a, b);
            assertThat(a).containsExactly(3, 1);
            assertThat(b).containsExactly(2, 0);
        }
    }

    @Nested
    class ToADistribution {
        @Test
        void fromAPointIsTheMeanDistance() {
            // E|U − 0.3| = (0.3² + 0.7²)/2; one interval of 16 points, exact up to the kink
            assertThat(Wasserstein.distance(new double[] {0.3}, u -> u)).isCloseTo(0.29, within(1e-3));
        }

        @Test
        void ofAnEvenSpreadIsAQuarterOfTheSpacing() {
            int n = 50;
            double[] even = new double[n];
            for (int i = 0; i < n; i++) {
                even[i] = (i + 0.5) / n;
            }
            assertThat(Wasserstein.distance(even, u -> u)).isCloseTo(1 / (4.0 * n), within(1e-12));
        }

        /** U[0, 1] and Beta(½, ½): {@code ∫|u − sin²(πu/2)|du = 1/π − ¼}. */
        @Test
        void agreesWithAClosedForm() {
            int n = 2_000;
            double[] even = new double[n];
            for (int i = 0; i < n; i++) {
                even[i] = (i + 0.5) / n;
            }
            double distance = Wasserstein.distance(even, u -> Math.pow(Math.sin(Math.PI * u / 2), 2));
            assertThat(distance).isCloseTo(1 / Math.PI - 0.25, within(1e-4));
        }

        @Test
        void agreesWithManySamplesOfIt() {
            double[] a = normals(40);
            double[] uniform = new double[40_000];
            for (int i = 0; i < uniform.length; i++) {
                uniform[i] = (i + 0.5) / uniform.length;
            }
            assertThat(Wasserstein.distance(a, u -> u)).isCloseTo(Wasserstein.distance(a, uniform), within(1e-4));
        }
    }

    @Test
    void refusesNoNumberAndWhatIsNotFinite() {
        double[] some = {1, 2};
        assertThatThrownBy(() -> Wasserstein.distance(new double[0], some))
                .hasMessage("a must be at least one number, got 0");
        assertThatThrownBy(() -> Wasserstein.distance(some, new double[] {0, Double.NaN}))
                .hasMessage("b[1] must be finite, got NaN");
        assertThatThrownBy(() -> Wasserstein.distance(some, u -> Double.POSITIVE_INFINITY))
                .hasMessage("quantile(0.015625) must be finite, got Infinity");
    }
}
