package gebm.notebooks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** JupyterLab as {@code environment/lab} starts it, with settings of its own; its REST interface says what kernels do. */
final class BrowserLab implements AutoCloseable {
    private static final Path SCRIPT =
            Runner.FOLDER.resolveSibling("environment").resolve("lab");
    private static final Duration START = Duration.ofMinutes(20); // downloads 250 MB on a new machine

    private final HttpClient client = HttpClient.newHttpClient();
    private final Process process;
    private final Thread atExit;
    private final String address; // ends with a slash
    private final String token;

    /** The machine has no JupyterLab and it could not be installed. */
    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;

        Missing(String message) {
            super(message);
        }
    }

    /** A server on {@code notebooks/} that keeps its settings, workspaces and log in {@code folder}. */
    BrowserLab(Path folder) throws IOException {
        var log = folder.resolve("lab.log");
        var runtime = Files.createDirectories(folder.resolve("runtime"));
        var builder = new ProcessBuilder(
                SCRIPT.toString(),
                "--no-build",
                "--no-browser",
                "--ServerApp.port=" + freePort(),
                "--LabApp.expose_app_in_browser=True");
        var environment = builder.environment();
        environment.put("GEBM_FAST", "1");
        environment.put("JUPYTER_CONFIG_DIR", folder.resolve("config").toString());
        environment.put("JUPYTER_DATA_DIR", folder.resolve("data").toString());
        environment.put("JUPYTER_RUNTIME_DIR", runtime.toString());
        process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
        atExit = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(atExit);
        process.getOutputStream().close();
        try {
            var found = until("JupyterLab listens, see " + log, START, () -> {
                if (!process.isAlive()) {
                    throw process.exitValue() == 2
                            ? new Missing(read(log).strip())
                            : new IllegalStateException(
                                    "environment/lab ended with " + process.exitValue() + ":\n" + read(log));
                }
                return info(runtime);
            });
            address = found.get("url").getAsString();
            token = found.get("token").getAsString();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort(); // if it is taken meanwhile, JupyterLab chooses another one and says which
        }
    }

    /** What a server says of itself once it listens. */
    private static JsonObject info(Path runtime) {
        try (Stream<Path> files = Files.list(runtime)) {
            var file = files.filter(path -> path.getFileName().toString().matches("jpserver-.*\\.json"))
                    .findAny();
            return file.isEmpty()
                    ? null
                    : JsonParser.parseString(Files.readString(file.get())).getAsJsonObject();
        } catch (IOException | RuntimeException e) {
            return null; // half-written
        }
    }

    String page() {
        return address + "lab?token=" + token;
    }

    /** The id of the kernel that runs the notebook at {@code path}, once there is one. */
    String kernel(String path) {
        return until("a kernel for " + path, Duration.ofMinutes(2), () -> stream(get("api/sessions"))
                .filter(session -> session.get("path").getAsString().equals(path))
                .map(session -> session.getAsJsonObject("kernel").get("id").getAsString())
                .findAny()
                .orElse(null));
    }

    /** What the kernel does: {@code starting}, {@code busy}, {@code idle}, ... */
    String state(String kernel) {
        return get("api/kernels/" + kernel)
                .getAsJsonObject()
                .get("execution_state")
                .getAsString();
    }

    /** The Java process of the kernel. */
    Optional<ProcessHandle> java(String kernel) {
        return process.descendants()
                .filter(child -> child.info().commandLine().orElse("").contains(kernel))
                .findAny();
    }

    private JsonElement get(String what) {
        var request = HttpRequest.newBuilder(URI.create(address + what))
                .header("Authorization", "token " + token)
                .timeout(Duration.ofSeconds(60))
                .build();
        try {
            return JsonParser.parseString(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Stream<JsonObject> stream(JsonElement array) {
        JsonArray elements = array.getAsJsonArray();
        return StreamSupport.stream(elements.spliterator(), false).map(JsonElement::getAsJsonObject);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first value of {@code probe} that is neither null nor false. */
    static <T> T until(String what, Duration limit, Supplier<T> probe) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            T value = probe.get();
            if (value != null && !Boolean.FALSE.equals(value)) {
                return value;
            }
            if (System.nanoTime() > end) {
                throw new AssertionError("waited " + limit.toSeconds() + " s in vain for: " + what);
            }
            pause(50);
        }
    }

    static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ends the server, which ends its kernels, and whatever of them is left after that. */
    @Override
    public void close() {
        var children = process.descendants().toList();
        try {
            process.destroy();
            process.waitFor(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.destroyForcibly();
            children.forEach(ProcessHandle::destroyForcibly);
            Runtime.getRuntime().removeShutdownHook(atExit);
        }
    }
}
