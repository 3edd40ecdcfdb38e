package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Parts;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.core.StopReason;
import gebm.core.Trainable;
import gebm.core.Weights;
import gebm.data.DataSource;
import gebm.data.Toy;
import gebm.flow.Flow;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.nn.Mlp;
import gebm.objective.Batch;
import gebm.objective.CrossEntropy;
import gebm.objective.Kale;
import gebm.objective.Loss;
import gebm.objective.MaximumLikelihood;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.trace.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of models that are not GEBMs, and what holds for any. */
class PhasesTest {
    @TempDir
    Path folder;

    /** All arrays of a model as bits. */
    static Map<String, List<Double>> bits(Trainable model) {
        Map<String, List<Double>> bits = new TreeMap<>();
        model.arrays().forEach((name, array) -> {
            List<Double> numbers = new ArrayList<>();
            for (double number : array.toType(DataType.FLOAT64, true).toDoubleArray()) {
                numbers.add(number);
            }
            bits.put(name, numbers);
        });
        return bits;
    }

    private static void assertSame(TrainingRun<?> run, TrainingRun<?> expected) {
        assertThat(bits(run.model())).isEqualTo(bits(expected.model()));
        assertThat(run.history()).isEqualTo(expected.history());
    }

    @Nested
    class OfThreeGroups {
        private final TrainingRun<Parts> whole =
                ThreeGroups.trainer(TrainingPlan.of(30)).fit(ThreeGroups.model(), ThreeGroups.data(), Rng.of(3));

        @Test
        void everyGroupLearns() {
            Map<String, List<Double>> before = bits(ThreeGroups.model());
            bits(whole.model()).forEach((name, numbers) -> {
                assertThat(numbers).as(name).isNotEqualTo(before.get(name));
            });
            assertThat(whole.history().columns())
                    .containsExactly(
                            "energyTotal",
                            "energyGradientNorm",
                            "contrastiveDivergence",
                            "energySquares",
                            "classifierTotal",
                            "classifierGradientNorm",
                            "crossEntropy",
                            "accuracy",
                            "logitsTotal",
                            "logitsGradientNorm",
                            "cost");
            Map<String, List<Double>> averaged = bits(whole.averaged());
            bits(whole.model()).forEach((name, numbers) -> {
                boolean ofAverage = name.startsWith("classifier.") && !name.contains("unning");
                assertThat(averaged.get(name).equals(numbers)).as(name).isEqualTo(!ofAverage);
            });
        }

        /** Stopped by a flag after a random number of looks, saved, read and resumed until it is done. */
        @Test
        void stoppedAtRandomPointsItEndsWithTheSameBits() {
            SplittableRandom random = new SplittableRandom(5);
            Path file = folder.resolve("groups.safetensors");
            TrainingRun<Parts> run = null;
            int stops = 0;
            while (run == null || run.stop() instanceof StopReason.Stopped) {
                AtomicInteger left = new AtomicInteger(random.nextInt(1, 12));
                TrainingPlan plan = TrainingPlan.of(30).withStop(() -> left.decrementAndGet() < 0);
                Trainer<Parts> trainer = ThreeGroups.trainer(plan);
                run = run == null
                        ? trainer.fit(ThreeGroups.model(), ThreeGroups.data(), Rng.of(3))
                        : trainer.resume(Checkpoint.load(file, ThreeGroups.model()), ThreeGroups.data());
                run.checkpoint().save(file);
                stops++;
            }
            assertThat(stops).isGreaterThan(2);
            assertSame(run, whole);
            assertThat(run.card()).isEqualTo(whole.card());
        }

        /** Collections before every iteration, and one after another while it runs. */
        @Test
        void forcedCollectionsChangeNothing() {
            Thread collector = new Thread(() -> {
                while (!Thread.currentThread().isInterrupted()) {
                    System.gc();
                }
            });
            collector.start();
            try {
                TrainingPlan plan = TrainingPlan.of(30).withProgress((done, total, text) -> System.gc());
                assertSame(ThreeGroups.trainer(plan).fit(ThreeGroups.model(), ThreeGroups.data(), Rng.of(3)), whole);
            } finally {
                collector.interrupt();
            }
        }

