package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Progress;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageFolderTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    static List<ImageOracle.Square> squares() {
        return ImageOracle.ALL.squares();
    }

    @ParameterizedTest
    @MethodSource("squares")
    void agreesWithPillow(ImageOracle.Square square) throws IOException {
        Files.write(folder.resolve("a.png"), ImageOracle.bytes(square.png()));
        ImageFolder images = ImageFolder.of(folder, square.side());
        // Pillow rounds after each axis, so a level may differ by one
        assertWithin(levels(images), square.levels(), 1);
        assertWithin(levels(images.withGrey()), square.grey(), 1);
    }

    private static void assertWithin(int[] levels, int[] expected, int tolerance) {
        assertThat(levels).hasSameSizeAs(expected);
        int worst = 0;
        for (int i = 0; i < levels.length; i++) {
            worst = Math.max(worst, Math.abs(levels[i] - expected[i]));
        }
        assertThat(worst).isLessThanOrEqualTo(tolerance);
    }

    private int[] levels(ImageFolder images) {
        float[] values = read(images).array(m, PixelRange.UNIT).toFloatArray();
        int[] levels = new int[values.length];
        Arrays.setAll(levels, i -> Math.round(255 * values[i]));
        return levels;
    }

    private static Images read(ImageFolder images) {
        return images.read(Images.Role.TRAIN, Progress.none());
    }

    private void grey(String name, int width, int height, int... levels) throws IOException {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setPixels(0, 0, width, height, levels);
        write(name, image, "png");
    }

    private void write(String name, BufferedImage image, String format) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        assertThat(ImageIO.write(image, format, file.toFile())).isTrue();
    }

    @Nested
    class ByHand {
        @Test
        void theMiddleIsKept() throws IOException {
            grey("a.png", 6, 2, 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16);
            assertThat(levels(ImageFolder.of(folder, 2).withGrey())).containsExactly(3, 4, 13, 14);
        }

        @Test
        void halfTheSizeWeighsNeighbours() throws IOException {
            // weights of the triangle of reach 2 about 1: 1/8·(3, 3, 1) at the edge, cut there and normalised to 7
            grey("a.png", 4, 4, 0, 70, 140, 210, 0, 70, 140, 210, 0, 70, 140, 210, 0, 70, 140, 210);
            double first = (3 * 0 + 3 * 70 + 140) / 7.0;
            double last = (70 + 3 * 140 + 3 * 210) / 7.0;
            int[] expected = {(int) Math.round(first), (int) Math.round(last)};
            assertThat(levels(ImageFolder.of(folder, 2).withGrey()))
                    .containsExactly(expected[0], expected[1], expected[0], expected[1]);
        }

        @Test
        void greyStaysAsItIsInColour() throws IOException {
            grey("a.png", 2, 2, 0, 100, 200, 255);
            assertThat(levels(ImageFolder.of(folder, 2)))
                    .containsExactly(0, 100, 200, 255, 0, 100, 200, 255, 0, 100, 200, 255);
        }

        @Test
        void transparencyLiesOnWhite() throws IOException {
            BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_ARGB);
            image.setRGB(0, 0, 0xff102030);
            write("a.png", image, "png");
            assertThat(levels(ImageFolder.of(folder, 2)))
                    .containsExactly(0x10, 255, 255, 255, 0x20, 255, 255, 255, 0x30, 255, 255, 255);
        }

        @Test
        void aJpegIsReadToo() throws IOException {
            BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
            image.createGraphics().fillRect(0, 0, 20, 20); // white to the left, black to the right
            write("a.JPG", image, "jpg");
            NDArray read = read(ImageFolder.of(folder, 10)).array(m, PixelRange.UNIT);
            assertThat(read.getShape()).isEqualTo(new Shape(1, 3, 10, 10));
            assertThat(read.get(":, :, :, 0:3").min().getFloat()).isGreaterThan(0.95f);
            assertThat(read.get(":, :, :, 7:10").max().getFloat()).isLessThan(0.05f);
        }
    }

    @Nested
    class TheFiles {
        @Test
        void areInTheOrderOfTheirPaths() throws IOException {
            grey("b.png", 1, 1, 2);
            grey("a/z.png", 1, 1, 1);
            grey("c.jpeg.png", 1, 1, 3);
            grey("B.PNG", 1, 1, 0);
            Files.writeString(folder.resolve("list.txt"), "not an image");
            ImageFolder images = ImageFolder.of(folder, 1).withGrey();
            assertThat(levels(images)).containsExactly(0, 1, 2, 3);
            assertThat(levels(images.withFirst(2))).containsExactly(0, 1);
            Images read = read(images);
            assertThat(read.name()).isEqualTo(folder.getFileName().toString());
            assertThat(read.role()).isEqualTo(Images.Role.TRAIN);
            assertThat(read.labelled()).isFalse();
            Images held = images.read(Images.Role.TEST, Progress.none());
            assertThat(read.sharesWith(held)).isTrue(); // the same folder for both is seen
        }

        @Test
        void areReported() throws IOException {
            grey("a.png", 1, 1, 2);
            List<String> heard = new ArrayList<>();
            ImageFolder.of(folder, 1).read(Images.Role.TRAIN, (done, total, message) -> heard.add(done + "/" + total));
            assertThat(heard).containsExactly("1/1");
        }
    }

    @Nested
    class Refusals {
        @Test
        void ofAMissingOrEmptyFolder() throws IOException {
            Path none = folder.resolve("none");
            assertThatThrownBy(() -> read(ImageFolder.of(none, 4)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("there is no folder " + none);
            Files.writeString(folder.resolve("list.txt"), "");
            assertThatThrownBy(() -> read(ImageFolder.of(folder, 4)))
                    .hasMessage(folder + " must hold .png, .jpg or .jpeg files, got 1 other files");
        }

        @Test
        void ofAFileThatCannotBeRead() throws IOException {
            grey("a.png", 8, 8, new int[64]);
            byte[] whole = Files.readAllBytes(folder.resolve("a.png"));
            Path cut = Files.write(folder.resolve("b.png"), Arrays.copyOf(whole, whole.length - 30));
            assertThatThrownBy(() -> read(ImageFolder.of(folder, 4)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageStartingWith(cut + " is not a sound image (")
                    .hasMessageEndingWith("; replace or remove it");
            Files.writeString(cut, "hello");
            assertThatThrownBy(() -> read(ImageFolder.of(folder, 4)))
                    .hasMessage(cut + " is neither PNG nor JPEG, whatever its name; remove it");
        }

        @Test
        void ofAJpegThatEndsTooEarly() throws IOException {
            BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < 64 * 64; p++) {
                image.setRGB(p % 64, p / 64, p * 7919);
            }
            write("a.jpg", image, "jpg");
            byte[] whole = Files.readAllBytes(folder.resolve("a.jpg"));
            Files.write(folder.resolve("a.jpg"), Arrays.copyOf(whole, whole.length / 2));
            assertThatThrownBy(() -> read(ImageFolder.of(folder, 8)))
                    .hasMessageStartingWith(folder.resolve("a.jpg") + " is not a sound image (java.io.IOException: ")
                    .hasMessageContaining("premature end");
        }

        @Test
        void ofNumbers() {
            assertThatThrownBy(() -> ImageFolder.of(folder, 0)).hasMessage("side must be > 0, got 0");
            assertThatThrownBy(() -> new ImageFolder(folder, 4, 2, 1)).hasMessage("channels must be 1 or 3, got 2");
            assertThatThrownBy(() -> ImageFolder.of(folder, 4).withFirst(0)).hasMessage("first must be > 0, got 0");
        }
    }
}
