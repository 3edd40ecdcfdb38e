package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import gebm.core.Progress;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.StopReason;
import gebm.data.DataSource;
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
import gebm.train.Adam;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import gebm.train.TrainingRun;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The stop button: the kernel cancels the future that evaluates the cell, which interrupts its thread and does not wait.
 * With the quickstart's networks, a run gives back what it has reached within 0.2 s, or one step where that is longer.
 *
 * <p>A machine that does something else for a moment makes a stop late by the clock, and nothing makes it early. So by
 * the clock the quickest of {@link #TRIES} counts; the slowest counts in computing time of the run's own thread, which
 * stands still while the machine does something else. A run that looks too rarely whether it is to stop computes on.
 */
class StopTest {
    private static final int TRIES = 5;
    private static final double LIMIT = 0.2; // seconds
    private static final double CPU_TIME = 0.3; // seconds over which computing is measured
    private static final int LATENTS = 32;
    private static final int PIXELS = 784;
    private static final int WIDTH = 256;
    private static final int ENERGY_STEPS = 100; // of an iteration, which takes half a second
    private static final int HOURS = 10_000_000; // steps

    private final NDManager m = NDManager.newBaseManager();
    private final Rng rng = Rng.of(7);
    private final DensityBase prior = DensityBase.standardNormal(LATENTS);
    private final LatentBase base =
            LatentBase.pushForward(prior, Mlp.of(LATENTS, WIDTH, WIDTH, PIXELS), rng.fork("base"));
    private final Energy energy = Energy.neural(Mlp.of(PIXELS, WIDTH, WIDTH, 1), new Shape(PIXELS), rng.fork("energy"));
    private final Gebm model = Gebm.of(base, energy);

    @AfterEach
    void close() {
        m.close();
    }

    @Test
    void endsATraining() throws Exception {
        var data = DataSource.of(rng.fork("data").uniform(m, new Shape(5_000, PIXELS)));
        var loss = Kale.energyLoss().plus(0.3, Penalties.gradient());
        var plan = TrainingPlan.of(HOURS)
                .withEnergySteps(i -> ENERGY_STEPS)
                .withBatchSize(64)
                .withOptimizers(Adam.of(1e-5));
        ends(
                "training",
                ENERGY_STEPS,
                progress -> Trainer.alternating(loss, Kale.baseLoss(), plan.withProgress(progress))
                        .fit(model, data, rng.fork("train")),
                this::hasTrained);
    }

    private void hasTrained(TrainingRun<Gebm> run, long reported) {
        long done = run.history().size();
        assertThat(run.stop()).isEqualTo(new StopReason.Stopped(done));
        assertThat(done).isBetween(reported, HOURS - 1L);
    }

    @Test
    void endsASampling() throws Exception {
        ends("sampling", 1, progress -> sample(2_000, progress), this::hasSampled);
    }

    @Test
    @Tag("slow")
    void endsASamplingOfLongSteps() throws Exception {
        ends("sampling with long steps", 1, progress -> sample(20_000, progress), this::hasSampled);
    }

    private Chains<Langevin.State> sample(int chains, Progress progress) {
        var start = prior.sample(m, chains, rng.fork("start"));
        var plan = SamplingPlan.of(HOURS).withThinning(HOURS).withProgress(progress);
        return new Langevin(Schedule.constant(1e-4)).run(model.latentEnergy(1), start, plan, rng.fork("chains"));
    }

    private void hasSampled(Chains<Langevin.State> chains, long reported) {
        assertThat(chains.stop()).isEqualTo(new StopReason.Stopped(chains.iterations()));
        assertThat(chains.iterations()).isBetween(reported, HOURS - 1L);
        assertThat(chains.meanEnergy()).hasSize((int) chains.iterations());
    }

    /**
     * Runs and stops several times.
     *
     * @param stepsOfOne in one of what is reported
     * @param reached checks a result against what was reported
     */
    private static <T> void ends(String name, int stepsOfOne, Function<Progress, T> run, BiConsumer<T, Long> reached)
            throws Exception {
        double quickest = Double.POSITIVE_INFINITY;
        double longest = 0;
        double limit = LIMIT;
        double computing = 0;
        double computingAfter = Double.POSITIVE_INFINITY;
        for (int i = 0; i < TRIES; i++) {
            var cell = new Cell<>(run);
            cell.steps.await();
            computing = Math.max(computing, computing());
            quickest = Math.min(quickest, cell.stop());
            longest = Math.max(longest, cell.computedOn);
            limit = Math.max(limit, cell.secondsOfOne() / stepsOfOne);
            computingAfter = Math.min(computingAfter, computing());
            reached.accept(cell.result.get(), cell.reported.get());
        }
        assertThat(quickest)
                .as("seconds from the interrupt to the end of the " + name)
                .isLessThan(limit);
        assertThat(longest)
                .as("seconds of computing after the interrupt of the " + name)
                .isLessThan(limit);
        assertThat(computing).as("cores at work while it runs").isGreaterThan(0.1);
        assertThat(computingAfter).as("cores at work after it has ended").isLessThan(0.05);
    }

    /** How many cores this process keeps busy. */
    private static double computing() throws InterruptedException {
        var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        long began = System.nanoTime();
        long before = system.getProcessCpuTime();
        TimeUnit.NANOSECONDS.sleep((long) (1e9 * CPU_TIME));
        return (double) (system.getProcessCpuTime() - before) / (System.nanoTime() - began);
    }

    /** A run on a thread of its own. */
    private static final class Cell<T> {
        final CountDownLatch steps = new CountDownLatch(3); // reports: the start, some steps, and further ones
        final AtomicLong reported = new AtomicLong();
        final AtomicReference<T> result = new AtomicReference<>();
        private final ExecutorService executor = Executors.newSingleThreadExecutor();
        private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        private final AtomicLong thread = new AtomicLong();
        private final AtomicLong ended = new AtomicLong();
        private final AtomicLong computed = new AtomicLong();
        private final Future<?> future;
        private long first; // steps when the program was ready, after recording and some steps
        private long began;
        private long last;
        double computedOn; // seconds of the thread's computing after the stop

        Cell(Function<Progress, T> run) {
            future = executor.submit(() -> {
                thread.set(Thread.currentThread().getId());
                result.set(run.apply(this::report));
                ended.set(System.nanoTime());
                computed.set(threads.getCurrentThreadCpuTime());
            });
        }

        private synchronized void report(long done, long total, String message) {
            last = System.nanoTime();
            if (reported.getAndSet(done) == 0) {
                first = done;
                began = last;
            }
            steps.countDown();
        }

        synchronized double secondsOfOne() {
            return (last - began) / 1e9 / (reported.get() - first);
        }

        /** Seconds until the run has ended. */
        double stop() throws InterruptedException {
            long computedBefore = threads.getThreadCpuTime(thread.get());
            long stopped = System.nanoTime();
            future.cancel(true);
            executor.shutdown();
            assertThat(executor.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            computedOn = (computed.get() - computedBefore) / 1e9;
            return (ended.get() - stopped) / 1e9;
        }
    }
}
