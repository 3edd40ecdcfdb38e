package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * Labelled grey images of digits, 28 by 28 pixels.
 *
 * <p>Pixels are kept as bytes on Java's heap; {@link #images} and {@link #flattened} copy them into the engine as
 * float32 in [0, 1], where 0 is the background and 1 full ink: {@code byte/255}.
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

    private final String name;
    private final byte[] pixels;
    private final byte[] labels;

    Digits(String name, byte[] pixels, byte[] labels) {
        Require.that(
                pixels.length == labels.length * PIXELS, "pixels", labels.length + " images of 784", pixels.length);
        this.name = name;
        this.pixels = pixels;
        this.labels = labels;
    }

    /** What these are: {@code mnist} or {@code stroke-digits}. */
    public String name() {
        return name;
    }

    /** The number of images. */
    public int size() {
        return labels.length;
    }

    /** The digit, 0–9, that each image shows. */
    public int[] labels() {
        int[] copy = new int[labels.length];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = labels[i];
        }
        return copy;
    }

    /** The images {@code (n, 1, 28, 28)}, float32 in [0, 1], owned by {@code scope}. */
    public NDArray images(NDManager scope) {
        return array(scope, new Shape(size(), 1, SIDE, SIDE));
    }

    /** The images as rows {@code (n, 784)}, float32 in [0, 1], owned by {@code scope}. */
    public NDArray flattened(NDManager scope) {
        return array(scope, new Shape(size(), PIXELS));
    }

    /**
     * The first {@code n} images.
     *
     * @throws IllegalArgumentException if {@code n} is not in 1 … {@link #size()}
     */
    public Digits head(int n) {
        Require.that(n > 0 && n <= size(), "n", "in 1.." + size(), n);
        return new Digits(name, Arrays.copyOf(pixels, n * PIXELS), Arrays.copyOf(labels, n));
    }

    /** SHA-256 of pixels, then labels, one byte each, in hexadecimal. */
    public String sha256() {
        return Sha256.of(pixels, labels);
    }

    @Override
    public String toString() {
        return "Digits[" + name + ", " + size() + " images of 28x28]";
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
            return new Split(StrokeDigits.of(train, rng.fork("train")), StrokeDigits.of(test, rng.fork("test")));
        }
    }

    /** Images to train on and images held out, of one set. */
    public record Split(Digits train, Digits test) {
        /** What these are: {@code mnist} or {@code stroke-digits}. */
        public String name() {
            return train.name();
        }
    }

    private NDArray array(NDManager scope, Shape shape) {
        try (NDManager inner = scope.newSubManager()) {
            ByteBuffer bytes = inner.allocateDirect(pixels.length);
            bytes.put(pixels).rewind();
            NDArray scaled = inner.create(bytes, shape, DataType.UINT8)
                    .toType(DataType.FLOAT32, true)
                    .divi(255);
            scaled.attach(scope);
            return scaled;
        }
    }
}
