package gebm.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;

/** The house style: one set of colours, letters and lines for charts of XChart and for our own. */
final class Style {
    /** Bitmap pixels for each shown one, along each side. */
    static final int DENSITY = 2;

    static final Color INK = new Color(0x333333);
    static final Color PALE = new Color(0x888888);
    static final Color GRID = new Color(0xE0E0E0);
    static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 14);
    static final Font HEADING = new Font(Font.SANS_SERIF, Font.BOLD, 12);
    static final Font LABEL = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    static final Font TICK = new Font(Font.SANS_SERIF, Font.PLAIN, 11);
    static final BasicStroke DASHES =
            new BasicStroke(1.2f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, new float[] {5, 4}, 0);

    /** Okabe and Ito (2008): told apart by every kind of eye. */
    private static final Color[] COLOURS = {
        new Color(0x0072B2), new Color(0xD55E00), new Color(0x009E73),
        new Color(0xCC79A7), new Color(0xE69F00), new Color(0x56B4E9)
    };

    /** Eleven points of viridis (van der Walt and Smith, 2015), the rest of it lies on the lines between them. */
    private static final int[] VIRIDIS = {
        0x440154, 0x482475, 0x414487, 0x355F8D, 0x2A788E, 0x21918C, 0x22A884, 0x44BF70, 0x7AD151, 0xBDDF26, 0xFDE725
    };

    /** Steps of the colour map: too fine to be seen, few enough for a palette. */
    private static final int STEPS = 56;

    private Style() {}

    static Color[] colours() {
        return COLOURS.clone();
    }

    /** The colour of series {@code i}, counted from 0; they come round. */
    static Color colour(int i) {
        return COLOURS[i % COLOURS.length];
    }

    /** {@code colour} mixed with white: what a fill of that opacity looks like on white. */
    static Color pale(Color colour, double opacity) {
        return mixed(Color.WHITE, colour, opacity);
    }

    static Color translucent(Color colour, double opacity) {
        return new Color(colour.getRed(), colour.getGreen(), colour.getBlue(), (int) Math.round(255 * opacity));
    }

    /** The colour map: dark at 0, bright at 1; what lies outside has the colour of the nearer end. */
    static Color map(double t) {
        double step = Math.rint(Math.min(1, Math.max(0, t)) * (STEPS - 1)) / (STEPS - 1);
        double place = step * (VIRIDIS.length - 1);
        int i = Math.min((int) place, VIRIDIS.length - 2);
        return mixed(new Color(VIRIDIS[i]), new Color(VIRIDIS[i + 1]), place - i);
    }

    private static Color mixed(Color a, Color b, double share) {
        return new Color(
                (int) Math.round(a.getRed() + share * (b.getRed() - a.getRed())),
                (int) Math.round(a.getGreen() + share * (b.getGreen() - a.getGreen())),
                (int) Math.round(a.getBlue() + share * (b.getBlue() - a.getBlue())));
    }

    static BufferedImage white(int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, width, height);
        pen.dispose();
        return image;
    }

    /** A pen of its own for smooth lines and letters. */
    static Graphics2D pen(Graphics2D of) {
        Graphics2D pen = (Graphics2D) of.create();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        pen.setRenderingHint(RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
        pen.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        return pen;
    }

    static double width(Graphics2D pen, Font font, String text) {
        return font.getStringBounds(text, pen.getFontRenderContext()).getWidth();
    }

    /**
     * Writes {@code text} with its base line at {@code y}.
     *
     * @param anchor which part of the text stands at {@code x}: 0 its left end, 0.5 its middle, 1 its right end
     */
    static void write(Graphics2D pen, Font font, Color colour, String text, double x, double y, double anchor) {
        pen.setFont(font);
        pen.setColor(colour);
        pen.drawString(text, (float) (x - anchor * width(pen, font, text)), (float) y);
    }

    /** The longest beginning of {@code text} that fits into {@code width}, with an ellipsis where it was cut. */
    static String fitted(Graphics2D pen, Font font, String text, double width) {
        String cut = text;
        while (!cut.isEmpty() && width(pen, font, cut.equals(text) ? cut : cut + "…") > width) {
            cut = cut.substring(0, cut.offsetByCodePoints(cut.length(), -1));
        }
        return cut.equals(text) ? text : cut.stripTrailing() + "…";
    }
}
