package gebm.plot;

import gebm.core.Require;
import gebm.core.WholeFile;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;

/**
 * A bitmap and the size it is shown at; sharp on dense screens, because it has two pixels for each shown one.
 *
 * @param image the bitmap
 * @param width shown width in pixels of the page
 * @param height shown height in pixels of the page
 */
public record Picture(BufferedImage image, int width, int height) {
    private static final int COLOURS = 256;
    private static final int FEWEST = 32;
    private static final int LARGE = 100_000; // bytes, what a notebook should keep

    /** Checks the size. */
    public Picture {
        Require.positive("width", width);
        Require.positive("height", height);
    }

    /**
     * The bitmap as a PNG with a palette of at most 256 colours.
     *
     * <p>With more colours in the bitmap, rare ones become the nearest frequent one: lines, letters and areas keep
     * their colour, and only shades between two colours move by a little. A PNG of more than 100 kB is made again with
     * half the colours, at least 32.
     */
    public byte[] png() {
        Palette.Colours colours = Palette.Colours.of(List.of(image));
        byte[] png = png(Palette.of(COLOURS, colours));
        for (int most = COLOURS / 2; png.length > LARGE && most >= FEWEST; most /= 2) {
            png = png(Palette.of(most, colours));
        }
        return png;
    }

    private byte[] png(Palette palette) {
        return Png.still(palette.colours(), image.getWidth(), image.getHeight(), palette.indices(image));
    }

    /** Writes the PNG to {@code file}, beside it first and then into place; missing folders are made. */
    public void save(Path file) {
        WholeFile.write(file, png());
    }

    @Override
    public String toString() {
        return "Picture " + width + "x" + height;
    }
}
