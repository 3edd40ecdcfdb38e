package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.Toy;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Kale;
import gebm.objective.Penalties;
import gebm.sampler.Chains;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.trace.Gradients;
import gebm.trace.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Long runs in JVMs of their own: their memory stays level, and they give the same bits as this one. */
class SoakTest {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long ALLOWED_KB = 30_000;
    private static final long ALLOWED_FOR_CALLS_KB = 12_000; // Java's compilers take up to 8 MB on a busy machine

    @TempDir
    Path folder;

    /** The 2-D toy pair after {@code iterations} base steps, each after one energy step with a penalty. */
    private static Trainer<Gebm> trainer(long iterations, TrainingPlan plan) {
        return Trainer.alternating(
                Kale.energyLoss().plus(0.1, Penalties.gradient()), Kale.baseLoss(), plan.withIterations(iterations));
    }

    private static TrainingPlan plan() {
        return TrainingPlan.of(1)
                .withEnergySteps(i -> i == 0 ? 5 : 1)
                .withBatchSize(64)
                .withOptimizers(Adam.of(1e-4).withBetas(0.5, 0.999));
    }

    private static Gebm model() {
        var base = LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 64, 64, 2), Rng.of(1));
        return Gebm.of(base, Energy.neural(Mlp.of(2, 64, 64, 1), new Shape(2), Rng.of(2)));
    }

    private static Chains<Langevin.State> sample(Energy target, NDArray start, int steps) {
        return new Langevin(Schedule.constant(1e-3)).run(target, start, SamplingPlan.of(steps), Rng.of(4));
    }

    /** SHA-256 of all arrays after 200 iterations and of the chains after 500 steps. */
    private static String digest() {
        TrainingRun<Gebm> run = trainer(200, plan()).fit(model(), Toy.eightGaussians(), Rng.of(3));
        try (NDManager m = NDManager.newBaseManager()) {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            Chains<?> chains = sample(run.model().latentEnergy(1), Rng.of(5).normal(m, new Shape(64, 2)), 500);
            List<NDArray> all = new ArrayList<>(run.model().arrays().values());
            all.add(chains.position());
            for (NDArray array : all) {
                for (double number : array.toType(DataType.FLOAT64, true).toDoubleArray()) {
                    sha.update(ByteBuffer.allocate(8).putDouble(number).array());
                }
            }
            return HexFormat.of().formatHex(sha.digest()) + " " + run.stop();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What the other JVM does: a digest, and with {@code long} the long runs, as properties in a file. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws IOException {
            Properties numbers = new Properties();
            if (arguments[1].equals("programs")) {
                calls(numbers);
                differentPrograms(numbers);
            } else if (arguments[1].equals("groups")) {
                threeGroups(numbers);
            } else if (arguments[1].equals("targets")) {
                differentTargets(numbers);
            } else {
                numbers.setProperty("digest", digest());
                if (arguments[1].equals("long")) {
                    longRuns(numbers);
                }
            }
            try (var out = Files.newBufferedWriter(Path.of(arguments[0]))) {
                numbers.store(out, null);
            }
        }

        private static void longRuns(Properties numbers) {
            TrainingPlan watched = plan().withProgress((done, total, text) -> {
                if (done == 1_000 || done == 5_000) {
                    numbers.setProperty("training" + done, String.valueOf(residentKb()));
                }
            });
            TrainingRun<Gebm> run = trainer(5_000, watched).fit(model(), Toy.eightGaussians(), Rng.of(3));
            try (NDManager m = NDManager.newBaseManager()) {
                Gebm model = run.model();
                NDArray start = Rng.of(5).normal(m, new Shape(8, 2));
                Chains<Langevin.State> chains = sample(model.latentEnergy(1), start, 10_000);
                numbers.setProperty("sampling10000", String.valueOf(residentKb()));
                chains = new Langevin(Schedule.constant(1e-3))
                        .resume(model.latentEnergy(1), chains, SamplingPlan.of(90_000), Rng.of(4));
                numbers.setProperty("sampling" + chains.iterations(), String.valueOf(residentKb()));
            }
        }

        /** Labels, a buffer and an estimator's gradient. */
        private static void threeGroups(Properties numbers) {
            TrainingPlan plan = TrainingPlan.of(5_000).withProgress((done, total, text) -> {
                if (done == 1_000 || done == 5_000) {
                    numbers.setProperty("groups" + done, String.valueOf(residentKb()));
                }
            });
            ThreeGroups.trainer(plan).fit(ThreeGroups.model(), ThreeGroups.data(), Rng.of(3));
        }

        /** Calls of one small program and of one gradient. */
        private static void calls(Properties numbers) {
            Energy energy = Energy.neural(Mlp.of(2, 16, 1), new Shape(2), Rng.of(1));
            Map<String, Program> programs = new LinkedHashMap<>();
            programs.put(
                    "small",
                    Program.ofRandom(
                            (scope, in, rng) -> new NDList(in.get(0).add(rng.normal(scope, new Shape(4, 2))))));
            programs.put("gradient", Program.of(x -> Gradients.gradient(energy::at, x)));
            programs.forEach((name, program) -> {
                try (NDManager m = NDManager.newBaseManager()) {
                    NDArray x = m.ones(new Shape(4, 2));
                    for (int i = 1; i <= 100_000; i++) {
                        try (NDManager scope = m.newSubManager()) {
                            program.run(scope, new NDList(x), Rng.of(i));
                        }
                        if (i == 20_000 || i == 100_000) {
                            numbers.setProperty(name + i, String.valueOf(residentKb()));
                        }
                    }
                }
            });
        }

        /** Programs that are dropped with the object that holds them, or because others came after them. */
        private static void differentPrograms(Properties numbers) {
            Energy energy = Energy.neural(Mlp.of(2, 16, 1), new Shape(2), Rng.of(1));
            Program kept = Program.of(x -> Gradients.gradient(energy::at, x));
            try (NDManager m = NDManager.newBaseManager()) {
                for (int i = 1; i <= 2_500; i++) {
                    try (NDManager scope = m.newSubManager()) {
                        float constant = i;
                        Program.of(x -> x.mul(constant)).run(scope.ones(new Shape(2)));
                        kept.run(scope.ones(new Shape(i, 2)));
                    }
                    if (i == 500 || i == 2_500) {
                        System.gc();
                        numbers.setProperty("programs" + i, String.valueOf(residentKb()));
                    }
                }
            }
        }

        /** Runs on targets that are lambdas made anew, whose programs nobody can use again. */
        private static void differentTargets(Properties numbers) {
            Gebm model = model();
            try (NDManager m = NDManager.newBaseManager()) {
                for (int i = 1; i <= 2_500; i++) {
                    try (NDManager scope = m.newSubManager()) {
                        sample(
                                z -> model.energy().at(model.base().generate(z)),
                                Rng.of(i).normal(scope, new Shape(8, 2)),
                                2);
                    }
                    if (i == 500 || i == 2_500) {
                        numbers.setProperty("targets" + i, String.valueOf(residentKb()));
                    }
                }
            }
        }

        private static long residentKb() {
            try {
                return Files.readAllLines(STATUS).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The numbers of another JVM with the flags of this one; its heap is all there from the start, so only leaks show. */
    private Properties child(String mode) throws IOException, InterruptedException {
        Path result = folder.resolve(mode + ".properties");
        Path log = folder.resolve(mode + ".log");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> flag.startsWith("-Dai.djl.") || flag.startsWith("-Djava.awt."))
                .forEach(command::add);
        command.addAll(List.of("-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
        command.addAll(List.of(result.toString(), mode));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("MALLOC_")); // or what Java's compilers used stays
        Process process = builder.start();
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertThat(ended && process.exitValue() == 0)
                .as(() -> {
                    try {
                        return Files.readString(log, StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .isTrue();
        Properties numbers = new Properties();
        try (var in = Files.newBufferedReader(result)) {
            numbers.load(in);
        }
        return numbers;
    }

    private static long growthKb(Properties numbers, String from, String to) {
        return Long.parseLong(numbers.getProperty(to)) - Long.parseLong(numbers.getProperty(from));
    }

    @Test
    void otherJvmsGiveTheSameBits() throws Exception {
        String here = digest();
        assertThat(here).endsWith("Completed[iterations=200]");
        assertThat(child("short").getProperty("digest")).isEqualTo(here);
        assertThat(child("again").getProperty("digest")).isEqualTo(here);
        assertThat(digest()).isEqualTo(here);
    }

    @Test
    void memoryStaysLevel() throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc/self/status, which only Linux has");
        Properties numbers = child("long");
        assertThat(growthKb(numbers, "training1000", "training5000"))
                .as("kB that training took from iteration 1,000 to 5,000: %s", numbers)
                .isLessThan(ALLOWED_KB);
        assertThat(growthKb(numbers, "sampling10000", "sampling100000"))
                .as("kB that sampling took from step 10,000 to 100,000: %s", numbers)
                .isLessThan(ALLOWED_KB);
    }

    @Test
    void memoryStaysLevelOverPhasesWithChainsAndLabels() throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc/self/status, which only Linux has");
        Properties numbers = child("groups");
        assertThat(growthKb(numbers, "groups1000", "groups5000"))
                .as("kB that three groups took from iteration 1,000 to 5,000: %s", numbers)
                .isLessThan(ALLOWED_KB);
    }

    /** A leak of one small array a call would be some 20 MB in 80,000 calls; on an idle machine they take 0.2 MB. */
    @Test
    void memoryStaysLevelOverCallsAndPrograms() throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc/self/status, which only Linux has");
        Properties numbers = child("programs");
        for (String name : List.of("small", "gradient")) {
            assertThat(growthKb(numbers, name + "20000", name + "100000"))
                    .as("kB that 80,000 calls of the %s program took: %s", name, numbers)
                    .isLessThan(ALLOWED_FOR_CALLS_KB);
        }
        assertThat(growthKb(numbers, "programs500", "programs2500"))
                .as("kB that 4,000 different programs took: %s", numbers)
                .isLessThan(ALLOWED_KB);
    }

    @Test
    void memoryStaysLevelOverTargetsMadeAnew() throws Exception {
        assumeTrue(Files.exists(STATUS), "resident memory is read from /proc/self/status, which only Linux has");
        Properties numbers = child("targets");
        assertThat(growthKb(numbers, "targets500", "targets2500"))
                .as("kB that 2,000 runs on different targets took: %s", numbers)
                .isLessThan(ALLOWED_KB);
    }
}
