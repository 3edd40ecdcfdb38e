package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.Toy;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.nn.Mlp;
import gebm.objective.ContrastiveDivergence;
import gebm.objective.Loss;
import gebm.objective.Objective;
import gebm.objective.Penalties;
import gebm.objective.PersistentChains;
import gebm.sampler.Langevin;
import gebm.trace.Ops;
import gebm.trace.Program;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An energy alone, whose normaliser is known by a grid. */
class PersistentChainsTest {
    private static final int SIDE = 90;
    private static final double EDGE = 6;
    private static final double LOG_CELL = 2 * Math.log(2 * EDGE / SIDE);

    private final NDManager m = NDManager.newBaseManager();
    private final NDArray grid = grid();

    @AfterEach
    void close() {
        m.close();
    }

    /** Midpoints of the cells of [−6, 6]²; outside, the eight Gaussians have less than 1e-20 of their mass. */
    private NDArray grid() {
        float[] points = new float[2 * SIDE * SIDE];
        for (int i = 0; i < points.length; i += 2) {
            points[i] = (float) (EDGE * ((2 * (i / 2 % SIDE) + 1.0) / SIDE - 1));
            points[i + 1] = (float) (EDGE * ((2 * (i / 2 / SIDE) + 1.0) / SIDE - 1));
        }
        return m.create(points, new Shape(SIDE * SIDE, 2));
    }

    private NDArray logPartition(Energy energy, NDArray points) {
        return Ops.logSumExp(energy.at(points).neg()).add(LOG_CELL);
    }

    private double negativeLogLikelihood(Energy energy, NDArray x) {
        return energy.at(x).mean().getFloat()
                + logPartition(energy, grid).toType(DataType.FLOAT64, false).getDouble();
    }

    /**
     * The same network by maximum likelihood with the grid's normaliser, and by chains. On 4,000 fresh points, whose mean
     * log-density has a standard error of about 0.016 that both share, the chains are within 0.1 nats.
     */
    @Test
    void isNearMaximumLikelihoodWithTheExactNormaliser() {
        var data = Toy.eightGaussians();
        int iterations = 1_500;
        var network = Mlp.of(x -> Activation.leakyRelu(x, 0.1f), 2, 64, 64, 1);
        Energy energy = Energy.neural(network, new Shape(2), Rng.of(1));
        Adam adam = Adam.of(Schedule.cosine(2e-3, 0, iterations));
        TrainingPlan plan = TrainingPlan.of(iterations).withBatchSize(128);
        Objective<Energy> exact = (e, batch, rng) -> {
            NDArray points = batch.data().getManager().from(grid);
            return Loss.of("nll", e.at(batch.data()).mean().add(logPartition(e, points)));
        };
        Energy best = Trainer.of(plan, Phase.of("energy", exact, adam))
                .fit(energy, data, Rng.of(2))
                .model();
        var chains = PersistentChains.of(new Langevin(Schedule.constant(0.02)), 20, 128, DensityBase.standardNormal(2))
                .withCapacity(2_000);
        Objective<Energy> divergence = ContrastiveDivergence.loss().plus(0.001, Penalties.energySquares());
        Energy byChains = Trainer.of(plan, Phase.of("energy", divergence, adam).withNegatives(chains))
                .fit(energy, data, Rng.of(2))
                .model();
        NDArray fresh = data.batch(m, 4_000, 0, Rng.of(99));
        double least = negativeLogLikelihood(best, fresh);
        double truth =
                -data.logDensity(fresh).mean().toType(DataType.FLOAT64, false).getDouble();
        assertThat(least - truth).as("maximum likelihood over the truth").isBetween(0.0, 0.06);
        assertThat(negativeLogLikelihood(byChains, fresh) - least).isBetween(-0.02, 0.1);
    }

    /** A flat energy and no noise to speak of: ends are the entries chosen, which stand in their places afterwards. */
    @Test
    void endsGoBackToTheirPlaces() {
        Energy flat = x -> x.sum(new int[] {1}).mul(0);
        var chains = PersistentChains.of(new Langevin(Schedule.constant(1e-12)), 1, 3, DensityBase.standardNormal(2))
                .withCapacity(5)
                .withFreshShare(0);
        NDList state = chains.init(m, flat, Rng.of(1));
        float[] before = state.head().toFloatArray();
        NDArray samples = draw(chains, flat, state, Rng.of(2));
        float[] after = state.head().toFloatArray();
        for (int i = 0; i < before.length; i++) {
            assertThat(after[i]).isCloseTo(before[i], org.assertj.core.data.Offset.offset(1e-5f));
        }
        assertThat(samples.getShape()).isEqualTo(new Shape(3, 2));
        assertThat(Arrays.equals(before, after)).isFalse();
        long moved = 0;
        for (int row = 0; row < 5; row++) {
            moved += before[2 * row] != after[2 * row] ? 1 : 0;
        }
        assertThat(moved).as("entries that were moved").isEqualTo(3);
    }

    /** With a share of one, nothing of the buffer is left in the samples. */
    @Test
    void freshOnesReplaceEntries() {
        Energy flat = x -> x.sum(new int[] {1}).mul(0);
        var chains = PersistentChains.of(new Langevin(Schedule.constant(1e-12)), 1, 4, DensityBase.standardNormal(2))
                .withCapacity(4)
                .withFreshShare(1);
        NDList state = new NDList(m.full(new Shape(4, 2), 50f));
        NDArray samples = draw(chains, flat, state, Rng.of(2));
        assertThat(samples.abs().max().getFloat()).isLessThan(10);
        assertThat(state.head().abs().max().getFloat()).isLessThan(10);
    }

    private NDArray draw(PersistentChains chains, Energy energy, NDList state, Rng rng) {
        Program program = Program.ofRandom((scope, in, key) -> {
            var drawn = chains.draw(scope, energy, in.head(), state, key);
            drawn.keep().run();
            return new NDList(drawn.samples());
        });
        return program.run(m, new NDList(m.zeros(new Shape(1, 2))), rng).head();
    }

    @Test
    void refusesWhatCannotBe() {
        var sampler = new Langevin(Schedule.constant(0.1));
        DensityBase fresh = DensityBase.standardNormal(2);
        assertThatThrownBy(() -> PersistentChains.of(sampler, 0, 3, fresh)).hasMessage("steps must be > 0, got 0");
        assertThatThrownBy(() -> PersistentChains.of(sampler, 1, 3, fresh).withCapacity(2))
                .hasMessage("chains must be from 1 to the capacity 2, got 3");
        assertThatThrownBy(() -> PersistentChains.of(sampler, 1, 3, fresh).withFreshShare(1.5))
                .hasMessageContaining("freshShare");
    }
}
