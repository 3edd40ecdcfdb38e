package gebm.data;

import java.io.UncheckedIOException;
import java.net.URI;
import java.util.List;

/**
 * Fashion-MNIST: 60,000 training and 10,000 test images of ten kinds of clothing, 28×28 grey pixels.
 *
 * <p>Read from gzipped IDX files that a {@link DataStore} finds or downloads, with pinned SHA-256 of the packed bytes.
 *
 * <p>Source: Xiao, Rasul and Vollgraf (2017), arXiv 1708.07747; MIT licence.
 *
 * <pre>
 * var train = FashionMnist.train();
 * var images = train.array(scope, PixelRange.SIGNED); // (60000, 1, 28, 28), float32 in [-1, 1]
 * </pre>
 */
public final class FashionMnist {
    /** What each label says. */
    public static final List<String> CLASSES = List.of(
            "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot");

    private static final String SET = "fashion-mnist";
    private static final URI SOURCE = URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/");
    private static final DataFile TRAIN_IMAGES =
            file("train-images-idx3-ubyte.gz", "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84");
    private static final DataFile TRAIN_LABELS =
            file("train-labels-idx1-ubyte.gz", "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845");
    private static final DataFile TEST_IMAGES =
            file("t10k-images-idx3-ubyte.gz", "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073");
    private static final DataFile TEST_LABELS =
            file("t10k-labels-idx1-ubyte.gz", "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5");

    private FashionMnist() {}

    /**
     * The 60,000 training images, from the {@linkplain DataStore#standard() standard store}.
     *
     * @throws UncheckedIOException if a file is missing and cannot be downloaded, or is damaged
     */
    public static Images train() {
        return train(DataStore.standard());
    }

    /** The 60,000 training images, from {@code store}. */
    public static Images train(DataStore store) {
        return Idx.read(store, SET, Images.Role.TRAIN, TRAIN_IMAGES, TRAIN_LABELS);
    }

    /**
     * The 10,000 test images, from the {@linkplain DataStore#standard() standard store}.
     *
     * @throws UncheckedIOException if a file is missing and cannot be downloaded, or is damaged
     */
    public static Images test() {
        return test(DataStore.standard());
    }

    /** The 10,000 test images, from {@code store}. */
    public static Images test(DataStore store) {
        return Idx.read(store, SET, Images.Role.TEST, TEST_IMAGES, TEST_LABELS);
    }

    private static DataFile file(String name, String sha256) {
        return new DataFile(SET, name, SOURCE.resolve(name), List.of(sha256), DataFile.Bytes.PACKED);
    }
}
