package gebm.notebooks;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Calls the scripts of {@code environment/}: the tests run notebooks exactly as a user does. */
final class Runner {
    static final Path FOLDER = Path.of("").toAbsolutePath(); // Maven starts a module's tests in the module
    static final Path TARGET = FOLDER.resolve("target");
    private static final Path ENVIRONMENT = FOLDER.resolveSibling("environment");
    private static final Path SHARE = ENVIRONMENT.resolve(".venv/share/jupyter");
    private static final int SETUP_SECONDS = 900; // downloads 60 MB of Python packages on a new machine
    private static final int SLACK_SECONDS = 300; // two starts of the kernel; the script itself times the cells

    private static boolean ready;

    record Result(int exit, String output) {}

    private Runner() {}

    /** The notebooks of the project, in the order of their numbers. */
    static List<Path> notebooks() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".ipynb"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs at the fast size; the executed copy and the checks' records go below {@code target}. */
    static Result run(Path notebook, int timeoutSeconds, String... options) {
        var arguments = new ArrayList<>(List.of(
                "--fast",
                "--timeout",
                "" + timeoutSeconds,
                "--output",
                TARGET.resolve("executed").toString(),
                "--checks",
                TARGET.resolve("checks").toString(),
                notebook.toString()));
        arguments.addAll(List.of(options));
        return call(timeoutSeconds, "execute.py", arguments.toArray(String[]::new));
    }

    /**
     * Runs in the kernel that {@code share} specifies, with the library's class path and no other variable.
     *
     * @param share a folder with {@code kernels/java/kernel.json}
     */
    static Result runIn(Path share, Path notebook, int timeoutSeconds) throws IOException {
        setUp();
        var builder = new ProcessBuilder(
                ENVIRONMENT.resolve(".venv/bin/python").toString(),
                ENVIRONMENT.resolve("execute.py").toString(),
                "--timeout",
                "" + timeoutSeconds,
                "--output",
                TARGET.resolve("executed").toString(),
                notebook.toString());
        var variables = builder.environment();
        variables.keySet().retainAll(List.of("HOME", "PATH"));
        var java = Path.of(System.getProperty("java.home"), "bin");
        variables.merge("PATH", java.toString(), (path, first) -> first + File.pathSeparator + path);
        var classPath = Files.readString(TARGET.resolve("classpath.txt")).strip();
        variables.put("JJAVA_CLASSPATH", classPath);
        return await(builder, timeoutSeconds + SLACK_SECONDS, share);
    }

    /** The kernel's own files, as its package installs them. */
    static Path kernel() {
        setUp();
        return SHARE.resolve("kernels/java");
    }

    static Result keep(Path notebook, int timeoutSeconds) {
        return call(timeoutSeconds, "keep.py", "--accept", notebook.toString());
    }

    static Result checkResults() {
        return call(60, "keep.py", "--check");
    }

    /** Runs one source file on the tests' class path, which holds the kernel's. */
    static Result java(Path source, int timeoutSeconds) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classPath = System.getProperty("java.class.path");
        return await(new ProcessBuilder(java, "-cp", classPath, source.toString()), timeoutSeconds);
    }

    private static Result call(int timeoutSeconds, String script, String... arguments) {
        setUp();
        var command = new ArrayList<>(List.of(
                ENVIRONMENT.resolve(".venv/bin/python").toString(),
                ENVIRONMENT.resolve(script).toString()));
        command.addAll(List.of(arguments));
        return await(new ProcessBuilder(command), timeoutSeconds + SLACK_SECONDS);
    }

    private static synchronized void setUp() {
        if (ready) {
            return;
        }
        var script = ENVIRONMENT.resolve("setup").toString();
        var result = await(new ProcessBuilder(script, "--headless", "--no-build"), SETUP_SECONDS);
        if (result.exit != 0) {
            throw new IllegalStateException("environment/setup failed:\n" + result.output);
        }
        ready = true;
    }

    private static Result await(ProcessBuilder builder, int seconds) {
        return await(builder, seconds, SHARE);
    }

    private static Result await(ProcessBuilder builder, int seconds, Path share) {
        builder.environment().put("JUPYTER_PATH", share.toString()); // before any other kernel called java
        builder.environment().keySet().removeAll(List.of("PYTHONPATH", "PYTHONHOME", "GEBM_FAST"));
        try {
            var output = Files.createTempFile("notebook", ".log"); // not a pipe: nothing blocks when it is full
            var process = builder.redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            process.getOutputStream().close();
            boolean ended = end(process, seconds);
            var text = Files.readString(output, StandardCharsets.UTF_8);
            Files.delete(output);
            return ended
                    ? new Result(process.exitValue(), text)
                    : new Result(-1, text + "\nended by the test after " + seconds + " s");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean end(Process process, int seconds) {
        try {
            if (process.waitFor(seconds, TimeUnit.SECONDS)) {
                return true;
            }
            process.destroy(); // the script then ends its kernel
            process.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return false;
    }
}
