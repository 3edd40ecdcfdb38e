package gebm.data;

import java.io.UncheckedIOException;
import java.net.URI;

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
        return read(store, Images.Role.TRAIN, TRAIN_IMAGES, TRAIN_LABELS);
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
        return read(store, Images.Role.TEST, TEST_IMAGES, TEST_LABELS);
    }

    static Digits read(DataStore store, Images.Role role, DataFile images, DataFile labels) {
        return new Digits(Idx.read(store, "mnist", role, images, labels));
    }

    private static DataFile file(String name, String sha256) {
        return new DataFile("mnist", name, SOURCE.resolve(name), sha256);
    }
}
