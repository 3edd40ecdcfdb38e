package gebm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.AffineBase;
import gebm.model.DensityBase;
import gebm.model.DensityEnergy;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import gebm.trace.Gradients;
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ContrastiveDivergenceTest {
    private static final Rng RNG = Rng.of(37);
    private static final double STEP = 0.05;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static NDList gradients(Gebm model, Objective<? super Gebm> loss, NDArray data) {
        return Program.ofRandom((scope, in, key) -> Gradients.ofParameters(
                                model.energy().parameters(),
                                () -> new Gradients.Loss(
                                        loss.evaluate(model, new Batch(in.head(), in.head()), key)
                                                .total(),
                                        new NDList()))
                        .gradients())
                .run(data.getManager(), new NDList(data), RNG);
    }

    /** The gradient of {@code mean r(data) − mean r(end)} with the ends of the sampler's own run held fixed. */
    @Test
    void gradientLeavesTheChainsOut() {
        Energy energy = Energy.neural(Mlp.of(2, 6, 1), new Shape(2), DataType.FLOAT64, RNG.fork("energy"));
        Gebm model = Gebm.of(
                LatentBase.pushForward(DensityBase.standardNormal(2, DataType.FLOAT64), Mlp.of(2, 2), RNG), energy);
        NDArray data = RNG.fork("data").normal(m, new Shape(5, 2), DataType.FLOAT64);
        var sampler = new Langevin(Schedule.stepDecay(STEP, 0.5, 1));
        NDArray end = sampler.run(energy, data, SamplingPlan.of(3), RNG.fork("chains"))
                .position();
        Objective<? super Gebm> fixed = (at, batch, rng) -> Loss.of(
                "fixed",
                at.energy()
                        .at(batch.data())
                        .mean()
                        .sub(at.energy().at(batch.data().getManager().from(end)).mean()));
        NDList expected = gradients(model, fixed, data);
        NDList actual = gradients(model, ContrastiveDivergence.of(sampler, SamplingPlan.of(3)), data);
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).toDoubleArray())
                    .usingComparatorWithPrecision(1e-13)
                    .containsExactly(expected.get(i).toDoubleArray());
        }
    }

    /**
     * On {@code r = −log N(x; 0, e^{2s})} with one Langevin step λ from data of second moment q, the expected gradient in
     * s is {@code (q' − q)·e^{−2s}} with {@code q' = (1 − λe^{−2s})²q + 2λ}: zero where q is the stationary
     * {@code e^{2s}/(1 − λe^{−2s}/2)}. Over n = 20,000 chains the noise of q' has standard deviation below
     * {@code √((4(1−a)²q·2λ + 8λ²)/n)}, a = λe^{−2s}; 3.3 of it are exceeded with probability 0.1 %.
     */
    @Test
    void gradientIsTheMomentsItClaims() {
        int n = 20_000;
        double s = 0.3;
        double precision = Math.exp(-2 * s);
        double a = STEP * precision;
        Gebm model = Gebm.unnormalized(
                new AffineBase(new double[] {0}, new double[] {0}),
                DensityEnergy.of(new AffineBase(new double[] {0}, new double[] {s})));
        NDArray data =
                RNG.fork("data").normal(m, new Shape(n, 1), DataType.FLOAT64).mul(1.4);
        double q = data.square().mean().getDouble();
        double moved = (1 - a) * (1 - a) * q + 2 * STEP;
        double noise = Math.sqrt((8 * STEP * (1 - a) * (1 - a) * q + 8 * STEP * STEP) / n);
        Objective<? super Gebm> loss =
                ContrastiveDivergence.of(new Langevin(Schedule.constant(STEP)), SamplingPlan.of(1));
        double slope = gradients(model, loss, data).get(1).getDouble();
        assertThat(slope).isCloseTo((moved - q) * precision, within(3.3 * noise * precision));
    }

    /** Where the base has a density, chains move on the model's own r, and not on the energy relative to the base. */
    @Test
    void movesOnTheUnnormalizedEnergy() {
        var base = new AffineBase(new double[] {3}, new double[] {-1});
        Energy bowl = x -> x.square().sum(new int[] {1}).mul(0.5);
        NDArray data = m.create(new double[] {1, -2}, new Shape(2, 1));
        var sampler = new Langevin(Schedule.constant(STEP));
        Objective<? super Gebm> loss = ContrastiveDivergence.of(sampler, SamplingPlan.of(2));
        NDArray end =
                sampler.run(bowl, data, SamplingPlan.of(2), RNG.fork("chains")).position();
        double expected = bowl.at(data).mean().getDouble() - bowl.at(end).mean().getDouble();
        for (Gebm model : new Gebm[] {Gebm.unnormalized(base, bowl), Gebm.of(base, bowl.plus(base::logDensity))}) {
            double total =
                    loss.evaluate(model, new Batch(data, data), RNG).total().getDouble();
            assertThat(total).isCloseTo(expected, within(1e-12));
        }
    }
}
