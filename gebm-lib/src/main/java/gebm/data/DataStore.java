package gebm.data;

import gebm.core.Require;
import gebm.core.WholeFile;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * Where data files are found, verified, fetched from their public source and kept.
 *
 * <p>A file is looked for as {@code home/set/name}, then as {@code cache/set/name}, and downloaded into the cache when
 * it is in neither. Its bytes, packed or unpacked, are verified against the pinned SHA-256 every time. A download is verified,
 * written beside its place and moved there in one step, so an interrupted one leaves the cache as it was.
 *
 * <p>The {@linkplain #standard() standard store}: home is the folder named by the environment variable
 * {@code GEBM_DATA_HOME}, if any; the cache is the folder named by the system property {@code gebm.data.cache}, else
 * {@code data/cache} of the project that the working directory belongs to (the nearest folder upwards that holds
 * {@code gebm-lib/pom.xml}), else {@code .cache/gebm} in the user's home.
 *
 * @param home a folder of data sets that is only read
 * @param cache the folder that downloads are kept in; made when first needed
 */
public record DataStore(Optional<Path> home, Path cache) {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int READ_MILLIS = 30_000;

    /** Checks that nothing is null. */
    public DataStore {
        Objects.requireNonNull(home);
        Objects.requireNonNull(cache);
    }

    /** The store that the environment describes. */
    public static DataStore standard() {
        Optional<Path> home = Optional.ofNullable(System.getenv("GEBM_DATA_HOME"))
                .filter(text -> !text.isBlank())
                .map(Path::of);
        return new DataStore(
                home, cache(System.getProperty("gebm.data.cache"), Path.of("").toAbsolutePath()));
    }

    /** A store that reads nothing but its cache and the public sources. */
    public static DataStore at(Path cache) {
        return new DataStore(Optional.empty(), cache);
    }

    /**
     * The unpacked content of a file, verified.
     *
     * @throws UncheckedIOException if the file is damaged, is not the expected one, or is nowhere to be found and
     *     cannot be downloaded; the message names the file or address, what was expected and what to do
     */
    public byte[] read(DataFile file) {
        return verified(file, true);
    }

    /** The verified bytes as they lie there, for what is unpacked as it is read; digested when packed only. */
    byte[] readPacked(DataFile file) {
        Require.that(file.digested() == DataFile.Bytes.PACKED, "digest", "of the packed bytes", file.digested());
        return verified(file, false);
    }

    private byte[] verified(DataFile file, boolean unpack) {
        boolean packed = file.digested() == DataFile.Bytes.PACKED;
        try {
            Found found = find(file);
            if (packed) {
                verify(file, found.packed, found);
            }
            byte[] content = unpack ? unpacked(file.name(), found.where, found.packed) : found.packed;
            if (!packed) {
                verify(file, content, found);
            }
            found.keep();
            return content;
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private Found find(DataFile file) throws IOException {
        Optional<Path> atHome =
                home.map(folder -> place(folder, file.set(), file.name())).filter(Files::exists);
        if (atHome.isPresent()) {
            return new Found(atHome.get(), "replace it or unset GEBM_DATA_HOME");
        }
        Path kept = place(cache, file.set(), file.name());
        if (Files.exists(kept)) {
            return new Found(kept, "delete it and it will be downloaded again");
        }
        return new Found(fetch(file), file.source().toString(), "nothing was kept, try again later", Optional.of(kept));
    }

    /**
     * A file's bytes as they are, from where, and where they are to be kept once they are verified.
     *
     * @param advice what to do if they are not the right ones
     */
    private record Found(byte[] packed, String where, String advice, Optional<Path> keepAt) {
        Found(Path file, String advice) throws IOException {
            this(Files.readAllBytes(file), file.toString(), advice, Optional.empty());
        }

        void keep() throws IOException {
            if (keepAt.isPresent()) {
                DataStore.keep(packed, keepAt.get());
            }
        }
    }

    /**
     * The unpacked content of a file whose digest is not known here: looked for at home and in the cache, not
     * downloaded, not verified.
     *
     * @param set folder of the set
     * @param name file name; a name that ends in {@code .gz} is unpacked
     * @param source where a person finds it, for the message
     * @throws UncheckedIOException if it is not there, or not a sound gzip file
     */
    public byte[] readUnverified(String set, String name, URI source) {
        try {
            for (Path folder : home.map(h -> List.of(h, cache)).orElse(List.of(cache))) {
                Path file = place(folder, set, name);
                if (Files.exists(file)) {
                    return unpacked(name, file.toString(), Files.readAllBytes(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        String message = "there is no " + looked(set, name)
                + "; its checksum is not pinned here, so it is not downloaded: fetch it from " + source
                + " and copy it there";
        throw new UncheckedIOException(message, new Unavailable(message, null));
    }

    static Path cache(String property, Path workingFolder) {
        if (property != null && !property.isBlank()) {
            return Path.of(property);
        }
        for (Path folder = workingFolder; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("gebm-lib").resolve("pom.xml"))) {
                return folder.resolve("data").resolve("cache");
            }
        }
        return Path.of(System.getProperty("user.home"), ".cache", "gebm");
    }

    private static Path place(Path folder, String set, String name) {
        return folder.resolve(set).resolve(name);
    }

    /** Where a file is not, in words. */
    private String looked(String set, String name) {
        return home.map(folder -> place(folder, set, name) + " nor ").orElse("") + place(cache, set, name);
    }

    private byte[] fetch(DataFile file) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) file.source().toURL().openConnection();
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setReadTimeout(READ_MILLIS);
        try (InputStream body = open(file, connection)) {
            long expected = connection.getContentLengthLong();
            byte[] received = received(file.source(), body);
            if (expected >= 0 && received.length != expected) {
                throw new IOException("download of " + file.source() + " ended after " + received.length + " of "
                        + expected + " bytes; nothing was kept, run it again");
            }
            return received;
        } finally {
            connection.disconnect();
        }
    }

    private static void keep(byte[] packed, Path kept) throws IOException {
        try {
            WholeFile.write(kept, packed);
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage() + "; choose another cache with -Dgebm.data.cache=...", e.getCause());
        }
    }

    private InputStream open(DataFile file, HttpURLConnection connection) throws Unavailable {
        try {
            int status = connection.getResponseCode();
            if (status == HttpURLConnection.HTTP_OK) {
                return connection.getInputStream();
            }
            throw unavailable(file, "HTTP status " + status, null);
        } catch (Unavailable e) {
            throw e;
        } catch (IOException e) {
            throw unavailable(file, e.getClass().getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    private Unavailable unavailable(DataFile file, String reason, IOException cause) {
        return new Unavailable(
                "there is no " + looked(file.set(), file.name()) + ", and " + file.source() + " cannot be fetched ("
                        + reason
                        + "); copy the file there or set GEBM_DATA_HOME to a folder that holds " + file.set() + "/"
                        + file.name(),
                cause);
    }

    private static byte[] received(URI source, InputStream body) throws IOException {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 << 16];
        try {
            for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted");
                }
                received.write(buffer, 0, n);
            }
            return received.toByteArray();
        } catch (IOException e) {
            throw new IOException(
                    "download of " + source + " broke off after " + received.size() + " bytes (" + e.getMessage()
                            + "); nothing was kept, run it again",
                    e);
        }
    }

    private static byte[] unpacked(String name, String where, byte[] content) throws IOException {
        if (!name.endsWith(".gz")) {
            return content;
        }
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(content), 1 << 16)) {
            return in.readAllBytes();
        } catch (EOFException e) {
            throw new IOException(
                    where + " ends too early after " + content.length + " bytes; delete or replace it", e);
        } catch (IOException e) {
            throw new IOException(
                    where + " is not a sound gzip file (" + e.getMessage() + "); delete or replace it", e);
        }
    }

    private static void verify(DataFile file, byte[] bytes, Found found) throws IOException {
        String got = Sha256.of(bytes);
        if (!file.sha256().contains(got)) {
            String of = file.digested() == DataFile.Bytes.PACKED ? "packed" : "unpacked";
            throw new IOException("SHA-256 of the " + of + " bytes must be " + String.join(" or ", file.sha256())
                    + ", got " + got + " from " + found.where + "; " + found.advice);
        }
    }

    /** Nowhere on this machine, and the source does not give it. */
    static final class Unavailable extends IOException {
        private static final long serialVersionUID = 1;

        Unavailable(String message, IOException cause) {
            super(message, cause);
        }
    }
}
