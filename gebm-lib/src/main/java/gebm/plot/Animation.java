package gebm.plot;

import gebm.core.Require;
import gebm.core.WholeFile;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures of one size shown in turn, without end.
 *
 * <p>Written as an animated PNG: browsers and JupyterLab play it, and a program that knows only PNG shows the first
 * frame. All frames share one palette of at most 255 colours, and each holds only what differs from the one before, or
 * from the first if that takes less: forty frames of ten chains that walk over a map take some 250 kB.
 *
 * <pre>{@code
 * var frames = new java.util.ArrayList<Picture>();
 * for (int i = 1; i <= 3; i++) {
 *     frames.add(Plots.image(Plots.curves("growing", "x", "y", Curve.of("y", new double[i]))));
 * }
 * var animation = new Animation(frames, 0.2);
 * System.out.println(animation);
 * }</pre>
 *
 * @param frames at least one, all of one size
 * @param seconds how long each is shown, at most 60
 */
public record Animation(List<Picture> frames, double seconds) {
    private static final int COLOURS = 255; // and one for what did not change

    /** Copies and checks the frames. */
    public Animation {
        frames = List.copyOf(frames);
        Require.that(!frames.isEmpty(), "frames", "at least one", frames.size());
        Require.that(seconds >= 0.01 && seconds <= 60, "seconds", "in [0.01, 60]", seconds);
        for (int f = 0; f < frames.size(); f++) {
            Require.that(
                    sameSize(frames.get(f), frames.get(0)),
                    "frames[" + f + "]",
                    "of the size of the first, " + frames.get(0),
                    frames.get(f));
        }
    }

    private static boolean sameSize(Picture a, Picture b) {
        return a.width() == b.width()
                && a.height() == b.height()
                && a.image().getWidth() == b.image().getWidth()
                && a.image().getHeight() == b.image().getHeight();
    }

    /** Shown width in pixels of the page. */
    public int width() {
        return frames.get(0).width();
    }

    /** Shown height in pixels of the page. */
    public int height() {
        return frames.get(0).height();
    }

    /** The animation as an animated PNG. */
    public byte[] png() {
        List<BufferedImage> images = frames.stream().map(Picture::image).toList();
        Palette palette = Palette.of(COLOURS, Palette.Colours.of(images));
        List<byte[]> indices = images.stream().map(palette::indices).toList();
        byte[] overLast = png(indices, palette.colours(), images.get(0).getWidth(), false);
        byte[] overFirst = png(indices, palette.colours(), images.get(0).getWidth(), true);
        return overFirst.length < overLast.length ? overFirst : overLast;
    }

    /** Frames laid over the one before, or each over the first. */
    private byte[] png(List<byte[]> indices, int[] colours, int w, boolean overFirst) {
        byte[] first = indices.get(0);
        List<Png.Part> parts = new ArrayList<>();
        parts.add(new Png.Part(0, 0, w, first.length / w, first));
        for (int f = 1; f < indices.size(); f++) {
            byte[] below = overFirst ? first : indices.get(f - 1);
            parts.add(changed(below, indices.get(f), w, (byte) colours.length));
        }
        return Png.animated(colours, parts, seconds, overFirst);
    }

    /** Writes the animated PNG to {@code file}, beside it first and then into place. */
    public void save(Path file) {
        WholeFile.write(file, png());
    }

    @Override
    public String toString() {
        return "Animation " + width() + "x" + height() + ", " + frames.size() + " frames";
    }

    /** The smallest rectangle around all that changed, with what did not change in it see-through. */
    private static Png.Part changed(byte[] before, byte[] now, int w, byte same) {
        int left = w;
        int right = -1;
        int top = -1;
        int bottom = -1;
        for (int i = 0; i < now.length; i++) {
            if (now[i] != before[i]) {
                left = Math.min(left, i % w);
                right = Math.max(right, i % w);
                top = top < 0 ? i / w : top;
                bottom = i / w;
            }
        }
        if (right < 0) {
            return new Png.Part(0, 0, 1, 1, new byte[] {same});
        }
        int width = right - left + 1;
        int height = bottom - top + 1;
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.length; i++) {
            int p = (top + i / width) * w + left + i % width;
            pixels[i] = now[p] == before[p] ? same : now[p];
        }
        return new Png.Part(left, top, width, height, pixels);
    }
}
