package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigitsTest {
    private static Digits two() {
        byte[] pixels = new byte[2 * 784];
        pixels[0] = (byte) 255;
        pixels[784 + 29] = 51;
        return Digits.of("mnist", Images.Role.TRAIN, "mnist train", pixels, new byte[] {3, 9});
    }

    @Nested
    class Pixels {
        @Test
        void areScaledToTheUnitInterval() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray images = two().images(m);
                assertThat(images.getShape()).isEqualTo(new Shape(2, 1, 28, 28));
                assertThat(images.getDataType()).isEqualTo(DataType.FLOAT32);
                assertThat(images.getFloat(0, 0, 0, 0)).isEqualTo(1f);
                assertThat(images.getFloat(1, 0, 1, 1)).isEqualTo(0.2f);
                assertThat(images.sum().getFloat()).isEqualTo(1.2f);
                assertThat(two().flattened(m)).isEqualTo(images.reshape(2, 784));
            }
        }

        @Test
        void belongToTheScope() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray images = two().images(m);
                assertThat(m.getManagedArrays()).containsExactly(images);
            }
        }
    }

    @Nested
    class Parts {
        @Test
        void headKeepsTheFirst() {
            Digits head = two().head(1);
            assertThat(head.size()).isEqualTo(1);
            assertThat(head.labels()).containsExactly(3);
            assertThat(head.sha256()).isNotEqualTo(two().sha256()).hasSize(64);
            assertThat(head).hasToString("Digits[mnist train[0:1], 1 images of 28x28]");
        }

        @Test
        void labelsAreACopy() {
            Digits digits = two();
            digits.labels()[0] = 7;
            assertThat(digits.labels()).containsExactly(3, 9);
        }

        @Test
        void areImagesOfTheirSetAndRole() {
            assertThat(two().asImages()).hasToString("Images[mnist train, 2 of 1x28x28]");
            Images colour = Images.of(
                    "c", Images.Role.TRAIN, "", new Images.Form(3, 28, 28), new byte[1][3 * 784], Optional.empty());
            assertThatThrownBy(() -> new Digits(colour))
                    .hasMessage(
                            "digits must be labelled images of shape (1, 28, 28), got Images[c train, 1 of 3x28x28]");
        }

        @Test
        void headRefusesMoreThanThereAre() {
            assertThatThrownBy(() -> two().head(3)).hasMessage("n must be in 1..2, got 3");
            assertThatThrownBy(() -> two().head(0)).hasMessage("n must be in 1..2, got 0");
        }
    }

    @Nested
    class MnistOrStrokes {
        @TempDir
        Path folder;

        @Test
        void aDamagedFileIsAnError() throws Exception {
            Path file = folder.resolve("mnist").resolve("train-labels-idx1-ubyte.gz");
            Files.createDirectories(file.getParent());
            Files.write(file, new byte[] {1, 2, 3});
            assertThatThrownBy(() -> Digits.mnistOrStrokes(DataStore.at(folder)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining(file.toString());
        }

        @Test
        void aSetThatIsNowhereIsDrawn() {
            Digits.Split drawn = Digits.orStrokes(MnistOrStrokes::unavailable, 20, 10);
            assertThat(drawn.name()).isEqualTo("stroke-digits");
            assertThat(drawn.train().size()).isEqualTo(20);
            assertThat(drawn.test().size()).isEqualTo(10);
            assertThat(drawn.test().sha256())
                    .isNotEqualTo(drawn.train().head(10).sha256());
            assertThat(Digits.orStrokes(MnistOrStrokes::unavailable, 20, 10)
                            .train()
                            .sha256())
                    .isEqualTo(drawn.train().sha256());
        }

        @Test
        void aSetThatIsThereIsTaken() {
            Digits.Split here = new Digits.Split(two(), StrokeDigits.of(2, Images.Role.TEST, Rng.of(1)));
            assertThat(Digits.orStrokes(() -> here, 20, 10)).isSameAs(here);
            assertThat(here.name()).isEqualTo("mnist");
        }

        @Test
        void partsHaveTheirRoles() {
            Images.Parts parts =
                    Digits.orStrokes(MnistOrStrokes::unavailable, 20, 10).parts(5, Rng.of(1));
            assertThat(parts.train().size()).isEqualTo(15);
            assertThat(parts.validation().size()).isEqualTo(5);
            assertThat(parts.test().provenance()).isEqualTo("stroke-digits test");
        }

        @Test
        void aSplitOfTheWrongRolesIsRefused() {
            assertThatThrownBy(() -> new Digits.Split(two(), two()))
                    .hasMessage("images must be for test, got mnist train");
        }

        private static Digits.Split unavailable() {
            throw new UncheckedIOException("no network", new DataStore.Unavailable("no network", null));
        }
    }
}
