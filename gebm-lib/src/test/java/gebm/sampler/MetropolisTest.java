package gebm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Acceptance against brute force, and detailed balance on a grid, for every method that accepts or rejects. */
class MetropolisTest {
    /** Uneven wells, so that nothing cancels by symmetry. */
    private static final Energy WELLS =
            x -> x.square().sub(1).square().add(x.mul(0.3)).sum(new int[] {1});

    private static final double[] GRID = {-1.7, -1.2, -0.9, -0.4, -0.05, 0.3, 0.8, 1.1, 1.6};

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static double energy(double x) {
        return (x * x - 1) * (x * x - 1) + 0.3 * x;
    }

    private static double gradient(double x) {
        return 4 * x * (x * x - 1) + 0.3;
    }

    private static double normal(double x, double mean, double sd) {
        double z = (x - mean) / sd;
        return Math.exp(-z * z / 2) / (sd * Math.sqrt(2 * Math.PI));
    }

    /** Every pair of points of the grid: {@code [from], [to]}. */
    private static double[][] pairs() {
        int n = GRID.length;
        double[][] pairs = new double[2][n * n];
        for (int i = 0; i < n * n; i++) {
            pairs[0][i] = GRID[i / n];
            pairs[1][i] = GRID[i % n];
        }
        return pairs;
    }

    private NDArray column(double[] numbers) {
        return m.create(numbers).reshape(-1, 1);
    }

    private double[] accepted(NDArray energyChange) {
        return Metropolis.acceptance(energyChange).toDoubleArray();
    }

    /** {@code π(x)·q(x'|x)·α(x, x')} is the same both ways, where q is the density of the proposal. */
    private interface Density {
        double at(double to, double from);
    }

