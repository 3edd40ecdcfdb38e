package gebm.experiment;

import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import gebm.core.Progress;
import gebm.core.Rng;
import gebm.data.DataSource;
import gebm.objective.Kale;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The time of an iteration of {@link PaperImages}, and of all 150,000: prints {@code workload,ours,metric,value}.
 *
 * <p>Each iteration has 5 energy steps; the first, with recording, is not counted. Wall and CPU time differ where others
 * use the machine: of the two, CPU time says what a quiet machine would take.
 */
public final class PaperImagesTime {
    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private PaperImagesTime() {}

    /** Which networks ({@code convNet} or {@code resNet}), how many iterations, and optionally another batch size than 128. */
    public static void main(String[] arguments) throws IOException {
        PaperImages experiment = arguments[0].equals("convNet") ? PaperImages.convNet() : PaperImages.resNet();
        int iterations = Integer.parseInt(arguments[1]);
        int batch = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 128;
        long[] start = new long[2];
        long[] end = new long[2];
        Progress clock = (done, total, text) -> {
            long[] now = done <= 1 ? start : end;
            now[0] = System.nanoTime();
            now[1] = SYSTEM.getProcessCpuTime();
        };
        DataSource images = (m, size, index, rng) ->
                rng.fork(index).uniform(m, new Shape(size, 3, 32, 32)).mul(2).sub(1);
        TrainingPlan plan = experiment
                .training()
                .withIterations(1 + iterations)
                .withBatchSize(batch)
                .withEnergySteps(i -> 5)
                .withProgress(clock);
        var run = Trainer.alternating(PaperImages.energyLoss(), Kale.baseLoss(), plan)
                .fit(experiment.model(Rng.of(1)), images, Rng.of(2));
        double wall = (end[0] - start[0]) / 1e9 / iterations;
        double cpu = (end[1] - start[1]) / 1e9 / iterations;
        // 302 iterations of 150,000 have 100 energy steps; a base step takes about as long as two thirds of an energy
        // step
        double average = (5 + 95 * 302 / 150_000.0 + 2 / 3.0) / (5 + 2 / 3.0);
        String name = "paper-" + arguments[0] + "-b" + batch;
        print(name, "s_per_iter", wall);
        print(name, "s_per_iter_cpu", cpu);
        print(name, "days_for_150000_iters", wall * average * 150_000 / 86_400);
        print(name, "days_for_150000_iters_cpu", cpu * average * 150_000 / 86_400);
        print(name, "peak_memory_mib", peak());
        print(name, "kale", run.history().column("kale")[iterations]);
    }

    private static void print(String name, String metric, double value) {
        System.out.printf(Locale.ROOT, "%s,gebm,%s,%.4g%n", name, metric, value);
    }

    /** The most memory that this process has held; of Linux only. */
    private static double peak() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return Double.NaN;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1_024)
                .findFirst()
                .orElse(Double.NaN);
    }
}
