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
 * @param sha256 SHA-256 of the unpacked bytes, 64 hexadecimal digits
 * @param otherSha256 the same of files with the same content in another form, such as another separator
 */
public record DataFile(String set, String name, URI source, String sha256, List<String> otherSha256) {
    /** Checks the digests' form. */
    public DataFile {
        Objects.requireNonNull(set);
        Objects.requireNonNull(name);
        Objects.requireNonNull(source);
        requireDigest(sha256);
        otherSha256 = List.copyOf(otherSha256);
        otherSha256.forEach(DataFile::requireDigest);
    }

    /** A file that exists in one form. */
    public DataFile(String set, String name, URI source, String sha256) {
        this(set, name, source, sha256, List.of());
    }

    /** Whether {@code digest} is that of one of the file's forms. */
    boolean accepts(String digest) {
        return sha256.equals(digest) || otherSha256.contains(digest);
    }

    /** The digests that are accepted, for a message. */
    String accepted() {
        return otherSha256.isEmpty() ? sha256 : sha256 + " or " + String.join(" or ", otherSha256);
    }

    private static void requireDigest(String sha256) {
        if (!sha256.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("sha256 must be 64 hexadecimal digits, got " + sha256);
        }
    }
}
