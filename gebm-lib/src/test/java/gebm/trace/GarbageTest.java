package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.DataSource;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Kale;
import gebm.objective.Penalties;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.train.Adam;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import gebm.train.TrainingRun;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No result depends on the garbage collector. DJL's arrays from Java numbers lie in Java's direct buffers; the memory
 * of a collected one goes to the next small buffer, which is filled with 777 here.
 */
class GarbageTest {
    private static final int RUNS = 20;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** Collects, and writes 777 over what was freed. */
    static void litter() {
        List<ByteBuffer> kept = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            System.gc();
            for (int i = 0; i < 2_000; i++) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(4 << (i % 7)).order(ByteOrder.nativeOrder());
                FloatBuffer numbers = buffer.asFloatBuffer();
                while (numbers.hasRemaining()) {
                    numbers.put(777);
                }
                kept.add(buffer);
            }
        }
        assertThat(kept).hasSize(4_000); // and so they are all alive until here
    }

    /** Litters in a thread of its own until closed. */
    private static final class Litterer implements AutoCloseable {
        private volatile boolean ended;
        private final Thread thread = new Thread(() -> {
            while (!ended) {
                litter();
            }
        });

        Litterer() {
            thread.start();
        }

        @Override
        public void close() throws InterruptedException {
            ended = true;
            thread.join();
        }
    }

    record Case(String name, Supplier<List<float[]>> work) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A program whose constants nobody else holds: one made inside, one captured. */
    private static Program withConstants(NDManager scope) {
        NDArray captured = scope.create(new float[] {0.5f, -1, 2, 3});
        return Program.of(x -> Gradients.gradient(
                v -> {
                    NDArray inside = v.getManager().create(new float[] {1, 2, 3, 4});
                    return v.square().mul(inside).mul(3).add(v.mul(captured)).sum(new int[] {1});
                },
                x));
    }

    private static List<float[]> floats(Stream<NDArray> arrays) {
        return arrays.map(a -> a.toType(DataType.FLOAT32, false).toFloatArray()).toList();
    }

    static List<Case> cases() {
        NDManager scope = NDManager.newBaseManager(); // lives as long as the test's JVM: the programs read from it
        Program constants = withConstants(scope);
        Energy energy = Energy.neural(Mlp.of(2, 8, 1), new Shape(2), Rng.of(3));
        Program second = Program.of(x -> Gradients.gradient(
                v -> Gradients.gradient(energy::at, v).square().sum(), x));
        NDArray points = Rng.of(4).normal(scope, new Shape(6, 2));
        NDArray rows = Rng.of(5).normal(scope, new Shape(3, 4));
        var base = LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 8, 2), Rng.of(6));
        Gebm model = Gebm.of(base, energy);
        DataSource fromJava = (owner, size, index, rng) -> {
            float[] numbers = new float[2 * size];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) Math.sin(i + index);
            }
            return owner.create(numbers, new Shape(size, 2));
        };
        Trainer<Gebm> trainer = Trainer.alternating(
                Kale.energyLoss().plus(0.1, Penalties.gradient()),
                Kale.baseLoss(),
                TrainingPlan.of(6).withEnergySteps(i -> 3).withBatchSize(8).withOptimizers(Adam.of(1e-3)));
        return List.of(
                new Case("constants", () -> floats(Stream.of(constants.run(rows)))),
                new Case(
                        "recorded anew",
                        () -> floats(Stream.of(withConstants(scope).run(rows)))),
                new Case("second order", () -> floats(Stream.of(second.run(points)))),
                new Case("value and gradient", () -> {
                    ValueAndGradient both = energy.valueAndGradient(points);
                    return floats(Stream.of(both.value(), both.gradient()));
                }),
                new Case(
                        "langevin",
                        () -> floats(Stream.of(new Langevin(Schedule.constant(0.01))
                                .run(
                                        model.latentEnergy(2),
                                        points,
                                        SamplingPlan.of(30).withThinning(3),
                                        Rng.of(7))
                                .draws()))),
                new Case("training", () -> {
                    TrainingRun<Gebm> run = trainer.fit(model, fromJava, Rng.of(8));
                    List<float[]> numbers = floats(run.model().arrays().values().stream());
                    Reference.reachabilityFence(run); // owns the arrays
                    return numbers;
                }));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resultsAreBitEqualWithCollectionsBetweenCalls(Case c) {
        List<float[]> calm = c.work().get();
        for (int run = 0; run < 3; run++) {
            litter();
            assertEqual(c.work().get(), calm);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void resultsAreBitEqualWithCollectionsDuringCalls(Case c) throws InterruptedException {
        List<float[]> calm = c.work().get();
        try (Litterer litterer = new Litterer()) {
            for (int run = 0; run < RUNS / 2; run++) {
                assertThat(litterer.thread.isAlive()).isTrue();
                assertEqual(c.work().get(), calm);
            }
        }
    }

    private static void assertEqual(List<float[]> actual, List<float[]> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i)).containsExactly(expected.get(i));
        }
    }

    /** The trap is real, so the tests above can fail: the same treatment spoils gradients that DJL takes itself. */
    @Test
    void eagerGradientsOfDjlAreSpoiled() {
        int wrong = 0;
        for (int run = 0; run < RUNS; run++) {
            NDArray x = m.create(new float[] {1});
            x.setRequiresGradient(true);
            try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
                NDArray y = x.mul(3);
                litter();
                collector.backward(y);
            }
            if (x.getGradient().toFloatArray()[0] != 3) {
                wrong++;
            }
        }
        assertThat(wrong).isPositive();
    }

    @Test
    void tracedGradientsOfTheSameFunctionAreRight() {
        for (int run = 0; run < 3; run++) {
            Program slope = Program.of(x -> Gradients.gradient(v -> v.mul(3), x));
            NDList argument = new NDList(m.create(new float[] {1}));
            litter();
            assertThat(slope.run(m, argument).singletonOrThrow().toFloatArray()).containsExactly(3);
        }
    }
}
