package gebm.plot;

import gebm.core.Require;
import java.awt.Graphics2D;
import java.util.List;
import org.knowm.xchart.internal.chartpart.IChart;

/**
 * Charts in rows, under one title: itself a chart, so that it is shown and combined like any other.
 *
 * <p>The charts can be changed through {@link #charts} until it is drawn.
 *
 * <pre>{@code
 * var line = Plots.curves("a line", "x", "y", Curve.of("y", 1, 2, 3));
 * var panels = Panels.of("Two of the same", 2, line, line);
 * System.out.println(Plots.image(panels));
 * }</pre>
 */
public final class Panels implements IChart {
    private static final int HEADING = 34;

    private final String title;
    private final int columns;
    private final List<IChart> charts;

    private Panels(String title, int columns, List<IChart> charts) {
        this.title = title;
        this.columns = columns;
        this.charts = charts;
    }

    /**
     * Charts row by row.
     *
     * @param title above all of them; may be empty
     * @throws IllegalArgumentException if there is no chart or {@code columns} is not positive
     */
    public static Panels of(String title, int columns, IChart... charts) {
        Require.positive("columns", columns);
        Require.that(charts.length > 0, "charts", "at least one", charts.length);
        return new Panels(title, Math.min(columns, charts.length), List.of(charts));
    }

    /** The charts, row by row. */
    public List<IChart> charts() {
        return charts;
    }

    private int top() {
        return title.isEmpty() ? 0 : HEADING;
    }

    private int columnWidth(int column) {
        int width = 0;
        for (int i = column; i < charts.size(); i += columns) {
            width = Math.max(width, charts.get(i).getWidth());
        }
        return width;
    }

    private int rowHeight(int row) {
        int height = 0;
        for (int i = row * columns; i < Math.min(charts.size(), (row + 1) * columns); i++) {
            height = Math.max(height, charts.get(i).getHeight());
        }
        return height;
    }

    /** {@inheritDoc} Shown pixels. */
    @Override
    public int getWidth() {
        int width = 0;
        for (int column = 0; column < columns; column++) {
            width += columnWidth(column);
        }
        return width;
    }

    /** {@inheritDoc} Shown pixels. */
    @Override
    public int getHeight() {
        int height = top();
        for (int row = 0; row * columns < charts.size(); row++) {
            height += rowHeight(row);
        }
        return height;
    }

    /** The title above all of them, or that of the only chart. */
    @Override
    public String getTitle() {
        return title.isEmpty() && charts.size() == 1 ? charts.get(0).getTitle() : title;
    }

    /** {@inheritDoc} Paints at its own size, whatever size is asked for. */
    @Override
    public void paint(Graphics2D graphics, int width, int height) {
        Graphics2D pen = Look.pen(graphics);
        Look.write(pen, Look.TITLE, Look.INK, title, getWidth() / 2.0, 22, 0.5);
        pen.dispose();
        int x = 0;
        int y = top();
        for (int i = 0; i < charts.size(); i++) {
            IChart chart = charts.get(i);
            Graphics2D cell = (Graphics2D) graphics.create();
            cell.translate(x, y);
            chart.paint(cell, chart.getWidth(), chart.getHeight());
            cell.dispose();
            x += columnWidth(i % columns);
            if (i % columns == columns - 1) {
                x = 0;
                y += rowHeight(i / columns);
            }
        }
    }

    @Override
    public String toString() {
        return "Panels \"" + getTitle() + "\" of " + charts.size();
    }
}
