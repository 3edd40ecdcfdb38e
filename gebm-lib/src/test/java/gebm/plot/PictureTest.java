package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureTest {
    private static BufferedImage gradient(int colours) {
        BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 64 * 64; i++) {
            int c = i % colours;
            image.setRGB(i % 64, i / 64, (c & 0x3f) << 18 | (c >> 6 & 0x3f) << 10 | 0x42);
        }
        return image;
    }

    @Test
    void fewColoursAreKeptAsTheyAre() throws IOException {
        BufferedImage image = gradient(256);
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(new Picture(image, 32, 32).png()));
        assertThat(read.getColorModel()).isInstanceOf(IndexColorModel.class);
        for (int i = 0; i < 64 * 64; i++) {
            assertThat(read.getRGB(i % 64, i / 64)).isEqualTo(image.getRGB(i % 64, i / 64));
        }
    }

    @Test
    void manyColoursBecomeSimilarOnes() throws IOException {
        BufferedImage image = gradient(4096);
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(new Picture(image, 32, 32).png()));
        for (int i = 0; i < 64 * 64; i++) {
            int was = image.getRGB(i % 64, i / 64);
            int is = read.getRGB(i % 64, i / 64);
            for (int shift = 0; shift < 24; shift += 8) {
                assertThat(Math.abs((was >> shift & 0xff) - (is >> shift & 0xff)))
                        .isLessThan(16); // 16 levels of each
            }
        }
    }

    @Test
    void isSavedInPlace(@TempDir Path folder) throws IOException {
        Picture picture = new Picture(gradient(4), 32, 32);
        picture.save(folder.resolve("a.png"));
        assertThat(Files.readAllBytes(folder.resolve("a.png"))).isEqualTo(picture.png());
        assertThat(folder).isDirectoryContaining(file -> file.endsWith("a.png"));
        assertThat(Files.list(folder)).hasSize(1);
        assertThat(picture).hasToString("Picture 32x32");
        Path nowhere = folder.resolve("a.png").resolve("b.png"); // a file where its folder would be
        assertThatThrownBy(() -> picture.save(nowhere))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining(nowhere.toString());
    }

    @Test
    void refusesAnEmptySize() {
        assertThatThrownBy(() -> new Picture(gradient(4), 0, 32)).hasMessage("width must be > 0, got 0");
    }
}
