package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Labelled grey images of digits, 28 by 28 pixels.
 *
 * <p>They are {@link Images} of which it is known what they show; {@link #images} and {@link #flattened} copy them into
 * the engine as float32 in [0, 1], where 0 is the background and 1 full ink: {@code byte/255}.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var digits = StrokeDigits.of(100, Rng.of(7));
 *     System.out.println(digits.head(10).flattened(scope).getShape());
 * }
 * }</pre>
 */
public final class Digits {
    /** Pixels along each side. */
    public static final int SIDE = 28;

    /** Pixels of an image. */
    public static final int PIXELS = SIDE * SIDE;

    private final Images images;

    Digits(Images images) {
        Require.that(
                images.labelled() && images.imageShape().equals(new Shape(1, SIDE, SIDE)),
                "digits",
                "labelled images of shape (1, 28, 28)",
                images);
        this.images = images;
    }

    /**
     * A set of digits.
     *
     * @param of as {@link Images#of} says
     * @param pixels 784 bytes an image
     */
    static Digits of(String name, Images.Role role, Object of, byte[] pixels, byte[] labels) {
        Require.that(
                pixels.length == labels.length * PIXELS, "pixels", labels.length + " images of 784", pixels.length);
        byte[][] each = new byte[labels.length][];
        Arrays.setAll(each, i -> Arrays.copyOfRange(pixels, i * PIXELS, (i + 1) * PIXELS));
        return new Digits(Images.of(name, role, of, new Images.Form(1, SIDE, SIDE), each, Optional.of(labels)));
    }

    /** These as images of any kind: with their role, to be split, and in the range a generator gives. */
    public Images asImages() {
        return images;
    }

    /** What these are: {@code mnist} or {@code stroke-digits}. */
    public String name() {
        return images.name();
    }

    /** The number of images. */
    public int size() {
        return images.size();
    }

    /** The digit, 0–9, that each image shows. */
    public int[] labels() {
        return images.labels();
    }

    /** The images {@code (n, 1, 28, 28)}, float32 in [0, 1], owned by {@code scope}. */
    public NDArray images(NDManager scope) {
        return images.array(scope, PixelRange.UNIT);
    }

    /** The images as rows {@code (n, 784)}, float32 in [0, 1], owned by {@code scope}. */
    public NDArray flattened(NDManager scope) {
        return images.flattened(scope, PixelRange.UNIT);
    }

    /**
     * The first {@code n} images.
     *
     * @throws IllegalArgumentException if {@code n} is not in 1 … {@link #size()}
     */
    public Digits head(int n) {
        return new Digits(images.head(n));
    }

    /** SHA-256 of pixels, then labels, one byte each, in hexadecimal. */
    public String sha256() {
        return images.sha256();
    }

    @Override
    public String toString() {
        return "Digits[" + images.provenance() + ", " + size() + " images of 28x28]";
    }

    /**
     * MNIST where it is at hand or can be fetched, otherwise 60,000 + 10,000 drawn digits; the name says which.
     *
     * <p>Only a set that is nowhere to be found and a source that cannot be reached lead to drawn digits; a damaged
     * file or an interrupted download is an error.
     *
     * @throws UncheckedIOException if a file is there but damaged
     */
    public static Split mnistOrStrokes() {
        return mnistOrStrokes(DataStore.standard());
    }

    /** As {@link #mnistOrStrokes()}, with files looked up in {@code store}. */
    public static Split mnistOrStrokes(DataStore store) {
        return orStrokes(() -> new Split(Mnist.train(store), Mnist.test(store)), 60_000, 10_000);
    }

    static Split orStrokes(Supplier<Split> wanted, int train, int test) {
        try {
            return wanted.get();
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof DataStore.Unavailable)) {
                throw e;
            }
            Rng rng = Rng.of(0).fork("stroke-digits");
            return new Split(
                    StrokeDigits.of(train, Images.Role.TRAIN, rng.fork("train")),
                    StrokeDigits.of(test, Images.Role.TEST, rng.fork("test")));
        }
    }

    /** Images to train on and images to test with, of one set. */
    public record Split(Digits train, Digits test) {
        /**
         * Checks the roles.
         *
         * @throws IllegalArgumentException if the images are not for training and for testing
         */
        public Split {
            train.images.only(Images.Role.TRAIN);
            test.images.only(Images.Role.TEST);
        }

        /** What these are: {@code mnist} or {@code stroke-digits}. */
        public String name() {
            return train.name();
        }

        /** These with {@code validation} of the training images held out by {@code rng}. */
        public Images.Parts parts(int validation, Rng rng) {
            return Images.Parts.of(train.images, test.images, validation, rng);
        }
    }
}
