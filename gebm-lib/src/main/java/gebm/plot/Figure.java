package gebm.plot;

import gebm.core.Require;
import java.awt.Graphics2D;
import org.knowm.xchart.internal.chartpart.IChart;

/** What can be shown, alone or in {@link Panels}: a picture that is painted at its own size. */
public interface Figure {
    /** The width in shown pixels. */
    int width();

    /** The height in shown pixels. */
    int height();

    /** What stands above it; may be empty. */
    String title();

    /** Paints itself from the origin of {@code graphics} on. */
    void paint(Graphics2D graphics);

    /**
     * The figure that {@code chart} is: itself, or a chart of XChart as it is when it is painted.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static Figure of(Object chart) {
        if (chart instanceof Figure figure) {
            return figure;
        }
        record XChart(IChart chart) implements Figure {
            @Override
            public int width() {
                return chart.getWidth();
            }

            @Override
            public int height() {
                return chart.getHeight();
            }

            @Override
            public String title() {
                return chart.getTitle();
            }

            @Override
            public void paint(Graphics2D graphics) {
                chart.paint(graphics, width(), height());
            }
        }
        Require.that(chart instanceof IChart, "chart", "a Figure or a chart of XChart", chart);
        return new XChart((IChart) chart);
    }
}
