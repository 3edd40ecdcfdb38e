package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Progress;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.data.DataSource;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.model.Tensors;
import gebm.nn.ConvNet;
import gebm.objective.Kale;
import gebm.objective.Penalties;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Training in a process that is killed (SIGKILL): what is on disk is whole, and going on from it changes no bit. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a process cannot be killed there without its say")
class KillTest {
    private static final int ITERATIONS = 12;
    private static final int KILLED_AFTER = 5;
    private static final Shape IMAGE = new Shape(1, 8, 8);

    @TempDir
    private Path folder;

    /** The process: trains from the file given, or from the start if there is none, and says how far it is. */
    public static final class Child {
        private Child() {}

        public static void main(String[] arguments) {
            Path file = Path.of(arguments[0]);
            String work = arguments.length > 1 ? arguments[1] : "";
            Progress spoken = (done, total, text) -> System.out.println("iteration " + done);
            switch (work) {
                case "write" -> writeForEver(file);
                case "groups" -> trainGroups(file, spoken);
                default -> train(file, spoken);
            }
            System.out.println("end");
        }

        private static void writeForEver(Path file) {
            Checkpoint<Gebm> checkpoint = Checkpoint.load(file, model());
            for (int i = 0; true; i++) {
                checkpoint.save(file);
                System.out.println("written " + i);
            }
        }
    }

    private static Gebm model() {
        Rng rng = Rng.of(3);
        LatentBase base = LatentBase.pushForward(
                DensityBase.standardNormal(4), ConvNet.smallGenerator(4, IMAGE, 2), rng.fork("base"));
        return Gebm.of(base, Energy.neural(ConvNet.smallEnergy(IMAGE, 2), IMAGE, rng.fork("energy")));
    }

    private static TrainingRun train(Path file, Progress progress) {
        DataSource images = (m, size, index, rng) ->
                rng.fork(index).uniform(m, new Shape(size).addAll(IMAGE)).mul(2).sub(1);
        Evaluation<Gebm> norm = (model, rng) -> Map.of(
                "norm",
                (double) model.base().parameters().get(0).norm().getFloat()
                        - model.logPartition()
                        + 0.1 * rng.numbers().nextDouble());
        TrainingPlan plan = TrainingPlan.of(ITERATIONS)
                .withBatchSize(6)
                .withEnergySteps(i -> 3)
                .withBaseAverage(0.9)
                .withRateDecay(new RateDecay("norm", 1, 1, 0.5))
                .withBest("norm")
                .withCheckpoint(1, file)
                .withProgress(progress);
        Trainer<Gebm> trainer = Trainer.alternating(
                        Kale.energyLoss().plus(1, Penalties.gradient()), Kale.baseLoss(), plan)
                .withEvaluation(2, norm);
        return Files.exists(file)
                ? trainer.resume(Checkpoint.load(file, model()), images)
                : trainer.fit(model(), images, Rng.of(4));
    }

    /** The model of three groups: labels, a buffer, an estimator's gradient. */
    private static TrainingRun<Parts> trainGroups(Path file, Progress progress) {
        Trainer<Parts> trainer = ThreeGroups.trainer(
                TrainingPlan.of(ITERATIONS).withCheckpoint(1, file).withProgress(progress));
        return Files.exists(file)
                ? trainer.resume(Checkpoint.load(file, ThreeGroups.model()), ThreeGroups.data())
                : trainer.fit(ThreeGroups.model(), ThreeGroups.data(), Rng.of(4));
    }

    private static Process start(Path file, String... more) throws IOException {
        List<String> command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dai.djl.offline=true",
                "-Dai.djl.pytorch.num_threads=1",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                file.toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Kills {@code process} as soon as it has said {@code word}. */
    private static void killAfter(Process process, String word) throws Exception {
        try (BufferedReader said = process.inputReader()) {
            String line = said.readLine();
            while (line != null && !line.equals(word)) {
                line = said.readLine();
            }
            process.destroyForcibly();
            assertThat(line).isEqualTo(word);
        }
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 9);
    }

