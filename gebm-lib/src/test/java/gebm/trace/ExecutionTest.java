package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import gebm.core.Rng;
import gebm.model.Energy;
import gebm.nn.Mlp;
import gebm.trace.file.Archive;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How calls of programs run: beside each other, and without a trace in the engine. */
@Timeout(120)
class ExecutionTest {
    private static final int THREADS = 8;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static Energy energy() {
        return Energy.neural(Mlp.of(3, 16, 1), new Shape(3), Rng.of(1));
    }

    private static Program value() {
        Energy energy = energy();
        return Program.of(energy::at);
    }

    private static Program gradient() {
        Energy energy = energy();
        return Program.of(x -> Gradients.gradient(energy::at, x));
    }

    private static Program engineGradient() {
        return Program.of(x -> Gradients.gradient(v -> v.cumSum(1).sin(), x));
    }

    private static Program draw() {
        return Program.ofRandom((scope, in, key) -> new NDList(
                in.get(0).add(key.normal(scope, new Shape(3))).add(key.fork("u").uniform(scope, new Shape(3)))));
    }

    private static Program loop() {
        return Program.ofRandom((scope, in, key) -> Loop.run(0, 5, in, (state, step) -> {
            NDArray x = state.get(0);
            return new NDList(x.mul(0.5).add(step.fork(key).normal(scope, x.getShape())));
        }));
    }

