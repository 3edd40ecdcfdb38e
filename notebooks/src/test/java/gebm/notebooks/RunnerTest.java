package gebm.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the runner says of good and bad notebooks. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "on Windows the notebooks run in WSL")
@Execution(ExecutionMode.CONCURRENT)
class RunnerTest {
    private static final Path NOTEBOOKS = Path.of("src/test/resources/notebooks");
    private static final int LONG = 200;

    @Test
    void showsOutputsAndKeepsTheRecordsOfChecks() throws IOException {
        var result = Runner.run(NOTEBOOKS.resolve("passes.ipynb"), LONG);
        assertThat(result.exit()).as(result.output()).isZero();
        assertThat(result.output())
                .contains("drew 4", "sum 3.0\n", "key is 1.5, in [1, 2]", "(expected)", "5 cells ran");
        assertThat(Runner.TARGET.resolve("checks/passes.json"))
                .content()
                .contains("\"cell\": \"check-key\"", "\"value\": 1.5", "\"passed\": true");
        assertThat(Runner.TARGET.resolve("executed/passes.ipynb")).content().contains("drew 4");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "does-not-compile, broken, it does not compile, int steps = \"many\";, String cannot be converted to int",
        "throws, bad-argument, 'x must be finite and > 0, got -1.0', half(-1), at .half(",
        "dies, leaves, the kernel died, System.exit(3);, going",
        "breaches, check-key, a check did not hold, '\"passed\", false', '\"passed\": false'",
        "silent-check, check-nothing, tagged check but printed nothing, int one = 1;, FAILED",
        "missing, missing, there is no notebook, missing.ipynb, FAILED",
    })
    void namesCellSourceAndJavaError(String notebook, String cell, String what, String source, String detail) {
        var result = Runner.run(NOTEBOOKS.resolve(notebook + ".ipynb"), LONG);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output())
                .contains("FAILED", cell, what, source, detail)
                .doesNotContain(".py\"", "Traceback");
    }

    /** What drifts, vanishes or is new fails, with the command that accepts it. */
    @Test
    void holdsWhatChecksMeasureAgainstWhatIsExpected() throws IOException {
        var notebook = Files.createDirectories(Runner.TARGET.resolve("expect")).resolve("passes.ipynb");
        Files.copy(NOTEBOOKS.resolve("passes.ipynb"), notebook, StandardCopyOption.REPLACE_EXISTING);
        var file = notebook.resolveSibling("expected/passes.json");
        Files.deleteIfExists(file);

        var none = Runner.run(notebook, LONG, "--expect");
        assertThat(none.exit()).isEqualTo(1);
        assertThat(none.output())
                .contains("there are no expectations for \"1, no data\"", "environment/run --fast --accept");

        assertThat(Runner.run(notebook, LONG, "--accept").exit()).isZero();
        assertThat(file).content().contains("\"check-key / key\"", "\"value\": 1.5", "\"tolerance\": 0.15");

        var moved = Files.readString(file)
                .replace("\"value\": 1.5", "\"value\": 1.7")
                .replace(
                        "\"reason\": \"\"\n  }",
                        "\"reason\": \"made up\"\n  },\n  \"check-key / gone\": {\"value\": true}");
        Files.writeString(file, moved);
        var drifted = Runner.run(notebook, LONG, "--expect");
        assertThat(drifted.exit()).isEqualTo(1);
        assertThat(drifted.output())
                .contains("check-key / key: 1.5, expected 1.7 ± 0.15 (made up)", "check-key / gone: vanished");
    }

    @Test
    void endsACellThatHangs() {
        var result = Runner.run(NOTEBOOKS.resolve("hangs.ipynb"), 10);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.output()).contains("in cell `forever`: not done after 10 s");
    }

    @Test
    void keepsOutputsOnceAndWithTheirDigest() throws IOException {
        var notebook = Files.createDirectories(Runner.TARGET.resolve("keep")).resolve("passes.ipynb");
        Files.copy(NOTEBOOKS.resolve("passes.ipynb"), notebook, StandardCopyOption.REPLACE_EXISTING);

        assertThat(Runner.keep(notebook, LONG).exit()).isZero();
        var kept = Files.readString(notebook);
        assertThat(kept).contains("drew 4", "\"digest\"").doesNotContain("\"execution_count\": 1");
        assertThat(NotebookStyle.problems(notebook))
                .noneMatch(problem -> problem.contains("environment/keep") || problem.contains("error is stored"));
        assertThat(notebook.resolveSibling("expected/passes.json")).content().contains("\"full, no data\"");

        assertThat(Runner.keep(notebook, LONG).output()).contains("kept already");
        assertThat(notebook).hasContent(kept);

        Files.writeString(notebook, kept.replace("permutation(4)", "permutation(5)"));
        assertThat(NotebookStyle.problems(notebook)).anyMatch(problem -> problem.contains("environment/keep"));
    }
}
