package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.data.StrokeDigits;
import gebm.data.Toy;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Kale;
import gebm.objective.Penalties;
import gebm.train.Evaluation;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
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
            int left = 20;
            int top = 56;
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

    @Nested
    class Histograms {
        private final double[] normal = Rng.of(7).numbers().doubles(1_000).toArray();

        @Test
        void haveAreaOne() {
            Bins bins = Bins.of(normal);
            double area = 0;
            for (double density : bins.densities(normal)) {
                area += density * bins.width();
            }
            assertThat(area).isCloseTo(1, within(1e-12));
            assertThat(bins.count()).isBetween(8, 20); // Freedman and Diaconis: 10 for a uniform thousand
        }

        @Test
        void takeCurvesToo() {
            XYChart chart = Plots.histogram("data, model", "x", normal, normal);
            Plots.add(chart, Curve.of("uniform", x -> 1, 0, 1));
            assertThat(names(chart)).containsExactly("data", "model", "uniform");
            assertThat(Plots.image(chart).png()).hasSizeBetween(5_000, LARGEST);
        }

        @Test
        void ofOneValueAreOneBar() {
            assertThat(Bins.of(new double[] {3, 3})).isEqualTo(new Bins(2.5, 1, 1));
            assertThat(Plots.image(Plots.histogram("x", "x", new double[] {3, 3}))
                            .png())
                    .isNotEmpty();
        }

        @Test
        void refuseNothingAndNaN() {
            assertThatThrownBy(() -> Plots.histogram("x", "x", new double[0]))
                    .hasMessage("x must be at least one number, got 0");
            assertThatThrownBy(() -> Plots.histogram("x", "x", new double[] {1, Double.NaN}))
                    .hasMessage("x[1] must be finite, got NaN");
        }
    }

    @Nested
    class Pair {
        private final NDArray table = Rng.of(7).normal(m, new Shape(800, 4));

        @Test
        void plotsStaySmall() {
            Picture picture = Plots.pairs("a, b, c, d", "data, model", table, table.mul(0.5));
            assertThat(picture.png()).hasSizeBetween(5_000, LARGEST);
            assertThat(picture.png())
                    .isEqualTo(Plots.pairs("a, b, c, d", "data, model", table, table.mul(0.5))
                            .png());
        }

        @Test
        void correlationsAreExact() {
            assertThat(Pairs.correlation(new double[] {1, 2, 3}, new double[] {2, 4, 6}))
                    .isCloseTo(1, within(1e-12));
            assertThat(Pairs.correlation(new double[] {0, 1, 2}, new double[] {1, 0, 1}))
                    .isCloseTo(0, within(1e-12));
            assertThat(Pairs.correlation(new double[] {1, 1}, new double[] {1, 2}))
                    .isNaN();
        }

        @Test
        void plotsRefuseOtherWidths() {
            assertThatThrownBy(() -> Plots.pairs("a", "data", m.ones(new Shape(3, 1))))
                    .hasMessage("columns of data must be from 2 to 8, got 1");
            assertThatThrownBy(() -> Plots.pairs("a, b, c, d", "x, y", table, m.ones(new Shape(3, 2))))
                    .hasMessage("columns of y must be as many as names, 4, got 2");
        }
    }

    @Nested
    class OfChains {
        private final double[][] draws = {
            Rng.of(1).numbers().doubles(500).toArray(),
            Rng.of(2).numbers().doubles(500).toArray()
        };

        @Test
        void tracesAndRanksStaySmall() {
            XYChart traces = Plots.traces("Traces", "x₁", draws);
            assertThat(names(traces)).containsExactly("chain 1", "chain 2");
            assertThat(Plots.image(traces).png()).hasSizeBetween(5_000, LARGEST);
            Panels ranks = Plots.ranks("Ranks", draws);
            assertThat(ranks.charts()).hasSize(2);
            assertThat(Plots.image(ranks).png()).hasSizeBetween(5_000, LARGEST);
        }

        @Test
        void arraysAreDrawsByChainsByDimension() {
            NDArray one = m.create(draws).transpose();
            NDArray both = one.neg().stack(one, 2); // (500, 2, 2)
            assertThat(Plots.image(Plots.traces("t", "x₂", both, 1)).png())
                    .isEqualTo(Plots.image(Plots.traces("t", "x₂", draws)).png());
            assertThat(Plots.image(Plots.ranks("Ranks", both, 1)).png())
                    .isEqualTo(Plots.image(Plots.ranks("Ranks", draws)).png());
            assertThat(Plots.image(Plots.autocorrelation("t", both, 1, 20)).png())
                    .isEqualTo(
                            Plots.image(Plots.autocorrelation("t", draws, 20)).png());
        }

        @Test
        void autocorrelationsStartAtOneInABand() {
            XYChart chart = Plots.autocorrelation("Autocorrelation", draws, 30);
            assertThat(names(chart)).containsExactly("none, band 1", "chain 1", "chain 2", "zero");
            assertThat(chart.getSeries("chain 2").getYData()[0]).isEqualTo(1);
            assertThat(chart.getSeries("none, band 1").getYData()).contains(1.96 / Math.sqrt(500));
            assertThat(Plots.image(chart).png()).hasSizeBetween(5_000, LARGEST);
            assertThatThrownBy(() -> Plots.autocorrelation("t", draws, 500))
                    .hasMessage("lags must be in 0..499, got 500");
            assertThat(names(Plots.autocorrelation("t", new double[][] {{1, 1, 1}, {1, 2, 1}}, 1)))
                    .containsExactly("none, band 1", "chain 2", "zero");
        }

        @Test
        void ofManyTheWorstRanksAndTheFirstLinesAreShown() {
            double[][] many = new double[40][];
            for (int c = 0; c < many.length; c++) {
                many[c] = Rng.of(c).numbers().doubles(200).toArray();
            }
            many[29] = Rng.of(1).numbers().doubles(200).map(x -> x / 2).toArray();
            Panels ranks = Plots.ranks("Ranks", many);
            assertThat(ranks.charts()).hasSize(12);
            assertThat(((XYChart) ranks.charts().get(0)).getTitle()).isEqualTo("chain 30");
            assertThat(names(Plots.traces("t", "x", many))).hasSize(12).contains("chain 12");
            assertThat(Plots.image(Plots.traces("t", "x", many)).png().length).isBetween(5_000, LARGEST);
            assertThat(names(Plots.autocorrelation("t", many, 10)))
                    .contains("chain 12")
                    .doesNotContain("chain 13");
        }

        @Test
        void refuseOtherShapesAndValues() {
            assertThatThrownBy(() -> Plots.traces("t", "x", new double[][] {{1, 2}, {1}}))
                    .hasMessage("steps of chain 2 must be as many as of the first, 2, got 1");
            assertThatThrownBy(() -> Plots.ranks("t", new double[][] {{1, Double.NaN}}))
                    .hasMessage("draws[0][1] must be finite, got NaN");
            assertThatThrownBy(() -> Plots.ranks("t", m.ones(new Shape(3)), 0))
                    .hasMessage("draws of t must be of shape (draws, chains, d...), got (3)");
        }
    }

    @Nested
    class Training {
        @Test
        void showsEachTermWithItsValidation() {
            var loss = Kale.energyLoss().plus(0.3, Penalties.gradient());
            NDArray held = Toy.eightGaussians().batch(m, 100, 0, Rng.of(7));
            var plan = TrainingPlan.of(220).withEnergySteps(i -> 1).withBatchSize(16);
            var model = Gebm.of(
                    LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 4, 2), Rng.of(1)),
                    Energy.neural(Mlp.of(2, 4, 1), new Shape(2), Rng.of(2)));
            var run = Trainer.alternating(loss, Kale.baseLoss(), plan)
                    .withEvaluation(20, Evaluation.of(loss, held))
                    .fit(model, Toy.eightGaussians(), Rng.of(3));
            Panels all = Plots.training("Training", run.history());
            assertThat(all.charts())
                    .extracting(chart -> ((XYChart) chart).getTitle())
                    .containsExactly("kale", "gradientPenalty", "logPartition", "baseLoss");
            assertThat(names((XYChart) all.charts().get(0))).containsExactly("each", "training", "validation");
            assertThat(Plots.image(all).png()).hasSizeBetween(5_000, LARGEST);
            assertThat(Plots.training("Training", run.history(), "baseTotal").charts())
                    .hasSize(1);
            assertThatThrownBy(() -> Plots.training("t", run.history(), "loss")).hasMessageContaining("got loss");
        }
    }

    @Nested
    class Captions {
        private final NDArray digits = StrokeDigits.of(4, Rng.of(7)).flattened(m);

        @Test
        void standBelowTheirImages() {
            Picture plain = Plots.images("digits", digits, 4);
            Picture named =
                    Plots.images("digits", digits, 4, "0\nE = −3.1", "1", "2", "a very long caption that is cut");
            assertThat(named.height()).isGreaterThan(plain.height() + 26);
            assertThat(named.png()).hasSizeBetween(1_000, LARGEST);
        }

        @Test
        void areAsManyAsImages() {
            assertThatThrownBy(() -> Plots.images("digits", digits, 4, "0"))
                    .hasMessage("captions must be as many as images, 4, got 1");
        }

        @Test
        void coloursAreKept() {
            NDArray red = m.create(new float[] {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, new Shape(1, 3, 2, 2));
            assertThat(Plots.images("", red, 1).image().getRGB(20, 60) & 0xffffff)
                    .isEqualTo(0xff0000);
        }
    }

    private static List<String> names(XYChart chart) {
        return chart.getSeriesCollection().stream()
                .map(series -> series.getName())
                .toList();
    }

    @Test
    void panelsStandInRows() {
        XYChart chart = Plots.curves("t", "x", "y", Curve.of("a", 1, 2));
        Panels panels = Panels.of("three", 2, chart, chart, chart);
        assertThat(panels.width()).isEqualTo(2 * chart.getWidth());
        assertThat(panels.height()).isBetween(2 * chart.getHeight(), 2 * chart.getHeight() + 40);
        assertThat(panels).hasToString("Panels \"three\" of 3");
        assertThatThrownBy(() -> Panels.of("", 0, chart)).hasMessage("columns must be > 0, got 0");
    }

    @Test
    void bandsStayOutOfTheLegend() {
        Curve curve = Curve.of("mean", 3, Double.NaN, 1, 2).withError(0.5);
        XYChart chart = Plots.curves("t", "x", "y", curve);
        assertThat(names(chart)).containsExactly("mean, band 1", "mean, band 2", "mean");
        assertThat(chart.getStyler().isLegendVisible()).isFalse();
        assertThat(Plots.image(chart).png())
                .isEqualTo(Plots.image(Plots.curves("t", "x", "y", curve)).png());
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
