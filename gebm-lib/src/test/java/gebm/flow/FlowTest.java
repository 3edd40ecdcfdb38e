package gebm.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.data.Toy;
import gebm.model.Gebm;
import gebm.objective.MaximumLikelihood;
import gebm.trace.Gradients;
import gebm.trace.Program;
import gebm.train.Adam;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** At random parameters, three times as large as drawn, in float64. */
class FlowTest {
    private static final Rng RNG = Rng.of(53);

    private static final DataType DOUBLE = DataType.FLOAT64;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static Flow flow(int dimension) {
        Flow flow = Flow.realNvp(dimension, 4, 6, DOUBLE, RNG.fork("flow"));
        flow.parameters().forEach(p -> p.muli(3));
        return flow;
    }

    private NDArray points(int n, int d) {
        return RNG.fork("points").normal(m, new Shape(n, d), DOUBLE);
    }

    /** {@code log p(G(z)) = log η(z) − log|det ∂G/∂z|}, the determinant of central differences. */
    @Test
    void logDensityHasTheJacobianOfItsSamples() {
        int d = 3;
        Flow flow = flow(d);
        NDArray z = points(1, d);
        double[] at = z.toDoubleArray();
        double h = 1e-5;
        DMatrixRMaj jacobian = new DMatrixRMaj(d, d);
        for (int j = 0; j < d; j++) {
            double[] up = at.clone();
            double[] down = at.clone();
            up[j] += h;
            down[j] -= h;
            double[] high = flow.generate(m.create(up, new Shape(1, d))).toDoubleArray();
            double[] low = flow.generate(m.create(down, new Shape(1, d))).toDoubleArray();
            for (int i = 0; i < d; i++) {
                jacobian.set(i, j, (high[i] - low[i]) / (2 * h));
            }
        }
        double expected =
                flow.prior().logDensity(z).toDoubleArray()[0] - Math.log(Math.abs(CommonOps_DDRM.det(jacobian)));
        double actual = flow.logDensity(flow.generate(z)).toDoubleArray()[0];
        assertThat(actual).isCloseTo(expected, within(1e-8));
        assertThat(Math.abs(Math.log(Math.abs(CommonOps_DDRM.det(jacobian))))).isGreaterThan(0.05);
    }

    record Kind(String name, IntFunction<Flow> flow) {
        @Override
        public String toString() {
            return name;
        }
    }

    /** Of a dimension. */
    static List<Kind> kinds() {
        Rng rng = RNG.fork("plane");
        return List.of(
                new Kind("RealNVP", d -> Flow.realNvp(d, 4, 6, DOUBLE, rng)),
                new Kind("MAF", d -> Flow.maskedAutoregressive(d, 3, 6, DOUBLE, rng)),
                new Kind("splines", d -> Flow.splineCoupling(d, 3, 6, DOUBLE, rng)),
                new Kind("MADE MoG", d -> Flow.mixtureAutoregressive(d, 0, 6, DOUBLE, rng)),
                new Kind("MAF MoG", d -> Flow.mixtureAutoregressive(d, 2, 6, DOUBLE, rng)),
                new Kind(
                        "linear map of a RealNVP",
                        d -> Flow.of(Flow.realNvp(d, 2, 6, DOUBLE, rng), LinearMap.of(d, DOUBLE, rng))));
    }

