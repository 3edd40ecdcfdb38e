package gebm.data;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * CIFAR-10: 50,000 training and 10,000 test images of ten kinds of things, 32×32 pixels in colour.
 *
 * <p>Read from the binary archive, which a {@link DataStore} finds or downloads (162 MB), with pinned SHA-256 of the
 * packed bytes. A record of it is a byte of label, then 1,024 bytes of red, of green and of blue, row after row.
 *
 * <p>Memory: reading takes about 350 MB of Java's heap for a moment, the training images 160 MB.
 *
 * <p>Source: Krizhevsky (2009), Learning multiple layers of features from tiny images; no licence is stated, the author
 * asks to be cited.
 *
 * <pre>
 * var parts = Images.Parts.of(Cifar10.train(), Cifar10.test(), 5_000, rng.fork("validation"));
 * var source = parts.train().source(PixelRange.SIGNED); // batches (n, 3, 32, 32), float32 in [-1, 1]
 * </pre>
 */
public final class Cifar10 {
    /** What each label says. */
    public static final List<String> CLASSES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    static final Images.Form FORM = new Images.Form(3, 32, 32);
    static final List<String> TRAIN = IntStream.rangeClosed(1, 5)
            .mapToObj(i -> "cifar-10-batches-bin/data_batch_" + i + ".bin")
            .toList();
    static final List<String> TEST = List.of("cifar-10-batches-bin/test_batch.bin");

    private static final DataFile ARCHIVE = new DataFile(
            "cifar-10",
            "cifar-10-binary.tar.gz",
            URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
            List.of("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
            DataFile.Bytes.PACKED);

    private Cifar10() {}

    /**
     * The 50,000 training images, from the {@linkplain DataStore#standard() standard store}.
     *
     * @throws UncheckedIOException if the archive is missing and cannot be downloaded, or is damaged
     */
    public static Images train() {
        return train(DataStore.standard());
    }

    /** The 50,000 training images, from {@code store}. */
    public static Images train(DataStore store) {
        return read(store, ARCHIVE, Images.Role.TRAIN);
    }

    /**
     * The 10,000 test images, from the {@linkplain DataStore#standard() standard store}.
     *
     * @throws UncheckedIOException if the archive is missing and cannot be downloaded, or is damaged
     */
    public static Images test() {
        return test(DataStore.standard());
    }

    /** The 10,000 test images, from {@code store}. */
    public static Images test(DataStore store) {
        return read(store, ARCHIVE, Images.Role.TEST);
    }

    static Images read(DataStore store, DataFile archive, Images.Role role) {
        List<String> names = role == Images.Role.TRAIN ? TRAIN : TEST;
        try {
            Map<String, byte[]> batches = members(archive.name(), store.readPacked(archive), names);
            List<byte[]> pixels = new ArrayList<>();
            byte[] labels = new byte[0];
            for (Map.Entry<String, byte[]> batch : batches.entrySet()) {
                byte[] shown = labels(batch.getKey(), batch.getValue(), pixels);
                int before = labels.length;
                labels = Arrays.copyOf(labels, before + shown.length);
                System.arraycopy(shown, 0, labels, before, shown.length);
            }
            return Images.of(
                    "cifar-10", role, "cifar-10 " + role, FORM, pixels.toArray(byte[][]::new), Optional.of(labels));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** The archive's files of these names, in the order of the names. */
    private static Map<String, byte[]> members(String archive, byte[] packed, List<String> names) throws IOException {
        Map<String, byte[]> found = new LinkedHashMap<>();
        names.forEach(name -> found.put(name, null));
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(new GZIPInputStream(new ByteArrayInputStream(packed), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (found.containsKey(entry.getName())) {
                    found.put(entry.getName(), tar.readAllBytes());
                }
            }
        } catch (IOException e) {
            throw new IOException(archive + " is not a sound tar.gz archive (" + e.getMessage() + ")", e);
        }
        for (String name : names) {
            if (found.get(name) == null) {
                throw new IOException(archive + " must hold " + name + ", got an archive without it");
            }
        }
        return found;
    }

    /** Appends the images of a batch file to {@code pixels} and returns their labels. */
    private static byte[] labels(String name, byte[] raw, List<byte[]> pixels) throws IOException {
        int record = 1 + FORM.bytes();
        if (raw.length == 0 || raw.length % record != 0) {
            throw new IOException(name + " must hold whole records of " + record + " bytes, got " + raw.length);
        }
        byte[] labels = new byte[raw.length / record];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = raw[i * record];
            pixels.add(Arrays.copyOfRange(raw, i * record + 1, (i + 1) * record));
        }
        Idx.requireLabels(name, labels);
        return labels;
    }
}
