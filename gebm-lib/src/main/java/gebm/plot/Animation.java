package gebm.plot;

import gebm.core.Require;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Pictures of one size shown in turn, without end.
 *
 * <p>Written as an animated PNG: browsers and JupyterLab play it, and a program that knows only PNG shows the first
 * frame. All frames share one palette of at most 255 colours, and each holds only what changed since the one before, so
 * that forty frames over a still background take some 100 kB.
 *
 * <p>Source: Portable Network Graphics, third edition (W3C, 2025), the chunks acTL, fcTL and fdAT.
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
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};
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
        Palette palette = Palette.of(COLOURS, images);
        int w = images.get(0).getWidth();
        int h = images.get(0).getHeight();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(SIGNATURE);
        chunk(out, "IHDR", data -> {
            data.writeInt(w);
            data.writeInt(h);
            data.write(new byte[] {8, 3, 0, 0, 0}); // eight bits, a palette
        });
        chunk(out, "acTL", data -> {
            data.writeInt(frames.size());
            data.writeInt(0); // without end
        });
        int[] colours = palette.colours();
        chunk(out, "PLTE", data -> {
            for (int colour : colours) {
                data.write(new byte[] {(byte) (colour >> 16), (byte) (colour >> 8), (byte) colour});
            }
            data.write(new byte[3]);
        });
        chunk(out, "tRNS", data -> {
            byte[] opacity = new byte[colours.length + 1];
            Arrays.fill(opacity, 0, colours.length, (byte) 255);
            data.write(opacity);
        });
        byte[] before = null;
        int number = 0;
        for (BufferedImage image : images) {
            byte[] pixels = palette.indices(image);
            Part part =
                    before == null ? new Part(0, 0, w, h, pixels) : changed(before, pixels, w, (byte) colours.length);
            number = frame(out, part, number);
            before = pixels;
        }
        chunk(out, "IEND", data -> {});
        return out.toByteArray();
    }

    /** Writes the animated PNG to {@code file}, beside it first and then into place. */
    public void save(Path file) {
        Picture.write(file, png());
    }

    @Override
    public String toString() {
        return "Animation " + width() + "x" + height() + ", " + frames.size() + " frames";
    }

    private record Part(int left, int top, int width, int height, byte[] pixels) {}

    /** The smallest rectangle around all that changed, with what did not change in it see-through. */
    private static Part changed(byte[] before, byte[] now, int w, byte same) {
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
            return new Part(0, 0, 1, 1, new byte[] {same});
        }
        int width = right - left + 1;
        int height = bottom - top + 1;
        byte[] pixels = new byte[width * height];
        for (int i = 0; i < pixels.length; i++) {
            int p = (top + i / width) * w + left + i % width;
            pixels[i] = now[p] == before[p] ? same : now[p];
        }
        return new Part(left, top, width, height, pixels);
    }

    /** Writes the frame and returns the next number in the sequence of chunks. */
    private int frame(ByteArrayOutputStream out, Part part, int number) {
        chunk(out, "fcTL", data -> {
            data.writeInt(number);
            data.writeInt(part.width);
            data.writeInt(part.height);
            data.writeInt(part.left);
            data.writeInt(part.top);
            data.writeShort((int) Math.round(1_000 * seconds));
            data.writeShort(1_000);
            data.write(new byte[] {0, 1}); // stays; is laid over the frame before
        });
        byte[] packed = packed(part);
        if (number == 0) {
            chunk(out, "IDAT", data -> data.write(packed));
            return 1;
        }
        chunk(out, "fdAT", data -> {
            data.writeInt(number + 1);
            data.write(packed);
        });
        return number + 2;
    }

    private static byte[] packed(Part part) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION);
        try (DeflaterOutputStream rows = new DeflaterOutputStream(out, deflater)) {
            for (int row = 0; row < part.height; row++) {
                rows.write(0); // no filter
                rows.write(part.pixels, row * part.width, part.width);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deflater.end();
        }
        return out.toByteArray();
    }

    private interface Body {
        void write(DataOutputStream data) throws IOException;
    }

    private static void chunk(ByteArrayOutputStream out, String type, Body body) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            bytes.writeBytes(type.getBytes(StandardCharsets.US_ASCII));
            body.write(new DataOutputStream(bytes));
            CRC32 checksum = new CRC32();
            checksum.update(bytes.toByteArray());
            DataOutputStream file = new DataOutputStream(out);
            file.writeInt(bytes.size() - 4);
            file.write(bytes.toByteArray());
            file.writeInt((int) checksum.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
