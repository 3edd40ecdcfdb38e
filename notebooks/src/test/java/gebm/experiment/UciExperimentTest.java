package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.DivergedException;
import gebm.core.Rng;
import gebm.data.Split;
import gebm.data.Tables;
import gebm.data.Uci;
import gebm.experiment.UciExperiment.Method;
import gebm.experiment.UciExperiment.Point;
import gebm.experiment.UciExperiment.Run;
import gebm.experiment.UciExperiment.Settings;
import gebm.metric.NegativeLogLikelihood;
import gebm.model.Targets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class UciExperimentTest {
    /** 8 minibatches of 20 in an epoch of the 160 training rows. */
    private static final Settings TINY = new Settings("tiny", 2e-3, true, 20, 30, 3, 2, 2, 0.1, 2, 1e-2, 4, 0);

    @TempDir
    Path folder;

    private NDManager m;
    private Split split;

    @BeforeEach
    void draw() {
        m = NDManager.newBaseManager();
        var rows = Targets.banana(3, 2, 0.1).sample(m, 200, DataType.FLOAT32, Rng.of(1));
        var names = IntStream.range(0, 3).mapToObj(j -> "x" + j).toList();
        split = Split.of(m, Tables.of(names, rows), Rng.of(2));
    }

    @AfterEach
    void close() {
        m.close();
    }

    private UciExperiment experiment(String work) {
        return UciExperiment.of(folder.resolve("results"), folder.resolve(work));
    }

    private Run run(String work, Method method) {
        var trained = experiment(work).train(Uci.RED_WINE, split, method, TINY, 7);
        try (var model = trained.model()) {
            assertThat(NegativeLogLikelihood.exact(UciExperiment.density(model), split.test())
                            .value())
                    .isEqualTo(trained.run().test());
        }
        return trained.run();
    }

    @ParameterizedTest
    @EnumSource(Method.class)
    void runsEveryMethodTheSameTwice(Method method) {
        Run first = run("a", method);
        assertThat(first.rows()).containsExactly(160, 20, 20);
        assertThat(first.end()).isEqualTo("completed");
        Point last = first.curve().get(first.curve().size() - 1);
        assertThat(last.epoch()).isEqualTo(2);
        assertThat(first.likelihood().value()).isEqualTo(first.test());
        double best =
                first.curve().stream().mapToDouble(Point::validation).min().orElseThrow();
        assertThat(first.validation()).isEqualTo(best);
        assertThat(first.testAt(first.bestEpoch())).isCloseTo(first.test(), within(1e-12));
        assertThat(Double.isNaN(last.trueLogPartition())).isEqualTo(method == Method.ML);
        assertThat(Double.isNaN(last.logPartition())).isEqualTo(method != Method.KALE_F && method != Method.SNL);
        assertThat(Double.isNaN(last.batchLogPartition())).isEqualTo(method == Method.ML || method == Method.CD);
        assertThat(last.validation()).isNotEqualTo(first.curve().get(0).validation());
        Run again = run("b", method);
        assertThat(again.logDensities()).containsExactly(first.logDensities());
        Run resumed = run("a", method); // from the checkpoint of the end
        assertThat(resumed.curve()).isEqualTo(first.curve());
        Run read = UciExperiment.all(folder.resolve("results")).get(0);
        assertThat(read.curve()).isEqualTo(first.curve());
        assertThat(read.logDensities()).containsExactly(first.logDensities());
        assertThat(read.versions()).containsKeys("java", "engine");
    }

    /** SNL is KALE-F but for its value: the same gradients, up to rounding. */
    @Test
    void selfNormalizedLikelihoodIsKaleOnTheSameBase() {
        assertThat(run("a", Method.SNL).test())
                .isCloseTo(run("a", Method.KALE_F).test(), within(1e-3));
    }

    /** At a rate of 0.03 contrastive divergence is soon lost; the best before that is kept, and the file says so. */
    @Test
    void keepsTheBestBeforeADivergence() {
        Settings wild = new Settings("wild", 0.03, true, 20, 30, 3, 1, 60, 0.1, 2, 1e-2, 1, 0);
        Run run = experiment("a").train(Uci.RED_WINE, split, Method.CD, wild, 7).run();
        assertThat(run.end()).startsWith("training diverged in iteration ").endsWith("energyGradientNorm is Infinity");
        assertThat(run.test()).isFinite();
        assertThat(experiment("a").run(Uci.RED_WINE, Method.CD, wild, 7).end()).isEqualTo(run.end());
        Settings worse = new Settings("worse", 5, true, 20, 30, 3, 1, 60, 0.1, 2, 1e-2, 1, 0);
        assertThatThrownBy(() -> experiment("a").train(Uci.RED_WINE, split, Method.KALE_F, worse, 7))
                .isInstanceOf(DivergedException.class); // before anything was evaluated
    }

    @Test
    void refusesAFileOfOtherSettings() {
        run("a", Method.ML);
        assertThatThrownBy(() -> experiment("a").run(Uci.RED_WINE, Method.ML, TINY.withEpochs(3), 7))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("redwine-ml-tiny-7.json must be those asked for")
                .hasMessageContaining("or else the file deleted, got Settings[name=tiny");
        Run known = experiment("a").run(Uci.RED_WINE, Method.ML, TINY, 7);
        assertThat(known.seed()).isEqualTo(7);
    }

    @Test
    void settingsCheckTheirNumbers() {
        assertThatThrownBy(() -> TINY.withEpochs(0)).hasMessage("epochs must be finite and > 0, got 0.0");
        assertThatThrownBy(() -> Settings.budget(Uci.HEPMASS, Method.ML))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no settings for HepMass");
    }

    private static Run made(Method method, long seed, double... logDensities) {
        double test = -Arrays.stream(logDensities).average().orElseThrow();
        Settings budget = Settings.budget(Uci.RED_WINE, method);
        List<Point> curve = List.of(new Point(1, 12, 13, -5, -5.25, -4.5), new Point(3, 11, 12, -5, -4.9, -5.2));
        return new Run(
                Uci.RED_WINE,
                method,
                seed,
                budget,
                "",
                new int[] {1, 1, 3},
                curve,
                3,
                11,
                test,
                logDensities,
                1,
                Run.COMPLETED,
                Map.of());
    }

    @Test
    void curvesAreReadBetweenTheirPoints() {
        Run run = made(Method.KALE_F, 1, -1, -2, -3);
        assertThat(run.testAt(1)).isEqualTo(13);
        assertThat(run.testAt(1.5)).isEqualTo(12.75);
        assertThat(run.testAt(3)).isEqualTo(12);
        assertThatThrownBy(() -> run.testAt(4)).isInstanceOf(IllegalArgumentException.class);
        assertThat(run.logPartitionErrors(0, false))
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(0.25, 0.1);
        assertThat(run.logPartitionErrors(2, true))
                .usingComparatorWithPrecision(1e-12)
                .containsExactly(0.2);
    }

    /** Differences are taken on the seeds that both have, and paired row by row. */
    @Test
    void tablePairsRowsAndSeeds() {
        String table = UciTable.markdown(List.of(
                made(Method.ML, 1, -12, -13, -14),
                made(Method.KALE_F, 1, -11.5, -12.5, -13.2),
                made(Method.KALE_F, 2, -10, -10, -10)));
        assertThat(table)
                .contains("| RedWine | ML | 13.00 | 1 | 11.81 |  |")
                .contains("| RedWine | KALE-F | 11.20 (10.00 to 12.40) | 2 | 12.10 | -0.60 ± 0.10 |");
    }

    @Test
    void loggedValuesAreThoseOfTheTable() {
        assertThat(UciTable.logged(Uci.RED_WINE, Method.KALE_F)).isEqualTo(12.099);
        assertThat(UciTable.logged(Uci.RED_WINE, Method.SNL)).isNaN();
        assertThat(UciTable.logged(Uci.HEPMASS, Method.ML)).isNaN();
    }
}
