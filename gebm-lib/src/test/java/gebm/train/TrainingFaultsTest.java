package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.DivergedException;
import gebm.core.Parts;
import gebm.core.Recipe;
import gebm.core.Rng;
import gebm.data.DataSource;
import gebm.model.Energy;
import gebm.nn.Mlp;
import gebm.objective.Batch;
import gebm.objective.Loss;
import gebm.objective.Negatives;
import gebm.objective.Objective;
import gebm.trace.InPlace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Faults that training by phases once had: runs that mixed, names that collided, numbers that went lost in silence. */
class TrainingFaultsTest {
    private static final NDManager SCOPE = NDManager.newBaseManager();
    private static final NDArray ROWS = Rng.of(1).normal(SCOPE, new Shape(60, 2));
    private static final TrainingPlan PLAN = TrainingPlan.of(12).withBatchSize(20);

    @TempDir
    Path folder;

    record Square() implements Objective<Energy> {
        @Override
        public Loss evaluate(Energy energy, Batch batch, Rng rng) {
            return Loss.of("square", energy.at(batch.data()).square().mean());
        }
    }

    private static final Phase<Energy> PHASE = Phase.of("e", new Square(), Adam.of(1e-2));

    private static Energy energy(int seed) {
        return Energy.neural(Mlp.of(2, 8, 1), new Shape(2), Rng.of(seed));
    }

    private static float value(Energy energy) {
        return energy.at(ROWS).sum().getFloat();
    }

    private static DataSource rows() {
        return DataSource.of(ROWS);
    }

    /** Batch 6 is not finite, so often. */
    private static DataSource failing(int times) {
        AtomicInteger left = new AtomicInteger(times);
        return (scope, size, index, rng) -> {
            NDArray batch = Rng.of(1).fork(index).fork(rng.key()).normal(scope, new Shape(size, 2));
            return index == 6 && size == 20 && left.getAndDecrement() > 0 ? batch.mul(Float.NaN) : batch;
        };
    }

    // ---------------------------------------------------------------- restarts

    @Test
    void aRestartNeverGoesOnFromTheFileOfAnotherRun() {
        Path file = folder.resolve("file.safetensors");
        Phase<Energy> other = Phase.of("other", new Square(), Sgd.of(0.5));
        Trainer.of(PLAN.withIterations(3).withCheckpoint(1, file), other).fit(energy(9), rows(), Rng.of(77));
        Path first = folder.resolve("first.safetensors");
        var run = Trainer.of(PLAN.withIterations(5).withRestarts(2).withCheckpoint(100, first), PHASE)
                .fit(energy(1), failing(0), Rng.of(3));
        var resumed = Trainer.of(PLAN.withRestarts(2).withCheckpoint(100, file), PHASE)
                .resume(run.checkpoint(), failing(1));
        assertThat(resumed.history().columns()).doesNotContain("otherTotal");
        assertThat(resumed.card().dataSha256()).isEqualTo(run.card().dataSha256());
    }

    @Test
    void aResumedRunBeginsAgainBeforeItsFirstFile() {
        var run = Trainer.of(PLAN.withIterations(5).withRestarts(2).withCheckpoint(100, folder.resolve("a")), PHASE)
                .fit(energy(1), failing(0), Rng.of(3));
        Trainer<Energy> trainer = Trainer.of(PLAN.withRestarts(2).withCheckpoint(100, folder.resolve("b")), PHASE);
        assertThatCode(() -> trainer.resume(run.checkpoint(), failing(1))).doesNotThrowAnyException();
    }

    @Test
    void theCardOfARunThatMayBeginAgainMakesItsTrainer() {
        var run = Trainer.of(PLAN.withRestarts(2).withCheckpoint(4, folder.resolve("a")), PHASE)
                .fit(energy(1), rows(), Rng.of(3));
        assertThatCode(() -> Trainer.of(RunCard.of(run.card().json()))).doesNotThrowAnyException();
    }

    @Test
    void whatDivergedLeavesRunningStatisticsFinite() {
        var block = new SequentialBlock()
                .add(Linear.builder().setUnits(8).build())
                .add(BatchNorm.builder().build())
                .add(Activation::relu)
                .add(Linear.builder().setUnits(1).build());
        Energy energy = Energy.neural(block, new Shape(2), Rng.of(1));
        try {
            Trainer.of(PLAN, PHASE).fit(energy, failing(1), Rng.of(3));
        } catch (DivergedException e) {
            Energy partial = (Energy) e.partial(TrainingRun.class).model();
            assertThat(value(partial)).isFinite();
        }
    }

    // ---------------------------------------------------------------- evaluations

