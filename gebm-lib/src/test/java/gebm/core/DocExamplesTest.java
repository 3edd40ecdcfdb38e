package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jdk.jshell.EvalException;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every example in the documentation of the library, each in a JShell with the library's packages imported. */
class DocExamplesTest {
    private static final Path SOURCES = Path.of("src/main/java");
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\\R(.*?)\\R\\s*\\* ?}</pre>", Pattern.DOTALL);

    record Example(Path file, int line, String code) {
        @Override
        public String toString() {
            return SOURCES.relativize(file) + ":" + line;
        }
    }

    static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        try (var files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
                String text = Files.readString(file);
                Matcher match = EXAMPLE.matcher(text);
                while (match.find()) {
                    String code = match.group(1)
                            .lines()
                            .map(line -> line.replaceFirst("^\\s*\\* ?", ""))
                            .collect(Collectors.joining("\n"));
                    int line = (int) text.substring(0, match.start()).lines().count();
                    examples.add(new Example(file, line, code));
                }
            }
        }
        return examples;
    }

    /** The pattern must not miss an example for its form. */
    @Test
    void everyExampleIsFound() throws IOException {
        int opened = 0;
        try (var files = Files.walk(SOURCES)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                opened += Files.readString(file).split("<pre>\\{@code", -1).length - 1;
            }
        }
        assertThat(examples()).hasSize(opened).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void runs(Example example) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8)); // examples may print, tests do not
        try (JShell shell = JShell.builder().executionEngine("local").build()) {
            for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
                shell.addToClasspath(entry);
            }
            for (String name : List.of(
                    "core",
                    "trace",
                    "nn",
                    "data",
                    "model",
                    "flow",
                    "sampler",
                    "objective",
                    "train",
                    "metric",
                    "plot",
                    "notebook")) {
                shell.eval("import gebm." + name + ".*;");
            }
            run(shell, example);
        } finally {
            System.setOut(out);
        }
    }

    private static void run(JShell shell, Example example) {
        SourceCodeAnalysis analysis = shell.sourceCodeAnalysis();
        String rest = example.code();
        while (!rest.isBlank()) {
            SourceCodeAnalysis.CompletionInfo next = analysis.analyzeCompletion(rest);
            assertThat(next.completeness().isComplete())
                    .as("%s is whole code:%n%s", example, rest)
                    .isTrue();
            for (SnippetEvent event : shell.eval(next.source())) {
                assertThat(problem(shell, event))
                        .as("%s: %s", example, event.snippet().source())
                        .isEmpty();
            }
            rest = next.remaining();
        }
    }

    private static String problem(JShell shell, SnippetEvent event) {
        if (event.status() != Snippet.Status.VALID) {
            return shell.diagnostics(event.snippet())
                    .map(d -> d.getMessage(Locale.ROOT))
                    .collect(Collectors.joining("; ", event.status() + ": ", ""));
        }
        if (event.exception() instanceof EvalException thrown) {
            return thrown.getExceptionClassName() + ": " + thrown.getMessage();
        }
        return event.exception() == null ? "" : event.exception().toString();
    }
}
