package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.DataSource;
import gebm.model.Gebm;
import gebm.objective.Kale;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingPlanTest {
    private static final TrainingPlan PLAN = TrainingPlan.of(10);
    private static final Trainer<Gebm> TRAINER = Trainer.energyOnly(Kale.energyLoss(), PLAN);

    record Broken(String message, ThrowingCallable call) {
        @Override
        public String toString() {
            return message;
        }
    }

    static List<Broken> broken() {
        return List.of(
                new Broken("iterations must be > 0, got 0", () -> TrainingPlan.of(0)),
                new Broken("iterations must be > 0, got -2", () -> PLAN.withIterations(-2)),
                new Broken("batchSize must be > 0, got 0", () -> PLAN.withBatchSize(0)),
                new Broken("batchSize must be > 0, got -1", () -> PLAN.withBatchSize(-1, 3)),
                new Broken("generatedSize must be > 0, got 0", () -> PLAN.withBatchSize(3, 0)),
                new Broken("samples must be >= 2, got 1", () -> PLAN.withInitialLogPartition(1)),
                new Broken("every must be > 0, got 0", () -> PLAN.withCheckpoint(0, Path.of("c"))),
                new Broken("every must be > 0, got -5", () -> TRAINER.withEvaluation(-5, (model, rng) -> null)),
                new Broken("opening must be > 0, got 0", () -> TrainingPlan.referenceSteps(0, 5)),
                new Broken("usual must be > 0, got -1", () -> TrainingPlan.referenceSteps(100, -1)),
                new Broken("energySteps.at(4) must be >= 0, got -3", () -> PLAN.withEnergySteps(i -> i - 7)
                        .energySteps(4)));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void rejects(Broken b) {
        assertThatThrownBy(b.call())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(b.message());
    }

    static List<Broken> missing() {
        return List.of(
                new Broken("energySteps", () -> PLAN.withEnergySteps(null)),
                new Broken("energy", () -> PLAN.withOptimizers(null)),
                new Broken("base", () -> PLAN.withOptimizers(Adam.of(0.1), null)),
                new Broken("optimizer", () -> PLAN.withLogPartitionOptimizer(null)),
                new Broken("evaluation", () -> TRAINER.withEvaluation(1, null)),
                new Broken("file", () -> PLAN.withCheckpoint(1, null)),
                new Broken("progress", () -> PLAN.withProgress(null)),
                new Broken("stop", () -> PLAN.withStop(null)),
                new Broken("plan", () -> Trainer.alternating(Kale.energyLoss(), Kale.baseLoss(), null)),
                new Broken("energyLoss", () -> Trainer.energyOnly(null, PLAN)),
                new Broken("baseLoss", () -> Trainer.baseOnly(null, PLAN)));
    }

    @ParameterizedTest
    @MethodSource("missing")
    void namesWhatIsMissing(Broken b) {
        assertThatThrownBy(b.call()).isInstanceOf(NullPointerException.class).hasMessage(b.message());
    }

    /** 100 for i < 2 and multiples of 500, else 5: gebm.md §4. */
    @Test
    void referenceStepsOpenAndReturn() {
        Schedule steps = TrainingPlan.referenceSteps(100, 5);
        for (long i : new long[] {0, 1, 500, 1_000, 149_500}) {
            assertThat(steps.at(i)).as("iteration %d", i).isEqualTo(100);
        }
        for (long i : new long[] {2, 3, 499, 501, 999}) {
            assertThat(steps.at(i)).as("iteration %d", i).isEqualTo(5);
        }
        assertThat(PLAN.energySteps(0)).isEqualTo(100);
        assertThat(PLAN.energySteps(7)).isEqualTo(5);
    }

    @Test
    void withChangesACopy() {
        TrainingPlan other = PLAN.withIterations(3).withBatchSize(4, 5).withEnergySteps(i -> 1.6);
        assertThat(other.iterations()).isEqualTo(3);
        assertThat(other.batchSize()).isEqualTo(4);
        assertThat(other.generatedSize()).isEqualTo(5);
        assertThat(other.energySteps(0)).isEqualTo(2);
        assertThat(PLAN.iterations()).isEqualTo(10);
        assertThat(PLAN.batchSize()).isEqualTo(128);
        assertThat(PLAN.generatedSize()).isEqualTo(128);
    }

    /** What a trainer says about data that do not fit the plan. */
    @Nested
    class Data {
        private final Trainer<Gebm> trainer = Trainer.alternating(
                Kale.energyLoss(), Kale.baseLoss(), TrainingPlan.of(2).withBatchSize(64));

        @Test
        void aBatchLargerThanTheDataIsRefused() {
            try (NDManager m = NDManager.newBaseManager()) {
                DataSource few = DataSource.of(m.ones(new Shape(10, 2)));
                assertThatThrownBy(() -> trainer.fit(TrainerTest.model(DataType.FLOAT32), few, Rng.of(1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("batch size must be at most the number of rows, 10, got 64");
            }
        }

        @Test
        void valuesThatAreNotFiniteAreRefused() {
            try (NDManager m = NDManager.newBaseManager()) {
                NDArray rows = m.ones(new Shape(100, 2));
                rows.set(new ai.djl.ndarray.index.NDIndex("41, 1"), Float.NaN);
                assertThatThrownBy(() -> DataSource.of(rows))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("rows must be finite, got NaN at row 41, column 1");
            }
        }

        @Test
        void aNegativeRateIsRefusedWithItsUpdate() {
            try (NDManager m = NDManager.newBaseManager()) {
                DataSource rows = DataSource.of(m.ones(new Shape(100, 2)));
                Trainer<Gebm> wrong = Trainer.baseOnly(
                        Kale.baseLoss(),
                        TrainingPlan.of(2)
                                .withBatchSize(8)
                                .withOptimizers(Sgd.of(0.1), new Sgd(i -> i == 1 ? -1 : 0.1)));
                assertThatThrownBy(() -> wrong.fit(TrainerTest.model(DataType.FLOAT32), rows, Rng.of(1)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("rate.at(1) must be finite and >= 0, got -1.0");
            }
        }
    }
}
