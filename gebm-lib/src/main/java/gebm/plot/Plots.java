package gebm.plot;

import ai.djl.ndarray.NDArray;
import gebm.core.Require;
import gebm.metric.Quantity;
import gebm.model.Energy;
import gebm.train.History;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Charts and image grids in the house style.
 *
 * <p>Charts are 640×360 (clouds of points 400×400 and a legend), white, with a light grid, without frame, the legend
 * outside. They are XChart's own objects: change them through {@code chart.getStyler()}, and draw more curves into them
 * with {@link #add}. Maps of the plane are {@link Plane}s, several charts together {@link Panels}; both are XChart's
 * charts to {@link #image} and to the kernel. Where several arrays are shown, one text names them all, separated by
 * commas: {@code "data, base, GEBM"}.
 *
 * <p>A value that is not finite is refused with its place. Only where it has a meaning it is let through: NaN as a gap in
 * a {@link Curve}, anything not finite as a hole in a {@link Grid}. The same arguments give the same bytes.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var ring = gebm.data.Toy.eightGaussians().batch(scope, 500, 0, Rng.of(7));
 *     var chart = Plots.scatter("data", ring);
 *     System.out.println(chart.getTitle());
 * }
 * }</pre>
 */
public final class Plots {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;
    private static final int PLANE = 400; // a plane is shown square
    private static final int MANY = 12; // points from which not each can have its tick
    private static final int LEGEND = 90;
    private static final int PANEL_WIDTH = 300;
    private static final int PANEL_HEIGHT = 220;
    private static final int DOTS = 60; // of a curve, so that each is seen
    private static final int RANKS = 20; // bins of a rank histogram
    private static final int CHAINS = 12; // histograms of ranks, or names of chains, that can be told apart
    private static final double HIDDEN = 0.1; // share of a landscape's values that lie above its colours
    private static final String VALIDATION = "validation.";

    private Plots() {}

    /**
     * A line chart of one or more curves, each with its band if it has one.
     *
     * <pre>{@code
     * var mean = Curve.of("mean", 3, 2, 1.5).withError(0.2);
     * var chart = Plots.curves("Training", "step", "loss", mean);
     * }</pre>
     *
     * @throws IllegalArgumentException if there is no curve or two have the same name
     */
    public static XYChart curves(String title, String xLabel, String yLabel, Curve... curves) {
        Require.that(curves.length > 0, "curves", "at least one", curves.length);
        XYChart chart = chart(new XYChart(WIDTH, HEIGHT), title, xLabel, yLabel);
        return add(chart, curves);
    }