    private static float[] call(Program program, int i) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray x = scope.arange(0f, 3 * (1 + i % 3), 1).reshape(-1, 3).add(i);
            return program.run(scope, new NDList(x.mul(0.1)), Rng.of(i))
                    .singletonOrThrow()
                    .toFloatArray();
        }
    }

    /** {@code task} in each of the threads at the same moment; what it threw is thrown here. */
    private static <T> List<T> atOnce(Callable<T> task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            CyclicBarrier start = new CyclicBarrier(THREADS);
            List<Future<T>> running = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                running.add(threads.submit(() -> {
                    start.await();
                    return task.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> one : running) {
                results.add(one.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    @Nested
    class Threads {
        private static final int CALLS = 1_000;
        private static final int DIFFERENT = 60;

        /** The first calls too are at once: every thread asks for the same recordings. */
        @Test
        void giveTheBitsOfSequentialCalls() throws Exception {
            List<Program> programs = List.of(value(), gradient(), engineGradient(), draw(), loop());
            List<List<float[]>> results = atOnce(() -> {
                List<float[]> mine = new ArrayList<>();
                for (int i = 0; i < CALLS; i++) {
                    mine.add(call(programs.get(i % programs.size()), i % DIFFERENT));
                }
                return mine;
            });
            for (int i = 0; i < CALLS; i++) {
                float[] expected = call(programs.get(i % programs.size()), i % DIFFERENT);
                for (List<float[]> thread : results) {
                    assertThat(thread.get(i)).as("call %d", i).containsExactly(expected);
                }
            }
        }

        @Test
        void recordOneSignatureOnce() throws Exception {
            AtomicInteger recorded = new AtomicInteger();
            Program program = Program.of(x -> {
                recorded.incrementAndGet();
                return x.add(1);
            });
            atOnce(() -> call(program, 0));
            assertThat(recorded).hasValue(1);
        }

        @Test
        void runWhileAnotherRecords() throws Exception {
            CountDownLatch recording = new CountDownLatch(1);
            CountDownLatch mayEnd = new CountDownLatch(1);
            Program other = value();
            Program program = Program.of(x -> {
                if (x.getShape().get(0) == 2) {
                    recording.countDown();
                    await(mayEnd);
                }
                return x.add(1);
            });
            float[] before = call(program, 0);
            float[] otherBefore = call(other, 0);
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                Future<float[]> slow = thread.submit(() -> call(program, 1));
                await(recording);
                assertThat(call(program, 0)).containsExactly(before);
                assertThat(call(program, 2)).as("a third shape").hasSize(9);
                assertThat(call(other, 0)).containsExactly(otherBefore);
                assertThat(program.source()).contains("torch.add");
                assertThat(slow.isDone()).isFalse();
                mayEnd.countDown();
                assertThat(slow.get()).hasSize(6);
            } finally {
                thread.shutdownNow();
            }
        }

        private static void await(CountDownLatch latch) {
            try {
                assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Test
        void recordAgainWhereTheFirstFailed() throws Exception {
            AtomicInteger recorded = new AtomicInteger();
            Program program = Program.of(x -> {
                if (recorded.incrementAndGet() <= 3) {
                    throw new IllegalStateException("not yet");
                }
                return x.add(1);
            });
            List<Boolean> failed = atOnce(() -> {
                try {
                    call(program, 0);
                    return false;
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("not yet");
                    return true;
                }
            });
            assertThat(failed).filteredOn(one -> one).hasSize(3);
            assertThat(recorded).hasValue(4);
        }

        /** More signatures than are kept: programs are dropped and recorded again while others run them. */
        @Test
        void mayDropEachOthersPrograms() throws Exception {
            Program program = Program.of(x -> x.mul(2));
            atOnce(() -> {
                try (NDManager scope = NDManager.newBaseManager()) {
                    for (int i = 0; i < 200; i++) {
                        NDArray x = scope.ones(new Shape(1 + i % 50));
                        assertThat(program.run(x).sum().getFloat()).isEqualTo(2 * (1 + i % 50));
                    }
                }
                return null;
            });
        }
    }

    @Nested
    class TheProgramThatRanLast {
        @TempDir
        Path folder;

        @Test
        void isTheOneWhoseTextAndFileAreGiven() {
            Program program = Program.of(
                    x -> x.getShape().get(0) == 1 ? x.sin() : x.getShape().get(0) == 2 ? x.cos() : x.tan());
            assertThatThrownBy(program::source).isInstanceOf(IllegalStateException.class);
            for (int i : new int[] {0, 1, 2, 0, 1}) {
                call(program, i);
                String operation =
                        List.of("torch.sin", "torch.cos", "torch.tan").get(i);
                assertThat(program.source()).contains(operation);
                Path file = folder.resolve("program.pt");
                program.save(file);
                assertThat(Program.load(file).source()).contains(operation);
            }
        }

        @Test
        void isNoneAfterAFailedRecording() {
            Program program = Program.of(x -> {
                throw new IllegalStateException("never");
            });
            assertThatThrownBy(() -> call(program, 0)).hasMessage("never");
            assertThatThrownBy(program::source).hasMessageContaining("call run first");
        }
    }

    @Nested
    class Keys {
        /** Arrays that were made inside a scope of DJL's are closed with it; keys outlive it. */
        @Test
        void outliveTheScopeInWhichTheyWereMade() {
            float[] expected = call(draw(), 3);
            for (int i = 0; i < 3; i++) {
                try (NDScope scope = new NDScope()) {
                    assertThat(call(draw(), 3)).containsExactly(expected);
                }
            }
            assertThat(call(draw(), 3)).containsExactly(expected);
        }

        @Test
        void areNotKeptByTheScope() {
            Program program = draw();
            try (NDManager scope = m.newSubManager()) {
                NDArray x = scope.ones(new Shape(3));
                for (int i = 0; i < 10; i++) {
                    program.run(scope, new NDList(x), Rng.of(i)).close();
                }
                assertThat(scope.getManagedArrays()).hasSize(1);
            }
        }

        @Test
        void areUsedAgainAfterACallIntoAClosedScope() {
            NDManager closed = m.newSubManager();
            NDArray x = m.ones(new Shape(1, 3));
            Program program = draw();
            program.run(m, new NDList(x), Rng.of(1));
            closed.close();
            assertThatThrownBy(() -> program.run(closed, new NDList(x), Rng.of(1)))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(call(program, 3)).containsExactly(call(draw(), 3));
        }
    }

    /** What a call finds in the engine is there afterwards, whether it recorded, drew, asked for shapes or failed. */
    @Nested
    class TheEngine {
        private void everything() {
            call(value(), 1);
            call(gradient(), 1);
            call(engineGradient(), 2);
            call(draw(), 3);
            call(loop(), 4);
            call(Program.of(x -> x.mul(x.cumSum(1).getShape().get(0))), 1);
            assertThatThrownBy(() -> call(Program.of(x -> x.matMul(x)), 1)).isInstanceOf(RuntimeException.class);
            assertThatThrownBy(TheEngine.this::fails).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> call(Program.of(x -> x.add(x.getFloat(0))), 1))
                    .isInstanceOf(UnsupportedOperationException.class);
        }

        /** In the middle of a gradient, where the gradient mode is on. */
        private void fails() {
            Program program =
                    Program.of(x -> Gradients.gradient(v -> v.inverse().sum(), x));
            program.run(m.zeros(new Shape(3, 3)));
        }

        @Test
        void keepsTheGradientModeOfTheThread() throws Exception {
            for (boolean mode : new boolean[] {true, false}) {
                boolean after = inAFreshThread(() -> {
                    JniUtils.setGradMode(mode);
                    everything();
                    return JniUtils.isGradMode();
                });
                assertThat(after).isEqualTo(mode);
            }
        }

        @Test
        void keepsItsRandomStream() {
            List<float[]> expected = new ArrayList<>();
            Engine.getInstance().setRandomSeed(11);
            for (int i = 0; i < 4; i++) {
                expected.add(m.randomNormal(new Shape(50)).toFloatArray());
            }
            Engine.getInstance().setRandomSeed(11);
            for (float[] numbers : expected) {
                assertThat(m.randomNormal(new Shape(50)).toFloatArray()).containsExactly(numbers);
                everything();
                Rng.of(1).normal(m, new Shape(7));
            }
        }

        @Test
        void keepsItsNumberOfThreads() {
            call(value(), 1);
            int before = JniUtils.getNumThreads();
            int between = JniUtils.getNumInteropThreads();
            try {
                JniUtils.setNumThreads(before + 1);
                everything();
                assertThat(JniUtils.getNumThreads()).isEqualTo(before + 1);
                assertThat(JniUtils.getNumInteropThreads()).isEqualTo(between);
            } finally {
                JniUtils.setNumThreads(before);
            }
        }

        /** The optimiser is a property of the thread: on, unless DJL was told otherwise for all blocks. */
        @Test
        void keepsTheGraphOptimiserOfTheThread() throws Exception {
            String name = "ai.djl.pytorch.graph_optimizer";
            String told = System.getProperty(name);
            try {
                System.clearProperty(name);
                assertThat(inAFreshThread(() -> {
                            boolean before = optimizes();
                            everything();
                            return before && optimizes();
                        }))
                        .isTrue();
                System.setProperty(name, "false");
                assertThat(inAFreshThread(() -> {
                            everything();
                            return optimizes();
                        }))
                        .isFalse();
            } finally {
                System.setProperty(name, told == null ? "false" : told);
            }
        }

        /** Whether this thread's optimiser sees that two products are the same. */
        private boolean optimizes() throws Exception {
            String text = """
                    class Program(Module):
                      __parameters__ = []
                      __buffers__ = []
                      training : bool
                      def forward(self: __torch__.Program, x: Tensor) -> List[Tensor]:
                        a = torch.mul(x, x)
                        b = torch.mul(x, x)
                        return [torch.tensor(torch.__is__(a, b), dtype=4)]
                    """;
            try (NDManager scope = NDManager.newBaseManager();
                    Model model = Model.newInstance("probe", scope.getDevice(), "PyTorch")) {
                model.load(new ByteArrayInputStream(Archive.of(text, List.of())));
                NDList result = IValueUtils.forward(
                        (PtSymbolBlock) model.getBlock(), new NDList(scope.ones(new Shape())), true);
                return result.get(0).getLong() == 1;
            }
        }

        private <T> T inAFreshThread(Callable<T> task) throws Exception {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            try {
                return thread.submit(task).get();
            } finally {
                thread.shutdownNow();
            }
        }
    }

    /** Nothing stays on disk for a program that is recorded. */
    @Test
    void recordingLeavesNoFiles() throws IOException {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (Stream<Path> before = Files.list(temporary)) {
            Set<Path> known = before.collect(Collectors.toSet());
            Program program = Program.of(x -> x.sin().add(x.getShape().get(0)));
            for (int n = 1; n <= 20; n++) {
                program.run(m.ones(new Shape(n)));
            }
            try (Stream<Path> after = Files.list(temporary)) {
                assertThat(after.filter(file -> !known.contains(file)).map(Path::toString))
                        .noneMatch(name -> name.contains("pt-model"));
            }
        }
    }
}