    /** One pass: the samples are those without, and their density is that of the other way. */
    @ParameterizedTest
    @MethodSource("kinds")
    void samplingKnowsItsDensity(Kind kind) {
        Flow flow = kind.flow().apply(3);
        flow.parameters().forEach(p -> p.muli(2));
        var samples = flow.sampleWithLogDensity(m, 7, RNG);
        assertThat(samples.values().toDoubleArray())
                .containsExactly(flow.sample(m, 7, RNG).toDoubleArray());
        assertThat(samples.values().getManager()).isSameAs(m);
        assertThat(samples.logDensity().toDoubleArray())
                .usingComparatorWithPrecision(1e-9)
                .containsExactly(flow.logDensity(samples.values()).toDoubleArray());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void callsLeaveNothing(Kind kind) {
        Flow flow = kind.flow().apply(2);
        for (int i = 0; i < 3; i++) {
            flow.sampleWithLogDensity(m, 4, RNG);
            flow.sample(m, 4, RNG).close();
        }
        assertThat(m.getManagedArrays()).hasSize(6);
    }

    /** A sum over a grid of 400 × 400 points on [−10, 10]²: smooth, so its error is that of the tails. */
    @ParameterizedTest
    @MethodSource("kinds")
    void integratesToOne(Kind kind) {
        Flow flow = kind.flow().apply(2);
        int n = 400;
        double width = 20.0 / n;
        double[] grid = new double[2 * n * n];
        for (int i = 0; i < n * n; i++) {
            grid[2 * i] = -10 + width * (i % n + 0.5);
            grid[2 * i + 1] = -10 + width * (i / n + 0.5);
        }
        double sum = Arrays.stream(
                        flow.logDensity(m.create(grid, new Shape(n * n, 2))).toDoubleArray())
                .map(Math::exp)
                .sum();
        assertThat(sum * width * width).isCloseTo(1, within(1e-3));
    }

    @Test
    void everyParameterHasItsGradient() {
        Flow flow = flow(3);
        NDArray x = points(4, 3);
        assertThat(flow.arrays()).hasSize(4 * 2 * 6);
        flow.arrays().forEach((name, array) -> {
            NDArray gradient = Program.ofList(in -> Gradients.ofParameters(
                                    new NDList(array),
                                    () -> new Gradients.Loss(
                                            flow.logDensity(in.head()).sum(), new NDList()))
                            .gradients())
                    .run(m, new NDList(x))
                    .head();
            BijectionTest.checkGradient(
                    name, array, gradient, () -> flow.logDensity(x).sum());
        });
    }

    /**
     * Two moons, whose density is known. With 20,000 test rows the standard error of a mean is below 0.01, and that of the
     * difference of two smaller; a Gaussian with the rows' moments has −3.30 nats a row, the truth −2.41. Affine flows come
     * to about 0.2 of it in 300 steps, the others to 0.07.
     */
    @ParameterizedTest
    @MethodSource("learners")
    void learnsTwoMoons(Learner learner) {
        var moons = Toy.moons();
        var plan = TrainingPlan.of(300).withBatchSize(256, 1).withOptimizers(Adam.of(5e-3));
        var model = Trainer.baseOnly(MaximumLikelihood.baseLoss(), plan)
                .fit(Gebm.of(learner.flow().get(), x -> x.zerosLike().sum(new int[] {1})), moons, RNG.fork("train"))
                .model();
        NDArray rows = moons.batch(m, 20_000, 0, RNG.fork("test"));
        double learned = ((Flow) model.base()).logDensity(rows).mean().getFloat();
        double known = moons.logDensity(rows).mean().getFloat();
        assertThat(learned).isGreaterThan(gaussian(rows) + 0.5).isBetween(known - learner.gap(), known);
    }

    record Learner(String name, double gap, Supplier<Flow> flow) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Learner> learners() {
        DataType single = DataType.FLOAT32;
        Rng rng = RNG.fork("a");
        return List.of(
                new Learner("RealNVP", 0.25, () -> Flow.realNvp(2, 6, 32, single, rng)),
                new Learner("MAF", 0.3, () -> Flow.maskedAutoregressive(2, 5, 32, single, rng)),
                new Learner("splines", 0.12, () -> Flow.splineCoupling(2, 3, 32, single, rng)),
                new Learner("MADE MoG", 0.12, () -> Flow.mixtureAutoregressive(2, 0, 32, single, rng)),
                new Learner("MAF MoG", 0.12, () -> Flow.mixtureAutoregressive(2, 2, 32, single, rng)));
    }

    /** The mean log-density of the rows under the Gaussian with their mean and covariance: {@code −log(2πe√det Σ)}. */
    private static double gaussian(NDArray rows) {
        NDArray centred = rows.sub(rows.mean(new int[] {0}));
        double[] c = centred.transpose()
                .dot(centred)
                .div(rows.getShape().get(0))
                .toType(DOUBLE, false)
                .toDoubleArray();
        return -Math.log(2 * Math.PI * Math.E) - 0.5 * Math.log(c[0] * c[3] - c[1] * c[2]);
    }

    @Test
    void rejectsWhatItCannotCouple() {
        assertThatThrownBy(() -> Flow.realNvp(1, RNG)).hasMessage("dimension must be >= 2, got 1");
        assertThatThrownBy(() -> flow(3).logDensity(points(2, 4)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("samples must be of shape (n, 3), got (2, 4)");
    }
}
