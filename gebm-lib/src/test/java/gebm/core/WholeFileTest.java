package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WholeFileTest {
    @TempDir
    Path folder;

    @Test
    void makesFoldersAndReplacesWhatIsThere() throws IOException {
        Path file = folder.resolve("a").resolve("b.txt");
        WholeFile.write(file, new byte[] {1, 2});
        WholeFile.write(file, out -> out.write(3));
        assertThat(file).hasBinaryContent(new byte[] {3});
        assertThat(file.getParent()).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aWriterThatFailsLeavesTheOldFile() throws IOException {
        Path file = Files.write(folder.resolve("a.txt"), new byte[] {7});
        assertThatThrownBy(() -> WholeFile.write(file, out -> {
                    out.write(new byte[100_000]);
                    throw new IOException("no paper");
                }))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("cannot write " + file + " (java.io.IOException: no paper)");
        assertThat(file).hasBinaryContent(new byte[] {7});
        assertThat(folder.toFile().list()).containsExactly("a.txt");
    }

    @Test
    void aPlaceThatCannotBeIsNamed() throws IOException {
        Path file = Files.createFile(folder.resolve("plain")).resolve("under");
        assertThatThrownBy(() -> WholeFile.write(file, new byte[1])).hasMessageStartingWith("cannot write " + file);
    }
}
