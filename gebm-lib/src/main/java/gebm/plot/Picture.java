package gebm.plot;

import gebm.core.Require;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * A bitmap and the size it is shown at; sharp on dense screens, because it has two pixels for each shown one.
 *
 * @param image the bitmap
 * @param width shown width in pixels of the page
 * @param height shown height in pixels of the page
 */
public record Picture(BufferedImage image, int width, int height) {
    private static final int COLOURS = 256;

    /** Checks the size. */
    public Picture {
        Require.positive("width", width);
        Require.positive("height", height);
    }

    /**
     * The bitmap as a PNG with a palette of at most 256 colours.
     *
     * <p>With more colours in the bitmap, similar ones (equal in their leading bits) become the most frequent of them:
     * lines and letters keep their colour, and only shades between two colours move by a little.
     */
    public byte[] png() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(withPalette(), "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        return out.toByteArray();
    }

    /** Writes the PNG to {@code file}, beside it first and then into place. */
    public void save(Path file) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.write(part, png());
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return "Picture " + width + "x" + height;
    }

    private BufferedImage withPalette() {
        int w = image.getWidth();
        int h = image.getHeight();
        int[] pixels = image.getRGB(0, 0, w, h, null, 0, w);
        Map<Integer, Integer> counts = new HashMap<>();
        for (int pixel : pixels) {
            counts.merge(pixel & 0xffffff, 1, Integer::sum);
        }
        Map<Integer, Integer> palette = palette(counts);
        int[] colours = palette.values().stream()
                .distinct()
                .sorted()
                .mapToInt(Integer::intValue)
                .toArray();
        Map<Integer, Integer> position = new HashMap<>();
        for (int i = 0; i < colours.length; i++) {
            position.put(colours[i], i);
        }
        byte[] indices = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            indices[i] = (byte) (int) position.get(palette.get(pixels[i] & 0xffffff));
        }
        IndexColorModel model =
                new IndexColorModel(8, colours.length, colours, 0, false, -1, java.awt.image.DataBuffer.TYPE_BYTE);
        BufferedImage indexed = new BufferedImage(w, h, BufferedImage.TYPE_BYTE_INDEXED, model);
        indexed.getRaster().setDataElements(0, 0, w, h, indices);
        return indexed;
    }

    /** For each colour the one that stands for it, with as many leading bits as 256 entries allow. */
    private static Map<Integer, Integer> palette(Map<Integer, Integer> counts) {
        List<Integer> byFrequency = counts.keySet().stream()
                .sorted(Comparator.comparingInt((Integer c) -> -counts.get(c)).thenComparing(Comparator.naturalOrder()))
                .toList();
        for (int bits = 8; ; bits--) {
            int mask = 0x010101 * (0xff << (8 - bits) & 0xff);
            Map<Integer, Integer> standIn = new HashMap<>();
            Map<Integer, Integer> palette = new HashMap<>();
            for (int colour : byFrequency) {
                standIn.putIfAbsent(colour & mask, colour);
                palette.put(colour, standIn.get(colour & mask));
            }
            if (standIn.size() <= COLOURS) {
                return palette;
            }
        }
    }
}
