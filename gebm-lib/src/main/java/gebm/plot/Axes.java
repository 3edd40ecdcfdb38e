package gebm.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.function.IntToDoubleFunction;

/**
 * A rectangle of the page that shows a rectangle of the plane.
 *
 * @param area on the page, y downwards
 */
record Axes(double xLow, double xHigh, double yLow, double yHigh, Rectangle2D area) {
    private static final int SPACING = 45; // shown pixels between ticks
    private static final int FEWEST = 3;

    double x(double x) {
        return area.getX() + (x - xLow) / (xHigh - xLow) * area.getWidth();
    }

    double y(double y) {
        return area.getMaxY() - (y - yLow) / (yHigh - yLow) * area.getHeight();
    }

    double[] xTicks() {
        return Ticks.between(xLow, xHigh, (int) Math.max(FEWEST, area.getWidth() / SPACING));
    }

    double[] yTicks() {
        return Ticks.between(yLow, yHigh, (int) Math.max(FEWEST, area.getHeight() / SPACING));
    }

    void drawGrid(Graphics2D pen) {
        pen.setColor(Style.GRID);
        pen.setStroke(new BasicStroke(1));
        for (double tick : xTicks()) {
            pen.draw(new Line2D.Double(x(tick), area.getY(), x(tick), area.getMaxY()));
        }
        for (double tick : yTicks()) {
            pen.draw(new Line2D.Double(area.getX(), y(tick), area.getMaxX(), y(tick)));
        }
    }

    /** Tick labels below, and the name of the axis below them. */
    void labelBelow(Graphics2D pen, String name) {
        for (double tick : xTicks()) {
            mark(pen, x(tick), area.getMaxY(), x(tick), area.getMaxY() + 4);
            Style.write(pen, Style.TICK, Style.INK, Ticks.text(tick), x(tick), area.getMaxY() + 16, 0.5);
        }
        Style.write(pen, Style.LABEL, Style.INK, name, area.getCenterX(), area.getMaxY() + 33, 0.5);
    }

    /** Tick labels at the left, and the name of the axis at distance {@code away} from the area. */
    void labelLeft(Graphics2D pen, String name, double away) {
        for (double tick : yTicks()) {
            mark(pen, area.getX() - 4, y(tick), area.getX(), y(tick));
            Style.write(pen, Style.TICK, Style.INK, Ticks.text(tick), area.getX() - 7, y(tick) + 4, 1);
        }
        upwards(pen, name, area.getX() - away, area.getCenterY());
    }

    /** The line through {@code n} points of the plane. */
    Path2D line(int n, IntToDoubleFunction x, IntToDoubleFunction y) {
        Path2D line = new Path2D.Double();
        line.moveTo(x(x.applyAsDouble(0)), y(y.applyAsDouble(0)));
        for (int i = 1; i < n; i++) {
            line.lineTo(x(x.applyAsDouble(i)), y(y.applyAsDouble(i)));
        }
        return line;
    }

    static void upwards(Graphics2D pen, String name, double x, double y) {
        AffineTransform before = pen.getTransform();
        pen.rotate(-Math.PI / 2, x, y);
        Style.write(pen, Style.LABEL, Style.INK, name, x, y, 0.5);
        pen.setTransform(before);
    }

    static void mark(Graphics2D pen, double x1, double y1, double x2, double y2) {
        pen.setColor(Style.PALE);
        pen.setStroke(new BasicStroke(1));
        pen.draw(new Line2D.Double(x1, y1, x2, y2));
    }

    void drawFrame(Graphics2D pen, Color colour) {
        pen.setColor(colour);
        pen.setStroke(new BasicStroke(1));
        pen.draw(area);
    }
}