    private static void assertDetailedBalance(double[] acceptance, Density q) {
        int n = GRID.length;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double there = Math.exp(-energy(GRID[i])) * q.at(GRID[j], GRID[i]) * acceptance[i * n + j];
                double back = Math.exp(-energy(GRID[j])) * q.at(GRID[i], GRID[j]) * acceptance[j * n + i];
                assertThat(there)
                        .as("%s to %s", GRID[i], GRID[j])
                        .isCloseTo(back, within(1e-12 * Math.max(there, back)));
            }
        }
    }

    @Nested
    class OfMala {
        private final double lambda = 0.13;
        private final Mala mala = new Mala(Schedule.constant(lambda));

        private NDArray change(double[] from, double[] to) {
            double[] noise = new double[from.length];
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (to[i] - from[i] + lambda * gradient(from[i])) / Math.sqrt(2 * lambda);
            }
            return Program.ofList(in -> {
                        var state = Langevin.State.at(WELLS, in.get(1));
                        return new NDList(
                                Mala.propose(WELLS, state, in.get(0), in.get(2)).energyChange());
                    })
                    .run(m, new NDList(m.create(mala.settings(0)), column(from), column(noise)))
                    .singletonOrThrow();
        }

        private double q(double to, double from) {
            return normal(to, from - lambda * gradient(from), Math.sqrt(2 * lambda));
        }

        @Test
        void matchesBruteForceRatio() {
            double[] from = {-1.3, 0.2, 0.9, 1.4, -0.1};
            double[] to = {-0.8, 0.9, 1.3, 0.6, 0.15};
            double[] change = change(from, to).toDoubleArray();
            for (int i = 0; i < from.length; i++) {
                double ratio = Math.exp(energy(from[i]) - energy(to[i])) * q(from[i], to[i]) / q(to[i], from[i]);
                assertThat(Math.exp(-change[i])).isCloseTo(ratio, within(1e-10 * ratio));
            }
        }

        @Test
        void isInDetailedBalance() {
            double[][] pairs = pairs();
            assertDetailedBalance(accepted(change(pairs[0], pairs[1])), this::q);
        }

        /** With γ/4 where 1/(4λ) belongs the ratio is another, and not in balance: the reference code's slip. */
        @Test
        void isNotTheReferenceCodesRatio() {
            double x = -1.3;
            double y = -0.8;
            double xi = (y - x + lambda * gradient(x)) / Math.sqrt(2 * lambda);
            double back = x - y + lambda * gradient(y);
            double slip = energy(x) - energy(y) + xi * xi / 2 - lambda / 4 * back * back;
            double change = change(new double[] {x}, new double[] {y}).getDouble();
            assertThat(Math.abs(-change - slip)).isGreaterThan(0.05);
        }
    }

    @Test
    void randomWalkIsInDetailedBalance() {
        double scale = 0.7;
        double[][] pairs = pairs();
        double[] noise = new double[pairs[0].length];
        for (int i = 0; i < noise.length; i++) {
            noise[i] = (pairs[1][i] - pairs[0][i]) / scale;
        }
        var walk = new RandomWalk(Schedule.constant(scale));
        NDArray change = Program.ofList(in -> {
                    var state = walk.init(WELLS, in.get(1), null);
                    var proposal = RandomWalk.propose(WELLS, state, in.get(0), in.get(2));
                    return new NDList(proposal.energyChange());
                })
                .run(m, new NDList(m.create(walk.settings(0)), column(pairs[0]), column(noise)))
                .singletonOrThrow();
        assertDetailedBalance(accepted(change), (to, from) -> normal(to, from, scale));
    }

    @Test
    void independenceMetropolisIsInDetailedBalance() {
        var sampler = new IndependenceMetropolis(DensityBase.standardNormal(1, DataType.FLOAT64));
        double[][] pairs = pairs();
        var state = sampler.init(WELLS, column(pairs[0]), null);
        double[] acceptance =
                accepted(sampler.propose(WELLS, state, column(pairs[1])).energyChange());
        assertDetailedBalance(acceptance, (to, from) -> normal(to, 0, 1));
    }

    @Nested
    class OfHmc {
        private final double epsilon = 0.21;
        private final int steps = 6;

        private Hmc.Trajectory go(double[] x, double[] v) {
            NDList end = Program.ofList(in -> {
                        var state = Langevin.State.at(WELLS, in.get(1));
                        Hmc.Trajectory t = Hmc.trajectory(WELLS, state, in.get(0), in.get(2));
                        NDList all = new NDList(t.state().arrays());
                        all.add(t.velocity());
                        all.add(t.energyChange());
                        return all;
                    })
                    .run(m, new NDList(m.create(new double[] {epsilon, steps}), column(x), column(v)));
            return new Hmc.Trajectory(Langevin.State.of(end), end.get(3), end.get(4));
        }

        private final double[] x = {-1.3, 0.2, 0.9, 1.4, -0.1};
        private final double[] v = {0.4, -1.9, 1.2, 0.03, 2.2};

        @Test
        void matchesBruteForceTrajectoryAndRatio() {
            Hmc.Trajectory end = go(x, v);
            for (int i = 0; i < x.length; i++) {
                double q = x[i];
                double p = v[i];
                for (int s = 0; s < steps; s++) {
                    p -= epsilon / 2 * gradient(q);
                    q += epsilon * p;
                    p -= epsilon / 2 * gradient(q);
                }
                double change = energy(q) + p * p / 2 - energy(x[i]) - v[i] * v[i] / 2;
                assertThat(end.state().position().getDouble(i, 0)).isCloseTo(q, within(1e-11));
                assertThat(end.velocity().getDouble(i, 0)).isCloseTo(p, within(1e-11));
                assertThat(end.energyChange().getDouble(i)).isCloseTo(change, within(1e-11));
            }
        }

        /**
         * With the volume preserved (each part is a shear), the proposal is a bijection that is its own inverse once
         * the velocity is turned round; so detailed balance is that the energy change is the same, negated, both ways.
         */
        @Test
        void isInDetailedBalance() {
            Hmc.Trajectory there = go(x, v);
            double[] to = there.state().position().toDoubleArray();
            double[] velocity = there.velocity().neg().toDoubleArray();
            Hmc.Trajectory back = go(to, velocity);
            assertThat(back.state().position().toDoubleArray())
                    .usingComparatorWithPrecision(1e-10)
                    .containsExactly(x);
            assertThat(back.energyChange().neg().toDoubleArray())
                    .usingComparatorWithPrecision(1e-10)
                    .containsExactly(there.energyChange().toDoubleArray());
        }
    }

    @Nested
    class OfParallelTempering {
        /** {@code exp(−E₀(x₀) − E₁(x₁))·α} is the same before and after an exchange of x₀ and x₁. */
        @Test
        void exchangesAreInDetailedBalance() {
            double[] betas = {1, 0.55, 0.1};
            var tempering = new ParallelTempering<>(
                    new Mala(Schedule.constant(0.1)), x -> x.square().sum(new int[] {1}), betas, 1);
            double[] x = {-1.2, 0.7, 1.5};
            for (int k = 0; k < 2; k++) {
                double[] swapped = x.clone();
                swapped[k] = x[k + 1];
                swapped[k + 1] = x[k];
                double there = Math.exp(-joint(betas, x)) * exchange(tempering, x)[k];
                double back = Math.exp(-joint(betas, swapped)) * exchange(tempering, swapped)[k];
                assertThat(there).isCloseTo(back, within(1e-12 * back));
            }
        }

        private double joint(double[] betas, double[] x) {
            double sum = 0;
            for (int k = 0; k < betas.length; k++) {
                sum += (1 - betas[k]) * x[k] * x[k] + betas[k] * energy(x[k]);
            }
            return sum;
        }

        private double[] exchange(ParallelTempering<?> tempering, double[] x) {
            double[] excess = new double[x.length];
            for (int k = 0; k < x.length; k++) {
                excess[k] = energy(x[k]) - x[k] * x[k];
            }
            return tempering.exchange(m.create(excess).reshape(-1, 1)).toDoubleArray();
        }
    }

    /** A proposal where the energy is NaN or +∞ is rejected and counted; the chain stays where it is. */
    @Test
    void rejectsAndCountsWhatIsNotFinite() {
        Energy walled = x -> {
            NDArray inside = x.square().sum(new int[] {1});
            return inside.neg().add(4).sqrt(); // NaN beyond |x| = 2
        };
        NDArray start = m.zeros(new Shape(50, 1)).add(1.9);
        var chains = new RandomWalk(Schedule.constant(0.5))
                .run(walled, start, SamplingPlan.of(200).withThinning(1), Rng.of(1));
        assertThat(chains.divergences()).isGreaterThan(100);
        assertThat(chains.draws().abs().max().getFloat()).isLessThan(2);
        assertThat(chains.steps().energyChange()).doesNotContain(Double.NaN);
        assertThat(chains.acceptance()).doesNotContain(Double.NaN);
    }
}
