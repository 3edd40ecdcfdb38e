package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Images of one size, grey or in colour, with or without labels, that know which set they come from and what for.
 *
 * <p>Pixels are kept as bytes on Java's heap and copied into the engine as float32 of a {@link PixelRange}. Parts share
 * the bytes of the whole. {@link #role} and {@link #provenance} go with every part, so that what is computed from images
 * can say from which, and {@link Parts} refuses a training set that shares an image with what judges it.
 *
 * <p>Shapes: {@code (n, channels, height, width)}, channels red, green, blue or one of grey.
 *
 * <pre>{@code
 * var all = StrokeDigits.of(100, Rng.of(7)).asImages();
 * var split = all.split(20, Images.Role.VALIDATION, Rng.of(8));
 * System.out.println(split.kept().provenance());
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     System.out.println(split.heldOut().array(scope, PixelRange.SIGNED).getShape()); // (20, 1, 28, 28)
 *     var batch = split.kept().source(PixelRange.SIGNED).batch(scope, 16, 0, Rng.of(9));
 * }
 * }</pre>
 */
public final class Images {
    private final String name;
    private final Role role;
    private final String part;
    private final Origin origin;
    private final int[] rows; // of the origin
    private final Form form;
    private final byte[][] pixels;
    private final Optional<byte[]> labels;

    private Images(
            String name,
            Role role,
            String part,
            Origin origin,
            int[] rows,
            Form form,
            byte[][] pixels,
            Optional<byte[]> labels) {
        this.name = name;
        this.role = role;
        this.part = part;
        this.origin = origin;
        this.rows = rows;
        this.form = form;
        this.pixels = pixels;
        this.labels = labels;
    }

    /** What images are for. */
    public enum Role {
        /** To fit models to. */
        TRAIN,

        /** Held out of what is trained on, to choose between models and settings by. */
        VALIDATION,

        /** To judge the chosen model by, once. */
        TEST;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Where rows are counted: two sets share an image if they have a row of the same origin in common. */
    private record Origin(Object of) {}

    /** The size of each image. */
    record Form(int channels, int height, int width) {
        int bytes() {
            return channels * height * width;
        }

        @Override
        public String toString() {
            return channels + "x" + height + "x" + width;
        }
    }

    /**
     * A whole set.
     *
     * @param name what it is, such as {@code mnist}
     * @param of equal for sets that hold the same images in the same order, or one the other's first
     * @param pixels an array for each image: channel after channel, row after row
     * @param labels a class for each image, or empty
     */
    static Images of(String name, Role role, Object of, Form form, byte[][] pixels, Optional<byte[]> labels) {
        Require.that(pixels.length > 0, "images of " + name, "at least one", pixels.length);
        for (byte[] image : pixels) {
            Require.that(image.length == form.bytes(), "image of " + form, form.bytes() + " bytes", image.length);
        }
        labels.ifPresent(given -> Require.that(
                given.length == pixels.length, "labels", "as many as images, " + pixels.length, given.length));
        int[] rows = IntStream.range(0, pixels.length).toArray();
        return new Images(name, role, name + " " + role, new Origin(of), rows, form, pixels, labels);
    }

    /** What set these are of, such as {@code mnist}. */
    public String name() {
        return name;
    }

    /** What these are for. */
    public Role role() {
        return role;
    }

    /** Set, role and part in words, such as {@code mnist train[0:1000]}; equal for equal images. */
    public String provenance() {
        return part;
    }

    /** The number of images. */
    public int size() {
        return pixels.length;
    }

    /** The shape of one image, {@code (channels, height, width)}. */
    public Shape imageShape() {
        return new Shape(form.channels, form.height, form.width);
    }

    /** Whether each image has a label. */
    public boolean labelled() {
        return labels.isPresent();
    }

    /**
     * The class of each image, from 0; a copy.
     *
     * @throws IllegalStateException if these have no labels
     */
    public int[] labels() {
        byte[] given = labels.orElseThrow(() -> new IllegalStateException("images of " + name + " have no labels"));
        int[] copy = new int[given.length];
        Arrays.setAll(copy, i -> given[i] & 0xff);
        return copy;
    }

    /**
     * All images {@code (n, channels, height, width)}, float32 of {@code range}, owned by {@code scope}.
     *
     * @throws IllegalArgumentException if they have more than 2³¹ − 1 bytes; {@link #source} has no such limit
     */
    public NDArray array(NDManager scope, PixelRange range) {
        return array(scope, range, IntStream.range(0, size()).toArray());
    }

    /** All images as rows {@code (n, channels·height·width)}, float32 of {@code range}, owned by {@code scope}. */
    public NDArray flattened(NDManager scope, PixelRange range) {
        NDArray images = array(scope, range);
        NDArray rows = images.reshape(size(), form.bytes());
        images.close(); // the rows have their own hold of the numbers
        return rows;
    }

    /**
     * Batches {@code (size, channels, height, width)}, float32 of {@code range}, in the order of {@link DataSource#of};
     * images become floats when a batch is asked for.
     */
    public DataSource source(PixelRange range) {
        return new Source(this, range, new Epochs(size()));
    }

