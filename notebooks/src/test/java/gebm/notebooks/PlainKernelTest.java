package gebm.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Notebooks need nothing of the project's kernel but the class path. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "on Windows the notebooks run in WSL")
@Execution(ExecutionMode.CONCURRENT)
class PlainKernelTest {
    /** What JJava's package installs: its launcher, and neither options nor variables. */
    private static final String SPECIFICATION = """
            {
             "argv": ["java", "-jar", "{resource_dir}/jjava-launcher.jar", "{resource_dir}/jjava.jar", "{connection_file}"],
             "display_name": "Java",
             "language": "java",
             "interrupt_mode": "message",
             "env": {}
            }
            """;

    private static final int TIMEOUT_SECONDS = 200;

    @TempDir
    Path share;

    @Test
    void onlyTheClassPathIsNeeded() throws IOException {
        var kernel = Files.createDirectories(share.resolve("kernels/java"));
        Files.writeString(kernel.resolve("kernel.json"), SPECIFICATION);
        for (var jar : List.of("jjava-launcher.jar", "jjava.jar")) {
            Files.copy(Runner.kernel().resolve(jar), kernel.resolve(jar));
        }

        var result = Runner.runIn(share, Path.of("src/test/resources/notebooks/plain.ipynb"), TIMEOUT_SECONDS);

        assertThat(result.exit()).as(result.output()).isZero();
        assertThat(result.output())
                .contains("4 cells ran", "✓ 200 chains of 50 steps", "JJAVA_CLASSPATH")
                .contains("ai.djl.offline is null") // the project's kernel sets it
                .doesNotContain("GEBM_", "OMP_NUM_THREADS");
        assertThat(Runner.TARGET.resolve("executed/plain.ipynb"))
                .content()
                .contains("\"image/png\"", "XYChart \\\"chains of β = 1\\\"");
    }
}
