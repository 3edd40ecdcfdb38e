package gebm.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Every notebook runs at its fast size in the real kernel; every check in it holds and measures what is expected. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "on Windows the notebooks run in WSL")
@Execution(ExecutionMode.CONCURRENT)
class NotebooksTest {
    private static final int TIMEOUT_SECONDS = 600; // 90 s are allowed on an idle machine

    @TestFactory
    Stream<DynamicTest> runs() {
        return Runner.notebooks().stream()
                .map(notebook -> dynamicTest(notebook.getFileName().toString(), notebook.toUri(), () -> {
                    var result = Runner.run(notebook, TIMEOUT_SECONDS, "--expect");
                    assertThat(result.exit()).as(result.output()).isZero();
                }));
    }

    /** The same text, numbers and pictures when it runs again on one machine; a different notebook each day. */
    @Test
    void oneInTurnGivesTheSameTwice() throws IOException {
        var notebooks = Runner.notebooks();
        assertSameTwice(notebooks.get(LocalDate.now(ZoneOffset.UTC).getDayOfYear() % notebooks.size()));
    }

    @TestFactory
    @Tag("slow")
    Stream<DynamicTest> allGiveTheSameTwice() {
        return Runner.notebooks().stream()
                .map(notebook -> dynamicTest(notebook.getFileName().toString(), () -> assertSameTwice(notebook)));
    }

    private static void assertSameTwice(Path notebook) throws IOException {
        var cells = new ArrayList<JsonArray>();
        for (String folder : List.of("once", "twice")) {
            var copy = Runner.TARGET.resolve(folder);
            var result = Runner.run(notebook, TIMEOUT_SECONDS, "--output", copy.toString());
            assertThat(result.exit()).as(result.output()).isZero();
            var json = Files.readString(copy.resolve(notebook.getFileName()));
            cells.add(JsonParser.parseString(json).getAsJsonObject().getAsJsonArray("cells"));
        }
        for (int i = 0; i < cells.get(0).size(); i++) {
            assertThat(cells.get(1).get(i))
                    .as("the second run of " + notebook)
                    .isEqualTo(cells.get(0).get(i));
        }
    }
}