    /**
     * Draws {@code curves} into {@code chart} too, in the colours that follow, and returns the chart.
     *
     * <pre>{@code
     * double[] draws = {-1.2, -0.4, 0.1, 0.3, 0.9, 1.4};
     * var normal = Curve.of("N(0, 1)", x -> Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI), -4, 4);
     * var chart = Plots.add(Plots.histogram("draws", "x", draws), normal);
     * }</pre>
     *
     * @throws IllegalArgumentException if the chart has a series of the same name
     */
    public static XYChart add(XYChart chart, Curve... curves) {
        for (Curve curve : curves) {
            Color colour = nextColour(chart);
            bands(chart, curve, colour);
            Curve drawn = withRoundTicks(curve);
            XYSeries series = chart.addSeries(curve.name(), drawn.x(), drawn.y());
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Line);
            series.setMarker(SeriesMarkers.NONE);
            line(series, 1.5f, colour);
        }
        return legend(chart);
    }

    /**
     * Clouds of points in the plane, over one another in the order given.
     *
     * @param names a name for each cloud, separated by commas; also the title
     * @param clouds points {@code (n, 2)} each, finite
     * @throws IllegalArgumentException if names and clouds differ in number, or a cloud is not of finite points of the
     *     plane
     */
    public static XYChart scatter(String names, NDArray... clouds) {
        String[] labels = PlotData.labels(names, clouds.length);
        XYChart chart = chart(new XYChart(PLANE + (clouds.length > 1 ? LEGEND : 0), PLANE), names, "x₁", "x₂");
        chart.getStyler().setMarkerSize(3);
        for (int c = 0; c < clouds.length; c++) {
            double[][] xy = PlotData.plane(labels[c], clouds[c]);
            Color colour = nextColour(chart);
            XYSeries series = chart.addSeries(labels[c], xy[0], xy[1]);
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
            series.setMarker(SeriesMarkers.CIRCLE);
            series.setMarkerColor(colour);
        }
        return legend(chart);
    }

    /**
     * Histograms over one another, as densities on the same bins. Over them {@link #add} draws a density.
     *
     * @param names a name for each array, separated by commas; also the title
     * @param values finite numbers; the bins have the width of Freedman and Diaconis, 8 to 60 of them
     * @throws IllegalArgumentException if names and arrays differ in number, or an array is empty or not finite
     */
    public static XYChart histogram(String names, String xLabel, double[]... values) {
        String[] labels = PlotData.labels(names, values.length);
        for (int v = 0; v < values.length; v++) {
            Bins.check(labels[v], values[v]);
        }
        XYChart chart = chart(new XYChart(WIDTH, HEIGHT), names, xLabel, "density");
        Bins bins = Bins.of(values);
        for (int v = 0; v < values.length; v++) {
            bars(chart, labels[v], bins.outline(bins.densities(values[v])));
        }
        chart.getStyler().setYAxisMin(0.0);
        return legend(chart);
    }

    /**
     * Colours and contours for the values of {@code grid}, a density for example.
     *
     * <pre>{@code
     * var grid = Grid.of(x -> x.square().sum(new int[] {1}).mul(-0.5).exp(), -3, 3);
     * var plane = Plots.heatmap("A Gaussian", "density", grid);
     * }</pre>
     *
     * @param label what the values are
     */
    public static Plane heatmap(String title, String label, Grid grid) {
        return Plane.of(title).withMap(label, grid).withContours(grid);
    }

    /**
     * The energy on the square between {@code low} and {@code high}, dark where it is low; its highest tenth has one
     * colour. Draw chains over it with {@link Plane#withPaths} and data with {@link Plane#withPoints}.
     *
     * @param energy of points of the plane, float32
     */
    public static Plane landscape(String title, Energy energy, double low, double high) {
        Grid grid = Grid.of(energy::at, low, high);
        double[] sorted = grid.sorted();
        Require.that(sorted.length > 0, "the energy", "finite somewhere on the square", "none");
        double top = sorted[(int) ((1 - HIDDEN) * (sorted.length - 1))];
        return Plane.of(title).withMap("energy (nats)", grid, sorted[0], top).withContours(grid);
    }

    /**
     * Arrows of a vector field on the square between {@code low} and {@code high}.
     *
     * <pre>{@code
     * Energy well = x -> x.square().sub(1).square().sum(new int[] {1});
     * var force = Plots.field("Force", x -> well.valueAndGradient(x).gradient().neg(), -2, 2);
     * }</pre>
     *
     * @param field {@code (n, 2) → (n, 2)}, float32
     */
    public static Plane field(String title, UnaryOperator<NDArray> field, double low, double high) {
        return Plane.of(title).withField(field, low, high);
    }

    /**
     * Every column against every other: histograms on the diagonal, points below it (the first 400 rows), correlations
     * above it.
     *
     * @param columns a name for each column, separated by commas
     * @param names a name for each group, separated by commas
     * @param groups {@code (n, d)} each, with one d from 2 to 8, finite
     */
    public static Picture pairs(String columns, String names, NDArray... groups) {
        String[] labels = PlotData.labels(names, groups.length);
        double[][][] values = new double[groups.length][][];
        for (int g = 0; g < groups.length; g++) {
            values[g] = PlotData.columns(labels[g], groups[g]);
        }
        int d = values.length == 0 ? 0 : values[0].length;
        return pairs(List.of(PlotData.labels(columns, d)), names, values);
    }

    /**
     * As {@link #pairs(String, String, NDArray...)}, of columns as Java's numbers, such as a table has them.
     *
     * @param columns a name for each column
     * @param groups {@code [column][row]} each, 2 to 8 columns, finite
     */
    public static Picture pairs(List<String> columns, String names, double[][]... groups) {
        String[] labels = PlotData.labels(names, groups.length);
        int d = columns.size();
        Require.that(d >= 2 && d <= 8, "columns of " + labels[0], "from 2 to 8", d);
        for (int g = 0; g < groups.length; g++) {
            String of = "columns of " + labels[g];
            Require.that(groups[g].length == d, of, "as many as names, " + d, groups[g].length);
            for (int c = 0; c < d; c++) {
                String name = columns.get(c) + " of " + labels[g];
                Bins.check(name, groups[g][c]);
                int rows = groups[g][0].length;
                Require.that(groups[g][c].length == rows, "rows in " + name, "" + rows, groups[g][c].length);
            }
        }
        return new Pairs(columns.toArray(String[]::new), labels, groups).picture();
    }

    /**
     * The draws of each chain, step by step.
     *
     * @param yLabel what is drawn
     * @param draws {@code (chains, steps)}, finite; of more than 12 chains the first 12 are shown
     */
    public static XYChart traces(String title, String yLabel, double[][] draws) {
        XYChart chart = chart(new XYChart(WIDTH, HEIGHT), title, "step", yLabel);
        return chains(chart, checked(draws));
    }

    /** As {@link #traces(String, String, double[][])}, of one dimension of draws {@code (draws, chains, d...)}. */
    public static XYChart traces(String title, String yLabel, NDArray draws, int dimension) {
        return traces(title, yLabel, Quantity.of(title, draws, dimension).draws());
    }

    /**
     * How alike draws at a distance of some steps are, for each chain by itself: {@link Quantity#autocorrelation}. In the
     * band of {@code ±1.96/√draws} lie 95 of 100 of those of draws without memory.
     *
     * <pre>{@code
     * double[][] chains = {{0.1, 0.7, 0.9, 0.4, -0.1, -0.6, -0.2}, {-0.2, -0.9, -0.3, 0.1, 0.2, 0.5, 0.4}};
     * var chart = Plots.autocorrelation("Autocorrelation", chains, 5);
     * }</pre>
     *
     * @param draws {@code (chains, steps)}, finite; a chain that stands still has none and is left out; of
     *     more than 12 chains the first 12 are shown
     * @param lags the largest distance, below the number of steps
     */
    public static XYChart autocorrelation(String title, double[][] draws, int lags) {
        double[][] correlations = Quantity.of(title, checked(draws)).autocorrelation(lags);
        XYChart chart = chart(new XYChart(WIDTH, HEIGHT), title, "lag (steps)", "autocorrelation");
        double[] ends = {0, lags};
        Curve none = Curve.of("none", ends, new double[2]).withError(1.96 / Math.sqrt(draws[0].length));
        bands(chart, none, Style.INK);
        chains(chart, correlations);
        XYSeries zero = chart.addSeries("zero", ends, new double[2]);
        zero.setShowInLegend(false);
        zero.setMarker(SeriesMarkers.NONE).setLineColor(Style.INK);
        zero.setLineStyle(Style.DASHES);
        return chart;
    }

    /** As {@link #autocorrelation(String, double[][], int)}, of one dimension of draws {@code (draws, chains, d...)}. */
    public static XYChart autocorrelation(String title, NDArray draws, int dimension, int lags) {
        return autocorrelation(title, Quantity.of(title, draws, dimension).draws(), lags);
    }

    /** A line for each of the first chains that is not NaN, thin ones where they are long. */
    private static XYChart chains(XYChart chart, double[][] values) {
        for (int c = 0; c < Math.min(values.length, CHAINS); c++) {
            if (!Double.isNaN(values[c][0])) {
                add(chart, Curve.of("chain " + (c + 1), values[c]));
                XYSeries series = chart.getSeries("chain " + (c + 1));
                line(series, values[0].length > 300 ? 0.8f : 1.2f, series.getLineColor());
            }
        }
        chart.getStyler().setLegendVisible(values.length > 1);
        return chart;
    }

    /**
     * For each chain the histogram of its draws' ranks among the draws of all chains; equal draws share their mean rank.
     * Chains that have mixed have flat histograms, near the dashed line. Of more than 12 chains those 12 are shown whose
     * histograms are the least flat.
     *
     * <p>Source: Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), Bayesian Analysis 16(2), section 5.
     *
     * @param draws {@code (chains, steps)}, finite, chains of equal length
     */
    public static Panels ranks(String title, double[][] draws) {
        double[][] ranks = Quantity.of(title, checked(draws)).ranks();
        double count = (double) ranks.length * ranks[0].length;
        Bins bins = new Bins(0, 1.0 / RANKS, RANKS);
        double highest = 0;
        double[][] heights = new double[ranks.length][];
        for (int c = 0; c < ranks.length; c++) {
            heights[c] = bins.densities(
                    Arrays.stream(ranks[c]).map(rank -> (rank - 0.5) / count).toArray());
            highest = Math.max(highest, Arrays.stream(heights[c]).max().orElse(0));
        }
        int[] shown = IntStream.range(0, ranks.length)
                .boxed()
                .sorted(Comparator.comparingDouble(c -> ranks.length > CHAINS ? -unevenness(heights[c]) : c))
                .limit(CHAINS)
                .mapToInt(Integer::intValue)
                .toArray();
        Object[] charts = new Object[shown.length];
        for (int i = 0; i < charts.length; i++) {
            XYChart chart = chart(new XYChart(230, 190), "chain " + (shown[i] + 1), "rank / draws", "");
            chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.1 * highest);
            chart.getStyler().setChartTitleFont(Style.HEADING);
            bars(chart, "ranks", bins.outline(heights[shown[i]]));
            XYSeries even = chart.addSeries("even", new double[] {0, 1}, new double[] {1, 1});
            even.setMarker(SeriesMarkers.NONE).setLineColor(Style.INK);
            even.setLineStyle(Style.DASHES);
            charts[i] = chart;
        }
        return Panels.of(title, Math.min(4, Math.max(2, (int) Math.ceil(Math.sqrt(charts.length)))), charts);
    }

    /** As {@link #ranks(String, double[][])}, of one dimension of draws {@code (draws, chains, d...)}. */
    public static Panels ranks(String title, NDArray draws, int dimension) {
        return ranks(title, Quantity.of(title, draws, dimension).draws());
    }

    private static double unevenness(double[] heights) {
        return Arrays.stream(heights).map(height -> (height - 1) * (height - 1)).sum();
    }

    /**
     * A panel for each term of a run's history, with that on validation data over it; one term alone is as large as other
     * charts. Of terms with more than 200 numbers the running mean over a fiftieth of them is drawn over the pale numbers
     * themselves.
     *
     * @param terms columns of the history; none: all but totals and norms of gradients, {@code …Total} and {@code
     *     …GradientNorm}
     * @throws IllegalArgumentException if the history is empty or has no such column
     */
    public static Panels training(String title, History history, String... terms) {
        Set<String> shown = new LinkedHashSet<>(List.of(terms));
        for (String name : terms.length == 0 ? history.columns() : Set.<String>of()) {
            String term = name.startsWith(VALIDATION) ? name.substring(VALIDATION.length()) : name;
            if (!name.endsWith("Total") && !name.endsWith("GradientNorm")) {
                shown.add(history.columns().contains(term) ? term : name);
            }
        }
        Require.that(!shown.isEmpty(), "the history", "of at least one term", history);
        if (shown.size() == 1) {
            String term = shown.iterator().next();
            return Panels.of(
                    "", 1, training(chart(new XYChart(WIDTH, HEIGHT), title, "iteration", term), history, term));
        }
        List<XYChart> charts = new ArrayList<>();
        for (String term : shown) {
            XYChart chart = chart(new XYChart(PANEL_WIDTH, PANEL_HEIGHT), term, "iteration", "");
            chart.getStyler().setChartTitleFont(Style.HEADING);
            chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
            chart.getStyler().setLegendLayout(LegendLayout.Horizontal);
            charts.add(training(chart, history, term));
        }
        return Panels.of(title, charts.size() > 4 ? 3 : 2, charts.toArray());
    }

    /** A term on the batches of training, and what there is of it on validation data, as dots on a line. */
    private static XYChart training(XYChart chart, History history, String term) {
        double[][] training = history.curve(term);
        smoothed(chart, training);
        add(chart, Curve.of("training", training[0], running(training[1])));
        if (history.columns().contains(VALIDATION + term)) {
            double[][] validation = history.curve(VALIDATION + term);
            add(chart, Curve.of("validation", validation[0], validation[1]));
            if (validation[0].length <= DOTS) {
                XYSeries dots = chart.getSeries("validation");
                dots.setMarker(SeriesMarkers.CIRCLE).setMarkerColor(dots.getLineColor());
                chart.getStyler().setMarkerSize(5);
            }
        }
        return chart;
    }

    /**
     * A grid of images, row by row: grey ones as dark ink on white, or in colour.
     *
     * @param title what stands above the grid; may be empty
     * @param images {@code (n, 784)} or {@code (n, 1, 28, 28)}: any square images; {@code (n, 3, 32, 32)}: red, green
     *     and blue; values in [0, 1], others are shown as the nearer end
     * @param columns images in a row
     * @param captions none, or for each image what stands below it: its label and energy, for example; a line break
     *     begins another line
     * @throws IllegalArgumentException if the images are not square or a value is not finite, or images and captions
     *     differ in number
     */
    public static Picture images(String title, NDArray images, int columns, String... captions) {
        return ImageGrid.of(new String[] {title}, columns, captions, images);
    }

    /**
     * Grids of images beside each other, each under its name.
     *
     * @param names a name for each grid, separated by commas
     * @param columns images in a row of each grid
     * @param grids images as in {@link #images}
     * @throws IllegalArgumentException if names and grids differ in number, images are not square or not finite
     */
    public static Picture sideBySide(String names, int columns, NDArray... grids) {
        return ImageGrid.of(PlotData.labels(names, grids.length), columns, new String[0], grids);
    }

    /**
     * Figures and charts of XChart beside each other in one bitmap of twice their size.
     *
     * @throws IllegalArgumentException if there is no chart, or one is neither
     */
    public static Picture image(Object... charts) {
        Figure all = charts.length == 1 ? Figure.of(charts[0]) : Panels.of("", Math.max(1, charts.length), charts);
        BufferedImage image = Style.white(all.width() * Style.DENSITY, all.height() * Style.DENSITY);
        Graphics2D pen = image.createGraphics();
        pen.scale(Style.DENSITY, Style.DENSITY);
        all.paint(pen);
        pen.dispose();
        return new Picture(image, all.width(), all.height());
    }

    /** The band of a curve: a pale area for each of its parts between gaps, not in the legend. */
    private static void bands(XYChart chart, Curve curve, Color colour) {
        double[] x = curve.x();
        double[] y = curve.y();
        double[] low = curve.low();
        double[] high = curve.high();
        int part = 0;
        for (int from = 0, to; from < low.length; from = to) {
            to = from + 1;
            if (Double.isNaN(y[from])) {
                continue;
            }
            while (to < low.length && !Double.isNaN(y[to])) {
                to++;
            }
            int n = to - from;
            double[] aroundX = new double[2 * n];
            double[] aroundY = new double[2 * n];
            for (int i = 0; i < n; i++) {
                aroundX[i] = x[from + i];
                aroundY[i] = high[from + i];
                aroundX[2 * n - 1 - i] = x[from + i];
                aroundY[2 * n - 1 - i] = low[from + i];
            }
            XYSeries series = chart.addSeries(curve.name() + ", band " + ++part, aroundX, aroundY);
            series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
            series.setFillColor(Style.translucent(colour, 0.2));
            series.setLineStyle(SeriesLines.NONE);
            series.setMarker(SeriesMarkers.NONE);
            series.setShowInLegend(false);
        }
    }

    private static void bars(XYChart chart, String name, double[][] outline) {
        Color colour = nextColour(chart);
        int n = outline[0].length; // and one point more: see withRoundTicks
        double[] x = Arrays.copyOf(outline[0], n + 1);
        double[] y = Arrays.copyOf(outline[1], n + 1);
        x[n] = x[n - 1] + (x[n - 1] - x[0]) / 1e4;
        XYSeries series = chart.addSeries(name, x, y);
        series.setXYSeriesRenderStyle(XYSeriesRenderStyle.PolygonArea);
        series.setMarker(SeriesMarkers.NONE);
        line(series, 1.2f, colour);
        series.setFillColor(Style.translucent(colour, 0.3));
    }

    private static void line(XYSeries series, float width, Color colour) {
        series.setLineWidth(width); // before the style, which takes it over
        series.setLineStyle(SeriesLines.SOLID);
        series.setLineColor(colour);
    }

    /** Every number of a long curve, pale, below its running mean. */
    private static void smoothed(XYChart chart, double[][] xy) {
        if (window(xy[1].length) > 1) {
            Curve all = withRoundTicks(Curve.of("each", xy[0], xy[1]));
            XYSeries series = chart.addSeries(all.name(), all.x(), all.y());
            series.setMarker(SeriesMarkers.NONE);
            line(series, 0.8f, Style.pale(Style.colour(0), 0.35));
            series.setShowInLegend(false);
        }
    }

    private static int window(int n) {
        return n > 200 ? n / 50 : 1;
    }

    /** Means over windows centred at each place, cut off at the ends. */
    private static double[] running(double[] y) {
        int half = window(y.length) / 2;
        double[] sums = new double[y.length + 1];
        for (int i = 0; i < y.length; i++) {
            sums[i + 1] = sums[i] + y[i];
        }
        double[] mean = new double[y.length];
        for (int i = 0; i < y.length; i++) {
            int from = Math.max(0, i - half);
            int to = Math.min(y.length, i + half + 1);
            mean[i] = half == 0 ? y[i] : (sums[to] - sums[from]) / (to - from);
        }
        return mean;
    }

    private static double[][] checked(double[][] draws) {
        Require.that(draws.length > 0, "draws", "of at least one chain", draws.length);
        for (int c = 0; c < draws.length; c++) {
            Bins.check("draws[" + c + "]", draws[c]);
            Require.that(
                    draws[c].length == draws[0].length,
                    "steps of chain " + (c + 1),
                    "as many as of the first, " + draws[0].length,
                    draws[c].length);
        }
        return draws;
    }

    /**
     * The curve and, beyond its last point by a hundredth of the spacing, one that is not drawn: XChart puts ticks on
     * equally spaced data (0, 308, 616, …) and on round numbers only otherwise.
     */
    private static Curve withRoundTicks(Curve curve) {
        double[] x = curve.x();
        int n = x.length;
        if (n < MANY) {
            return curve;
        }
        double[] y = Arrays.copyOf(curve.y(), n + 1);
        double spacing = x[n - 1] - x[n - 2];
        x = Arrays.copyOf(x, n + 1);
        x[n] = x[n - 1] + spacing / 100;
        y[n] = Double.NaN;
        return Curve.of(curve.name(), x, y);
    }

    /** The colour that no series in the legend has yet; they come round. */
    private static Color nextColour(XYChart chart) {
        return Style.colour((int) shown(chart));
    }

    private static long shown(XYChart chart) {
        return chart.getSeriesCollection().stream()
                .filter(XYSeries::isShowInLegend)
                .count();
    }

    private static XYChart legend(XYChart chart) {
        chart.getStyler().setLegendVisible(shown(chart) > 1);
        return chart;
    }

    private static XYChart chart(XYChart chart, String title, String xLabel, String yLabel) {
        chart.setTitle(title);
        chart.setXAxisTitle(xLabel);
        chart.setYAxisTitle(yLabel);
        XYStyler styler = chart.getStyler();
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(Style.GRID);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setChartFontColor(Style.INK);
        styler.setSeriesColors(Style.colours());
        styler.setLegendPosition(LegendPosition.OutsideE);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setLegendFont(Style.LABEL);
        styler.setLegendVisible(false);
        styler.setChartTitleVisible(!title.isEmpty());
        styler.setChartTitleFont(Style.TITLE);
        styler.setChartTitlePadding(9);
        styler.setAxisTickLabelsFont(Style.TICK);
        styler.setAxisTitleFont(Style.LABEL);
        styler.setXAxisTickLabelsFormattingFunction(Ticks::text);
        styler.setYAxisTickLabelsFormattingFunction(Ticks::text);
        return chart;
    }
}
