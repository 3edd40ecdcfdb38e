package gebm.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Arrays;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Charts and image grids in the house style.
 *
 * <p>Charts are 640×360 (clouds of points 400×400 and a legend), white, with a light grid, without frame, the legend
 * outside. They are XChart's own objects:
 * change them through {@code chart.getStyler()}. Where several arrays are shown, one text names them all, separated by
 * commas: {@code "data, base, GEBM"}.
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
    private static final int DENSITY = 2; // bitmap pixels for each shown one
    private static final int CELL = 28 * DENSITY; // an MNIST image, each pixel a square of two
    private static final int GAP = 2 * DENSITY;
    private static final int HEADING = 24 * DENSITY;
    private static final Color GRID = new Color(0xE0E0E0);
    private static final Color INK = new Color(0x333333);
    private static final Color[] COLOURS = { // Okabe and Ito (2008): told apart by every kind of eye
        new Color(0x0072B2),
        new Color(0xD55E00),
        new Color(0x009E73),
        new Color(0xCC79A7),
        new Color(0xE69F00),
        new Color(0x56B4E9)
    };

    private Plots() {}

    /**
     * A line chart of one or more curves.
     *
     * @throws IllegalArgumentException if there is no curve or two have the same name
     */
    public static XYChart curves(String title, String xLabel, String yLabel, Curve... curves) {
        Require.that(curves.length > 0, "curves", "at least one", curves.length);
        XYChart chart = chart(new XYChart(WIDTH, HEIGHT), title, xLabel, yLabel, curves.length);
        for (Curve curve : curves) {
            Curve drawn = withRoundTicks(curve);
            XYSeries series = chart.addSeries(curve.name(), drawn.x(), drawn.y());
            series.setMarker(SeriesMarkers.NONE);
            series.setLineWidth(1.5f);
        }
        return chart;
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
        String[] labels = labels(names, clouds.length);
        XYChart chart =
                chart(new XYChart(PLANE + (clouds.length > 1 ? LEGEND : 0), PLANE), names, "x₁", "x₂", clouds.length);
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
        chart.getStyler().setMarkerSize(3);
        for (int c = 0; c < clouds.length; c++) {
            Shape shape = clouds[c].getShape();
            Require.that(shape.dimension() == 2 && shape.get(1) == 2, labels[c], "of shape (n, 2)", shape);
            double[] flat = doubles(clouds[c]);
            double[] x = new double[flat.length / 2];
            double[] y = new double[x.length];
            for (int i = 0; i < x.length; i++) {
                x[i] = Require.finite(labels[c] + "[" + i + ", 0]", flat[2 * i]);
                y[i] = Require.finite(labels[c] + "[" + i + ", 1]", flat[2 * i + 1]);
            }
            chart.addSeries(labels[c], x, y).setMarker(SeriesMarkers.CIRCLE);
        }
        return chart;
    }

    /**
     * A grid of grey images, row by row, dark ink on white.
     *
     * @param title what stands above the grid; may be empty
     * @param images {@code (n, 784)} or {@code (n, 1, 28, 28)}: any square images; values in [0, 1], others are shown
     *     as the nearer end
     * @param columns images in a row
     * @throws IllegalArgumentException if the images are not square or a value is not finite
     */
    public static Picture images(String title, NDArray images, int columns) {
        return panels(new String[] {title}, columns, images);
    }

    /**
     * Grids of grey images beside each other, each under its name.
     *
     * @param names a name for each grid, separated by commas
     * @param columns images in a row of each grid
     * @param grids images as in {@link #images}
     * @throws IllegalArgumentException if names and grids differ in number, images are not square or not finite
     */
    public static Picture sideBySide(String names, int columns, NDArray... grids) {
        return panels(labels(names, grids.length), columns, grids);
    }

    /**
     * Any XChart charts beside each other in one bitmap of twice their size.
     *
     * @throws IllegalArgumentException if there is no chart
     */
    public static Picture image(IChart... charts) {
        Require.that(charts.length > 0, "charts", "at least one", charts.length);
        int width = 0;
        int height = 0;
        for (IChart chart : charts) {
            width += chart.getWidth();
            height = Math.max(height, chart.getHeight());
        }
        BufferedImage image = white(width * DENSITY, height * DENSITY);
        int left = 0;
        for (IChart chart : charts) {
            Graphics2D pen = image.createGraphics();
            pen.scale(DENSITY, DENSITY);
            pen.translate(left, 0);
            chart.paint(pen, chart.getWidth(), chart.getHeight());
            pen.dispose();
            left += chart.getWidth();
        }
        return new Picture(image, width, height);
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

    private static XYChart chart(XYChart chart, String title, String xLabel, String yLabel, int series) {
        chart.setTitle(title);
        chart.setXAxisTitle(xLabel);
        chart.setYAxisTitle(yLabel);
        XYStyler styler = chart.getStyler();
        styler.setChartBackgroundColor(Color.WHITE);
        styler.setPlotBackgroundColor(Color.WHITE);
        styler.setPlotBorderVisible(false);
        styler.setPlotGridLinesColor(GRID);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setChartFontColor(INK);
        styler.setSeriesColors(COLOURS);
        styler.setLegendPosition(LegendPosition.OutsideE);
        styler.setLegendBorderColor(Color.WHITE);
        styler.setLegendVisible(series > 1);
        styler.setChartTitleVisible(!title.isEmpty());
        styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
        styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        return chart;
    }

    private static Picture panels(String[] names, int columns, NDArray... grids) {
        Require.positive("columns", columns);
        int rows = 0;
        for (int g = 0; g < grids.length; g++) {
            int n = side(names[g], grids[g].getShape()) == 0
                    ? 0
                    : (int) grids[g].getShape().get(0);
            rows = Math.max(rows, (n + columns - 1) / columns);
        }
        int panel = columns * (CELL + GAP) + GAP;
        int between = grids.length > 1 ? 8 * GAP : 0;
        int width = grids.length * panel + (grids.length - 1) * between;
        int height = HEADING + rows * (CELL + GAP) + GAP;
        width += width % DENSITY;
        BufferedImage image = white(width, height);
        Graphics2D pen = image.createGraphics();
        for (int g = 0; g < grids.length; g++) {
            int left = g * (panel + between);
            heading(pen, names[g], left + GAP);
            grid(pen, names[g], grids[g], columns, left + GAP);
        }
        pen.dispose();
        return new Picture(image, width / DENSITY, height / DENSITY);
    }

    private static BufferedImage white(int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, width, height);
        pen.dispose();
        return image;
    }

    private static void heading(Graphics2D pen, String text, int left) {
        pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        pen.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13 * DENSITY));
        pen.setColor(INK);
        pen.drawString(text, left, HEADING - 8 * DENSITY);
    }

    private static void grid(Graphics2D pen, String name, NDArray images, int columns, int left) {
        int side = side(name, images.getShape());
        int n = (int) images.getShape().get(0);
        double[] values = doubles(images);
        for (int i = 0; i < n; i++) {
            BufferedImage cell = cell(name, values, i, side);
            int x = left + i % columns * (CELL + GAP);
            int y = HEADING + i / columns * (CELL + GAP);
            pen.drawImage(cell, x, y, CELL, CELL, null); // nearest neighbour: pixels stay squares
        }
    }

    private static BufferedImage cell(String name, double[] values, int index, int side) {
        BufferedImage cell = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
        for (int p = 0; p < side * side; p++) {
            double value = Require.finite(name + "[" + index + ", " + p + "]", values[index * side * side + p]);
            int grey = 255 - (int) Math.round(255 * Math.min(1, Math.max(0, value)));
            cell.setRGB(p % side, p / side, 0x010101 * grey);
        }
        return cell;
    }

    private static int side(String name, Shape shape) {
        Require.that(shape.dimension() >= 2 && shape.size() > 0, name, "of shape (n, pixels)", shape);
        long pixels = shape.size() / shape.get(0);
        int side = (int) Math.round(Math.sqrt(pixels));
        Require.that((long) side * side == pixels, name, "square images", shape);
        return side;
    }

    private static String[] labels(String names, int count) {
        String[] labels = names.split("\\s*,\\s*", -1);
        Require.that(labels.length == count, "names", count + " texts separated by commas", '"' + names + '"');
        return labels;
    }

    private static double[] doubles(NDArray array) {
        try (NDArray wide = array.toType(DataType.FLOAT64, true)) {
            return wide.toDoubleArray();
        }
    }
}