    /** The arrays of a checkpoint as bits, and its text. */
    private static Map<String, String> bits(Path file) {
        Map<String, String> bits = new LinkedHashMap<>();
        try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
            for (Map.Entry<String, NDArray> entry : Tensors.read(scope, file).entrySet()) {
                NDArray array = entry.getValue();
                byte[] bytes = new byte[array.toByteBuffer().remaining()];
                array.toByteBuffer().get(bytes);
                bits.put(entry.getKey(), array.getShape() + " " + Arrays.hashCode(bytes));
            }
        }
        return bits;
    }

    /** Weights, running statistics, spectral norms' vectors, Adam's state, average, best model, history: every array. */
    @Test
    void aKilledRunEndsAsIfItHadNotBeen() throws Exception {
        Path whole = folder.resolve("whole.safetensors");
        TrainingRun<Gebm> uninterrupted = train(whole, Progress.none());
        Path killed = folder.resolve("killed.safetensors");
        killAfter(start(killed), "iteration " + KILLED_AFTER);
        long reached = Checkpoint.load(killed, model()).iteration();
        assertThat(reached).isBetween((long) KILLED_AFTER, ITERATIONS - 1L);
        Process resumed = start(killed);
        String said = new String(resumed.getInputStream().readAllBytes());
        assertThat(resumed.waitFor()).isZero();
        assertThat(said).startsWith("iteration " + reached).endsWith("end" + System.lineSeparator());
        Map<String, String> expected = bits(whole);
        assertThat(expected.keySet())
                .anyMatch(name -> name.startsWith("best."))
                .anyMatch(name -> name.startsWith("optimizer.average."))
                .anyMatch(name -> name.startsWith("optimizer.base."))
                .anyMatch(name -> name.startsWith("model.") && name.endsWith("unningMean"))
                .anyMatch(name -> name.matches("model\\.energy\\..*_u"));
        assertThat(bits(killed)).isEqualTo(expected);
        assertThat(uninterrupted.stop()).isEqualTo(new StopReason.Completed(ITERATIONS));
    }

    /** Killed at two random iterations, one after the other. */
    @Test
    void aKilledRunOfThreeGroupsEndsAsIfItHadNotBeen() throws Exception {
        Path whole = folder.resolve("whole.safetensors");
        trainGroups(whole, Progress.none());
        Path killed = folder.resolve("killed.safetensors");
        SplittableRandom random = new SplittableRandom(11);
        int first = random.nextInt(1, 6);
        killAfter(start(killed, "groups"), "iteration " + first);
        long reached = Checkpoint.load(killed, ThreeGroups.model()).iteration();
        assertThat(reached).isBetween((long) first, ITERATIONS - 2L);
        killAfter(start(killed, "groups"), "iteration " + random.nextLong(reached + 1, ITERATIONS));
        Process resumed = start(killed, "groups");
        assertThat(new String(resumed.getInputStream().readAllBytes())).endsWith("end" + System.lineSeparator());
        Map<String, String> expected = bits(whole);
        assertThat(expected.keySet())
                .contains("optimizer.negatives.energy.0", "optimizer.average.classifier.0", "model.logits")
                .anyMatch(name -> name.startsWith("optimizer.energy.energy."));
        assertThat(bits(killed)).isEqualTo(expected);
    }

    /**
     * What a reader sees at any moment of writing is what a kill would leave: of 300 looks at a file that is written again
     * and again, each finds the whole of it, and so does one after the kill.
     */
    @Test
    void aKillWhileWritingLeavesAWholeFile() throws Exception {
        Path file = folder.resolve("checkpoint.safetensors");
        train(file, Progress.none());
        Checkpoint.load(file, model()).save(file);
        byte[] whole = Files.readAllBytes(file);
        Process process = start(file, "write");
        BufferedReader said = process.inputReader();
        for (int i = 0; i < 300; i++) {
            if (i % 10 == 0) {
                assertThat(said.readLine()).isEqualTo("written " + i / 10);
            }
            assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        }
        process.destroyForcibly();
        assertThat(process.waitFor()).isEqualTo(128 + 9);
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
        assertThat(Checkpoint.load(file, model()).iteration()).isEqualTo(ITERATIONS);
        try (var left = Files.list(folder)) { // what a kill left beside the file is not taken for one
            assertThat(left.filter(path -> path.toString().endsWith(".safetensors")))
                    .containsExactly(file);
        }
    }
}
