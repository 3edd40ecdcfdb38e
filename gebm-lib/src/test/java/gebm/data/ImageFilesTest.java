package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Progress;
import gebm.core.Rng;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFilesTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray levels(int channels) {
        NDArray levels =
                Rng.of(7).uniform(m, new Shape(3, channels, 5, 5)).mul(255).round();
        return levels.div(255);
    }

    @Nested
    class Each {
        @Test
        void isReadBackAsItWas() {
            for (int channels : new int[] {1, 3}) {
                Path into = folder.resolve("c" + channels);
                NDArray images = levels(channels);
                ImageFiles.each(into, images, PixelRange.UNIT);
                assertThat(into.toFile().list()).containsExactlyInAnyOrder("00000.png", "00001.png", "00002.png");
                Images read = new ImageFolder(into, 5, channels, 10).read(Images.Role.TRAIN, Progress.none());
                assertThat(read.array(m, PixelRange.UNIT)
                                .sub(images)
                                .abs()
                                .max()
                                .getFloat())
                        .isLessThan(1e-6f);
            }
        }

        @Test
        void ofTheSignedRangeToo() {
            NDArray images = levels(3).mul(2).sub(1);
            ImageFiles.each(folder, images, PixelRange.SIGNED);
            Images read = ImageFolder.of(folder, 5).read(Images.Role.TRAIN, Progress.none());
            assertThat(read.array(m, PixelRange.SIGNED).sub(images).abs().max().getFloat())
                    .isLessThan(1e-6f);
        }
    }

    @Nested
    class Grid {
        @Test
        void hasRowsOfColumnsOnWhite() throws IOException {
            NDArray images = m.create(new float[] {0, 0.2f, 0.4f}).reshape(3, 1, 1, 1);
            Path file = folder.resolve("grid.png");
            ImageFiles.grid(file, images, PixelRange.UNIT, 2);
            BufferedImage sheet = ImageIO.read(file.toFile());
            assertThat(sheet.getWidth()).isEqualTo(4);
            assertThat(sheet.getHeight()).isEqualTo(4);
            int[] samples = sheet.getRaster().getPixels(0, 0, 4, 4, (int[]) null);
            assertThat(samples)
                    .containsExactly(0, 255, 255, 51, 255, 255, 255, 255, 255, 255, 255, 255, 102, 255, 255, 255);
        }

        @Test
        void inColourKeepsItsChannels() throws IOException {
            NDArray images = m.create(new float[] {1, -1, 0}).reshape(1, 3, 1, 1);
            Path file = folder.resolve("grid.png");
            ImageFiles.grid(file, images, PixelRange.SIGNED, 9);
            assertThat(ImageIO.read(file.toFile()).getRGB(0, 0)).isEqualTo(0xffff0080);
        }
    }

    @Nested
    class Refusals {
        @Test
        void ofValuesOutsideTheRange() {
            NDArray images = m.create(new float[] {0, 1, 0.5f, -0.01f}).reshape(2, 1, 1, 2);
            assertThatThrownBy(() -> ImageFiles.each(folder, images, PixelRange.UNIT))
                    .hasMessage("values of images must be in [0, 1] (UNIT), got -0.01 in image 1 at 1: clip them first,"
                            + " or name the other range");
            NDArray odd = m.create(new float[] {Float.NaN}).reshape(1, 1, 1, 1);
            assertThatThrownBy(() -> ImageFiles.grid(folder.resolve("a.png"), odd, PixelRange.SIGNED, 1))
                    .hasMessageStartingWith("values of images must be in [-1, 1] (SIGNED), got NaN in image 0 at 0");
            assertThat(folder).isEmptyDirectory();
        }

        @Test
        void ofOtherShapes() {
            assertThatThrownBy(() -> ImageFiles.each(folder, m.ones(new Shape(2, 9)), PixelRange.UNIT))
                    .hasMessage("images must be of shape (n, 1 or 3, height, width) with n > 0, got (2, 9)");
            NDArray good = m.ones(new Shape(1, 1, 1, 1), DataType.FLOAT64);
            assertThatThrownBy(() -> ImageFiles.grid(folder.resolve("a.png"), good, PixelRange.UNIT, 0))
                    .hasMessage("columns must be > 0, got 0");
        }
    }
}
