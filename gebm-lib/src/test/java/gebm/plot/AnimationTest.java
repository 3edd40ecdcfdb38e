package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.InflaterInputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnimationTest {
    /** White, with one black pixel. */
    private static Picture frame(int x, int y) {
        BufferedImage image = Style.white(20, 10);
        image.setRGB(x, y, Color.BLACK.getRGB());
        return new Picture(image, 10, 5);
    }

    private static final Animation MOVING = new Animation(List.of(frame(3, 4), frame(5, 6), frame(5, 6)), 0.25);

    private static List<String> chunks(byte[] png) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(png, 8, png.length));
        List<String> chunks = new ArrayList<>();
        while (in.available() > 0) {
            byte[] body = new byte[in.readInt() + 4];
            in.readFully(body);
            CRC32 sum = new CRC32();
            sum.update(body);
            assertThat(in.readInt()).isEqualTo((int) sum.getValue());
            String type = new String(body, 0, 4, StandardCharsets.US_ASCII);
            DataInputStream data = new DataInputStream(new ByteArrayInputStream(body, 4, body.length));
            if (type.equals("fcTL")) {
                type += " " + data.readInt() + ": " + data.readInt() + "x" + data.readInt() + " at " + data.readInt()
                        + "," + data.readInt() + " for " + data.readShort() + "/" + data.readShort();
            } else if (type.equals("acTL") || type.equals("fdAT")) {
                type += " " + data.readInt();
            }
            chunks.add(type);
        }
        return chunks;
    }

    @Test
    void holdsWhatChanges() throws IOException {
        assertThat(chunks(MOVING.png()))
                .containsExactly(
                        "IHDR",
                        "acTL 3",
                        "PLTE",
                        "tRNS",
                        "fcTL 0: 20x10 at 0,0 for 250/1000",
                        "IDAT",
                        "fcTL 1: 3x3 at 3,4 for 250/1000",
                        "fdAT 2",
                        "fcTL 3: 1x1 at 0,0 for 250/1000",
                        "fdAT 4",
                        "IEND");
    }

    /** Plays the file: each frame laid over the one before, as the format says. */
    private static List<int[]> played(byte[] png) throws IOException {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(png, 8, png.length));
        List<int[]> played = new ArrayList<>();
        int[] canvas = new int[200];
        byte[] palette = {};
        int[] place = {};
        while (in.available() > 0) {
            int length = in.readInt();
            String type = new String(in.readNBytes(4), StandardCharsets.US_ASCII);
            byte[] body = in.readNBytes(length);
            in.readInt();
            ByteBuffer data = ByteBuffer.wrap(body);
            if (type.equals("PLTE")) {
                palette = body;
            } else if (type.equals("fcTL")) {
                place = new int[] {data.getInt(4), data.getInt(8), data.getInt(12), data.getInt(16), data.get(24)};
            } else if (type.equals("IDAT") || type.equals("fdAT")) {
                int[] below = canvas.clone();
                int from = type.equals("IDAT") ? 0 : 4;
                byte[] rows = new InflaterInputStream(new ByteArrayInputStream(body, from, length)).readAllBytes();
                for (int i = 0; i < place[0] * place[1]; i++) {
                    int colour = rows[i / place[0] * (place[0] + 1) + 1 + i % place[0]] & 0xff;
                    int pixel = (place[3] + i / place[0]) * 20 + place[2] + i % place[0];
                    if (colour < palette.length / 3 - 1) {
                        canvas[pixel] =
                                Color.BLACK.getRGB() | ByteBuffer.wrap(palette).getInt(3 * colour) >>> 8;
                    }
                }
                played.add(canvas);
                canvas = place[4] == 2 ? below : canvas.clone();
            }
        }
        return played;
    }

    /** A line that moves over a ground of many colours: without what was below it, each frame is the line alone. */
    private static Animation overGround() {
        List<Picture> frames = new ArrayList<>();
        for (int f = 0; f < 5; f++) {
            BufferedImage image = Style.white(20, 10);
            for (int i = 0; i < 200; i++) {
                image.setRGB(i % 20, i / 20, f > 0 && i / 20 == 2 * f ? 0 : i * 7919 % 251);
            }
            frames.add(new Picture(image, 10, 5));
        }
        return new Animation(frames, 0.1);
    }

    @Test
    void holdsWhatLiesOverTheFirst() throws IOException {
        assertThat(chunks(overGround().png()))
                .contains("fcTL 1: 20x1 at 0,2 for 100/1000", "fcTL 3: 20x1 at 0,4 for 100/1000");
    }

    @Test
    void playsItsFrames() throws IOException {
        plays(MOVING);
        plays(overGround());
    }

    private static void plays(Animation animation) throws IOException {
        List<int[]> played = played(animation.png());
        assertThat(played).hasSize(animation.frames().size());
        for (int f = 0; f < played.size(); f++) {
            BufferedImage image = animation.frames().get(f).image();
            assertThat(played.get(f)).isEqualTo(image.getRGB(0, 0, 20, 10, null, 0, 20));
        }
    }

    @Test
    void isAStillToProgramsThatKnowOnlyPng(@TempDir Path folder) throws IOException {
        MOVING.save(folder.resolve("a.png"));
        BufferedImage first = ImageIO.read(folder.resolve("a.png").toFile());
        for (int i = 0; i < 200; i++) {
            assertThat(first.getRGB(i % 20, i / 20))
                    .isEqualTo(MOVING.frames().get(0).image().getRGB(i % 20, i / 20));
        }
        assertThat(Files.list(folder)).hasSize(1);
        assertThat(MOVING).hasToString("Animation 10x5, 3 frames");
    }

    @Test
    void refusesFramesOfOtherSizesAndTimes() {
        Picture other = new Picture(Style.white(2, 2), 1, 1);
        assertThatThrownBy(() -> new Animation(List.of(frame(1, 1), other), 1))
                .hasMessage("frames[1] must be of the size of the first, Picture 10x5, got Picture 1x1");
        assertThatThrownBy(() -> new Animation(List.of(), 1)).hasMessage("frames must be at least one, got 0");
        assertThatThrownBy(() -> new Animation(List.of(other), 0)).hasMessage("seconds must be in [0.01, 60], got 0.0");
    }
}
