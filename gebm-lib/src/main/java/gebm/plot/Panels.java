package gebm.plot;

import gebm.core.Require;
import java.awt.Graphics2D;
import java.util.List;
import java.util.stream.IntStream;

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
public final class Panels implements Figure {
    private static final int HEADING = 34;

    private final String title;
    private final int columns;
    private final List<Object> charts;
    private final List<Figure> figures;

    private Panels(String title, int columns, List<Object> charts) {
        this.title = title;
        this.columns = columns;
        this.charts = charts;
        figures = charts.stream().map(Figure::of).toList();
    }

    /**
     * Charts row by row.
     *
     * @param title above all of them; may be empty
     * @param charts figures, and charts of XChart
     * @throws IllegalArgumentException if there is no chart, one is neither, or {@code columns} is not positive
     */
    public static Panels of(String title, int columns, Object... charts) {
        Require.positive("columns", columns);
        Require.that(charts.length > 0, "charts", "at least one", charts.length);
        return new Panels(title, Math.min(columns, charts.length), List.of(charts));
    }

    /** The charts, row by row, as they were handed in. */
    public List<Object> charts() {
        return charts;
    }

    private int top() {
        return title.isEmpty() ? 0 : HEADING;
    }

    private int columnWidth(int column) {
        int width = 0;
        for (int i = column; i < charts.size(); i += columns) {
            width = Math.max(width, figures.get(i).width());
        }
        return width;
    }

    private int rowHeight(int row) {
        int height = 0;
        for (int i = row * columns; i < Math.min(charts.size(), (row + 1) * columns); i++) {
            height = Math.max(height, figures.get(i).height());
        }
        return height;
    }

    @Override
    public int width() {
        return IntStream.range(0, columns).map(this::columnWidth).sum();
    }

    @Override
    public int height() {
        int rows = (charts.size() + columns - 1) / columns;
        return top() + IntStream.range(0, rows).map(this::rowHeight).sum();
    }

    /** The title above all of them, or that of the only chart. */
    @Override
    public String title() {
        return title.isEmpty() && charts.size() == 1 ? figures.get(0).title() : title;
    }

    @Override
    public void paint(Graphics2D graphics) {
        Graphics2D pen = Style.pen(graphics);
        Style.write(pen, Style.TITLE, Style.INK, title, width() / 2.0, 22, 0.5);
        pen.dispose();
        int x = 0;
        int y = top();
        for (int i = 0; i < charts.size(); i++) {
            Graphics2D cell = (Graphics2D) graphics.create();
            cell.translate(x, y);
            figures.get(i).paint(cell);
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
        return "Panels \"" + title() + "\" of " + charts.size();
    }
}
