package gebm.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The MNIST digits: 60,000 training and 10,000 test images of 28×28 grey pixels.
 *
 * <p>Read from gzipped IDX files that a {@link DataStore} finds or downloads, with pinned SHA-256.
 *
 * <p>Source: LeCun, Cortes and Burges, the MNIST database of handwritten digits; CC BY-SA 3.0.
 *
 * <pre>
 * var train = Mnist.train();
 * var images = train.flattened(scope); // (60000, 784), float32 in [0, 1]
 * </pre>
 */
public final class Mnist {
    private static final URI SOURCE = URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/");
    private static final DataFile TRAIN_IMAGES =
            file("train-images-idx3-ubyte.gz", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db");
    private static final DataFile TRAIN_LABELS =
            file("train-labels-idx1-ubyte.gz", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5");
    private static final DataFile TEST_IMAGES =
            file("t10k-images-idx3-ubyte.gz", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7");
    private static final DataFile TEST_LABELS =
            file("t10k-labels-idx1-ubyte.gz", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2");
    private static final int IMAGES_MAGIC = 0x803; // unsigned bytes, three dimensions
    private static final int LABELS_MAGIC = 0x801; // unsigned bytes, one dimension

    private Mnist() {}

    /**
     * The 60,000 training images, from the {@linkplain DataStore#standard() standard store}.
     *
     * @throws UncheckedIOException if a file is missing and cannot be downloaded, or is damaged
     */
    public static Digits train() {
        return train(DataStore.standard());
    }

    /** The 60,000 training images, from {@code store}. */
    public static Digits train(DataStore store) {
        return read(store, TRAIN_IMAGES, TRAIN_LABELS);
    }

    /**
     * The 10,000 test images, from the {@linkplain DataStore#standard() standard store}.
     *
     * @throws UncheckedIOException if a file is missing and cannot be downloaded, or is damaged
     */
    public static Digits test() {
        return test(DataStore.standard());
    }

    /** The 10,000 test images, from {@code store}. */
    public static Digits test(DataStore store) {
        return read(store, TEST_IMAGES, TEST_LABELS);
    }

    static Digits read(DataStore store, DataFile images, DataFile labels) {
        try {
            byte[] shown = labels(labels.name(), store.read(labels));
            byte[] pixels = images(images.name(), store.read(images));
            if (pixels.length != shown.length * Digits.PIXELS) {
                throw new IOException(images.name() + " must hold one image for each of the " + shown.length
                        + " labels, got " + pixels.length / Digits.PIXELS);
            }
            return new Digits("mnist", pixels, shown);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static byte[] images(String name, byte[] raw) throws IOException {
        int[] sizes = header(name, raw, IMAGES_MAGIC, 3);
        if (sizes[1] != Digits.SIDE || sizes[2] != Digits.SIDE) {
            throw new IOException(name + " must hold images of 28x28, got " + sizes[1] + "x" + sizes[2]);
        }
        return body(name, raw, 16, (long) sizes[0] * Digits.PIXELS);
    }

    private static byte[] labels(String name, byte[] raw) throws IOException {
        int[] sizes = header(name, raw, LABELS_MAGIC, 1);
        byte[] labels = body(name, raw, 8, sizes[0]);
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] > 9) {
                throw new IOException(name + " must hold labels 0..9, got " + (labels[i] & 0xff) + " at " + i);
            }
        }
        return labels;
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

    private static byte[] body(String name, byte[] raw, int start, long length) throws IOException {
        if (raw.length - start != length) {
            throw new IOException(
                    name + " must hold " + length + " bytes after its header, got " + (raw.length - start));
        }
        return Arrays.copyOfRange(raw, start, raw.length);
    }

    private static DataFile file(String name, String sha256) {
        return new DataFile("mnist", name, SOURCE.resolve(name), sha256);
    }
}
