package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.data.StrokeDigits;
import gebm.data.Toy;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;

class PlotsTest {
    private static final int LARGEST = 100_000; // bytes of a picture that a notebook keeps

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class Curves {
        @Test
        void areNamedAndInOrder() {
            XYChart chart = Plots.curves("Training", "step", "loss", Curve.of("energy", 3, 2), Curve.of("base", 1, 2));
            assertThat(chart.getTitle()).isEqualTo("Training");
            assertThat(names(chart)).containsExactly("energy", "base");
            assertThat(chart.getStyler().isLegendVisible()).isTrue();
        }

        @Test
        void ofFourThousandStepsStaySmall() {
            double[] y = new double[4_000];
            var numbers = Rng.of(7).numbers();
            for (int i = 0; i < y.length; i++) {
                y[i] = Math.exp(-i / 1_000.0) + 0.1 * numbers.nextGaussian();
            }
            Picture picture = Plots.image(Plots.curves("Training", "step", "loss", Curve.of("energy", y)));
            assertThat(picture.png()).hasSizeBetween(5_000, LARGEST);
            assertThat(picture.image().getWidth()).isEqualTo(2 * picture.width());
        }

        @Test
        void needAtLeastOne() {
            assertThatThrownBy(() -> Plots.curves("t", "x", "y")).hasMessage("curves must be at least one, got 0");
        }
    }

    @Nested
    class Scatter {
        private final NDArray ring = Toy.eightGaussians().batch(m, 2_000, 0, Rng.of(7));

        @Test
        void namesItsClouds() {
            XYChart chart = Plots.scatter("data, base", ring, ring.add(1));
            assertThat(names(chart)).containsExactly("data", "base");
            assertThat(Plots.image(chart).png()).hasSizeBetween(5_000, LARGEST);
        }

        @Test
        void refusesOtherShapesNamesAndValues() {
            assertThatThrownBy(() -> Plots.scatter("data", m.ones(new Shape(4, 3))))
                    .hasMessage("data must be of shape (n, 2), got (4, 3)");
            assertThatThrownBy(() -> Plots.scatter("data, base", ring))
                    .hasMessage("names must be 1 texts separated by commas, got \"data, base\"");
            NDArray bad = m.create(new float[] {1, 2, 3, Float.NaN}, new Shape(2, 2));
            assertThatThrownBy(() -> Plots.scatter("data", bad)).hasMessage("data[1, 1] must be finite, got NaN");
        }
    }

    @Nested
    class Images {
        @Test
        void darkInkLiesOnWhite() {
            NDArray images = m.create(new float[] {0, 1, -3, 0.5f}, new Shape(1, 4));
            Picture picture = Plots.images("", images, 1);
            int left = 4;
            int top = 48;
            int half = 28;
            assertThat(picture.image().getRGB(left + 1, top + 1) & 0xffffff).isEqualTo(0xffffff);
            assertThat(picture.image().getRGB(left + half + 1, top + 1) & 0xffffff)
                    .isZero();
            assertThat(picture.image().getRGB(left + 1, top + half + 1) & 0xffffff)
                    .isEqualTo(0xffffff);
            assertThat(picture.image().getRGB(left + half + 1, top + half + 1) & 0xff)
                    .isEqualTo(127);
        }

        @Test
        void bothShapesShowTheSame() {
            var digits = StrokeDigits.of(12, Rng.of(7));
            byte[] flat = Plots.images("drawn", digits.flattened(m), 5).png();
            assertThat(Plots.images("drawn", digits.images(m), 5).png()).isEqualTo(flat);
        }

        @Test
        void sideBySideStaySmall() {
            NDArray digits = StrokeDigits.of(64, Rng.of(7)).flattened(m);
            Picture picture = Plots.sideBySide("data, base, GEBM", 8, digits, digits, digits);
            assertThat(picture.png()).hasSizeBetween(5_000, LARGEST);
            assertThat(picture.image().getWidth()).isEqualTo(2 * picture.width());
            assertThat(picture.image().getHeight()).isEqualTo(2 * picture.height());
        }

        @Test
        void refusesWhatIsNoImage() {
            assertThatThrownBy(() -> Plots.images("digits", m.ones(new Shape(3, 5)), 3))
                    .hasMessage("digits must be square images, got (3, 5)");
            assertThatThrownBy(() -> Plots.images("digits", m.ones(new Shape(3, 4)), 0))
                    .hasMessage("columns must be > 0, got 0");
            NDArray bad = m.create(new float[] {1, 2, 3, Float.NaN}, new Shape(1, 4));
            assertThatThrownBy(() -> Plots.images("digits", bad, 1)).hasMessage("digits[0, 3] must be finite, got NaN");
        }
    }

    private static List<String> names(XYChart chart) {
        return chart.getSeriesCollection().stream()
                .map(series -> series.getName())
                .toList();
    }

    @Test
    void chartsStandBesideEachOther() {
        XYChart chart = Plots.curves("t", "x", "y", Curve.of("a", 1, 2));
        Picture picture = Plots.image(chart, chart);
        assertThat(picture.width()).isEqualTo(2 * chart.getWidth());
        assertThat(picture.image().getRGB(1_279 - 640, 300))
                .isEqualTo(picture.image().getRGB(2_559 - 640, 300));
        assertThatThrownBy(() -> Plots.image()).hasMessage("charts must be at least one, got 0");
    }
}
