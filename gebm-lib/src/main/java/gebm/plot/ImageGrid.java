package gebm.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.Arrays;

/** Small images in rows, each group of them under its name, with or without a text below each image. */
final class ImageGrid {
    private static final int CELL = 28 * Style.DENSITY; // an MNIST image, each pixel a square of two
    private static final int LARGE = 56 * Style.DENSITY; // with a text below
    private static final int GAP = 2 * Style.DENSITY;
    private static final int MARGIN = 10 * Style.DENSITY;
    private static final int HEADING = 28 * Style.DENSITY;
    private static final int LINE = 13 * Style.DENSITY;
    private static final Font TITLE = new Font(Font.SANS_SERIF, Font.BOLD, 13 * Style.DENSITY);
    private static final Font CAPTION = new Font(Font.SANS_SERIF, Font.PLAIN, 10 * Style.DENSITY);

    private ImageGrid() {}

    /** Grids beside each other; {@code captions} are empty, or one for each image of the only grid. */
    static Picture of(String[] names, int columns, String[] captions, NDArray... grids) {
        Require.positive("columns", columns);
        boolean captioned = captions.length > 0;
        int lines = Arrays.stream(captions)
                .mapToInt(caption -> caption.split("\n", -1).length)
                .max()
                .orElse(0);
        int cell = captioned ? LARGE : CELL;
        int gap = captioned ? 3 * GAP : GAP;
        int cellHeight = cell + (captioned ? lines * LINE + GAP : 0);
        int rows = 0;
        for (int g = 0; g < grids.length; g++) {
            int n = Form.of(names[g], grids[g].getShape()).images;
            Require.that(!captioned || captions.length == n, "captions", "as many as images, " + n, captions.length);
            rows = Math.max(rows, (n + columns - 1) / columns);
        }
        int panel = columns * (cell + gap) - gap;
        int between = grids.length > 1 ? 8 * GAP : 0;
        int width = grids.length * panel + (grids.length - 1) * between + 2 * MARGIN;
        int height = HEADING + rows * (cellHeight + gap) - gap + MARGIN;
        BufferedImage image = Style.white(width + width % Style.DENSITY, height + height % Style.DENSITY);
        Graphics2D pen = Style.pen(image.createGraphics());
        for (int g = 0; g < grids.length; g++) {
            int left = MARGIN + g * (panel + between);
            String name = Style.fitted(pen, TITLE, names[g], panel);
            Style.write(pen, TITLE, Style.INK, name, left, HEADING - 8.0 * Style.DENSITY, 0);
            Form form = Form.of(names[g], grids[g].getShape());
            double[] values = Ops.doubles(grids[g]);
            for (int i = 0; i < form.images; i++) {
                int x = left + i % columns * (cell + gap);
                int y = HEADING + i / columns * (cellHeight + gap);
                // nearest neighbour: pixels stay squares
                pen.drawImage(form.image(names[g], values, i), x, y, cell, cell, null);
                if (captioned) {
                    caption(pen, captions[i], x + cell / 2.0, y + cell, cell + gap);
                }
            }
        }
        pen.dispose();
        return new Picture(image, image.getWidth() / Style.DENSITY, image.getHeight() / Style.DENSITY);
    }

    private static void caption(Graphics2D pen, String caption, double middle, double top, double width) {
        String[] lines = caption.split("\n", -1);
        for (int l = 0; l < lines.length; l++) {
            String text = Style.fitted(pen, CAPTION, lines[l], width);
            Style.write(pen, CAPTION, Style.INK, text, middle, top + (l + 1) * LINE - Style.DENSITY, 0.5);
        }
    }

    /** How an array holds square images: one channel of ink, or three of light. */
    private record Form(int images, int side, boolean colour) {
        static Form of(String name, Shape shape) {
            Require.that(shape.dimension() >= 2 && shape.size() > 0, name, "of shape (n, pixels)", shape);
            boolean colour = shape.dimension() == 4 && shape.get(1) == 3;
            long pixels = shape.size() / shape.get(0) / (colour ? 3 : 1);
            int side = (int) Math.round(Math.sqrt(pixels));
            Require.that((long) side * side == pixels, name, "square images", shape);
            return new Form((int) shape.get(0), side, colour);
        }

        BufferedImage image(String name, double[] values, int index) {
            int pixels = side * side;
            int start = index * pixels * (colour ? 3 : 1);
            BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < pixels; p++) {
                int rgb = 0;
                for (int channel = 0; channel < 3; channel++) {
                    int at = (colour ? channel * pixels : 0) + p;
                    String place = name + "[" + index + ", " + at + "]";
                    double value = Math.min(1, Math.max(0, Require.finite(place, values[start + at])));
                    int level = (int) Math.round(255 * value);
                    rgb = rgb << 8 | (colour ? level : 255 - level);
                }
                image.setRGB(p % side, p / side, rgb);
            }
            return image;
        }
    }
}
