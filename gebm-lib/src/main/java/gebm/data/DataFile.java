package gebm.data;

import java.net.URI;
import java.util.Objects;

/**
 * One file of a public data set: where it lies, where it comes from and what its content must be.
 *
 * @param set folder of the set, such as {@code mnist}
 * @param name file name; a name that ends in {@code .gz} is unpacked when read
 * @param source where it is downloaded from
 * @param sha256 SHA-256 of the bytes that {@code digested} names, 64 hexadecimal digits
 * @param digested the bytes that the digest was taken of
 */
public record DataFile(String set, String name, URI source, String sha256, Bytes digested) {
    /** The bytes of a file as it lies there, or unpacked; the same where its name does not end in {@code .gz}. */
    public enum Bytes {
        /** As they are downloaded. */
        PACKED,

        /** What {@link DataStore#read} returns. */
        UNPACKED
    }

    /** A file known by the digest of its unpacked bytes. */
    public DataFile(String set, String name, URI source, String sha256) {
        this(set, name, source, sha256, Bytes.UNPACKED);
    }

    /** Checks the digest's form. */
    public DataFile {
        Objects.requireNonNull(digested);
        Objects.requireNonNull(set);
        Objects.requireNonNull(name);
        Objects.requireNonNull(source);
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("sha256 must be 64 hexadecimal digits, got " + sha256);
        }
    }
}
