package gebm.data;

import java.net.URI;
import java.util.List;
import java.util.Objects;

/**
 * One file of a public data set: where it lies, where it comes from and what its content must be.
 *
 * @param set folder of the set, such as {@code mnist}
 * @param name file name; a name that ends in {@code .gz} is unpacked when read
 * @param source where it is downloaded from
 * @param sha256 SHA-256 of the bytes that {@code digested} names, 64 hexadecimal digits; several where files with the
 *     same content go around in several forms, such as with another separator, and each of them will do
 * @param digested the bytes that the digest was taken of
 */
public record DataFile(String set, String name, URI source, List<String> sha256, Bytes digested) {
    /** The bytes of a file as it lies there, or unpacked; the same where its name does not end in {@code .gz}. */
    public enum Bytes {
        /** As they are downloaded. */
        PACKED,

        /** What {@link DataStore#read} returns. */
        UNPACKED
    }

    /** A file known by the digest of its unpacked bytes. */
    public DataFile(String set, String name, URI source, String sha256) {
        this(set, name, source, List.of(sha256), Bytes.UNPACKED);
    }

    /** Checks the digests' form. */
    public DataFile {
        Objects.requireNonNull(digested);
        Objects.requireNonNull(set);
        Objects.requireNonNull(name);
        Objects.requireNonNull(source);
        sha256 = List.copyOf(sha256);
        for (String digest : sha256) {
            if (!digest.matches("[0-9a-f]{64}")) {
                throw new IllegalArgumentException("sha256 must be 64 hexadecimal digits, got " + digest);
            }
        }
    }
}
