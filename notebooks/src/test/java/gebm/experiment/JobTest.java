package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Progress;
import gebm.core.Rng;
import gebm.data.Split;
import gebm.data.Tables;
import gebm.data.Uci;
import gebm.experiment.UciExperiment.Method;
import gebm.experiment.UciExperiment.Run;
import gebm.experiment.UciExperiment.Settings;
import gebm.model.Targets;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class JobTest {
    private record Length(int steps) {}

    private record Squares(Length settings, List<Integer> values) implements Job.Result {
        @Override
        public boolean isWhole() {
            return values.size() == settings.steps();
        }
    }

    @TempDir
    private Path folder;

    private JobStore<Squares> store() {
        return new JobStore<>(folder.resolve("results"), Squares.class);
    }

    /** Squares of 0, 1, …; each is added to {@code made} when it is computed, and {@code breakAt} is never passed. */
    private static Job<Squares> squares(int steps, int breakAt, List<Integer> made) {
        Length length = new Length(steps);
        return new Job<>("squares", length, (soFar, keep) -> {
            Squares result = new Squares(length, new ArrayList<>(soFar == null ? List.of() : soFar.values()));
            for (int i = result.values().size(); i < steps; i++) {
                if (i == breakAt) {
                    throw new IllegalStateException("broken off");
                }
                made.add(i);
                result.values().add(i * i);
                keep.accept(result);
            }
            return result;
        });
    }

    @Test
    void goesOnFromWhatWasKeptAndIsNotMadeTwice() {
        List<Integer> made = new ArrayList<>();
        assertThatThrownBy(() -> store().run(squares(5, 3, made))).hasMessage("broken off");
        assertThat(store().all()).singleElement().matches(result -> !result.isWhole());
        assertThat(store().run(squares(5, -1, made)).values()).containsExactly(0, 1, 4, 9, 16);
        assertThat(made).containsExactly(0, 1, 2, 3, 4);
        assertThat(store().run(squares(5, 0, made)).values()).containsExactly(0, 1, 4, 9, 16);
        assertThat(made).hasSize(5);
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        store().run(squares(2, -1, new ArrayList<>()));
        Path file = folder.resolve("results/squares.json");
        assertThatThrownBy(() -> store().run(squares(3, -1, new ArrayList<>())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the settings in " + file
                        + " must be those asked for, Length[steps=3], or else the file deleted, got Length[steps=2]");
        for (String damaged : List.of("", "{", "{}", "[1]", "{\"settings\": {\"steps\": \"two\"}}")) {
            Files.writeString(file, damaged);
            assertThatThrownBy(() -> store().run(squares(2, -1, new ArrayList<>())))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessage("could not read " + file + ": delete it, and it is made anew");
        }
        Files.delete(file);
        assertThatThrownBy(() -> JobStore.read(file, Squares.class)).hasMessage("could not read " + file);
        assertThat(store().run(squares(2, -1, new ArrayList<>())).values()).containsExactly(0, 1);
    }

    @Test
    void checkpointsOfOtherSettingsHaveOtherNames() {
        Path one = Job.checkpoint(folder, "seed-1", "sha", new Length(1));
        assertThat(one.getFileName().toString()).matches("seed-1-[0-9a-f]{8}\\.safetensors");
        assertThat(Job.checkpoint(folder, "seed-1", "sha", new Length(1))).isEqualTo(one);
        assertThat(Job.checkpoint(folder, "seed-1", "sha", new Length(2))).isNotEqualTo(one);
        assertThat(Job.checkpoint(folder, "seed-1", "other", new Length(1))).isNotEqualTo(one);
    }

    // ---------------------------------------------------------------- killed

    /** The process: one run of {@link UciExperiment} in the folder given, which says how far it is. */
    public static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            run(Path.of(arguments[0]), (done, total, text) -> System.out.println("iteration " + done));
        }
    }

    /** 40 iterations of three steps, evaluated after each, a checkpoint after every tenth. */
    private static Run run(Path folder, Progress progress) {
        Settings settings = new Settings("killed", 2e-3, true, 20, 30, 2, 2, 15, 0.1, 2, 1e-2, 2, 0);
        try (NDManager scope = NDManager.newBaseManager()) {
            var rows = Targets.banana(3, 2, 0.1).sample(scope, 200, DataType.FLOAT32, Rng.of(1));
            Split split = Split.of(scope, Tables.of(List.of("a", "b", "c"), rows), Rng.of(2));
            var trained = UciExperiment.of(folder.resolve("results"), folder.resolve("work"))
                    .withProgress(progress)
                    .train(Uci.RED_WINE, split, Method.KALE_F, settings, 7);
            trained.model().close();
            return trained.run();
        }
    }

    /** Kills the process {@code millis} after its first iteration; false if it had ended before. */
    private static boolean isKilled(Path folder, int millis) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Dai.djl.offline=true",
                        "-Dai.djl.pytorch.num_threads=1",
                        "-Dai.djl.pytorch.graph_optimizer=false",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader said = process.inputReader()) {
            assertThat(said.readLine()).startsWith("iteration ");
            TimeUnit.MILLISECONDS.sleep(millis);
            process.destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        return process.exitValue() == 128 + 9;
    }

    /** Twice killed at a random moment, in training, evaluation or writing: the numbers are those of a quiet run. */
    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "a process cannot be killed there without its say")
    void aKilledJobEndsWithTheSameResult() throws Exception {
        long began = System.nanoTime();
        Run whole = run(folder.resolve("whole"), Progress.none());
        int millis = (int) ((System.nanoTime() - began) / 1_000_000);
        Path killed = folder.resolve("killed");
        Random random = new Random();
        int kills = 0;
        for (int i = 0; i < 2; i++) {
            kills += isKilled(killed, random.nextInt(millis / 2)) ? 1 : 0;
        }
        assertThat(kills).isPositive();
        Run resumed = run(killed, Progress.none());
        assertThat(resumed.curve()).isEqualTo(whole.curve()).hasSize(40);
        assertThat(resumed.logDensities()).containsExactly(whole.logDensities());
        assertThat(resumed.end()).isEqualTo(Run.COMPLETED);
        assertThat(UciExperiment.all(killed.resolve("results")))
                .singleElement()
                .satisfies(read -> assertThat(read.curve()).isEqualTo(whole.curve()));
    }
}
