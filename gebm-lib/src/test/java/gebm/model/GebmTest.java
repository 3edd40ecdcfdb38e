package gebm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.nn.Mlp;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GebmTest {
    private static final Rng RNG = Rng.of(29);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** The latents themselves, N(0, 1) in float64. */
    private record Identity(DensityBase prior) implements LatentBase {
        Identity() {
            this(DensityBase.standardNormal(1, DataType.FLOAT64));
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

    private static Gebm linear(double a) {
        return Gebm.of(new Identity(), x -> x.sum(new int[] {1}).mul(a));
    }

    private static Gebm quadratic(double b) {
        return Gebm.of(new Identity(), x -> x.square().sum(new int[] {1}).mul(b / 2));
    }

    /** Draws of {@code chains} independent chains after 200 steps of size λ in latent space. */
    private double[] draws(Gebm model, double beta, double lambda, int chains) {
        NDArray start = m.zeros(new Shape(chains, 1), DataType.FLOAT64);
        NDArray z = new Langevin(Schedule.constant(lambda))
                .run(model.latentEnergy(beta), start, SamplingPlan.of(200), RNG)
                .position();
        return model.base().generate(z).toDoubleArray();
    }

    private static double mean(double[] x) {
        return Arrays.stream(x).average().orElseThrow();
    }

    private static double variance(double[] x, double mean) {
        return Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    }

    /** Base N(0, 1), {@code E = ax}: A = a²/2 and Q = N(−a, 1). */
    @Nested
    class WithALinearEnergy {
        /** The weights' relative variance is e^{a²} − 1; 3.3 standard errors are exceeded with probability 0.1 %. */
        @ParameterizedTest
        @ValueSource(doubles = {-1, 0.3, 0.8})
        void logPartitionIsHalfTheSquare(double a) {
            int n = 100_000;
            double error = Math.sqrt((Math.exp(a * a) - 1) / n);
            var estimate = linear(a).estimateLogPartition(n, RNG);
            assertThat(estimate.value()).isCloseTo(a * a / 2, within(3.3 * error));
            // the sample variance of a log-normal weight: within a tenth at this n
            assertThat(estimate.standardError()).isCloseTo(error, within(0.1 * error));
        }

        /**
         * U = (z + a)²/2 up to a constant: after 200 steps of λ = 0.2 the start is forgotten (0.8²⁰⁰), the mean is
         * −a and the variance v = 1/(1 − λ/2). 20,000 independent chains: standard errors √(v/n) and v√(2/n), and
         * 3.3 of them are exceeded with probability 0.1 %.
         */
        @Test
        void latentChainsSampleTheTiltedNormal() {
            double a = 0.7;
            double lambda = 0.2;
            int n = 20_000;
            double v = 1 / (1 - lambda / 2);
            double[] x = draws(linear(a), 1, lambda, n);
            assertThat(mean(x)).isCloseTo(-a, within(3.3 * Math.sqrt(v / n)));
            assertThat(variance(x, -a)).isCloseTo(v, within(3.3 * v * Math.sqrt(2.0 / n)));
        }

        /** β multiplies the energy and not the prior: the mean is −βa. */
        @Test
        void inverseTemperatureMultipliesTheEnergyOnly() {
            int n = 20_000;
            double v = 1 / (1 - 0.1);
            double[] x = draws(linear(0.5), 3, 0.2, n);
            assertThat(mean(x)).isCloseTo(-1.5, within(3.3 * Math.sqrt(v / n)));
        }
    }

    /** Base N(0, 1), {@code E = bx²/2}: A = −½log(1 + b) and Q = N(0, 1/(1 + b)). */
    @Nested
    class WithAQuadraticEnergy {
        /** E[w²]/E[w]² = (1 + b)/√(1 + 2b) for w = exp(−bx²/2). */
        @ParameterizedTest
        @ValueSource(doubles = {-0.2, 0.5, 4})
        void logPartitionIsMinusHalfTheLog(double b) {
            int n = 100_000;
            double error = Math.sqrt(((1 + b) / Math.sqrt(1 + 2 * b) - 1) / n);
            var estimate = quadratic(b).estimateLogPartition(n, RNG);
            assertThat(estimate.value()).isCloseTo(-0.5 * Math.log(1 + b), within(3.3 * error));
            assertThat(estimate.standardError()).isCloseTo(error, within(0.1 * error));
        }

        /** Langevin on (1 + b)z²/2 has variance {@code (1/(1 + b))/(1 − λ(1 + b)/2)}; 3.3 standard errors: 0.1 %. */
        @Test
        void latentChainsHaveTheNarrowedVariance() {
            double b = 3;
            double lambda = 0.1;
            int n = 20_000;
            double v = 1 / (1 + b) / (1 - lambda * (1 + b) / 2);
            double[] x = draws(quadratic(b), 1, lambda, n);
            assertThat(variance(x, 0)).isCloseTo(v, within(3.3 * v * Math.sqrt(2.0 / n)));
        }
    }

    /** {@code U(z) = β·E(G(z)) − log η(z)}, with the constant of the prior. */
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 100})
    void latentEnergyIsItsFormula(double beta) {
        var base = LatentBase.pushForward(DensityBase.standardNormal(2, DataType.FLOAT64), Mlp.of(2, 5, 3), RNG);
        Energy energy = x -> x.square().sum(new int[] {1});
        NDArray z = RNG.normal(m, new Shape(4, 2), DataType.FLOAT64);
        double[] latent = z.toDoubleArray();
        double[] e = energy.at(base.generate(z)).toDoubleArray();
        double[] u = Gebm.of(base, energy).latentEnergy(beta).at(z).toDoubleArray();
        for (int i = 0; i < 4; i++) {
            double square = latent[2 * i] * latent[2 * i] + latent[2 * i + 1] * latent[2 * i + 1];
            assertThat(u[i]).isCloseTo(beta * e[i] + square / 2 + Math.log(2 * Math.PI), within(1e-12 * beta));
        }
    }

    @Test
    void logWeightSubtractsTheConstant() {
        NDArray x = m.create(new double[] {1, -2}, new Shape(2, 1));
        Gebm model = linear(2).withLogPartition(0.75);
        assertThat(model.logPartition()).isEqualTo(0.75);
        assertThat(model.logWeight(x).toDoubleArray()).containsExactly(-2.75, 3.25);
        assertThat(linear(2).logWeight(x).toDoubleArray()).containsExactly(-2, 4);
    }

    /** The mean weight over the base is 1 where c is A, so that {@code exp(logWeight)} is a density. */
    @Test
    void weightsAverageToOneAtTheLogPartition() {
        double a = 0.5;
        int n = 100_000;
        Gebm model = linear(a).withLogPartition(a * a / 2);
        NDArray x = model.base().sample(m, n, RNG);
        double mean = model.logWeight(x).exp().mean().getDouble();
        assertThat(mean).isCloseTo(1, within(3.3 * Math.sqrt((Math.exp(a * a) - 1) / n)));
    }

    @Nested
    class Parts {
        private Gebm neural() {
            var base = LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 4, 2), RNG);
            return Gebm.of(base, Energy.neural(Mlp.of(2, 4, 1), new Shape(2), RNG))
                    .withLogPartition(0.4);
        }

        @Test
        void copyIsIndependent() {
            Gebm model = neural();
            Gebm copy = model.copy();
            assertThat(copy.logPartition()).isEqualTo(0.4);
            NDArray x = m.ones(new Shape(3, 2));
            float[] before = model.logWeight(x).toFloatArray();
            assertThat(copy.logWeight(x).toFloatArray()).containsExactly(before);
            copy.parameters().forEach(p -> p.muli(2));
            assertThat(copy.logPartition()).isEqualTo(0.8);
            assertThat(model.logPartition()).isEqualTo(0.4);
            assertThat(model.logWeight(x).toFloatArray()).containsExactly(before);
        }

        @Test
        void withLogPartitionSharesTheNetworks() {
            Gebm model = neural();
            Gebm other = model.withLogPartition(-1);
            assertThat(model.logPartition()).isEqualTo(0.4);
            assertThat(other.energy()).isSameAs(model.energy());
            assertThat(other.base()).isSameAs(model.base());
        }

        @Test
        void arraysAreNamedAndParametersAmongThem() {
            Gebm model = neural();
            assertThat(model.arrays().keySet())
                    .contains("logPartition")
                    .allMatch(n -> n.equals("logPartition") || n.startsWith("energy.") || n.startsWith("base."));
            assertThat(model.arrays()).hasSameSizeAs(model.parameters());
            model.parameters()
                    .forEach(p -> assertThat(model.arrays().values().stream().anyMatch(a -> a == p))
                            .isTrue());
        }

        @Test
        void closeFreesThem() {
            Gebm model = neural();
            NDArray c = model.logPartitionArray();
            NDArray weight = model.energy().parameters().get(0);
            model.close();
            assertThat(c.isReleased()).isTrue();
            assertThat(weight.isReleased()).isTrue();
        }
    }

    @Nested
    class Rejects {
        private final LatentBase base = LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 3), RNG);

        @Test
        void anEnergyThatDoesNotTakeTheBasesSamples() {
            Energy energy = Energy.neural(Mlp.of(2, 1), new Shape(2), RNG);
            assertThatThrownBy(() -> Gebm.of(base, energy))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("of shape (3)")
                    .hasMessageContaining("must be (2), got (3)");
        }

        @Test
        void anEnergyOfTheWrongShape() {
            assertThatThrownBy(() -> Gebm.of(base, x -> x.square()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the energy of 2 samples must be of shape (2), got (2, 3)");
        }

        @Test
        void anEnergyOfAnotherType() {
            Energy energy = Energy.neural(Mlp.of(3, 1), new Shape(3), DataType.FLOAT64, RNG);
            assertThatThrownBy(() -> Gebm.of(base, energy))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be float64, got float32");
        }

        @ParameterizedTest
        @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
        void inverseTemperature(double beta) {
            assertThatThrownBy(() -> linear(1).latentEnergy(beta))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("inverseTemperature must be finite and > 0, got " + beta);
        }

        @Test
        void aConstantThatIsNotFiniteAndTooFewSamples() {
            assertThatThrownBy(() -> linear(1).withLogPartition(Double.NaN))
                    .hasMessage("logPartition must be finite, got NaN");
            assertThatThrownBy(() -> linear(1).estimateLogPartition(1, RNG)).hasMessage("n must be >= 2, got 1");
        }
    }

    @Test
    void latentEnergiesNoticeData() {
        Gebm model = Gebm.of(
                LatentBase.pushForward(DensityBase.standardNormal(3), Mlp.of(3, 2), Rng.of(1)),
                Energy.neural(Mlp.of(2, 1), new Shape(2), Rng.of(2)));
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray data = m.ones(new Shape(5, 2));
            for (Energy energy : new Energy[] {model.latentEnergy(2), model.generatedEnergy()}) {
                assertThat(energy.at(m.ones(new Shape(5, 3))).getShape()).isEqualTo(new Shape(5));
                assertThatThrownBy(() -> energy.at(data))
                        .hasMessage(
                                "latents must be of shape (n, 3), got (5, 2): did you pass data instead of latents?");
            }
        }
    }

    /** Base N(½, e^{0.4}), {@code r = x²/2}: {@code exp(−E)·B = exp(−r) dx}, so that {@code A = ½log 2π}. */
    @Nested
    class OfAnUnnormalizedEnergy {
        private final AffineBase base = new AffineBase(new double[] {0.5}, new double[] {0.2});
        private final Gebm model =
                Gebm.unnormalized(base, x -> x.square().sum(new int[] {1}).mul(0.5));
        private final NDArray x = NDManager.newBaseManager().create(new double[] {-1, 0.3}, new Shape(2, 1));

        /** The weights' relative variance is 0.20: of 100,000 the error is 0.00142, and 3.3 of it are 0.1 %. */
        @Test
        void logPartitionIsThatOfTheEnergyAlone() {
            var estimate = model.estimateLogPartition(100_000, RNG);
            assertThat(estimate.standardError()).isCloseTo(0.00142, within(1e-4));
            assertThat(estimate.value()).isCloseTo(0.5 * Math.log(2 * Math.PI), within(3.3 * 0.00142));
        }

        @Test
        void energyIsRelativeToTheBase() {
            double[] relative = model.energy().at(x).toDoubleArray();
            double[] log = base.logDensity(x).toDoubleArray();
            assertThat(relative).containsExactly(0.5 + log[0], 0.045 + log[1]);
            assertThat(model.unnormalized().at(x).toDoubleArray())
                    .usingComparatorWithPrecision(1e-15)
                    .containsExactly(0.5, 0.045);
            assertThat(model.withLogPartition(2).logDensity(x).toDoubleArray())
                    .usingComparatorWithPrecision(1e-15)
                    .containsExactly(-2.5, -2.045);
        }

        @Test
        void everyBaseWithADensityHasIt() {
            Gebm tilted = Gebm.of(base, y -> y.sum(new int[] {1}));
            double[] log = base.logDensity(x).toDoubleArray();
            assertThat(tilted.unnormalized().at(x).toDoubleArray())
                    .usingComparatorWithPrecision(1e-15)
                    .containsExactly(-1 - log[0], 0.3 - log[1]);
        }

        /** In a copy the energy follows the copy's base, and not the first one's. */
        @Test
        void copiesAreTiedToTheirOwnBase() {
            double[] before = model.energy().at(x).toDoubleArray();
            Gebm copy = model.copy();
            copy.base().parameters().forEach(p -> p.muli(3));
            assertThat(model.energy().at(x).toDoubleArray()).containsExactly(before);
            double[] expected = ((DensityBase) copy.base()).logDensity(x).toDoubleArray();
            assertThat(copy.energy().at(x).toDoubleArray())
                    .usingComparatorWithPrecision(1e-15)
                    .containsExactly(0.5 + expected[0], 0.045 + expected[1]);
            assertThat(copy.energy().at(x).toDoubleArray()).isNotEqualTo(before);
        }

        @Test
        void refusesABaseWithoutDensity() {
            assertThatThrownBy(() -> Gebm.unnormalized(new Identity(), y -> y.sum(new int[] {1})))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the base must be one with a density (a flow, say), got Identity");
            assertThatThrownBy(() -> linear(1).unnormalized())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the base must be one with a density (a flow, say), got Identity");
        }
    }
}
