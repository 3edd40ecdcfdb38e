package gebm.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * Grey images of 28×28 and labels 0–9 in IDX files, as MNIST and its relatives have them.
 *
 * <p>Source: LeCun, Cortes and Burges, the MNIST database, "file formats".
 */
final class Idx {
    private static final int IMAGES_MAGIC = 0x803; // unsigned bytes, three dimensions
    private static final int LABELS_MAGIC = 0x801; // unsigned bytes, one dimension

    private Idx() {}

    static Images read(DataStore store, String set, Images.Role role, DataFile images, DataFile labels) {
        try {
            byte[] shown = labels(labels.name(), store.read(labels));
            byte[][] pixels = images(images.name(), store.read(images));
            if (pixels.length != shown.length) {
                throw new IOException(images.name() + " must hold one image for each of the " + shown.length
                        + " labels, got " + pixels.length);
            }
            return Images.of(
                    set,
                    role,
                    set + " " + role,
                    new Images.Form(1, Digits.SIDE, Digits.SIDE),
                    pixels,
                    Optional.of(shown));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static byte[][] images(String name, byte[] raw) throws IOException {
        int[] sizes = header(name, raw, IMAGES_MAGIC, 3);
        if (sizes[1] != Digits.SIDE || sizes[2] != Digits.SIDE) {
            throw new IOException(name + " must hold images of 28x28, got " + sizes[1] + "x" + sizes[2]);
        }
        requireBody(name, raw, 16, (long) sizes[0] * Digits.PIXELS);
        byte[][] images = new byte[sizes[0]][];
        Arrays.setAll(images, i -> Arrays.copyOfRange(raw, 16 + i * Digits.PIXELS, 16 + (i + 1) * Digits.PIXELS));
        return images;
    }

    private static byte[] labels(String name, byte[] raw) throws IOException {
        int[] sizes = header(name, raw, LABELS_MAGIC, 1);
        requireBody(name, raw, 8, sizes[0]);
        byte[] labels = Arrays.copyOfRange(raw, 8, raw.length);
        requireLabels(name, labels);
        return labels;
    }

    /** Ten classes, as CIFAR-10 has them too. */
    static void requireLabels(String name, byte[] labels) throws IOException {
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] > 9) {
                throw new IOException(name + " must hold labels 0..9, got " + (labels[i] & 0xff) + " at " + i);
            }
        }
    }

    private static int[] header(String name, byte[] raw, int magic, int dimensions) throws IOException {
        if (raw.length < 4 + 4 * dimensions) {
            throw new IOException(
                    name + " must hold an IDX header of " + (4 + 4 * dimensions) + " bytes, got " + raw.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(raw);
        int got = buffer.getInt();
        if (got != magic) {
            throw new IOException(
                    String.format("%s must begin with the IDX magic number 0x%08x, got 0x%08x", name, magic, got));
        }
        int[] sizes = new int[dimensions];
        for (int d = 0; d < dimensions; d++) {
            sizes[d] = buffer.getInt();
        }
        return sizes;
    }

    private static void requireBody(String name, byte[] raw, int start, long length) throws IOException {
        if (raw.length - start != length) {
            throw new IOException(
                    name + " must hold " + length + " bytes after its header, got " + (raw.length - start));
        }
    }
}