        /** From its JSON alone, and the untrained model. */
        @Test
        void theCardRepeatsTheRun() {
            RunCard card = RunCard.of(whole.card().json());
            assertThat(card).isEqualTo(whole.card()).hasSameHashCodeAs(whole.card());
            TrainingRun<Parts> again = Trainer.<Parts>of(card).fit(ThreeGroups.model(), ThreeGroups.data(), card.rng());
            assertSame(again, whole);
            assertThat(again.card()).isEqualTo(whole.card());
            assertThat(card.dataSha256()).isEqualTo(ThreeGroups.data().sha256());
        }
    }

    /** The slope of the loss is not the gradient that it says: θ = 1 with the estimate 7 falls by 0.1·7·2. */
    @Test
    void anEstimatorsGradientIsUsed() {
        try (NDManager m = NDManager.newBaseManager()) {
            Weights model = Weights.of("a", m.create(new double[] {1, 2})).trained("b", m.create(new double[] {5}));
            Objective<Weights> estimator = (weights, batch, rng) -> {
                NDManager scope = batch.data().getManager();
                NDArray a = scope.from(weights.get("a"));
                return Loss.of("value", a.square().sum())
                        .withGradients(new NDList(weights.get("a")), new NDList(scope.create(new double[] {7, -3})));
            };
            Objective<Weights> derivative = (weights, batch, rng) -> Loss.of(
                    "sum", batch.data().getManager().from(weights.get("b")).sum());
            DataSource none = (scope, size, index, rng) -> scope.zeros(new Shape(size, 1), DataType.FLOAT64);
            Objective<Weights> both = derivative.plus(2, estimator);
            TrainingRun<Weights> run = Trainer.of(TrainingPlan.of(1).withBatchSize(1), Phase.of("w", both, Sgd.of(0.1)))
                    .fit(model, none, Rng.of(1));
            assertThat(run.model().get("a").toDoubleArray())
                    .usingComparatorWithPrecision(1e-15)
                    .containsExactly(1 - 1.4, 2 + 0.6);
            assertThat(run.model().get("b").toDoubleArray()[0]).isCloseTo(4.9, within(1e-15));
            assertThat(run.history().column("value")).containsExactly(5);
            assertThat(run.history().column("wTotal")).containsExactly(5 + 2 * 5);
        }
    }

