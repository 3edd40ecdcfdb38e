package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.DivergedException;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.data.Toy;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Batch;
import gebm.objective.DonskerVaradhan;
import gebm.objective.Kale;
import gebm.objective.Loss;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    @TempDir
    Path folder;

    static Gebm model(DataType type) {
        var base = LatentBase.pushForward(DensityBase.standardNormal(2, type), Mlp.of(2, 16, 2), Rng.of(1));
        return Gebm.of(base, Energy.neural(Mlp.of(2, 16, 1), new Shape(2), type, Rng.of(2)));
    }

    static TrainingPlan plan(long iterations) {
        return TrainingPlan.of(iterations)
                .withEnergySteps(i -> i == 0 ? 5 : 3)
                .withBatchSize(32)
                .withOptimizers(Adam.of(1e-3).withBetas(0.5, 0.999));
    }

    static Trainer<Gebm> trainer(TrainingPlan plan) {
        return Trainer.alternating(Kale.energyLoss().plus(0.1, Penalties.gradient()), Kale.baseLoss(), plan);
    }

    static List<float[]> arrays(Gebm model) {
        List<float[]> all = new ArrayList<>();
        model.arrays()
                .values()
                .forEach(a -> all.add(a.toType(DataType.FLOAT32, true).toFloatArray()));
        return all;
    }

    static void assertSame(Gebm a, Gebm b) {
        List<float[]> first = arrays(a);
        List<float[]> second = arrays(b);
        assertThat(first).hasSameSizeAs(second);
        for (int i = 0; i < first.size(); i++) {
            assertThat(first.get(i)).containsExactly(second.get(i));
        }
    }

    @Test
    void learnsEightGaussians() {
        Gebm initial = model(DataType.FLOAT32);
        List<float[]> before = arrays(initial);
        TrainingRun<Gebm> run = trainer(plan(30)).fit(initial, Toy.eightGaussians(), Rng.of(3));
        assertThat(run.stop()).isEqualTo(new StopReason.Completed(30));
        assertThat(run.history().columns())
                .containsExactly(
                        "energyTotal",
                        "energyGradientNorm",
                        "kale",
                        "gradientPenalty",
                        "logPartition",
                        "baseTotal",
                        "baseGradientNorm",
                        "baseLoss");
        assertThat(run.history().size()).isEqualTo(30);
        for (int i = 0; i < before.size(); i++) {
            assertThat(arrays(initial).get(i))
                    .as("the model given in is untouched")
                    .containsExactly(before.get(i));
            assertThat(arrays(run.model()).get(i)).as("array %d changed", i).isNotEqualTo(before.get(i));
        }
    }

    @Test
    void sameKeySameBits() {
        Gebm initial = model(DataType.FLOAT32);
        TrainingRun<Gebm> first = trainer(plan(10)).fit(initial, Toy.eightGaussians(), Rng.of(3));
        TrainingRun<Gebm> again = trainer(plan(10)).fit(initial, Toy.eightGaussians(), Rng.of(3));
        TrainingRun<Gebm> other = trainer(plan(10)).fit(initial, Toy.eightGaussians(), Rng.of(4));
        assertSame(first.model(), again.model());
        assertThat(first.history()).isEqualTo(again.history()).isNotEqualTo(other.history());
    }

    @Nested
    class Stopping {
        @Test
        void resumesBitEqualFromAFile() {
            Gebm initial = model(DataType.FLOAT32);
            TrainingRun<Gebm> whole = trainer(plan(12)).fit(initial, Toy.eightGaussians(), Rng.of(3));
            Path file = folder.resolve("run.safetensors");
            TrainingRun<Gebm> half = trainer(plan(12).withProgress((done, total, text) -> {
                                if (done == 5) {
                                    Thread.currentThread().interrupt();
                                }
                            })
                            .withCheckpoint(4, file))
                    .fit(initial, Toy.eightGaussians(), Rng.of(3));
            assertThat(Thread.interrupted()).isTrue();
            assertThat(half.stop()).isEqualTo(new StopReason.Stopped(5));
            Checkpoint<Gebm> checkpoint = Checkpoint.load(file, initial);
            assertThat(checkpoint.iteration()).isEqualTo(5);
            TrainingRun<Gebm> rest = trainer(plan(12)).resume(checkpoint, Toy.eightGaussians());
            assertSame(whole.model(), rest.model());
            assertThat(rest.history()).isEqualTo(whole.history());
        }

        /** The flag is asked every 20 ms; it says stop later and later, until that falls between energy steps. */
        @Test
        void resumesBitEqualFromInsideAnIteration() {
            Gebm initial = model(DataType.FLOAT32);
            TrainingPlan longPlan = plan(1).withEnergySteps(i -> 3_000);
            TrainingRun<Gebm> whole = trainer(longPlan).fit(initial, Toy.eightGaussians(), Rng.of(3));
            TrainingRun<Gebm> part = null;
            for (int later = 2; part == null || part.checkpoint().step() == 0; later++) {
                AtomicInteger left = new AtomicInteger(later);
                part = trainer(longPlan.withStop(() -> left.decrementAndGet() < 0))
                        .fit(initial, Toy.eightGaussians(), Rng.of(3));
            }
            assertThat(part.stop()).isEqualTo(new StopReason.Stopped(0));
            assertThat(part.checkpoint().step()).isBetween(1L, 3_000L);
            Path file = folder.resolve("inside.safetensors");
            part.checkpoint().save(file);
            TrainingRun<Gebm> rest = trainer(longPlan).resume(Checkpoint.load(file, initial), Toy.eightGaussians());
            assertSame(whole.model(), rest.model());
            assertThat(rest.history()).isEqualTo(whole.history());
        }
    }

    /** What one step is given, seen through losses that name it; nothing is trained where the total is {@code 0·…}. */
    @Nested
    class EachStep {
        private static Loss nothing(Batch batch, Map<String, NDArray> terms) {
            return new Loss(batch.generated().sum().mul(0), terms);
        }

        /** Steps 5, 3, 3 and a base step after each: batches 0…4 and 5, 6…8 and 9, 10…12 and 13; 48 rows of 2 drawn. */
        @Test
        void takesTheNextBatchAndTheHistoryHasTheMean() {
            DataSource numbered = (scope, size, index, rng) -> scope.full(new Shape(size, 2), (float) index);
            Objective<Gebm> energyLoss = (model, batch, rng) ->
                    nothing(batch, Map.of("batch", batch.data().mean(), "drawn", count(batch)));
            Objective<Gebm> baseLoss = (model, batch, rng) ->
                    nothing(batch, Map.of("baseBatch", batch.data().mean(), "baseDrawn", count(batch)));
            History history = Trainer.alternating(energyLoss, baseLoss, plan(3).withBatchSize(32, 48))
                    .fit(model(DataType.FLOAT32), numbered, Rng.of(3))
                    .history();
            assertThat(history.column("batch")).containsExactly(2, 7, 11);
            assertThat(history.column("baseBatch")).containsExactly(5, 9, 13);
            assertThat(history.column("drawn")).containsOnly(96);
            assertThat(history.column("baseDrawn")).containsOnly(96);
        }

        private static NDArray count(Batch batch) {
            return batch.generated().onesLike().sum();
        }

        /** The mean of squares exceeds the square of the mean, unless the steps of an iteration draw one number. */
        @Test
        void hasDrawsOfItsOwn() {
            Objective<Gebm> energyLoss = (model, batch, rng) -> {
                NDArray drawn = batch.generated().mean();
                NDArray own = rng.normal(drawn.getManager(), new Shape(), DataType.FLOAT64);
                return nothing(
                        batch, Map.of("drawn", drawn, "drawn²", drawn.square(), "own", own, "own²", own.square()));
            };
            Objective<Gebm> baseLoss = (model, batch, rng) -> {
                NDArray drawn = batch.generated().mean();
                NDArray own = rng.normal(drawn.getManager(), new Shape(), DataType.FLOAT64);
                return nothing(batch, Map.of("baseDrawn", drawn, "baseOwn", own));
            };
            History history = Trainer.alternating(energyLoss, baseLoss, plan(4))
                    .fit(model(DataType.FLOAT64), Toy.eightGaussians(), Rng.of(3))
                    .history();
            for (String name : List.of("drawn", "own")) {
                double[] means = history.column(name);
                double[] squares = history.column(name + "²");
                for (int i = 0; i < means.length; i++) {
                    assertThat(squares[i] - means[i] * means[i]).as(name).isGreaterThan(1e-9);
                }
            }
            for (String name : List.of("drawn", "own", "baseDrawn", "baseOwn")) {
                assertThat(history.column(name)).as(name).doesNotHaveDuplicates();
            }
        }

        /** Losses of slope 1 everywhere: a parameter falls by the sum of the rates of all updates so far. */
        @Test
        void takesTheNextRateOfEachSchedule() {
            var normal = DensityBase.standardNormal(1, DataType.FLOAT64);
            var base = LatentBase.pushForward(normal, Mlp.of(1, 1), Rng.of(1));
            Gebm initial = Gebm.of(base, Energy.neural(Mlp.of(1, 1), new Shape(1), DataType.FLOAT64, Rng.of(2)));
            DataSource ones = (scope, size, index, rng) -> scope.ones(new Shape(size, 1), DataType.FLOAT64);
            Objective<Gebm> energyLoss = (model, batch, rng) -> Loss.of(
                    "energySlope", model.energy().at(batch.data()).mean().add(model.logPartitionArray()));
            Objective<Gebm> baseLoss = (model, batch, rng) ->
                    Loss.of("baseSlope", batch.generated().mean());
            TrainingPlan plan = plan(2).withOptimizers(new Sgd(t -> 1.0 / (t + 1)), new Sgd(t -> 0.5 / (t + 1)))
                    .withLogPartitionOptimizer(new Sgd(t -> 0.25 / (t + 1)));
            TrainingRun<Gebm> run =
                    Trainer.alternating(energyLoss, baseLoss, plan).fit(initial, ones, Rng.of(3));
            Gebm trained = run.model();
            double eight = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4 + 1.0 / 5 + 1.0 / 6 + 1.0 / 7 + 1.0 / 8; // 5 + 3 updates
            assertThat(initial.logPartition() - trained.logPartition()).isCloseTo(0.25 * eight, within(1e-14));
            for (int i = 0; i < 2; i++) { // weight and bias
                assertThat(fallen(initial.energy(), trained.energy(), i)).isCloseTo(eight, within(1e-14));
            }
            assertThat(fallen(initial.base(), trained.base(), 1)).isCloseTo(0.5 * (1 + 1.0 / 2), within(1e-14));
            assertThat(run.history().column("energyGradientNorm")) // of weight, bias and c
                    .usingComparatorWithPrecision(1e-14)
                    .containsExactly(Math.sqrt(3), Math.sqrt(3));
        }

        private static double fallen(Trainable before, Trainable after, int parameter) {
            return before.parameters().get(parameter).toDoubleArray()[0]
                    - after.parameters().get(parameter).toDoubleArray()[0];
        }

        /** Batch normalisation moves its running statistics in training and leaves them in prediction. */
        @Test
        void hasOnlyTheHalfThatItTrainsInTraining() {
            var base = LatentBase.pushForward(DensityBase.standardNormal(2), normalised(2), Rng.of(1));
            Gebm initial = Gebm.of(base, Energy.neural(normalised(1), new Shape(2), Rng.of(2)));
            TrainingRun<Gebm> energyOnly =
                    Trainer.energyOnly(Kale.energyLoss(), plan(2)).fit(initial, Toy.eightGaussians(), Rng.of(3));
            assertThat(moved(initial.energy(), energyOnly.model().energy())).containsExactly(true, true);
            assertThat(moved(initial.base(), energyOnly.model().base())).containsExactly(false, false);
            TrainingRun<Gebm> baseOnly =
                    Trainer.baseOnly(Kale.baseLoss(), plan(2)).fit(initial, Toy.eightGaussians(), Rng.of(3));
            assertThat(moved(initial.energy(), baseOnly.model().energy())).containsExactly(false, false);
            assertThat(moved(initial.base(), baseOnly.model().base())).containsExactly(true, true);
        }

        private static Block normalised(int outputs) {
            return new SequentialBlock()
                    .add(Mlp.of(2, 4))
                    .add(BatchNorm.builder().build())
                    .add(Mlp.of(4, outputs));
        }

        /** Whether running mean and running variance are other numbers afterwards. */
        private static List<Boolean> moved(Trainable before, Trainable after) {
            List<Boolean> moved = new ArrayList<>();
            before.arrays().forEach((name, array) -> {
                if (name.contains("running")) {
                    moved.add(!array.contentEquals(after.arrays().get(name)));
                }
            });
            return moved;
        }
    }

    @Test
    void savesAndLoadsModels() {
        Gebm trained = trainer(plan(2))
                .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3))
                .model();
        Path file = folder.resolve("model.safetensors");
        trained.save(file);
        assertSame(trained, model(DataType.FLOAT32).load(file));
        var other = LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 17, 2), Rng.of(1));
        Gebm wider = Gebm.of(other, Energy.neural(Mlp.of(2, 16, 1), new Shape(2), Rng.of(2)));
        assertThatThrownBy(() -> wider.load(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(17, 2)")
                .hasMessageContaining("(16, 2)");
    }

    @Test
    void refusesDamagedFiles() throws Exception {
        Path file = folder.resolve("model.safetensors");
        Gebm model = model(DataType.FLOAT32);
        model.save(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
        assertThatThrownBy(() -> model.load(file))
                .isInstanceOf(java.io.UncheckedIOException.class)
                .hasMessageContaining("not a whole safetensors file");
        assertThatThrownBy(() -> model.load(folder.resolve("none")))
                .isInstanceOf(java.io.UncheckedIOException.class)
                .hasMessageContaining("none");
    }

    @Test
    void reportsDivergence() {
        DataSource broken = (scope, size, index, rng) -> {
            NDArray rows = Toy.eightGaussians().batch(scope, size, index, rng);
            return index == 9 ? rows.mul(Float.POSITIVE_INFINITY) : rows;
        };
        assertThatThrownBy(() -> trainer(plan(10)).fit(model(DataType.FLOAT32), broken, Rng.of(3)))
                .isInstanceOfSatisfying(DivergedException.class, e -> {
                    TrainingRun<Gebm> partial = e.partial(TrainingRun.class);
                    // iteration 0 takes batches 0..5, iteration 1 batches 6..9, the last for its base step
                    assertThat(e.getMessage())
                            .contains("iteration 1, base step")
                            .contains("baseTotal is");
                    assertThat(partial.history().size()).isEqualTo(1);
                    arrays(partial.model()).forEach(a -> {
                        for (float value : a) {
                            assertThat(value).isFinite();
                        }
                    });
                });
    }

    @Test
    void evaluatesAndWritesCsv() throws Exception {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray validation = Toy.eightGaussians().batch(m, 64, 0, Rng.of(8));
            TrainingRun<Gebm> run = trainer(plan(5))
                    .withEvaluation(2, Evaluation.of(Kale.energyLoss(), validation))
                    .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            assertThat(run.history().curve("validation.kale")[0]).containsExactly(2, 4, 5);
            Path file = folder.resolve("history.csv");
            run.history().writeCsv(file);
            List<String> lines = Files.readAllLines(file);
            assertThat(lines).hasSize(6);
            assertThat(lines.get(0)).startsWith("iteration,energyTotal").endsWith("validation.kale");
            assertThat(lines.get(1)).endsWith(",");
        }
    }

    @Test
    void refusesAnIterationWithoutAStep() {
        var plan = TrainingPlan.of(3).withBatchSize(10).withEnergySteps(i -> i < 1 ? 1 : 0);
        try (Gebm initial = model(DataType.FLOAT32)) {
            assertThatThrownBy(() ->
                            Trainer.energyOnly(Kale.energyLoss(), plan).fit(initial, Toy.eightGaussians(), Rng.of(3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("energy steps of iteration 1 must be >= 1 where only the energy is trained, got 0");
        }
    }

    @Test
    void rejectsDataOfAnotherShape() {
        DataSource wide = (scope, size, index, rng) -> scope.ones(new Shape(size, 3));
        assertThatThrownBy(() -> trainer(plan(1)).fit(model(DataType.FLOAT32), wide, Rng.of(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(32, 2)")
                .hasMessageContaining("(32, 3)");
    }

    /**
     * Base N(0, 1), E(x) = ax: c → A = a²/2. The default optimiser makes c a running mean, of rate ρ = 0.02, of batch
     * means of weights with relative variance (e^{a²} − 1)/512, so its standard deviation is below
     * √(ρ/2 · 0.284/512) = 0.0024; 0.008 is 3.3 of them (0.1 %), and 1,000 steps leave (1 − ρ)^1000 of the start.
     */
    @Test
    void constantConvergesToLogPartition() {
        double a = 0.5;
        LatentBase normal = Identity.of(1);
        Energy linear = x -> x.sum(new int[] {1}).mul(a);
        DataSource shifted = (scope, size, index, rng) ->
                rng.fork(index).normal(scope, new Shape(size, 1)).sub(a);
        TrainingPlan plan = TrainingPlan.of(50).withEnergySteps(i -> 20).withBatchSize(8, 512);
        TrainingRun<Gebm> run =
                Trainer.energyOnly(Kale.energyLoss(), plan).fit(Gebm.of(normal, linear), shifted, Rng.of(1));
        assertThat(run.model().logPartition()).isCloseTo(a * a / 2, within(0.008));
        // 100,000 draws: standard error √(0.284/100000) = 0.0017
        var estimate = run.model().estimateLogPartition(100_000, Rng.of(2));
        assertThat(estimate.standardError()).isCloseTo(0.0017, within(2e-4));
        assertThat(estimate.value()).isCloseTo(a * a / 2, within(3.3 * 0.0017));
    }

    @Test
    void trainsInFloat64AndByDonskerVaradhan() {
        TrainingRun<Gebm> run = Trainer.alternating(DonskerVaradhan.energyLoss(), Kale.baseLoss(), plan(3))
                .fit(model(DataType.FLOAT64), Toy.eightGaussians(), Rng.of(3));
        assertThat(run.history().columns()).contains("donskerVaradhan");
        assertThat(run.model().logPartition()).isZero();
        assertThat(run.model().energy().parameters().get(0).getDataType()).isEqualTo(DataType.FLOAT64);
    }

    @Test
    void cardNamesKeyDataAndVersions() {
        RunCard card = trainer(plan(1))
                .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3))
                .card();
        assertThat(card.key()).isEqualTo(Rng.of(3).key());
        assertThat(card.dataSha256()).hasSize(64);
        assertThat(card.versions()).containsKeys("java", "engine");
        assertThat(card.versions().get("gebm")).matches("\\d+\\.\\d+\\.\\d+.*");
        assertThat(card.terms()).contains("kale", "baseLoss").doesNotContain("energyTotal");
        assertThat(card.plan())
                .contains("batches of", "energy steps ", "logPartition by Optimizer.After(optimizer Sgd(0.02)")
                .doesNotContain("averag", "evaluated", "best");
        TrainingPlan full =
                plan(1).withRateDecay(RateDecay.of("x")).withEarlyStop("x", 7).withBaseAverage(0.75);
        assertThat(full.toString()).contains("c by Optimizer.After(optimizer Sgd(0.02)", "averaging the base by 0.75");
        assertThat(trainer(full)
                        .withEvaluation(3, (model, rng) -> Map.of("x", 1.0))
                        .toString())
                .contains(
                        "evaluated every 3",
                        "rates by RateDecay[column=x, lag=10, failures=3, factor=0.8]",
                        "keeping the best by x",
                        "until 7 evaluations are no better",
                        "averaging it by 0.75");
    }

    @Test
    void refusesABaseLossWithoutABaseToTrain() {
        Gebm fixed = Gebm.of(Identity.of(2), model(DataType.FLOAT32).energy());
        assertThatThrownBy(() -> trainer(plan(1)).fit(fixed, Toy.eightGaussians(), Rng.of(3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the base must be trainable where there is a base loss, got Identity")
                .hasMessageContaining("Trainer.energyOnly");
    }

    /** The latents themselves. */
    record Identity(DensityBase prior) implements LatentBase {
        static Identity of(int dimension) {
            return new Identity(DensityBase.standardNormal(dimension));
        }

        @Override
        public Shape sampleShape() {
            return prior.sampleShape();
        }

        @Override
        public NDArray generate(NDArray z) {
            return z;
        }

        @Override
        public LatentBase copy() {
            return this;
        }
    }

    @Nested
    class Selection {
        private Trainer<Gebm> scored(TrainingPlan plan, double... scores) {
            AtomicInteger number = new AtomicInteger();
            return trainer(plan).withEvaluation(1, (model, rng) -> Map.of("score", scores[number.getAndIncrement()]));
        }

        @Test
        void keepsTheModelOfTheBestEvaluation() {
            TrainingRun<Gebm> run = scored(plan(6).withBest("score"), 5, 3, Double.NaN, 1, 4, 2)
                    .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            TrainingRun<Gebm> untilBest =
                    trainer(plan(4)).fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            assertSame(run.best(), untilBest.model());
            assertThat(run.stop()).isEqualTo(new StopReason.Completed(6));
        }

        @Test
        void stopsEarlyWhenNothingBecomesBetter() {
            TrainingRun<Gebm> run = scored(plan(100).withEarlyStop("score", 3), 5, 3, 4, 4, 3, 9, 9, 9, 9)
                    .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            assertThat(run.stop()).isEqualTo(new StopReason.EarlyStopped(5));
            assertThat(run.history().size()).isEqualTo(5);
            TrainingRun<Gebm> untilBest =
                    trainer(plan(2)).fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            assertSame(run.best(), untilBest.model());
        }

        /** Evaluations 2 and 3 fail against the one before, so from the fourth iteration on rates are half. */
        @Test
        void lowersRatesAsAScheduleWould() {
            RateDecay decay = new RateDecay("score", 1, 2, 0.5);
            TrainingRun<Gebm> run = scored(plan(6).withRateDecay(decay), 5, 6, 6, 1, 0, 0)
                    .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            Optimizer scheduled = Adam.of(i -> i < 3 ? 1e-3 : 5e-4).withBetas(0.5, 0.999);
            Optimizer ofEnergy = Adam.of(i -> i < 11 ? 1e-3 : 5e-4).withBetas(0.5, 0.999); // 5 + 3 + 3 steps
            TrainingRun<Gebm> expected = trainer(plan(6).withOptimizers(ofEnergy, scheduled))
                    .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            assertSame(run.model(), expected.model());
        }

        /** a ← 0.9a + 0.1w after each base step, from runs of 0, 1, …, 4 iterations. */
        @Test
        void averagesTheBase() {
            TrainingPlan plan = plan(4).withBaseAverage(0.9);
            TrainingRun<Gebm> run = trainer(plan).fit(model(DataType.FLOAT64), Toy.eightGaussians(), Rng.of(3));
            double[] expected = base(model(DataType.FLOAT64));
            for (int i = 1; i <= 4; i++) {
                double[] now = base(trainer(plan(i))
                        .fit(model(DataType.FLOAT64), Toy.eightGaussians(), Rng.of(3))
                        .model());
                for (int k = 0; k < now.length; k++) {
                    expected[k] = 0.9 * expected[k] + 0.1 * now[k];
                }
            }
            assertThat(base(run.averaged())).usingComparatorWithPrecision(1e-13).containsExactly(expected);
            assertThat(base(run.model())).isNotEqualTo(base(run.averaged()));
            assertThat(run.averaged().logPartition()).isEqualTo(run.model().logPartition());
        }

        private double[] base(Gebm model) {
            return model.base().parameters().get(0).toDoubleArray();
        }

        /** Stopped after 3 of 6 iterations, saved, read and resumed: the same model, best, average and rates. */
        @Test
        void resumesWithBestAverageAndRates() {
            double[] scores = {5, 3, 4, 4, 6, 7};
            RateDecay decay = new RateDecay("score", 1, 2, 0.5);
            TrainingPlan plan = plan(6).withBest("score").withBaseAverage(0.5).withRateDecay(decay);
            TrainingRun<Gebm> whole =
                    scored(plan, scores).fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            Path file = folder.resolve("half.safetensors");
            TrainingRun<Gebm> half = scored(plan.withIterations(3), scores)
                    .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            half.checkpoint().save(file);
            Checkpoint<Gebm> read = Checkpoint.load(file, model(DataType.FLOAT32));
            TrainingRun<Gebm> resumed = scored(plan, 4, 6, 7).resume(read, Toy.eightGaussians());
            assertSame(resumed.model(), whole.model());
            assertSame(resumed.best(), whole.best());
            assertSame(resumed.averaged(), whole.averaged());
        }

        @Test
        void saysWhatIsMissing() {
            TrainingRun<Gebm> run = trainer(plan(1)).fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3));
            assertThatThrownBy(run::best)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "the run kept no best model: ask the plan for it by withBest or withEarlyStop, and an evaluation");
            assertThatThrownBy(run::averaged).hasMessageContaining("withBaseAverage");
            assertThatThrownBy(() -> scored(plan(2).withBest("frechet"), 1, 1)
                            .fit(model(DataType.FLOAT32), Toy.eightGaussians(), Rng.of(3)))
                    .hasMessage("column must be one that the evaluation gives, [score], got frechet");
            assertThatThrownBy(() -> new RateDecay("score", 1, 2, 1.5))
                    .hasMessage("factor must be between 0 and 1, got 1.5");
        }
    }
}
