package gebm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.flow.Bijection;
import gebm.flow.Flow;
import gebm.model.AffineBase;
import gebm.model.DensityBase;
import gebm.model.DensityEnergy;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.trace.Gradients;
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses of models whose base has a density, in closed form on Gaussians. */
class DensityLossesTest {
    private static final Rng RNG = Rng.of(47);

    private final AffineBase base = new AffineBase(new double[] {0.5}, new double[] {0.2});
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
        base.close();
    }

    private NDArray column(double... values) {
        return m.create(values, new Shape(values.length, 1));
    }

    private NDList baseGradients(Objective<Gebm> loss, Gebm model, NDArray data, int generated) {
        return Program.ofRandom(
                        (scope, in, key) -> Gradients.ofParameters(model.base().parameters(), () -> {
                                    NDArray samples = model.base().sample(scope, generated, key.fork("generated"));
                                    Batch batch = new Batch(in.head(), samples);
                                    Loss value = loss.evaluate(model, batch, key);
                                    return new Gradients.Loss(value.total(), new NDList());
                                })
                                .gradients())
                .run(m, new NDList(data), RNG);
    }

    @Nested
    class OfMaximumLikelihood {
        /** Of N(μ, e^{2s}): {@code −∂/∂μ = −mean(x − μ)e^{−2s}}, {@code −∂/∂s = 1 − mean(x − μ)²e^{−2s}}. */
        @Test
        void gradientIsTheScore() {
            double[] x = {1.5, -0.3, 2.2};
            NDList gradients =
                    baseGradients(MaximumLikelihood.baseLoss(), Gebm.of(base, r -> r.sum(new int[] {1})), column(x), 2);
            double mean = 0;
            double square = 0;
            for (double each : x) {
                mean += (each - 0.5) / 3;
                square += (each - 0.5) * (each - 0.5) / 3;
            }
            double precision = Math.exp(-0.4);
            assertThat(gradients.get(0).toDoubleArray()[0]).isCloseTo(-mean * precision, within(1e-13));
            assertThat(gradients.get(1).toDoubleArray()[0]).isCloseTo(1 - square * precision, within(1e-13));
        }

        @Test
        void refusesABaseWithoutDensity() {
            var push = LatentBase.pushForward(DensityBase.standardNormal(1, DataType.FLOAT64), Mlp.of(1, 1), RNG);
            Gebm model = Gebm.of(push, r -> r.sum(new int[] {1}));
            Batch batch = new Batch(column(1), column(1));
            assertThatThrownBy(() -> MaximumLikelihood.baseLoss().evaluate(model, batch, RNG))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the base must be one with a density (a flow, say), got PushForward");
        }
    }

    @Nested
    class OfSelfNormalizedLikelihood {
        private final Energy bowl = x -> x.square().sum(new int[] {1}).mul(0.5);

        private double total(Objective<Gebm> loss, double c, NDArray data, int n) {
            Gebm model = Gebm.unnormalized(base, bowl).withLogPartition(c);
            Batch batch = new Batch(data, base.sample(m, n, RNG.fork("generated")));
            return loss.evaluate(model, batch, RNG).total().getDouble();
        }

        /** The two differ by {@code mean log p(data)}, whatever c. */
        @ParameterizedTest
        @ValueSource(doubles = {-1, 0.9, 2})
        void isKaleAndTheBasesLikelihood(double c) {
            NDArray data = column(0.1, -0.7, 1.9);
            double likelihood = base.logDensity(data).mean().getDouble();
            double kale = total(Kale.energyLoss(), c, data, 10);
            assertThat(total(SelfNormalizedLikelihood.energyLoss(), c, data, 10))
                    .isCloseTo(kale - likelihood, within(1e-12));
        }

        /**
         * r = x²/2 has {@code log Z = ½log 2π}; there ℓ is the log-likelihood of N(0, 1). The weights {@code e^{−r}/p}
         * under N(½, e^{0.4}) are bounded, with a relative variance of {@code ∫ (e^{−r})²/p / Z² − 1 = 0.20}; over
         * n = 100,000 the standard error is 0.00142, and 3.3 of them are exceeded with probability 0.1 %.
         */
        @Test
        void isTheLogLikelihoodAtTheNormalizer() {
            double log = 0.5 * Math.log(2 * Math.PI);
            NDArray data = column(0.1, -0.7, 1.9);
            double exact = -bowl.at(data).mean().getDouble() - log;
            assertThat(-total(SelfNormalizedLikelihood.energyLoss(), log, data, 100_000))
                    .isCloseTo(exact, within(3.3 * 0.00142));
            for (double away : new double[] {-0.5, 0.5}) {
                double below = away + Math.exp(-away) - 1;
                assertThat(-total(SelfNormalizedLikelihood.energyLoss(), log + away, data, 100_000))
                        .isCloseTo(exact - below, within(3.3 * 0.00142 * Math.exp(-away)));
            }
        }
    }

    /**
     * The base's gradient of {@code −(mean E(x) + Â)}, {@code E = r + log p_θ}: with the weights of importance sampling
     * {@code wᵢ ∝ exp(−r(yᵢ))/p(yᵢ)} it is minus the score of the data, and {@code Σ wᵢ ∇θ(r(yᵢ) + log p_θ(yᵢ))}, where
     * for {@code y = μ + eˢz} {@code log p_θ(y) = −z²/2 − s − ½log 2π}: by hand.
     */
    @Test
    void baseLossPassesGradientsThroughTheDensity() {
        double[] x = {1.5, -0.3, 2.2};
        int n = 4;
        Gebm model = Gebm.unnormalized(base, r -> r.square().sum(new int[] {1}).mul(0.5));
        double[] z = base.prior().sample(m, n, RNG.fork("generated")).toDoubleArray();
        double scale = Math.exp(0.2);
        double[] w = new double[n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double y = 0.5 + scale * z[i];
            w[i] = Math.exp(-y * y / 2 + z[i] * z[i] / 2);
            sum += w[i];
        }
        double shift = 0;
        double logScale = 0;
        for (int i = 0; i < n; i++) {
            double y = 0.5 + scale * z[i];
            shift += w[i] / sum * y;
            logScale += w[i] / sum * (y * scale * z[i] - 1);
        }
        for (double each : x) {
            double u = (each - 0.5) / scale;
            shift -= u / scale / x.length;
            logScale -= (u * u - 1) / x.length;
        }
        NDList gradients = baseGradients(Kale.baseLoss(), model, column(x), n);
        assertThat(gradients.get(0).toDoubleArray()[0]).isCloseTo(shift, within(1e-12));
        assertThat(gradients.get(1).toDoubleArray()[0]).isCloseTo(logScale, within(1e-12));
    }

    /** {@code x = z + 1}, which counts in which direction it is written down. */
    private static final class Shift implements Bijection {
        private int forward;
        private int inverse;

        @Override
        public int dimension() {
            return 1;
        }

        @Override
        public Image toData(NDArray z) {
            forward++;
            return Image.ofSlopes(z.add(1), z.zerosLike());
        }

        @Override
        public Image toLatents(NDArray x) {
            inverse++;
            return Image.ofSlopes(x.sub(1), x.zerosLike());
        }
    }

    /** Of samples the density is known from sampling them, whoever asks and how often; of data the way back is gone once. */
    @Test
    void theDensityOfABatchIsComputedOnce() {
        Shift shift = new Shift();
        Flow flow = Flow.of(DensityBase.standardNormal(1, DataType.FLOAT64), shift);
        Gebm model = Gebm.unnormalized(flow, r -> r.sum(new int[] {1}));
        Objective<Gebm> asksAgain = (of, batch, rng) -> Loss.of(
                "again",
                of.energy()
                        .at(batch.generated())
                        .mean()
                        .add(of.energy().at(batch.data()).mean()));
        Program program = Program.ofRandom((scope, in, key) -> {
            Batch batch = new Batch(in.head(), flow.sample(scope, 5, key.fork("generated")));
            Loss loss = Kale.energyLoss()
                    .plus(2, asksAgain)
                    .plus(1, Kale.baseLoss())
                    .evaluate(model, batch, key);
            return new NDList(loss.total());
        });
        NDArray data = column(0.1, -0.7, 1.9);
        shift.forward = 0; // the model has tried both
        shift.inverse = 0;
        double traced = program.run(m, new NDList(data), RNG).singletonOrThrow().getDouble();
        assertThat(shift.forward).isEqualTo(1);
        assertThat(shift.inverse).isEqualTo(1);
        NDArray y = flow.sample(m, 5, RNG.fork("generated"));
        double apart = Kale.energyLoss()
                .plus(2, asksAgain)
                .plus(1, Kale.baseLoss())
                .evaluate(model, new Batch(data, y), RNG)
                .total()
                .getDouble();
        assertThat(traced).isCloseTo(apart, within(1e-12));
    }

    /** {@code Σp²} and {@code Σp²/d}, d = (4 + 2) + 4 + (1 + 4) + 1 for a perceptron of 2, 4 and 1. */
    @Test
    void weightPenaltiesAreTheirSums() {
        Energy energy = Energy.neural(Mlp.of(2, 4, 1), new Shape(2), DataType.FLOAT64, RNG);
        Gebm model = Gebm.of(
                LatentBase.pushForward(DensityBase.standardNormal(2, DataType.FLOAT64), Mlp.of(2, 2), RNG), energy);
        double squares = 0;
        for (NDArray p : energy.parameters()) {
            squares += p.square().sum().getDouble();
        }
        double ofBase = 0;
        for (NDArray p : model.base().parameters()) {
            ofBase += p.square().sum().getDouble();
        }
        Batch batch = new Batch(column(1), column(1));
        assertThat(Penalties.weights().evaluate(model, batch, RNG).total().getDouble())
                .isCloseTo(squares, within(1e-13));
        assertThat(Penalties.weightsByDimension()
                        .evaluate(model, batch, RNG)
                        .total()
                        .getDouble())
                .isCloseTo(squares / 16, within(1e-13));
        assertThat(Penalties.baseWeights().evaluate(model, batch, RNG).total().getDouble())
                .isCloseTo(ofBase, within(1e-13));
    }

    @Test
    void penaltyNeedsParameters() {
        Gebm model = Gebm.of(base, r -> r.sum(new int[] {1}));
        Batch batch = new Batch(column(1), column(1));
        assertThatThrownBy(() -> Penalties.weights().evaluate(model, batch, RNG))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a penalised part must be one with parameters, got none");
    }

    /** {@code −log p + S}: normalised but for the offset, which is the mean magnitude of shift plus that of scale. */
    @Test
    void energyOfADensityHasTheOffsetAsNormalizer() {
        var p = new AffineBase(new double[] {1, -3}, new double[] {0.5, -0.1});
        DensityEnergy r = DensityEnergy.of(p).withOffset();
        assertThat(DensityEnergy.of(p).logNormaliser()).isZero();
        assertThat(r.logNormaliser()).isCloseTo(-2.3, within(1e-13));
        NDArray x = m.create(new double[] {0.3, 0.7}, new Shape(1, 2));
        assertThat(r.at(x).toDoubleArray()[0]).isCloseTo(2.3 - p.logDensity(x).toDoubleArray()[0], within(1e-13));
    }
}
