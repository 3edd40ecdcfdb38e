package gebm.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents promise: the numbers are the kept ones, the example runs, the links lead somewhere; the jar is small. */
class ReadmeTest {
    private static final Path PROJECT = Runner.FOLDER.getParent();
    private static final Pattern EXAMPLE = Pattern.compile("```java\\R(.*?)```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("]\\((?!https?:|#)([^)#]+)[^)]*\\)");

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "on Windows the scripts run in WSL")
    void tablesAndPicturesAreTheKeptOnes() {
        var result = Runner.checkResults();
        assertThat(result.exit()).as(result.output()).isZero();
    }

    @Test
    void exampleRuns() throws IOException {
        var match = EXAMPLE.matcher(Files.readString(PROJECT.resolve("README.md")));
        assertThat(match.find()).isTrue();
        assertThat(match.group(1).lines()).as("README says 30").hasSize(30);
        var file = Files.createDirectories(Runner.TARGET.resolve("readme")).resolve("Example.java");
        Files.writeString(file, match.group(1));
        var result = Runner.java(file, 300);
        assertThat(result.exit()).as(result.output()).isZero();
        assertThat(result.output()).contains("log-partition");
    }

    @Test
    void readmeIsShort() throws IOException {
        assertThat(Files.readAllLines(PROJECT.resolve("README.md"))).hasSizeLessThanOrEqualTo(130);
    }

    /** What Maven has packaged, where it has. */
    @Test
    void libraryIsUnderOneMegabyte() throws IOException {
        try (var files = Files.list(PROJECT.resolve("gebm-lib/target"))) {
            assertThat(files.filter(file -> file.toString().endsWith(".jar")))
                    .allSatisfy(jar -> assertThat(Files.size(jar)).isLessThan(1_000_000));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "notebooks/RESULTS.md"})
    void linksLeadToFiles(String name) throws IOException {
        var document = PROJECT.resolve(name);
        var links = LINK.matcher(Files.readString(document)).results().map(match -> match.group(1));
        assertThat(links)
                .allSatisfy(link -> assertThat(document.resolveSibling(link)).exists());
    }
}
