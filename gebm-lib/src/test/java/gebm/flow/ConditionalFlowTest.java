package gebm.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.data.DataSource;
import gebm.model.DensityBase;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.objective.MaximumLikelihood;
import gebm.train.Adam;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConditionalFlowTest {
    private static final DataType DOUBLE = DataType.FLOAT64;
    private static final Rng RNG = Rng.of(71);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray contexts(int n) {
        return RNG.fork("contexts").normal(m, new Shape(n, 2), DOUBLE);
    }

    /** Of one coupling of each kind, (x₀, x₁ | c₀, c₁), at parameters three times as large as drawn. */
    private Flow flow() {
        return flow(3);
    }

    private Flow flow(double scale) {
        var map = AffineCoupling.of(new boolean[] {true, false, true, true}, 6, DOUBLE, RNG.fork("a"))
                .then(Permutation.of(1, 0, 2, 3))
                .then(MaskedAutoregressive.of(
                        new int[] {1, 2, 0, 0}, 6, new RationalQuadraticSpline(4, 5), DOUBLE, RNG.fork("b")));
        map.parameters().forEach(p -> p.muli(scale));
        return Flow.conditional(DensityBase.standardNormal(2, DOUBLE), LatentBase.ofSamples(contexts(20)), map);
    }

    private static void assertClose(NDArray actual, NDArray expected, double tolerance) {
        assertThat(actual.toDoubleArray())
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(expected.toDoubleArray());
    }

    @Test
    void aRowsDensityIsThatGivenItsContext() {
        Flow flow = flow();
        NDArray x = RNG.fork("x").normal(m, new Shape(6, 2), DOUBLE);
        NDArray c = contexts(6);
        NDArray joint = flow.logDensity(x.concat(c, 1));
        assertClose(flow.given(c).logDensity(x), joint, 1e-12);
        for (int i = 0; i < 6; i++) {
            Flow one = flow.given(c.get(i + ":" + (i + 1)));
            assertThat(one.logDensity(x).getDouble(i)).isCloseTo(joint.getDouble(i), within(1e-12));
        }
        assertThat(flow.given(c.get("0:1")).logDensity(x).getDouble(1)).isNotCloseTo(joint.getDouble(1), within(1e-3));
    }

    /** On a grid of 300 × 300 points on [−12, 12]², at two contexts and parameters as drawn, so that the mass lies in it. */
    @Test
    void integratesToOneAtEachContext() {
        int n = 300;
        double width = 24.0 / n;
        double[] grid = new double[2 * n * n];
        for (int i = 0; i < n * n; i++) {
            grid[2 * i] = -12 + width * (i % n + 0.5);
            grid[2 * i + 1] = -12 + width * (i / n + 0.5);
        }
        for (double[] c : new double[][] {{0.2, -0.6}, {-1, 0.5}}) {
            Flow flow = flow(1).given(m.create(c, new Shape(1, 2)));
            double sum = Arrays.stream(
                            flow.logDensity(m.create(grid, new Shape(n * n, 2))).toDoubleArray())
                    .map(Math::exp)
                    .sum();
            assertThat(sum * width * width).isCloseTo(1, within(2e-3));
        }
    }

    @Test
    void samplesHaveTheirContexts() {
        Flow flow = flow();
        var rows = flow.sampleWithLogDensity(m, 8, RNG);
        assertThat(rows.values().getShape()).isEqualTo(new Shape(8, 4));
        assertClose(flow.logDensity(rows.values()), rows.logDensity(), 1e-9);
        double[][] known = new double[20][];
        for (int i = 0; i < 20; i++) {
            known[i] = contexts(20).get(i).toDoubleArray();
        }
        for (int i = 0; i < 8; i++) {
            assertThat(rows.values().get(i).get("2:").toDoubleArray()).isIn((Object[]) known);
        }
        NDArray c = contexts(8);
        var given = flow.given(c).sampleWithLogDensity(m, 8, RNG);
        assertClose(flow.logDensity(given.values().concat(c, 1)), given.logDensity(), 1e-9);
    }

    /**
     * {@code x | c ~ N(2 sin 3c, (0.2 + 0.3c²)²)}, c uniform on [−1, 1]: the mean log-density of 20,000 new rows is within
     * 0.05 of the truth, its standard error 0.005; a density that does not look at c has at most −log(2πe·var x)/2.
     */
    @Test
    void maximumLikelihoodFindsTheConditional() {
        NDArray rows = rows(4_000, RNG.fork("train rows"));
        var map = MaskedAutoregressive.of(new int[] {1, 0}, 32, new BoundedAffine(), DataType.FLOAT32, RNG.fork("map"));
        Flow flow = Flow.conditional(DensityBase.standardNormal(1), LatentBase.ofSamples(rows.get(":, 1:")), map);
        var plan = TrainingPlan.of(400).withBatchSize(256, 1).withOptimizers(Adam.of(1e-2));
        var model = Trainer.baseOnly(MaximumLikelihood.baseLoss(), plan)
                .fit(Gebm.of(flow, x -> x.zerosLike().sum(new int[] {1})), DataSource.of(rows), RNG.fork("train"))
                .model();
        Flow trained = (Flow) model.base();
        NDArray test = rows(20_000, RNG.fork("test rows"));
        float[] numbers = test.toFloatArray();
        double known = 0;
        double square = 0;
        for (int i = 0; i < 20_000; i++) {
            double c = numbers[2 * i + 1];
            double sigma = 0.2 + 0.3 * c * c;
            double z = (numbers[2 * i] - 2 * Math.sin(3 * c)) / sigma;
            known += (-0.5 * z * z - Math.log(sigma) - 0.5 * Math.log(2 * Math.PI)) / 20_000;
            square += numbers[2 * i] * numbers[2 * i] / 20_000;
        }
        double learned = trained.logDensity(test).mean().getFloat();
        double marginal = -0.5 * Math.log(2 * Math.PI * Math.E * square);
        assertThat(learned).isBetween(known - 0.05, known + 0.01).isGreaterThan(marginal + 1);
        Flow at = trained.given(m.create(new float[] {0.5f}, new Shape(1, 1)));
        NDArray samples = at.sample(m, 20_000, RNG.fork("samples"));
        assertThat(samples.mean().getFloat()).isCloseTo((float) (2 * Math.sin(1.5)), within(0.1f));
    }

    private NDArray rows(int n, Rng rng) {
        NDArray c = rng.fork("c").uniform(m, new Shape(n, 1)).mul(2).sub(1);
        NDArray sigma = c.square().mul(0.3).add(0.2);
        NDArray x = c.mul(3).sin().mul(2).add(sigma.mul(rng.fork("x").normal(m, new Shape(n, 1))));
        return x.concat(c, 1);
    }

    @Test
    void refusesWhatDoesNotFit() {
        Flow flow = flow();
        assertThatThrownBy(() -> flow.given(m.zeros(new Shape(4, 3), DOUBLE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("context must be of shape (n, 2), got (4, 3)");
        NDArray four = contexts(4);
        assertThatThrownBy(() -> flow.given(four).logDensity(m.zeros(new Shape(5, 2), DOUBLE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("points must be as many as the contexts, 4, or the context one row, got 5");
        assertThatThrownBy(() -> Flow.realNvp(2, RNG).given(contexts(2)))
                .hasMessage("the flow must be conditional (see Flow.conditional), got one without context");
        DensityBase normal = DensityBase.standardNormal(2, DOUBLE);
        LatentBase contexts = LatentBase.ofSamples(contexts(3));
        assertThatThrownBy(() -> Flow.conditional(normal, contexts, Permutation.reversal(4)))
                .hasMessage("the last 2 columns, the context, must be left as they are by the bijection, got others");
        assertThatThrownBy(() -> Flow.conditional(normal, contexts, Permutation.reversal(3)))
                .hasMessage("samples of the prior must be of shape (3), got (4)");
        assertThatThrownBy(() -> Flow.conditional(DensityBase.standardNormal(2), contexts, Permutation.of(1, 0, 2, 3)))
                .hasMessage("type of the contexts must be the prior's, float32, got float64");
    }
}
