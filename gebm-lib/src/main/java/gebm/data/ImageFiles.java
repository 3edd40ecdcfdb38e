package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.WholeFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

/**
 * Samples as PNG files: many in one picture, or a file each, which programs that compute the Fréchet distance take.
 *
 * <p>A value {@code v} becomes the level nearest to {@code 255·(v − low)/(high − low)} of its {@link PixelRange}, so what
 * was read from a file is written as it was. A value outside the range is refused, not cut off.
 *
 * <p>Shapes: {@code (n, channels, height, width)} with one channel of grey, or red, green and blue.
 *
 * <pre>{@code
 * var folder = java.nio.file.Files.createTempDirectory("example");
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var digits = StrokeDigits.of(20, Rng.of(7)).images(scope);
 *     ImageFiles.grid(folder.resolve("digits.png"), digits, PixelRange.UNIT, 10);
 *     ImageFiles.each(folder.resolve("digits"), digits, PixelRange.UNIT); // 00000.png … 00019.png
 * }
 * }</pre>
 */
public final class ImageFiles {
    private static final int GAP = 2;
    private static final int PAPER = 255;

    private ImageFiles() {}

    /**
     * Writes one PNG with the images in rows of {@code columns}, two white pixels apart.
     *
     * @throws IllegalArgumentException if a value is not finite or outside {@code range}, naming its place
     */
    public static void grid(Path file, NDArray images, PixelRange range, int columns) {
        Require.positive("columns", columns);
        Levels levels = Levels.of(images, range);
        int across = Math.min(columns, levels.n);
        int rows = (levels.n + columns - 1) / columns;
        BufferedImage sheet = levels.blank(across * (levels.width + GAP) - GAP, rows * (levels.height + GAP) - GAP);
        int[] white = new int[sheet.getWidth() * sheet.getHeight() * levels.channels];
        Arrays.fill(white, PAPER);
        sheet.getRaster().setPixels(0, 0, sheet.getWidth(), sheet.getHeight(), white);
        for (int i = 0; i < levels.n; i++) {
            levels.draw(i, sheet, i % columns * (levels.width + GAP), i / columns * (levels.height + GAP));
        }
        WholeFile.write(file, out -> png(sheet, out));
    }

    /**
     * Writes a PNG for each image into {@code folder}: {@code 00000.png}, {@code 00001.png} and so on. Other files there
     * stay.
     *
     * @throws IllegalArgumentException if a value is not finite or outside {@code range}; then nothing is written
     */
    public static void each(Path folder, NDArray images, PixelRange range) {
        Levels levels = Levels.of(images, range);
        for (int i = 0; i < levels.n; i++) {
            BufferedImage image = levels.blank(levels.width, levels.height);
            levels.draw(i, image, 0, 0);
            WholeFile.write(folder.resolve(String.format("%05d.png", i)), out -> png(image, out));
        }
    }

    private static void png(BufferedImage image, OutputStream out) throws IOException {
        if (!ImageIO.write(image, "png", out)) {
            throw new IOException("this Java has no writer of PNG files");
        }
    }

    private record Levels(int n, int channels, int height, int width, int[] values) {
        static Levels of(NDArray images, PixelRange range) {
            Shape shape = images.getShape();
            boolean fits = shape.dimension() == 4 && shape.size() > 0 && (shape.get(1) == 1 || shape.get(1) == 3);
            Require.that(fits, "images", "of shape (n, 1 or 3, height, width) with n > 0", shape);
            float[] given;
            try (NDArray floats = images.toType(DataType.FLOAT32, true)) {
                given = floats.toFloatArray();
            }
            int[] levels = new int[given.length];
            int perImage = given.length / (int) shape.get(0);
            for (int i = 0; i < levels.length; i++) {
                if (!(given[i] >= range.low() && given[i] <= range.high())) {
                    throw new IllegalArgumentException(String.format(
                            "values of images must be in [%.0f, %.0f] (%s), got %s in image %d at %d: clip them first,"
                                    + " or name the other range",
                            range.low(), range.high(), range, given[i], i / perImage, i % perImage));
                }
                levels[i] = (int) Math.round(255 * (given[i] - range.low()) / (range.high() - range.low()));
            }
            return new Levels((int) shape.get(0), (int) shape.get(1), (int) shape.get(2), (int) shape.get(3), levels);
        }

        BufferedImage blank(int across, int down) {
            int type = channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_3BYTE_BGR;
            return new BufferedImage(across, down, type);
        }

        void draw(int index, BufferedImage into, int left, int top) {
            int plane = height * width;
            for (int c = 0; c < channels; c++) {
                int start = (index * channels + c) * plane;
                int[] samples = Arrays.copyOfRange(values, start, start + plane);
                into.getRaster().setSamples(left, top, width, height, c, samples); // as they are, unlike setRGB in grey
            }
        }
    }
}