    @Test
    void anEvaluationLeavesNoArrays() {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray validation = Rng.of(4).normal(scope, new Shape(50, 2));
            int before = scope.getManagedArrays().size();
            Trainer.of(PLAN, PHASE)
                    .withEvaluation(1, Evaluation.ofData(new Square(), validation))
                    .fit(energy(1), rows(), Rng.of(3));
            assertThat(scope.getManagedArrays()).hasSize(before);
        }
    }

    @Test
    void anEarlyStopWithoutEvaluationIsRefused() {
        Trainer<Energy> trainer = Trainer.of(PLAN.withEarlyStop("nonsense", 1), PHASE);
        assertThatThrownBy(() -> trainer.fit(energy(1), rows(), Rng.of(3)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    // ---------------------------------------------------------------- phases, groups and parts

    /** Names of states in a checkpoint are made of phase and part, so neither may hold what stands between them. */
    @Test
    void namesThatWouldCollideAreRefused() {
        for (String name : List.of("a.b", "average", "negatives", "two words", "")) {
            assertThatThrownBy(() -> Phase.of(name, new Square(), Adam.of(0.1)))
                    .hasMessageStartingWith("the name of a phase must be a word without dots");
        }
        assertThatThrownBy(() -> Parts.of("a.b", energy(1)))
                .hasMessage("the name of a part must be without dots, got a.b");
    }

    @Test
    void averagesOfOnePartInTwoPhasesAreRefused() {
        Phase<Energy> still = Phase.of("still", new Square(), Sgd.of(1e-12)).withAverage(0.001);
        Phase<Energy> slow = Phase.of("slow", new Square(), Sgd.of(0.1)).withAverage(0.999);
        assertThatThrownBy(() -> Trainer.of(PLAN, still, slow))
                .hasMessageStartingWith("parts whose average is kept must be apart from each other");
    }

    @Test
    void groupsThatShareParametersAreRefused() {
        Objective<Parts> loss = new Square().onPart("a");
        assertThatThrownBy(() -> Phase.of("p", loss, Group.of("", Sgd.of(0.1)), Group.of("a", Sgd.of(1e-9))))
                .hasMessage("the parts of phase p must be apart from each other, got [, a]");
    }

    @Test
    void oneNetworkInTwoPartsIsRefused() {
        Energy both = energy(1);
        assertThatThrownBy(() -> Parts.of("a", both, "b", both))
                .hasMessage("a trained part must be there under one name, got [a, b]: take its copy()");
    }

    @Test
    void termsOfOneNameInTwoPhasesAreBothInTheHistory() {
        Parts model = Parts.of("a", energy(1), "b", energy(2));
        var history = Trainer.of(
                        PLAN,
                        Phase.of("pa", new Square().<Parts>onPart("a"), Group.of("a", Sgd.of(0.1))),
                        Phase.of("pb", new Square().<Parts>onPart("b"), Group.of("b", Sgd.of(0.1))))
                .fit(model, rows(), Rng.of(3))
                .history();
        assertThat(history.columns()).as("two totals, two norms, two terms").hasSize(6);
    }

    record Counting(boolean passGradients) implements Negatives<Energy> {
        @Override
        public NDList init(NDManager scope, Energy model, Rng rng) {
            return new NDList(scope.zeros(new Shape(1)));
        }

        @Override
        public Drawn draw(NDManager scope, Energy model, NDArray data, NDList state, Rng rng) {
            NDArray count = scope.from(state.head());
            return new Drawn(data.mul(0).add(count), () -> InPlace.assign(state.head(), count.add(1)));
        }
    }

    @Test
    void negativesThatPassGradientsKeepNothing() {
        Objective<Energy> loss = (energy, batch, rng) -> new Loss(
                energy.at(batch.data()).square().mean(),
                Map.of("count", batch.generated().mean()));
        Phase<Energy> phase = Phase.of("e", loss, Adam.of(1e-2));
        assertThatThrownBy(() -> Trainer.of(PLAN, phase.withNegatives(new Counting(true)))
                        .fit(energy(1), rows(), Rng.of(3)))
                .hasMessageStartingWith("negatives that pass gradients must be ones that keep nothing");
        var run = Trainer.of(PLAN, phase.withNegatives(new Counting(false))).fit(energy(1), rows(), Rng.of(3));
        assertThat(run.history().column("count")[11]).isEqualTo(11);
    }

    @Test
    void aTermOnCapturedPointsIsRefused() {
        NDArray points = Rng.of(5).normal(SCOPE, new Shape(30, 2));
        Objective<Energy> anchor = (energy, batch, rng) ->
                Loss.of("anchor", energy.at(points).sub(3).square().mean());
        Trainer<Energy> trainer = Trainer.of(PLAN, Phase.of("e", anchor, Adam.of(1e-2)));
        assertThatThrownBy(() -> trainer.fit(energy(1), rows(), Rng.of(3)))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("a function of trained parameters at an ordinary array")
                .hasMessageContaining("scope.from(array)");
    }

    // ---------------------------------------------------------------- recipes and cards

    record Boxed(float weight, Integer count, Boolean flag) {}

    @Test
    void recordsOfFloatsAndBoxedNumbersAreRebuilt() {
        Boxed boxed = new Boxed(0.5f, 3, true);
        assertThat(Recipe.make(Recipe.of(boxed), Boxed.class)).isEqualTo(boxed);
    }

    record Coded(List<Double> code) {}

    @Test
    void aComponentMayBeCalledCode() {
        assertThat(Recipe.text(new Coded(List.of(0.3, 0.4)))).contains("Coded").contains("0.3");
    }

    @Test
    void aCardWithABatchOfMinusThreeIsRefused() {
        String json =
                Trainer.of(PLAN, PHASE).fit(energy(1), rows(), Rng.of(3)).card().json();
        String edited = json.replace("\"batchSize\": 20", "\"batchSize\": -3");
        assertThat(edited).isNotEqualTo(json);
        assertThatThrownBy(() -> Trainer.of(RunCard.of(edited))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsNoWholeCardIsRefused() {
        String json =
                Trainer.of(PLAN, PHASE).fit(energy(1), rows(), Rng.of(3)).card().json();
        assertThatThrownBy(() -> RunCard.of(json.substring(0, 300))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> RunCard.of(json.replaceFirst("\"key\": [-0-9]+,", "")))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
