package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
    private static final int RECORD = 3_073;

    @TempDir
    Path folder;

    /** Two images in each training batch, one in the test batch; image i of the archive has label i and red i. */
    private static Map<String, byte[]> files() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("cifar-10-batches-bin/", null);
        files.put("cifar-10-batches-bin/readme.html", "hello".getBytes(StandardCharsets.US_ASCII));
        files.put("cifar-10-batches-bin/test_batch.bin", batch(9));
        for (int i = 5; i > 0; i--) { // the real archive is not in order either
            files.put("cifar-10-batches-bin/data_batch_" + i + ".bin", batch(2 * i - 2, 2 * i - 1));
        }
        return files;
    }

    private static byte[] batch(int... labels) {
        byte[] raw = new byte[labels.length * RECORD];
        for (int i = 0; i < labels.length; i++) {
            raw[i * RECORD] = (byte) labels[i];
            Arrays.fill(raw, i * RECORD + 1, i * RECORD + 1 + 1_024, (byte) labels[i]);
            raw[i * RECORD + 1 + 2_048 + 33] = (byte) 255; // blue at row 1, column 1
        }
        return raw;
    }

    /** A tar archive by hand: a header of 512 bytes, then the content in blocks of 512. */
    private static byte[] packed(Map<String, byte[]> files) throws IOException {
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            byte[] content = file.getValue() == null ? new byte[0] : file.getValue();
            byte[] header = new byte[512];
            put(header, 0, file.getKey());
            put(header, 100, "0000644\0");
            put(header, 124, String.format("%011o ", content.length));
            put(header, 136, "00000000000 ");
            header[156] = (byte) (file.getValue() == null ? '5' : '0');
            put(header, 257, "ustar\00000");
            put(header, 148, "        ");
            int sum = 0;
            for (byte b : header) {
                sum += b & 0xff;
            }
            put(header, 148, String.format("%06o\0 ", sum));
            tar.writeBytes(header);
            tar.writeBytes(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
        }
        tar.writeBytes(new byte[1_024]);
        return gzip(tar.toByteArray());
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }

    private DataFile known(byte[] archive, String url) {
        return new DataFile(
                "cifar-10", "cifar.tar.gz", URI.create(url), List.of(Sha256.of(archive)), DataFile.Bytes.PACKED);
    }

    private Images read(byte[] archive, Images.Role role) throws IOException {
        Path file = folder.resolve("cifar-10").resolve("cifar.tar.gz");
        Files.createDirectories(file.getParent());
        Files.write(file, archive);
        return Cifar10.read(DataStore.at(folder), known(archive, "http://localhost/"), role);
    }

    @Nested
    class Archive {
        @Test
        void isReadInTheOrderOfItsNames() throws IOException {
            Images train = read(packed(files()), Images.Role.TRAIN);
            assertThat(train.labels()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
            assertThat(train.provenance()).isEqualTo("cifar-10 train");
            Images test = read(packed(files()), Images.Role.TEST);
            assertThat(test.labels()).containsExactly(9);
            assertThat(Cifar10.CLASSES.get(9)).isEqualTo("truck");
            Images.Parts parts = Images.Parts.of(train, test, 4, gebm.core.Rng.of(1));
            assertThat(parts.train().size()).isEqualTo(6);
        }

        @Test
        void channelsAreRedGreenBlue() throws IOException {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray images = read(packed(files()), Images.Role.TRAIN).array(m, PixelRange.UNIT);
                assertThat(images.getShape()).isEqualTo(new Shape(10, 3, 32, 32));
                assertThat(images.get("7, 0").mul(255).round().max().getFloat()).isEqualTo(7);
                assertThat(images.get("7, 1").sum().getFloat()).isZero();
                assertThat(images.get("7, 2").sum().getFloat()).isEqualTo(1);
                assertThat(images.getFloat(7, 2, 1, 1)).isEqualTo(1);
            }
        }

        @Test
        void isFetchedVerifiedAndKept() throws IOException {
            byte[] archive = packed(files());
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/cifar.tar.gz", exchange -> {
                exchange.sendResponseHeaders(200, archive.length);
                exchange.getResponseBody().write(archive);
                exchange.close();
            });
            server.start();
            String url = "http://" + server.getAddress().getAddress().getHostAddress() + ":"
                    + server.getAddress().getPort() + "/cifar.tar.gz";
            try {
                DataStore store = DataStore.at(folder);
                assertThatThrownBy(() -> Cifar10.read(store, known(new byte[1], url), Images.Role.TEST))
                        .hasMessage("SHA-256 of the packed bytes must be " + Sha256.of(new byte[1]) + ", got "
                                + Sha256.of(archive) + " from " + url + "; nothing was kept, try again later");
                assertThat(folder).isEmptyDirectory();
                assertThat(Cifar10.read(store, known(archive, url), Images.Role.TEST)
                                .size())
                        .isEqualTo(1);
                assertThat(folder.resolve("cifar-10").resolve("cifar.tar.gz")).hasBinaryContent(archive);
            } finally {
                server.stop(0);
            }
        }
    }

    @Nested
    class Refusals {
        @Test
        void ofAnArchiveThatLacksABatch() throws IOException {
            Map<String, byte[]> files = files();
            files.remove("cifar-10-batches-bin/data_batch_3.bin");
            assertThatThrownBy(() -> read(packed(files), Images.Role.TRAIN))
                    .hasMessage(
                            "cifar.tar.gz must hold cifar-10-batches-bin/data_batch_3.bin, got an archive without it");
        }

        @Test
        void ofHalfARecordAndOfOtherLabels() throws IOException {
            Map<String, byte[]> files = files();
            files.put("cifar-10-batches-bin/test_batch.bin", new byte[RECORD - 1]);
            assertThatThrownBy(() -> read(packed(files), Images.Role.TEST))
                    .hasMessage("cifar-10-batches-bin/test_batch.bin must hold whole records of 3073 bytes, got 3072");
            files.put("cifar-10-batches-bin/test_batch.bin", batch(3, 10));
            assertThatThrownBy(() -> read(packed(files), Images.Role.TEST))
                    .hasMessage("cifar-10-batches-bin/test_batch.bin must hold labels 0..9, got 10 at 1");
        }

        @Test
        void ofATruncatedArchive() throws IOException {
            byte[] archive = packed(files());
            byte[] cut = Arrays.copyOf(archive, archive.length / 2);
            assertThatThrownBy(() -> read(cut, Images.Role.TRAIN))
                    .hasMessageStartingWith("cifar.tar.gz is not a sound tar.gz archive (");
            assertThatThrownBy(() -> read(new byte[] {1, 2, 3, 4}, Images.Role.TRAIN))
                    .hasMessageStartingWith("cifar.tar.gz is not a sound tar.gz archive (");
            assertThatThrownBy(() -> read(gzip(new byte[0]), Images.Role.TRAIN))
                    .hasMessageEndingWith("data_batch_1.bin, got an archive without it");
        }
    }
}
