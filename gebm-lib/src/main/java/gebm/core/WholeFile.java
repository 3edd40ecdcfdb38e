package gebm.core;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Files that are never seen half written: made beside their place and moved there in one step.
 *
 * <pre>{@code
 * var folder = java.nio.file.Files.createTempDirectory("example");
 * WholeFile.write(folder.resolve("new/numbers.txt"), out -> out.write("1 2 3".getBytes()));
 * }</pre>
 */
public final class WholeFile {
    private WholeFile() {}

    /** What writes a file's bytes; it need not close the stream. */
    @FunctionalInterface
    public interface Content {
        /** Writes all bytes to {@code out}. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes {@code content} to {@code file}, in place of what is there; missing folders are made.
     *
     * @throws UncheckedIOException if it cannot be written; what was there before is as it was
     */
    public static void write(Path file, Content content) {
        try {
            Path folder = file.toAbsolutePath().getParent();
            Files.createDirectories(folder);
            Path beside = Files.createTempFile(folder, file.getFileName().toString(), ".part");
            try {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(beside), 1 << 16)) {
                    content.writeTo(out);
                }
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(beside);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + " (" + e + ")", e);
        }
    }

    /** Writes {@code content} to {@code file}, as {@link #write(Path, Content)} does. */
    public static void write(Path file, byte[] content) {
        write(file, out -> out.write(content));
    }
}
