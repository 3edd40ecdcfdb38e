package gebm.data;

import java.net.URI;
import java.util.Objects;

/**
 * One file of a public data set: where it lies, where it comes from and what its content must be.
 *
 * @param set folder of the set, such as {@code mnist}
 * @param name file name; a name that ends in {@code .gz} is unpacked when read
 * @param source where it is downloaded from
 * @param sha256 SHA-256 of the unpacked bytes, 64 hexadecimal digits
 */
public record DataFile(String set, String name, URI source, String sha256) {
    /** Checks the digest's form. */
    public DataFile {
        Objects.requireNonNull(set);
        Objects.requireNonNull(name);
        Objects.requireNonNull(source);
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("sha256 must be 64 hexadecimal digits, got " + sha256);
        }
    }
}
