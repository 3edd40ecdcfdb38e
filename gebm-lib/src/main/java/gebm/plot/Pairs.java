package gebm.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.Locale;

/**
 * Every column of some tables against every other: densities on the diagonal, points below it, correlations above.
 *
 * @param groups {@code [group][column][row]}
 */
record Pairs(String[] columns, String[] names, double[][][] groups) {
    static final int POINTS = 400; // of each group in a cell
    private static final int ALL = 480; // shown pixels for all cells together
    private static final int LARGEST = 150;
    private static final int GAP = 14;
    private static final int LEFT = 56;
    private static final int TOP = 34;
    private static final int BELOW = 44;
    private static final int RIGHT = 16;

    private int cell() {
        return Math.min(LARGEST, ALL / columns.length);
    }

    /** Low and high. */
    private double[] limits(int column) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double[][] group : groups) {
            for (double value : group[column]) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        double margin = high > low ? 0.05 * (high - low) : 0.5;
        return new double[] {low - margin, high + margin};
    }

    Picture picture() {
        int d = columns.length;
        int width = LEFT + d * cell() + (d - 1) * GAP + RIGHT;
        int height = TOP + d * cell() + (d - 1) * GAP + BELOW;
        BufferedImage image = Style.white(width * Style.DENSITY, height * Style.DENSITY);
        Graphics2D pen = Style.pen(image.createGraphics());
        pen.scale(Style.DENSITY, Style.DENSITY);
        legend(pen);
        for (int row = 0; row < d; row++) {
            for (int column = 0; column < d; column++) {
                Rectangle2D area = new Rectangle2D.Double(
                        LEFT + column * (cell() + GAP), TOP + row * (cell() + GAP), cell(), cell());
                if (row < column) {
                    correlations(pen, area, row, column);
                } else {
                    axes(pen, area, row, column);
                }
            }
        }
        pen.dispose();
        return new Picture(image, width, height);
    }

    private void legend(Graphics2D pen) {
        double x = LEFT;
        for (int g = 0; g < names.length; g++) {
            pen.setColor(Style.colour(g));
            pen.fill(new Ellipse2D.Double(x, 14, 8, 8));
            Style.write(pen, Style.HEADING, Style.INK, names[g], x + 13, 22, 0);
            x += 13 + Style.width(pen, Style.HEADING, names[g]) + 18;
        }
    }

    private void axes(Graphics2D pen, Rectangle2D area, int row, int column) {
        boolean diagonal = row == column;
        Bins bins = null;
        double[][] densities = new double[groups.length][];
        double highest = 0;
        if (diagonal) {
            double[][] values = new double[groups.length][];
            for (int g = 0; g < groups.length; g++) {
                values[g] = groups[g][column];
            }
            bins = Bins.of(values);
            for (int g = 0; g < groups.length; g++) {
                densities[g] = bins.densities(values[g]);
                for (double density : densities[g]) {
                    highest = Math.max(highest, density);
                }
            }
        }
        double[] x = limits(column);
        double[] y = diagonal ? new double[] {0, 1.08 * highest} : limits(row);
        Axes axes = new Axes(x[0], x[1], y[0], y[1], area);
        if (!diagonal) {
            axes.drawGrid(pen);
        }
        axes.drawFrame(pen, Style.GRID);
        Graphics2D inside = Style.pen(pen);
        inside.clip(area);
        for (int g = 0; g < groups.length; g++) {
            if (diagonal) {
                bars(inside, axes, bins.outline(densities[g]), Style.colour(g));
            } else {
                points(inside, axes, groups[g][column], groups[g][row], Style.colour(g));
            }
        }
        inside.dispose();
        if (row == columns.length - 1) {
            axes.labelBelow(pen, Style.fitted(pen, Style.LABEL, columns[column], cell()));
        }
        if (column == 0 && row > 0) {
            axes.labelLeft(pen, Style.fitted(pen, Style.LABEL, columns[row], cell()), LEFT - 16);
        } else if (column == 0) {
            Axes.upwards(
                    pen,
                    Style.fitted(pen, Style.LABEL, columns[0], cell()),
                    area.getX() - LEFT + 16,
                    area.getCenterY());
        }
    }

    private static void bars(Graphics2D pen, Axes axes, double[][] outline, Color colour) {
        Path2D path = axes.line(outline[0].length, i -> outline[0][i], i -> outline[1][i]);
        pen.setColor(Style.translucent(colour, 0.25));
        pen.fill(path);
        pen.setColor(colour);
        pen.setStroke(new BasicStroke(1.2f));
        pen.draw(path);
    }

    private static void points(Graphics2D pen, Axes axes, double[] x, double[] y, Color colour) {
        pen.setColor(colour);
        double radius = 1.1;
        for (int i = 0; i < Math.min(POINTS, x.length); i++) {
            pen.fill(new Ellipse2D.Double(axes.x(x[i]) - radius, axes.y(y[i]) - radius, 2 * radius, 2 * radius));
        }
    }

    private void correlations(Graphics2D pen, Rectangle2D area, int row, int column) {
        double y = area.getCenterY() + 5 - 9.0 * (groups.length - 1);
        for (int g = 0; g < groups.length; g++) {
            double r = correlation(groups[g][row], groups[g][column]);
            String number = String.format(Locale.ROOT, "%.2f", r).replace("-0.00", "0.00");
            String text = Double.isNaN(r) ? "–" : "r = " + number.replace('-', '−');
            Style.write(pen, Style.HEADING, Style.colour(g), text, area.getCenterX(), y, 0.5);
            y += 18;
        }
    }

    /** Pearson's; NaN where a column does not vary. */
    static double correlation(double[] a, double[] b) {
        double meanA = 0;
        double meanB = 0;
        for (int i = 0; i < a.length; i++) {
            meanA += a[i] / a.length;
            meanB += b[i] / a.length;
        }
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }
        return ab / Math.sqrt(aa * bb);
    }
}
