package gebm.plot;

import java.awt.image.BufferedImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The colours of bitmaps, reduced to a number that a palette holds.
 *
 * <p>Colours are taken by frequency; one that is too near to a taken one is left to it. How near is too near is the
 * least that makes the rest fit; for colours that fill at least a thousandth of the area it is a quarter of that. So
 * lines, letters and areas keep their colour, and shades between two colours move by a little.
 */
final class Palette {
    private static final int[] DISTANCES = {1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64, 128, 256};
    private static final double LARGE = 1e-3; // share of the area

    private final int[] colours;
    private final Map<Integer, Integer> position = new HashMap<>();

    private Palette(int[] colours) {
        this.colours = colours;
    }

    /** The colours of some images, the most frequent first. */
    record Colours(int[] byFrequency, int frequent) {
        /** {@code frequent} of them fill at least a thousandth of the area each. */
        static Colours of(List<BufferedImage> images) {
            Map<Integer, int[]> counts = new HashMap<>();
            long pixels = 0;
            for (BufferedImage image : images) {
                int[] rgb = pixels(image);
                pixels += rgb.length;
                for (int from = 0, to; from < rgb.length; from = to) {
                    int colour = rgb[from];
                    for (to = from + 1; to < rgb.length && rgb[to] == colour; to++) {}
                    counts.computeIfAbsent(colour, c -> new int[1])[0] += to - from;
                }
            }
            int[] byFrequency = counts.entrySet().stream()
                    .sorted((a, b) -> a.getValue()[0] != b.getValue()[0]
                            ? Integer.compare(b.getValue()[0], a.getValue()[0])
                            : Integer.compare(a.getKey(), b.getKey()))
                    .mapToInt(Map.Entry::getKey)
                    .toArray();
            double large = LARGE * pixels;
            int frequent = (int)
                    counts.values().stream().filter(count -> count[0] >= large).count();
            return new Colours(byFrequency, frequent);
        }
    }

    /** At most {@code most} of the colours. */
    static Palette of(int most, Colours colours) {
        int[] chosen = null;
        for (int d = 0; chosen == null; d++) {
            chosen = apart(colours.byFrequency, colours.frequent, DISTANCES[d], most);
        }
        return new Palette(chosen);
    }

    static int[] pixels(BufferedImage image) {
        int w = image.getWidth();
        int h = image.getHeight();
        int[] rgb = image.getType() == BufferedImage.TYPE_INT_RGB
                ? (int[]) image.getRaster().getDataElements(0, 0, w, h, null) // a tenth of the time
                : image.getRGB(0, 0, w, h, null, 0, w);
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] &= 0xffffff;
        }
        return rgb;
    }

    /** The colours that are far enough from those before them; null if that is too many. */
    private static int[] apart(int[] byFrequency, int frequent, int distance, int most) {
        int[] chosen = new int[most];
        int n = 0;
        for (int c = 0; c < byFrequency.length; c++) {
            int least = c < frequent ? Math.max(1, distance / 4) : distance;
            boolean far = true;
            for (int i = 0; i < n && far; i++) {
                far = distance(chosen[i], byFrequency[c]) >= least;
            }
            if (far) {
                if (n == most) {
                    return null;
                }
                chosen[n++] = byFrequency[c];
            }
        }
        return IntStream.of(chosen).limit(n).sorted().toArray();
    }

    /** The largest difference of red, green or blue. */
    private static int distance(int a, int b) {
        int red = Math.abs((a >> 16) - (b >> 16));
        int green = Math.abs((a >> 8 & 0xff) - (b >> 8 & 0xff));
        int blue = Math.abs((a & 0xff) - (b & 0xff));
        return Math.max(red, Math.max(green, blue));
    }

    /** The colours, in the order of their numbers. */
    int[] colours() {
        return colours.clone();
    }

    /** For each pixel the place of its colour. */
    byte[] indices(BufferedImage image) {
        int[] rgb = pixels(image);
        byte[] indices = new byte[rgb.length];
        for (int from = 0, to; from < rgb.length; from = to) {
            int colour = rgb[from];
            byte index = (byte) (int) position.computeIfAbsent(colour, this::nearest);
            for (to = from; to < rgb.length && rgb[to] == colour; to++) {
                indices[to] = index;
            }
        }
        return indices;
    }

    private int nearest(int colour) {
        int best = 0;
        for (int i = 1; i < colours.length; i++) {
            if (distance(colours[i], colour) < distance(colours[best], colour)) {
                best = i;
            }
        }
        return best;
    }
}
