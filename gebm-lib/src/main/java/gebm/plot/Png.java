package gebm.plot;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * Files of the PNG format with a palette, still or animated.
 *
 * <p>Rows are not filtered, which ImageIO does even where it costs a third of the size.
 *
 * <p>Source: Portable Network Graphics, third edition (W3C, 2025).
 */
final class Png {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10};

    private static final byte NONE = 0; // after its time a frame stays
    private static final byte PREVIOUS = 2; // after its time what was below it is there again
    private static final byte OVER = 1; // a frame is laid over what is there

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int sequence;

    private Png() {}

    /** A part of the picture: indices into the palette. */
    record Part(int left, int top, int width, int height, byte[] pixels) {}

    static byte[] still(int[] colours, int width, int height, byte[] pixels) {
        Png png = new Png();
        png.begin(width, height);
        png.palette(colours, false);
        png.chunk("IDAT", data -> data.write(packed(new Part(0, 0, width, height, pixels))));
        return png.end();
    }

    /**
     * Frames laid over one another, shown without end; the index after the last colour leaves what is below.
     *
     * @param frames the first of the whole size
     * @param overFirst whether each is laid over the first, not over the one before
     */
    static byte[] animated(int[] colours, List<Part> frames, double seconds, boolean overFirst) {
        Png png = new Png();
        png.begin(frames.get(0).width, frames.get(0).height);
        png.chunk("acTL", data -> {
            data.writeInt(frames.size());
            data.writeInt(0); // without end
        });
        png.palette(colours, true);
        for (Part frame : frames) {
            png.frame(frame, seconds, overFirst ? PREVIOUS : NONE);
        }
        return png.end();
    }

    private void begin(int width, int height) {
        out.writeBytes(SIGNATURE);
        chunk("IHDR", data -> {
            data.writeInt(width);
            data.writeInt(height);
            data.write(new byte[] {8, 3, 0, 0, 0}); // eight bits, a palette
        });
    }

    private byte[] end() {
        chunk("IEND", data -> {});
        return out.toByteArray();
    }

    private void palette(int[] colours, boolean seeThrough) {
        chunk("PLTE", data -> {
            for (int colour : colours) {
                data.write(new byte[] {(byte) (colour >> 16), (byte) (colour >> 8), (byte) colour});
            }
            if (seeThrough) {
                data.write(new byte[3]);
            }
        });
        if (seeThrough) {
            byte[] opacity = new byte[colours.length + 1];
            Arrays.fill(opacity, 0, colours.length, (byte) 255);
            chunk("tRNS", data -> data.write(opacity));
        }
    }

    private void frame(Part part, double seconds, byte then) {
        boolean first = sequence == 0;
        chunk("fcTL", data -> {
            data.writeInt(sequence++);
            data.writeInt(part.width);
            data.writeInt(part.height);
            data.writeInt(part.left);
            data.writeInt(part.top);
            data.writeShort((int) Math.round(1_000 * seconds));
            data.writeShort(1_000);
            data.write(new byte[] {first ? NONE : then, OVER});
        });
        byte[] packed = packed(part);
        chunk(first ? "IDAT" : "fdAT", data -> {
            if (!first) {
                data.writeInt(sequence++);
            }
            data.write(packed);
        });
    }

    private static byte[] packed(Part part) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Deflater deflater = new Deflater();
        try (DeflaterOutputStream rows = new DeflaterOutputStream(bytes, deflater)) {
            for (int row = 0; row < part.height; row++) {
                rows.write(0); // no filter
                rows.write(part.pixels, row * part.width, part.width);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            deflater.end();
        }
        return bytes.toByteArray();
    }

    private interface Body {
        void write(DataOutputStream data) throws IOException;
    }

    private void chunk(String type, Body body) {
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
