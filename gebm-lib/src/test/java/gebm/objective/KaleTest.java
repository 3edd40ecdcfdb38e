package gebm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.trace.Gradients;
import gebm.trace.Program;
import gebm.train.GradientMap;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KaleTest {
    private static final Rng RNG = Rng.of(23);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static Gebm model(Energy energy) {
        var base = LatentBase.pushForward(DensityBase.standardNormal(1, DataType.FLOAT64), Mlp.of(1, 1), RNG);
        return Gebm.of(base, energy);
    }

    private NDArray column(double... values) {
        return m.create(values, new Shape(values.length, 1));
    }

    private static double total(Objective<Gebm> loss, Gebm model, Batch batch) {
        return loss.evaluate(model, batch, RNG).total().getDouble();
    }

    /** Samples by hand: an energy is the value itself. */
    @Nested
    class Bound {
        private final double[] onData = {-1.2, 0.4, 2.5};
        private final double[] onGenerated = {0.3, -0.7, 1.9, 3.1};
        private final Gebm model = model(x -> x.sum(new int[] {1}));

        private Batch batch() {
            return new Batch(column(onData), column(onGenerated));
        }

        private double logPartition() {
            return Math.log(
                    Arrays.stream(onGenerated).map(e -> Math.exp(-e)).average().orElseThrow());
        }

        private double donskerVaradhan() {
            return -total(DonskerVaradhan.energyLoss(), model, batch());
        }

        private double kale(double c) {
            Loss loss = Kale.energyLoss().evaluate(model.withLogPartition(c), batch(), RNG);
            assertThat(loss.terms().get("kale").getDouble())
                    .isEqualTo(-loss.total().getDouble());
            return -loss.total().getDouble();
        }

        @Test
        void watchedIsTheSameAndReportsTheBatchsOwnLogPartition() {
            Gebm shifted = model.withLogPartition(-0.3);
            Loss watched = Kale.watchedEnergyLoss().evaluate(shifted, batch(), RNG);
            assertThat(-watched.total().getDouble()).isCloseTo(kale(-0.3), within(1e-14));
            assertThat(watched.terms().keySet()).containsExactly("kale", "batchLogPartition");
            assertThat(watched.terms().get("batchLogPartition").getDouble()).isCloseTo(logPartition(), within(1e-14));
        }

        @Test
        void donskerVaradhanIsItsFormula() {
            double mean = Arrays.stream(onData).average().orElseThrow();
            assertThat(donskerVaradhan()).isCloseTo(-mean - logPartition(), within(1e-14));
        }

        /** {@code F = L − (c − Â) − e^{Â − c} + 1}, below L wherever c is not Â. */
        @ParameterizedTest
        @ValueSource(doubles = {-3, -0.5, -0.01, 0.01, 0.5, 3})
        void isStrictAwayFromTheLogPartition(double distance) {
            double expected = donskerVaradhan() - distance - Math.exp(-distance) + 1;
            assertThat(kale(logPartition() + distance))
                    .isCloseTo(expected, within(1e-13))
                    .isLessThan(donskerVaradhan());
        }

        @Test
        void isAnEqualityAtTheLogPartition() {
            assertThat(kale(logPartition())).isCloseTo(donskerVaradhan(), within(1e-14));
        }

        /** {@code g = 1 − e^{Â − c}} and {@code g/(1 − g) = e^{c − Â} − 1}, Newton's direction of c + e^{Â − c}. */
        @ParameterizedTest
        @ValueSource(doubles = {-2, -0.3, 0, 0.7, 2})
        void gradientInTheConstantIsTheNewtonIdentity(double c) {
            Gebm at = model.withLogPartition(c);
            NDList both = Program.ofList(in -> {
                        NDList gradient = Gradients.ofParameters(
                                        new NDList(at.logPartitionArray()),
                                        () -> new Gradients.Loss(
                                                Kale.energyLoss()
                                                        .evaluate(at, new Batch(in.get(0), in.get(1)), RNG)
                                                        .total(),
                                                new NDList()))
                                .gradients();
                        NDList all = new NDList(gradient);
                        all.addAll(GradientMap.newton().apply(gradient));
                        return all;
                    })
                    .run(m, new NDList(batch().data(), batch().generated()));
            double g = both.get(0).getDouble();
            double newton = Math.exp(c - logPartition()) - 1;
            assertThat(g).isCloseTo(1 - Math.exp(logPartition() - c), within(1e-13));
            assertThat(g / (1 - g)).isCloseTo(newton, within(1e-12));
            assertThat(both.get(1).getDouble()).isCloseTo(newton, within(1e-12));
        }

        @Test
        void donskerVaradhanDoesNotOverflow() {
            Batch far = new Batch(column(900), column(-900, -901));
            double expected = -900 - 901 - Math.log((1 + Math.exp(-1)) / 2);
            assertThat(-total(DonskerVaradhan.energyLoss(), model, far)).isCloseTo(expected, within(1e-12));
        }
    }

    /**
     * Base N(0, 1), data N(μ, 1) and {@code E = s·log(p_B/p_P) = −s(μx − μ²/2)}, whose log-partition is
     * {@code (s² − s)μ²/2}: {@code L = μ²(s − s²/2)}, largest and equal to KL = μ²/2 at s = 1. Over n = 200,000 the
     * variance of the estimate is {@code (s²μ² + e^{s²μ²} − 1)/n}; 3.3 standard errors are exceeded with probability
     * 0.1 %.
     */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 1.5})
    void isBelowTheKullbackLeiblerDivergenceAndAttainsIt(double s) {
        int n = 200_000;
        double mu = 0.8;
        double spread = s * s * mu * mu;
        double tolerance = 3.3 * Math.sqrt((spread + Math.exp(spread) - 1) / n);
        double expected = mu * mu * (s - s * s / 2);
        NDArray data =
                RNG.fork("data").normal(m, new Shape(n, 1), DataType.FLOAT64).add(mu);
        Batch batch = new Batch(data, RNG.fork("base").normal(m, new Shape(n, 1), DataType.FLOAT64));
        Gebm model = model(x -> x.sum(new int[] {1}).mul(mu).sub(mu * mu / 2).mul(-s))
                .withLogPartition((s * s - s) * mu * mu / 2);
        double bound = -total(DonskerVaradhan.energyLoss(), model, batch);
        double kale = -total(Kale.energyLoss(), model, batch);
        assertThat(bound).isCloseTo(expected, within(tolerance));
        assertThat(kale).isCloseTo(expected, within(tolerance)).isLessThanOrEqualTo(bound);
    }

    @Nested
    class OfTheBase {
        /**
         * {@code G(z) = Wz + b} and {@code E = ½‖x − a‖²}: the gradient is {@code Σᵢ pᵢ (xᵢ − a)zᵢᵀ} in W and
         * {@code Σᵢ pᵢ (xᵢ − a)} in b, with {@code p = softmax(−E)}.
         */
        @Test
        void gradientIsTheSoftmaxWeightedOne() {
            double[] a = {0.6, -1.1};
            NDArray centre = m.create(a);
            Energy energy = x -> x.sub(centre).square().sum(new int[] {1}).mul(0.5);
            var base = LatentBase.pushForward(
                    DensityBase.standardNormal(3, DataType.FLOAT64),
                    Linear.builder().setUnits(2).build(),
                    RNG.fork("G"));
            Gebm model = Gebm.of(base, energy);
            int n = 9;
            NDArray z = RNG.fork("z").normal(m, new Shape(n, 3), DataType.FLOAT64);
            NDArray data = RNG.fork("data").normal(m, new Shape(4, 2), DataType.FLOAT64);
            NDList gradients = Program.ofList(in -> Gradients.ofParameters(
                                    base.parameters(),
                                    () -> new Gradients.Loss(
                                            Kale.baseLoss()
                                                    .evaluate(
                                                            model, new Batch(in.get(1), base.generate(in.get(0))), RNG)
                                                    .total(),
                                            new NDList()))
                            .gradients())
                    .run(m, new NDList(z, data));
            double[] weight = new double[6];
            double[] bias = new double[2];
            double[] x = base.generate(z).toDoubleArray();
            double[] latent = z.toDoubleArray();
            double sum = 0;
            for (int i = 0; i < n; i++) {
                sum += boltzmann(x, a, i);
            }
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < 2; j++) {
                    double slope = boltzmann(x, a, i) / sum * (x[2 * i + j] - a[j]);
                    bias[j] += slope;
                    for (int k = 0; k < 3; k++) {
                        weight[3 * j + k] += slope * latent[3 * i + k];
                    }
                }
            }
            assertThat(gradients.get(0).toDoubleArray())
                    .usingComparatorWithPrecision(1e-12)
                    .containsExactly(weight);
            assertThat(gradients.get(1).toDoubleArray())
                    .usingComparatorWithPrecision(1e-12)
                    .containsExactly(bias);
        }

        private static double boltzmann(double[] x, double[] a, int i) {
            return Math.exp(-0.5 * (Math.pow(x[2 * i] - a[0], 2) + Math.pow(x[2 * i + 1] - a[1], 2)));
        }

        @Test
        void ignoresTheConstantAndIsMinusDonskerVaradhan() {
            Gebm model = model(x -> x.sum(new int[] {1}));
            Batch batch = new Batch(column(0.2, -1), column(1, 2, 0.5));
            Loss loss = Kale.baseLoss().evaluate(model, batch, RNG);
            assertThat(loss.terms().keySet()).containsExactly("baseLoss");
            double total = loss.total().getDouble();
            Gebm other = model.withLogPartition(5);
            assertThat(Kale.baseLoss().evaluate(other, batch, RNG).total().getDouble())
                    .isEqualTo(total);
            assertThat(total).isCloseTo(-total(DonskerVaradhan.energyLoss(), model, batch), within(1e-15));
        }
    }
}
