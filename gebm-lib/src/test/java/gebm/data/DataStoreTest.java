package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataStoreTest {
    private static final byte[] CONTENT = "forty-two rows".repeat(1_000).getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private HttpServer server;
    private final AtomicInteger requests = new AtomicInteger();

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        serve("/good.gz", exchange -> answer(exchange, 200, gzip(CONTENT), 0));
        serve("/missing.gz", exchange -> answer(exchange, 404, new byte[0], 0));
        serve("/other.gz", exchange -> answer(exchange, 200, gzip(new byte[] {1, 2, 3}), 0));
        serve("/cut.gz", exchange -> answer(exchange, 200, gzip(CONTENT), 20));
        serve("/short.gz", exchange -> answer(exchange, 200, Arrays.copyOf(gzip(CONTENT), 40), 0));
        serve("/moved.gz", exchange -> {
            exchange.getResponseHeaders().add("Location", "/good.gz");
            answer(exchange, 302, new byte[0], 0);
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Nested
    class Download {
        @Test
        void isKeptAndNotFetchedAgain() {
            assertThat(store().read(file("good.gz"))).isEqualTo(CONTENT);
            assertThat(store().read(file("good.gz"))).isEqualTo(CONTENT);
            assertThat(requests).hasValue(1);
            assertThat(kept()).containsExactly("good.gz");
        }

        @Test
        void followsARedirect() {
            assertThat(store().read(file("moved.gz"))).isEqualTo(CONTENT);
            assertThat(kept()).containsExactly("moved.gz");
        }

        @Test
        void ofAMissingFileSaysWhereToPutIt() {
            assertThatThrownBy(() -> store().read(file("missing.gz")))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasCauseInstanceOf(DataStore.Unavailable.class)
                    .hasMessage("there is no " + folder.resolve("set").resolve("missing.gz") + ", and "
                            + url("missing.gz") + " cannot be fetched (HTTP status 404); copy the file there or set"
                            + " GEBM_DATA_HOME to a folder that holds set/missing.gz");
            assertThat(kept()).isEmpty();
        }

        @Test
        void ofOtherContentKeepsNothing() {
            assertThatThrownBy(() -> store().read(file("other.gz")))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("SHA-256 of the unpacked bytes must be " + Sha256.of(CONTENT) + ", got "
                            + Sha256.of(new byte[] {1, 2, 3}) + " from " + url("other.gz")
                            + "; nothing was kept, try again later");
            assertThat(kept()).isEmpty();
        }

        @Test
        void thatBreaksOffKeepsNothing() throws IOException {
            int length = gzip(CONTENT).length;
            assertThatThrownBy(() -> store().read(file("cut.gz")))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("download of " + url("cut.gz") + " ended after " + (length - 20) + " of " + length
                            + " bytes; nothing was kept, run it again")
                    .cause()
                    .isNotInstanceOf(DataStore.Unavailable.class);
            assertThat(kept()).isEmpty();
        }

        @Test
        void ofATruncatedFileKeepsNothing() {
            assertThatThrownBy(() -> store().read(file("short.gz")))
                    .hasMessage(url("short.gz") + " ends too early after 40 bytes; delete or replace it");
            assertThat(kept()).isEmpty();
        }

        @Test
        void fromAClosedPortSaysSo() {
            server.stop(0);
            assertThatThrownBy(() -> store().read(file("good.gz")))
                    .hasCauseInstanceOf(DataStore.Unavailable.class)
                    .hasMessageContaining(url("good.gz") + " cannot be fetched (ConnectException: ");
            assertThat(kept()).isEmpty();
        }

        @Test
        void intoAFolderThatCannotBeSaysSo() throws IOException {
            Path file = Files.createFile(folder.resolve("a-file"));
            assertThatThrownBy(() -> DataStore.at(file).read(file("good.gz")))
                    .hasMessageStartingWith(
                            "cannot write " + file.resolve("set").resolve("good.gz") + " (")
                    .hasMessageEndingWith("choose another cache with -Dgebm.data.cache=...");
        }

        @Test
        void thatIsInterruptedKeepsNothing() {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> store().read(file("good.gz"))).hasMessageContaining("(interrupted)");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(kept()).isEmpty();
            assertThat(store().read(file("good.gz"))).isEqualTo(CONTENT);
        }
    }

    @Nested
    class OnThisMachine {
        @Test
        void homeIsReadFirstAndNeverWritten() throws IOException {
            Path home = folder.resolve("home");
            Path place = home.resolve("set").resolve("good.gz");
            Files.createDirectories(place.getParent());
            Files.write(place, gzip(CONTENT));
            DataStore store = new DataStore(Optional.of(home), folder.resolve("cache"));
            assertThat(store.read(file("good.gz"))).isEqualTo(CONTENT);
            assertThat(requests).hasValue(0);
            assertThat(folder.resolve("cache")).doesNotExist();
        }

        @Test
        void aDamagedCopyIsNamedAndNotReplaced() throws IOException {
            Path place = folder.resolve("set").resolve("good.gz");
            Files.createDirectories(place.getParent());
            Files.write(place, gzip(new byte[] {9}));
            assertThatThrownBy(() -> store().read(file("good.gz")))
                    .hasMessageContaining("got " + Sha256.of(new byte[] {9}) + " from " + place
                            + "; delete it and it will be downloaded again");
            Files.write(place, Arrays.copyOf(gzip(CONTENT), 30));
            assertThatThrownBy(() -> store().read(file("good.gz")))
                    .hasMessage(place + " ends too early after 30 bytes; delete or replace it");
            Files.write(place, new byte[] {1, 2, 3});
            assertThatThrownBy(() -> store().read(file("good.gz"))).hasMessageStartingWith(place.toString());
            assertThat(requests).hasValue(0);
        }

        @Test
        void packedBytesAreVerifiedWhereTheirDigestIsKnown() throws IOException {
            Path place = folder.resolve("set").resolve("good.gz");
            byte[] packed = gzip(CONTENT);
            DataFile file = new DataFile(
                    "set", "good.gz", URI.create(url("good.gz")), List.of(Sha256.of(packed)), DataFile.Bytes.PACKED);
            assertThat(store().read(file)).isEqualTo(CONTENT);
            assertThat(store().readPacked(file)).isEqualTo(packed);
            Files.write(place, new byte[] {9});
            assertThatThrownBy(() -> store().read(file))
                    .hasMessage("SHA-256 of the packed bytes must be " + Sha256.of(packed) + ", got "
                            + Sha256.of(new byte[] {9}) + " from " + place
                            + "; delete it and it will be downloaded again");
            assertThatThrownBy(() -> store().readPacked(file)).hasMessageStartingWith("SHA-256 of the packed bytes");
            assertThatThrownBy(() -> store().readPacked(file("good.gz")))
                    .hasMessage("digest must be of the packed bytes, got UNPACKED");
        }

        @Test
        void aPlainFileIsNotUnpacked() throws IOException {
            Path place = folder.resolve("set").resolve("rows.csv");
            Files.createDirectories(place.getParent());
            Files.write(place, CONTENT);
            assertThat(store().read(file("rows.csv"))).isEqualTo(CONTENT);
        }
    }

    @Nested
    class Cache {
        @Test
        void isThePropertyThenTheProjectThenTheUsersHome() throws IOException {
            Path project = folder.resolve("project");
            Path notebooks = Files.createDirectories(project.resolve("notebooks"));
            Path user = Path.of(System.getProperty("user.home"), ".cache", "gebm");
            assertThat(DataStore.cache(null, notebooks)).isEqualTo(user);
            Files.createDirectories(project.resolve("gebm-lib"));
            Files.createFile(project.resolve("gebm-lib").resolve("pom.xml"));
            assertThat(DataStore.cache(null, notebooks))
                    .isEqualTo(project.resolve("data").resolve("cache"));
            assertThat(DataStore.cache("elsewhere", notebooks)).isEqualTo(Path.of("elsewhere"));
        }

        @Test
        void digestsAreChecked() {
            assertThatThrownBy(() -> new DataFile("set", "name", URI.create("http://localhost"), "abc"))
                    .hasMessage("sha256 must be 64 hexadecimal digits, got abc");
        }
    }

    private DataStore store() {
        return DataStore.at(folder);
    }

    private DataFile file(String name) {
        return new DataFile("set", name, URI.create(url(name)), Sha256.of(CONTENT));
    }

    private String url(String name) {
        InetSocketAddress address = server.getAddress();
        return "http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + "/" + name;
    }

    private Stream<String> kept() {
        Path set = folder.resolve("set");
        try {
            return Files.exists(set) ? Files.list(set).map(p -> p.getFileName().toString()) : Stream.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    private void serve(String path, Handler handler) {
        server.createContext(path, exchange -> {
            requests.incrementAndGet();
            handler.handle(exchange);
        });
    }

    /** Promises the whole body and sends all but the last {@code withheld} bytes. */
    private static void answer(HttpExchange exchange, int status, byte[] body, int withheld) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        if (body.length > 0) {
            exchange.getResponseBody().write(body, 0, body.length - withheld);
            exchange.getResponseBody().flush();
        }
        exchange.close();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        return out.toByteArray();
    }
}
