package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MnistTest {
    @TempDir
    Path folder;

    @Nested
    class Idx {
        @Test
        void isReadAsImagesAndLabels() {
            byte[] images = idx(0x803, 2 * 784, 2, 28, 28);
            images[16 + 784] = (byte) 255;
            Digits digits = read(images, idx(0x801, 2, 2));
            assertThat(digits.name()).isEqualTo("mnist");
            assertThat(digits.labels()).containsExactly(0, 0);
            try (NDManager m = NDManager.newBaseManager()) {
                assertThat(digits.flattened(m).getFloat(1, 0)).isEqualTo(1f);
            }
        }

        @Test
        void refusesAnotherMagicNumber() {
            assertThatThrownBy(() -> read(idx(0x801, 784, 1, 28, 28), idx(0x801, 1, 1)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("images must begin with the IDX magic number 0x00000803, got 0x00000801");
            assertThatThrownBy(() -> read(idx(0x803, 784, 1, 28, 28), idx(0x803, 1, 1)))
                    .hasMessage("labels must begin with the IDX magic number 0x00000801, got 0x00000803");
        }

        @Test
        void refusesAnotherImageSize() {
            assertThatThrownBy(() -> read(idx(0x803, 400, 1, 20, 20), idx(0x801, 1, 1)))
                    .hasMessage("images must hold images of 28x28, got 20x20");
        }

        @Test
        void refusesATruncatedFile() {
            assertThatThrownBy(() -> read(idx(0x803, 783, 1, 28, 28), idx(0x801, 1, 1)))
                    .hasMessage("images must hold 784 bytes after its header, got 783");
            assertThatThrownBy(() -> read(idx(0x803, 784, 1, 28, 28), new byte[] {0, 0, 8}))
                    .hasMessage("labels must hold an IDX header of 8 bytes, got 3");
        }

        @Test
        void refusesOtherCountsAndLabels() {
            assertThatThrownBy(() -> read(idx(0x803, 784, 1, 28, 28), idx(0x801, 2, 2)))
                    .hasMessage("images must hold one image for each of the 2 labels, got 1");
            byte[] labels = idx(0x801, 1, 1);
            labels[8] = 10;
            assertThatThrownBy(() -> read(idx(0x803, 784, 1, 28, 28), labels))
                    .hasMessage("labels must hold labels 0..9, got 10 at 0");
        }

        private Digits read(byte[] images, byte[] labels) {
            return Mnist.read(DataStore.at(folder), Images.Role.TRAIN, file("images", images), file("labels", labels));
        }

        private DataFile file(String name, byte[] content) {
            try {
                Files.createDirectories(folder.resolve("mnist"));
                Files.write(folder.resolve("mnist").resolve(name), content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return new DataFile("mnist", name, URI.create("http://localhost/"), Sha256.of(content));
        }

        private byte[] idx(int magic, int length, int... sizes) {
            ByteBuffer buffer =
                    ByteBuffer.allocate(4 + 4 * sizes.length + length).putInt(magic);
            for (int size : sizes) {
                buffer.putInt(size);
            }
            return buffer.array();
        }
    }

    @Nested
    class TheRealFiles {
        @Test
        void haveTheirKnownMoments() {
            DataStore store = new DataStore(Optional.of(home()), folder);
            Digits train = Mnist.train(store);
            Digits test = Mnist.test(store);
            assertThat(train.size()).isEqualTo(60_000);
            assertThat(test.size()).isEqualTo(10_000);
            assertThat(train.labels()).startsWith(5, 0, 4, 1, 9);
            assertThat(test.labels()).startsWith(7, 2, 1, 0, 4);
            try (NDManager m = NDManager.newBaseManager()) {
                // the field's normalising constants for MNIST: mean 0.1307, standard deviation 0.3081
                assertThat(train.flattened(m).mean().getFloat()).isCloseTo(0.1307f, within(5e-5f));
            }
            Digits.Split split = Digits.mnistOrStrokes(store);
            assertThat(split.name()).isEqualTo("mnist");
            assertThat(split.train().sha256()).isEqualTo(train.sha256());
            assertThat(split.test().sha256())
                    .isEqualTo(test.sha256())
                    .isNotEqualTo(train.head(10_000).sha256());
        }

        private Path home() {
            String variable = System.getenv("GEBM_DATA_HOME");
            Path home = variable == null ? Path.of("..", "..", "shared", "data") : Path.of(variable);
            assumeTrue(Files.exists(home.resolve("mnist")), "MNIST is not on this machine");
            return home;
        }
    }
}