    private NDArray array(NDManager scope, PixelRange range, int[] picked) {
        int n = picked.length;
        long length = (long) n * form.bytes();
        Require.that(
                length <= Integer.MAX_VALUE,
                "bytes of " + n + " images of " + form,
                "at most 2147483647 (take batches of source)",
                length);
        try (NDManager inner = scope.newSubManager()) {
            ByteBuffer bytes = inner.allocateDirect((int) length);
            for (int i : picked) {
                bytes.put(pixels[i]);
            }
            bytes.rewind();
            NDArray levels = inner.create(bytes, new Shape(n, form.channels, form.height, form.width), DataType.UINT8);
            NDArray scaled = range.ofLevels(levels.toType(DataType.FLOAT32, true));
            scaled.attach(scope);
            return scaled;
        }
    }

    /**
     * The first {@code n} images.
     *
     * @throws IllegalArgumentException if {@code n} is not in 1 … {@link #size()}
     */
    public Images head(int n) {
        Require.that(n > 0 && n <= size(), "n", "in 1.." + size(), n);
        int[] first = IntStream.range(0, n).toArray();
        return n == size() ? this : picked(first, role, part + "[0:" + n + "]");
    }

    /**
     * Holds {@code n} images out, drawn without replacement by {@code rng}; both parts keep the order of the whole.
     *
     * @param heldOutRole what the held-out images are for: not training
     * @throws IllegalArgumentException if these are not to train on, or {@code n} is not in 1 … {@link #size()} − 1
     */
    public Split split(int n, Role heldOutRole, Rng rng) {
        Require.that(role == Role.TRAIN, "what is split", "training images", part);
        Require.that(heldOutRole != Role.TRAIN, "role of held-out images", "validation or test", heldOutRole);
        Require.that(n > 0 && n < size(), "n", "in 1.." + (size() - 1), n);
        BitSet out = new BitSet(size());
        Arrays.stream(rng.permutation(size())).limit(n).forEach(out::set);
        int[] heldOut = out.stream().toArray();
        out.flip(0, size());
        int[] kept = out.stream().toArray();
        String draw = n + " of " + size() + " by key " + Long.toHexString(rng.key());
        return new Split(
                picked(kept, role, part + " without " + draw),
                picked(heldOut, heldOutRole, name + " " + heldOutRole + ": " + draw + " of " + part));
    }

    private Images picked(int[] positions, Role as, String called) {
        byte[][] some = Arrays.stream(positions).mapToObj(i -> pixels[i]).toArray(byte[][]::new);
        int[] from = Arrays.stream(positions).map(i -> rows[i]).toArray();
        Optional<byte[]> theirs = labels.map(given -> {
            byte[] shown = new byte[positions.length];
            for (int i = 0; i < shown.length; i++) {
                shown[i] = given[positions[i]];
            }
            return shown;
        });
        return new Images(name, as, called, origin, from, form, some, theirs);
    }

    /** Whether an image of these is, by its place in the set, one of {@code other}; equal copies do not count. */
    public boolean sharesWith(Images other) {
        if (!origin.equals(other.origin)) {
            return false;
        }
        BitSet mine = new BitSet();
        Arrays.stream(rows).forEach(mine::set);
        return Arrays.stream(other.rows).anyMatch(mine::get);
    }

    /** These, if they are for {@code wanted}: said where reference statistics are taken, so that roles never mix. */
    public Images only(Role wanted) {
        Require.that(role == wanted, "images", "for " + wanted, part);
        return this;
    }

    /** SHA-256 of pixels, then labels if there are any, one byte each, in hexadecimal. */
    public String sha256() {
        List<byte[]> parts = new ArrayList<>(Arrays.asList(pixels));
        labels.ifPresent(parts::add);
        return Sha256.of(parts.toArray(byte[][]::new));
    }

    @Override
    public String toString() {
        return "Images[" + part + ", " + size() + " of " + form + "]";
    }

    /** What is left to train on, and what was held out of it. */
    public record Split(Images kept, Images heldOut) {}

    /** Images to train on, to choose by and to judge by, of one set, none in two of them. */
    public record Parts(Images train, Images validation, Images test) {
        /**
         * Checks roles, names, sizes and that no two share an image.
         *
         * @throws IllegalArgumentException naming the parts that do not fit
         */
        public Parts {
            train.only(Role.TRAIN);
            validation.only(Role.VALIDATION);
            test.only(Role.TEST);
            apart(train, validation);
            apart(train, test);
            apart(validation, test);
        }

        /** Holds {@code validation} images out of {@code train} by {@code rng}. */
        public static Parts of(Images train, Images test, int validation, Rng rng) {
            Split split = train.split(validation, Role.VALIDATION, rng);
            return new Parts(split.kept, split.heldOut, test);
        }

        /** What these are of. */
        public String name() {
            return train.name;
        }

        private static void apart(Images a, Images b) {
            Require.that(a.name.equals(b.name), "set of " + b.role + " images", a.name, b.name);
            Require.that(a.form.equals(b.form), "size of " + b.role + " images", a.form.toString(), b.form);
            Require.that(!a.sharesWith(b), b.role + " images", "none of " + a.part, b.part);
        }
    }

    private record Source(Images images, PixelRange range, Epochs epochs) implements DataSource {
        @Override
        public NDArray batch(NDManager scope, int size, long index, Rng rng) {
            return images.array(scope, range, epochs.rows(size, index, rng));
        }

        @Override
        public Shape sampleShape() {
            return images.imageShape();
        }

        @Override
        public OptionalLong size() {
            return OptionalLong.of(images.size());
        }

        @Override
        public String sha256() {
            return images.sha256();
        }
    }
}