    /** The rows that belong together come together, epoch after epoch. */
    @Test
    void labelsStayWithTheirRows() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray rows = m.arange(20f).reshape(20, 1);
            DataSource source = DataSource.of(rows, rows.reshape(20).mul(10).toType(DataType.INT64, false));
            for (long index = 0; index < 9; index++) {
                NDList arrays = source.arrays(m, 6, index, Rng.of(2));
                long[] labels = arrays.get(1).toLongArray();
                float[] values = arrays.head().toFloatArray();
                for (int i = 0; i < 6; i++) {
                    assertThat(labels[i]).isEqualTo((long) (10 * values[i]));
                }
                assertThat(source.batch(m, 6, index, Rng.of(2)).toFloatArray()).containsExactly(values);
            }
            assertThatThrownBy(() -> DataSource.of(rows, m.ones(new Shape(19))))
                    .hasMessage("labels must be as many as rows, 20, got (19)");
            assertThat(source.sha256()).isNotEqualTo(DataSource.of(rows).sha256());
        }
    }

    /** Points by the sign of x₁·x₂: not to be told apart by a line. */
    @Test
    void aClassifierLearns() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray x = Rng.of(1).normal(m, new Shape(400, 2));
            NDArray labels = x.get(":, 0").mul(x.get(":, 1")).gt(0).toType(DataType.INT64, false);
            Network network = Network.of(Mlp.of(2, 32, 2), new Shape(2), Rng.of(2));
            Trainer<Network> trainer = Trainer.of(
                            TrainingPlan.of(300).withBatchSize(50),
                            Phase.of("classifier", CrossEntropy.loss(), Adam.of(1e-2)))
                    .withEvaluation(100, Evaluation.ofData(CrossEntropy.loss(), x, labels));
            TrainingRun<Network> run = trainer.fit(network, DataSource.of(x, labels), Rng.of(3));
            assertThat(run.history().curve("validation.accuracy")[1][2]).isGreaterThan(0.95);
            assertThatThrownBy(() -> trainer.fit(network, DataSource.of(x), Rng.of(3)))
                    .hasMessageContaining("DataSource.of(rows, labels)");
        }
    }

    /** Adam on hand-made gradients against PyTorch's AdamW: θ ← θ − rate·λ·θ, then Adam's step of about the rate. */
    @Test
    void weightDecayIsDecoupled() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDList theta = new NDList(m.create(new double[] {2, -1}));
            NDList plain = new NDList(m.create(new double[] {2 * (1 - 0.1 * 0.5), -1 * (1 - 0.1 * 0.5)}));
            NDList gradients = new NDList(m.create(new double[] {0.3, 4}));
            Adam adam = Adam.of(0.1);
            Adam decaying = adam.withWeightDecay(0.5);
            decaying.step(theta, gradients, decaying.init(m, theta), 0);
            adam.step(plain, gradients, adam.init(m, plain), 0);
            assertThat(theta.head().toDoubleArray())
                    .usingComparatorWithPrecision(1e-15)
                    .containsExactly(plain.head().toDoubleArray());
            assertThatThrownBy(() -> adam.withWeightDecay(-1))
                    .hasMessage("weightDecay must be finite and >= 0, got -1.0");
        }
    }

    @Nested
    class Refusals {
        private final Objective<Gebm> loss = Kale.energyLoss().plus(0.1, Penalties.gradient());

        private Checkpoint<Gebm> checkpoint() {
            return TrainerTest.trainer(TrainerTest.plan(2))
                    .fit(TrainerTest.model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3))
                    .checkpoint();
        }

        @Test
        void resumeNamesTheFirstDifference() {
            Checkpoint<Gebm> checkpoint = checkpoint();
            TrainingPlan faster =
                    TrainerTest.plan(4).withOptimizers(Adam.of(2e-3).withBetas(0.5, 0.999));
            assertThatThrownBy(() -> TrainerTest.trainer(faster).resume(checkpoint, Toy.eightGaussians()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the trainer that resumes must be that of the checkpoint, but "
                            + "phases[0].groups[0].optimizer.rate.value was 0.001, is 0.002");
            Objective<Gebm> other = Kale.energyLoss().plus(0.2, Penalties.gradient());
            assertThatThrownBy(() -> Trainer.alternating(other, Kale.baseLoss(), TrainerTest.plan(4))
                            .resume(checkpoint, Toy.eightGaussians()))
                    .hasMessageContaining("phases[0].loss.weight was 0.1, is 0.2");
            assertThatThrownBy(() -> Trainer.alternating(
                                    loss, Kale.baseLoss(), TrainerTest.plan(4).withEnergySteps(i -> 3))
                            .resume(checkpoint, Toy.eightGaussians()))
                    .hasMessageContaining("phases[0].steps.values.0 was 5.0, is 3.0");
            assertThatThrownBy(() -> TrainerTest.trainer(TrainerTest.plan(4)).resume(checkpoint, Toy.pinwheel()))
                    .hasMessageContaining("the data of a resumed run must be those of the checkpoint, SHA-256 "
                            + Toy.eightGaussians().sha256());
            assertThat(TrainerTest.trainer(TrainerTest.plan(4))
                            .resume(checkpoint, Toy.eightGaussians())
                            .stop())
                    .isEqualTo(new StopReason.Completed(4));
        }

        @Test
        void ofCodeACardSaysWhatItCannotRebuild() {
            RunCard card = TrainerTest.trainer(TrainerTest.plan(1))
                    .fit(TrainerTest.model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3))
                    .card();
            assertThatThrownBy(() -> Trainer.of(card))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "phases[0].steps must be of a type that can be rebuilt, got code (lambda): write it as a record");
        }

        @Test
        void planOfPhasesHasNoSettingsOfHalves() {
            Phase<gebm.model.DensityBase> phase = Phase.of("flow", MaximumLikelihood.loss(), Adam.of(1e-3));
            assertThatThrownBy(() -> Trainer.of(TrainingPlan.of(3).withOptimizers(Adam.of(1)), phase))
                    .hasMessageStartingWith("the plan of Trainer.of must be without settings of energy, base or c");
            assertThatThrownBy(() -> Trainer.of(TrainingPlan.of(3), phase, phase))
                    .hasMessage("names of phases must be different, got [flow, flow]");
            assertThatThrownBy(
                            () -> Trainer.of(TrainingPlan.of(3).withBatchSize(4).withRestarts(1), phase)
                                    .fit(Flow.realNvp(2, Rng.of(1)), Toy.eightGaussians(), Rng.of(1)))
                    .hasMessageContaining("withCheckpoint");
            assertThatThrownBy(() -> Phase.of(
                            "flow", MaximumLikelihood.loss(), Group.of("a", Adam.of(1)), Group.of("a", Adam.of(1))))
                    .hasMessage("the parts of phase flow must be apart from each other, got [a, a]");
            assertThatThrownBy(() -> Phase.of(
                            "flow", MaximumLikelihood.loss(), Group.of("a.b", Adam.of(1)), Group.of("a", Adam.of(1))))
                    .hasMessage("the parts of phase flow must be apart from each other, got [a.b, a]");
            assertThatThrownBy(() -> Phase.of("flow", MaximumLikelihood.loss()))
                    .hasMessage("the groups of phase flow must be at least one, got none");
            assertThatThrownBy(() -> Phase.of("average", MaximumLikelihood.loss(), Adam.of(1)))
                    .hasMessageStartingWith("the name of a phase must be a word without dots, other than [average,");
            assertThatThrownBy(
                            () -> Trainer.of(TrainingPlan.of(3).withBatchSize(4).withBest("x"), phase)
                                    .fit(Flow.realNvp(2, Rng.of(1)), Toy.eightGaussians(), Rng.of(1)))
                    .hasMessageContaining("given one (Trainer.withEvaluation)");
            assertThatThrownBy(() -> RunCard.of("{\"trainer\": {}}")).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RunCard.of("no card")).isInstanceOf(IllegalArgumentException.class);
        }

        @Test
        void generatedSamplesMustBeAskedFor() {
            Energy energy = Energy.neural(Mlp.of(2, 4, 1), new Shape(2), Rng.of(1));
            Phase<Trainable> phase = Phase.of("energy", Penalties.energySquares(), Adam.of(1e-3));
            assertThatThrownBy(() -> Trainer.of(TrainingPlan.of(1).withBatchSize(4), phase)
                            .fit(energy, Toy.eightGaussians(), Rng.of(1)))
                    .hasMessageContaining("Phase.withNegatives");
        }
    }

    /** A rate that makes a slope of −1 overflow at step 7, whatever the key. */
    @Nested
    class Restarts {
        /** Diverges in iteration 7, unless the draw of the run's key for it is another one than that of the first key. */
        private Trainer<Weights> trainer(int restarts, Path file, List<String> said) {
            double first = draw(Rng.of(3));
            Objective<Weights> fragile = (weights, batch, rng) -> {
                NDManager scope = batch.data().getManager();
                NDArray theta = scope.from(weights.get("theta"));
                NDArray drawn = rng.uniform(scope, new Shape(), DataType.FLOAT64);
                NDArray broken = drawn.sub(first).abs().lt(1e-12).toType(DataType.FLOAT64, false);
                NDArray one = broken.neg().add(1);
                return Loss.of("value", theta.sum().mul(one.div(one))); // 0/0 there
            };
            TrainingPlan plan = TrainingPlan.of(10)
                    .withBatchSize(2)
                    .withCheckpoint(3, file)
                    .withProgress((done, total, text) -> said.add(done + " " + text));
            return Trainer.of(restarts == 0 ? plan : plan.withRestarts(restarts), Phase.of("w", fragile, Sgd.of(0.1)));
        }

        /** What the loss draws in iteration 7 of a run of this key. */
        private static double draw(Rng rng) {
            try (NDManager m = NDManager.newBaseManager()) {
                return rng.fork("iteration")
                        .fork(7)
                        .fork("w")
                        .fork("loss")
                        .uniform(m, new Shape(), DataType.FLOAT64)
                        .getDouble();
            }
        }

        private final DataSource none = (scope, size, index, rng) -> scope.zeros(new Shape(size, 1), DataType.FLOAT64);

        private Weights model() {
            try (NDManager m = NDManager.newBaseManager()) {
                return Weights.of("theta", m.create(new double[] {1}));
            }
        }

        @Test
        void withoutThemTheStepIsReported() {
            assertThatThrownBy(() -> trainer(0, folder.resolve("c.safetensors"), new ArrayList<>())
                            .fit(model(), none, Rng.of(3)))
                    .isInstanceOfSatisfying(DivergedException.class, e -> {
                        assertThat(e.where()).isEqualTo("training diverged in iteration 7, w step: wTotal is NaN");
                        assertThat(e.partial(TrainingRun.class).history().size())
                                .isEqualTo(7);
                    });
        }

        @Test
        void aRunGoesOnFromItsLastCheckpoint() {
            List<String> said = new ArrayList<>();
            TrainingRun<Weights> run =
                    trainer(2, folder.resolve("c.safetensors"), said).fit(model(), none, Rng.of(3));
            assertThat(run.stop()).isEqualTo(new StopReason.Completed(10));
            assertThat(run.history().size()).isEqualTo(10);
            assertThat(run.model().get("theta").toDoubleArray()[0]).isCloseTo(0, within(1e-14));
            assertThat(run.card().restarts()).isEqualTo(1);
            assertThat(run.checkpoint().restarts()).isEqualTo(1);
            assertThat(run.card().toString()).contains("restarts  1");
            assertThat(said)
                    .contains(
                            "6 restart 1 of 2 from iteration 6: training diverged in iteration 7, w step: wTotal is NaN");
        }
    }

    /** Terms of one name, in one loss and in two phases. */
    @Test
    void termsOfOneNameAreKeptApart() {
        try (NDManager m = NDManager.newBaseManager()) {
            Weights model = Weights.of("a", m.create(new double[] {1}));
            Parts both = Parts.of("one", model, "two", model.copy());
            Objective<Weights> sum = (weights, batch, rng) -> Loss.of(
                    "sum", batch.data().getManager().from(weights.get("a")).sum());
            Objective<Weights> twice = sum.plus(3, sum);
            Phase<Parts> one = Phase.of("one", twice.<Parts>onPart("one"), Group.of("one", Sgd.of(0.5)));
            Phase<Parts> two = Phase.of("two", sum.<Parts>onPart("two"), Group.of("two", Sgd.of(0.25)));
            DataSource none = (scope, size, index, rng) -> scope.zeros(new Shape(size, 1), DataType.FLOAT64);
            History history = Trainer.of(TrainingPlan.of(2).withBatchSize(1), one, two)
                    .fit(both, none, Rng.of(1))
                    .history();
            assertThat(history.columns())
                    .containsExactly(
                            "oneTotal", "oneGradientNorm", "sum", "sum 2", "twoTotal", "twoGradientNorm", "two.sum");
            assertThat(history.column("sum")).containsExactly(1, -1);
            assertThat(history.column("two.sum")).containsExactly(1, 0.75);
        }
    }

    /** Two densities in one model, and a flow by itself: the same bits as the base of a GEBM in the same phase. */
    @Test
    void aFlowAloneIsTrainedAsABase() {
        Flow flow = Flow.realNvp(2, Rng.of(1));
        Adam adam = Adam.of(1e-3);
        TrainingRun<Flow> alone = Trainer.of(
                        TrainingPlan.of(5).withBatchSize(32), Phase.of("base", MaximumLikelihood.loss(), adam))
                .fit(flow, Toy.eightGaussians(), Rng.of(2));
        TrainingPlan plan = TrainingPlan.of(5).withBatchSize(32).withOptimizers(adam);
        TrainingRun<Gebm> asBase = Trainer.baseOnly(MaximumLikelihood.baseLoss(), plan)
                .fit(Gebm.of(flow, x -> x.square().sum(new int[] {1})), Toy.eightGaussians(), Rng.of(2));
        assertThat(bits(alone.model())).isEqualTo(bits(asBase.model().base()));
    }

    @Test
    void evaluateSeesABatchOfData() {
        Batch batch;
        try (NDManager m = NDManager.newBaseManager()) {
            batch = new Batch(m.ones(new Shape(3, 2)));
            assertThatThrownBy(batch::labels).hasMessageContaining("must be of two arrays");
            assertThatThrownBy(batch::generated).hasMessageContaining("withNegatives");
        }
    }

    @Test
    void ratesWarmUpLinearly() {
        Schedule schedule = Schedule.constant(0.8).withWarmUp(4);
        assertThat(new double[] {schedule.at(0), schedule.at(1), schedule.at(3), schedule.at(4), schedule.at(99)})
                .usingComparatorWithPrecision(1e-15)
                .containsExactly(0.2, 0.4, 0.8, 0.8, 0.8);
    }
}
