package gebm.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
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
}
