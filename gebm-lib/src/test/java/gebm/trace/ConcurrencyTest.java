package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import gebm.nn.Mlp;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConcurrencyTest {
    private static final int THREADS = 4;
    private static final int TASKS = 40;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** All tasks at once on some threads, against the same tasks one after the other. */
    private static void assertSameAsSequential(IntFunction<float[]> task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<float[]>> calls = new ArrayList<>();
            IntStream.range(0, TASKS).forEach(i -> calls.add(() -> task.apply(i)));
            List<Future<float[]>> concurrent = threads.invokeAll(calls);
            for (int i = 0; i < TASKS; i++) {
                assertThat(concurrent.get(i).get()).as("task %d", i).containsExactly(task.apply(i));
            }
        } finally {
            threads.shutdown();
        }
    }

    private static <T> T onFreshThread(Callable<T> call) throws InterruptedException, ExecutionException {
        FutureTask<T> task = new FutureTask<>(call);
        new Thread(task).start();
        return task.get();
    }

    private static Program noisySlope() {
        Energy energy = Energy.neural(Mlp.of(3, 16, 1), new Shape(3), Rng.of(1));
        return Program.ofRandom((scope, in, key) -> {
            NDArray x = in.get(0);
            NDArray slope = Gradients.gradient(energy::at, x);
            return new NDList(x.sub(slope.mul(0.1)).add(key.normal(x.getManager(), x.getShape(), x.getDataType())));
        });
    }

    private static float[] callOnce(Program program, int n, long seed) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray x = Rng.of(seed).fork("x").normal(scope, new Shape(n, 3));
            return program.run(scope, new NDList(x), Rng.of(seed))
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    @Test
    void oneProgramWithDifferentKeys() throws Exception {
        Program program = noisySlope();
        assertSameAsSequential(i -> callOnce(program, 5, i));
    }

    @Test
    void oneProgramRecordedForDifferentShapesAtOnce() throws Exception {
        Program program = noisySlope();
        assertSameAsSequential(i -> callOnce(program, 1 + i % 7, i));
    }

    /** The block behind a network is shared, and recording initialises it for a while. */
    @Test
    void programsRecordedFromOneBlock() throws Exception {
        Energy energy = Energy.neural(Mlp.of(2, 8, 1), new Shape(2), Rng.of(2));
        assertSameAsSequential(i -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray x = Rng.of(i).normal(scope, new Shape(1 + i % 5, 2));
                return Program.of(v -> Gradients.gradient(energy::at, v)).run(x).toFloatArray();
            }
        });
    }

    @Test
    void samplersOfOneTarget() throws Exception {
        Energy energy = Energy.neural(Mlp.of(2, 8, 1), new Shape(2), Rng.of(2))
                .plus(x -> x.square().sum(new int[] {1}));
        Langevin langevin = new Langevin(Schedule.constant(0.01));
        assertSameAsSequential(i -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray start = scope.zeros(new Shape(4, 2));
                return langevin.run(energy, start, SamplingPlan.of(20), Rng.of(i))
                        .position()
                        .toFloatArray();
            }
        });
    }

    @Test
    void drawsOutsideAProgram() throws Exception {
        assertSameAsSequential(i -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                return Rng.of(i).normal(scope, new Shape(1 + i % 3, 4)).toFloatArray();
            }
        });
    }

    @Nested
    class Watches {
        private final Program endless = Program.ofList(in -> {
            NDArray stop = in.get(0);
            NDArray count = in.get(1);
            return Loop.run(0, Long.MAX_VALUE, new NDList(in.get(2)), (state, step) -> {
                step.stopIf(stop);
                InPlace.increment(count);
                return new NDList(state.get(0).add(1));
            });
        });

        private long run(Watch watch) {
            NDList inputs = new NDList(watch.stopArray(), watch.countArray(), m.zeros(new Shape()));
            endless.run(m, inputs);
            assertThat(watch.stopped()).isTrue();
            return watch.count();
        }

        @Test
        void stopALoopFromAnotherThread() throws InterruptedException {
            try (Watch watch = Watch.open(m)) {
                Thread other = new Thread(() -> {
                    while (watch.count() < 10) {
                        Thread.onSpinWait();
                    }
                    watch.stop();
                });
                other.start();
                assertThat(run(watch)).isGreaterThanOrEqualTo(10);
                other.join();
            }
        }

        @Test
        void askTheirFlagFromAnotherThread() {
            AtomicInteger asked = new AtomicInteger();
            Thread here = Thread.currentThread();
            try (Watch watch = Watch.open(m, () -> {
                if (Thread.currentThread() != here) {
                    asked.incrementAndGet();
                }
                return asked.get() >= 3;
            })) {
                assertThat(run(watch)).isPositive();
                assertThat(asked.get()).isGreaterThanOrEqualTo(3);
            }
        }

        @Test
        void stopOnlyTheirOwnLoop() throws Exception {
            try (Watch other = Watch.open(m)) {
                other.stop();
                try (Watch watch = Watch.open(m)) {
                    assertThat(watch.stopped()).isFalse();
                    assertThat(other.stopped()).isTrue();
                }
            }
        }

        @Test
        void neverRunAStoppedLoop() {
            try (Watch watch = Watch.open(m)) {
                watch.stop();
                assertThat(run(watch)).isZero();
            }
        }

        @Test
        void closeTwiceAndStopAfterwards() {
            Watch watch = Watch.open(m);
            watch.close();
            watch.close();
            watch.stop();
            assertThat(watch.stopArray().isReleased()).isTrue();
        }
    }

    /** A fresh thread of the engine starts with gradients on, the main one of a test has them off or on. */
    @Nested
    class GradientMode {
        @Test
        void makesNoDifferenceAndIsRestored() throws Exception {
            Program program = noisySlope();
            float[] expected = callOnce(program, 5, 3);
            for (boolean mode : new boolean[] {true, false}) {
                float[] result = onFreshThread(() -> {
                    JniUtils.setGradMode(mode);
                    float[] numbers = callOnce(program, 5, 3);
                    assertThat(JniUtils.isGradMode()).isEqualTo(mode);
                    return numbers;
                });
                assertThat(result).as("gradient mode %s", mode).containsExactly(expected);
            }
        }

        @Test
        void ofAFreshThreadIsLeftAlone() throws Exception {
            boolean fresh = onFreshThread(JniUtils::isGradMode);
            boolean after = onFreshThread(() -> {
                callOnce(noisySlope(), 2, 1);
                return JniUtils.isGradMode();
            });
            assertThat(after).isEqualTo(fresh);
        }

        @Test
        void resultsNeedNoGradientWhereItIsOn() throws Exception {
            boolean needs = onFreshThread(() -> {
                JniUtils.setGradMode(true);
                try (NDManager scope = NDManager.newBaseManager()) {
                    NDArray x = scope.ones(new Shape(2, 3));
                    return noisySlope().run(scope, new NDList(x)).get(0).hasGradient();
                }
            });
            assertThat(needs).isFalse();
        }
    }
}
