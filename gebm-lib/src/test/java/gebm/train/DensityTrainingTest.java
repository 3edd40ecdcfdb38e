package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.DataSource;
import gebm.model.AffineBase;
import gebm.model.DensityEnergy;
import gebm.model.Gebm;
import gebm.objective.Kale;
import gebm.objective.MaximumLikelihood;
import gebm.objective.Objective;
import gebm.objective.SelfNormalizedLikelihood;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The trainer on models whose base has a density: Gaussians, whose fixed points are known. */
class DensityTrainingTest {
    private final NDManager m = NDManager.newBaseManager();
    private final double[] rows = {0.2, 1.9, 0.6, 1.4, 0.9, 1.1, -0.1, 2};
    private final DataSource data = DataSource.of(m.create(rows, new Shape(rows.length, 1)));

    @AfterEach
    void close() {
        m.close();
    }

    private static AffineBase standard() {
        return new AffineBase(new double[] {0}, new double[] {0});
    }

    private static double parameter(List<NDArray> parameters, int i) {
        return parameters.get(i).toDoubleArray()[0];
    }

    /** All rows in a batch: gradient descent ends at their mean, 1, and log-scale ½log(mean square deviation). */
    @Test
    void maximumLikelihoodEndsAtTheMoments() {
        TrainingPlan plan = TrainingPlan.of(300).withBatchSize(rows.length, 1).withOptimizers(Sgd.of(0.1));
        Gebm initial = Gebm.of(standard(), x -> x.zerosLike().sum(new int[] {1}));
        TrainingRun<Gebm> run =
                Trainer.baseOnly(MaximumLikelihood.baseLoss(), plan).fit(initial, data, Rng.of(1));
        double square = 0;
        for (double row : rows) {
            square += (row - 1) * (row - 1) / rows.length;
        }
        assertThat(parameter(run.model().base().parameters(), 0)).isCloseTo(1, within(1e-6));
        assertThat(parameter(run.model().base().parameters(), 1)).isCloseTo(0.5 * Math.log(square), within(1e-6));
        assertThat(run.history().columns())
                .containsExactly("logPartition", "baseTotal", "baseGradientNorm", "negativeLogLikelihood");
    }

    static Stream<Arguments> losses() {
        return Stream.of(Arguments.of(Kale.energyLoss()), Arguments.of(SelfNormalizedLikelihood.energyLoss()));
    }

    /**
     * The energy {@code −log N(μ, e^{2s}) + |μ| + |s|} ends at the moments of the rows, and c at {@code −|μ| − |s|}, which
     * nobody told. At the optimum the weights of N(1, 0.75²) under the base N(1, 1) have a relative variance of 0.22 (and
     * scores alike); 4,000 base samples a step and rates that fall to 2e-3 of 0.1 leave noise far below 0.02.
     */
    @ParameterizedTest
    @MethodSource("losses")
    void energyAndConstantEndAtTheTruth(Objective<Gebm> loss) {
        Schedule falling = Schedule.milestones(0.1, 0.2, 100, 160);
        TrainingPlan plan = TrainingPlan.of(4)
                .withEnergySteps(i -> 50)
                .withBatchSize(rows.length, 4_000)
                .withOptimizers(Adam.of(falling), Sgd.of(0.1))
                .withLogPartitionOptimizer(Adam.of(falling).after(GradientMap.newton()))
                .withInitialLogPartition(4_000);
        AffineBase base = new AffineBase(new double[] {1}, new double[] {0});
        DensityEnergy energy = DensityEnergy.of(standard()).withOffset();
        TrainingRun<Gebm> run = Trainer.energyOnly(loss, plan).fit(Gebm.unnormalized(base, energy), data, Rng.of(2));
        DensityEnergy trained = (DensityEnergy) run.model().unnormalized();
        double square = 0;
        for (double row : rows) {
            square += (row - 1) * (row - 1) / rows.length;
        }
        double scale = 0.5 * Math.log(square);
        assertThat(parameter(trained.parameters(), 0)).isCloseTo(1, within(0.02));
        assertThat(parameter(trained.parameters(), 1)).isCloseTo(scale, within(0.02));
        assertThat(run.model().logPartition())
                .isCloseTo(trained.logNormaliser(), within(0.02))
                .isCloseTo(-1 + scale, within(0.04));
    }

    @Test
    void startsFromAnEstimateOfTheLogPartition() {
        TrainingPlan plan = TrainingPlan.of(1).withBatchSize(4); // a base step, which leaves c as it is
        Gebm initial = Gebm.unnormalized(
                standard(),
                DensityEnergy.of(new AffineBase(new double[] {1}, new double[] {0}))
                        .withOffset());
        TrainingRun<Gebm> plain = Trainer.baseOnly(Kale.baseLoss(), plan).fit(initial, data, Rng.of(3));
        assertThat(plain.model().logPartition()).isZero();
        TrainingRun<Gebm> run = Trainer.baseOnly(Kale.baseLoss(), plan.withInitialLogPartition(100))
                .fit(initial, data, Rng.of(3));
        double estimate = initial.estimateLogPartition(100, Rng.of(3).fork("logPartition"))
                .value();
        assertThat(run.model().logPartition()).isEqualTo(estimate).isNotZero();
        assertThat(initial.logPartition()).isZero();
    }

    /** Base steps move the base and the energy relative to it; the energy's own parameters stay. */
    @Test
    void baseStepsFollowTheData() {
        TrainingPlan plan = TrainingPlan.of(200).withBatchSize(rows.length, 500).withOptimizers(Sgd.of(0.1));
        Gebm initial = Gebm.unnormalized(standard(), DensityEnergy.of(standard()));
        TrainingRun<Gebm> run = Trainer.baseOnly(Kale.baseLoss(), plan).fit(initial, data, Rng.of(4));
        assertThat(parameter(run.model().energy().parameters(), 0)).isZero();
        NDArray x = m.create(new double[] {0.4}, new Shape(1, 1));
        double expected = run.model().unnormalized().at(x).toDoubleArray()[0]
                + ((AffineBase) run.model().base()).logDensity(x).toDoubleArray()[0];
        assertThat(run.model().energy().at(x).toType(DataType.FLOAT64, true).toDoubleArray()[0])
                .isCloseTo(expected, within(1e-12));
        assertThat(parameter(run.model().base().parameters(), 0)).isGreaterThan(0.3);
    }
}
