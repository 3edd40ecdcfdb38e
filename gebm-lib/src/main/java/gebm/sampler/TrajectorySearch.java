package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Energy;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds step size and trajectory length of HMC from all chains together.
 *
 * <p>The step size meets an acceptance of 0.651, in the harmonic mean over chains. The longest length T climbs the
 * change in the estimator of the generalized expected squared jump
 * {@code ChEES = ¼·E[(‖x' − E x'‖² − ‖x − E x‖²)²]}, by Adam on log T.
 *
 * <p>Source: Hoffman, Radul and Sountsov (2021), An Adaptive-MCMC Scheme for Setting Trajectory Lengths in Hamiltonian
 * Monte Carlo, AISTATS, algorithm 1 and section 3.
 */
final class TrajectorySearch extends Search<Langevin.State> {
    private static final double BEST_ACCEPTANCE = 0.651;
    private static final double RATE = 0.025;
    private static final double SECOND_MOMENT = 0.95;
    private static final double MOST_CHANGE = 0.35; // of log T in a step

    private final Hmc hmc;
    private double guessed;
    private DualAveraging averaging;
    private double logLength;
    private double averageLogLength;
    private double squares;
    private int number;

    TrajectorySearch(Energy target, double stepSize, double length, WarmUp plan, Rng rng) {
        super(Hmc.of(stepSize, length), target, plan, rng);
        hmc = Hmc.of(stepSize, length);
        guessed = stepSize;
        averaging = new DualAveraging(stepSize, BEST_ACCEPTANCE);
        logLength = Math.log(length);
    }

    @Override
    Tuned<Langevin.State> from(NDArray start) {
        long chains = start.getShape().get(0);
        Require.that(chains >= 2, "chains of a warm-up that adapts trajectories", ">= 2 (better 50 or more)", chains);
        return super.from(start);
    }

    @Override
    Langevin.State step(Energy target, Langevin.State state, NDArray settings, Rng key, NDList told) {
        NDArray x = state.position();
        NDArray velocity = key.fork("velocity").normal(x.getManager(), x.getShape(), x.getDataType());
        Hmc.Trajectory end = Hmc.trajectory(target, state, settings, velocity);
        NDArray acceptance = Metropolis.acceptance(end.energyChange());
        NDArray uniform = key.fork("accept").uniform(x.getManager(), acceptance.getShape(), acceptance.getDataType());
        NDList next = PerChain.choose(uniform.lt(acceptance), end.state().arrays(), state.arrays());
        Shape flat = new Shape(-1);
        told.add(acceptance);
        told.add(x.reshape(flat));
        told.add(end.state().position().reshape(flat));
        told.add(end.velocity().reshape(flat));
        return hmc.state(next);
    }

    @Override
    double[] settings() {
        double epsilon = averaging.step();
        return new double[] {epsilon, Hmc.steps(Hmc.halton(number), Math.exp(logLength), epsilon)};
    }

    @Override
    boolean tooShort(double[][] told) {
        return harmonicMean(told[0]) > BEST_ACCEPTANCE;
    }

    @Override
    void stretch(double factor) {
        guessed *= factor;
        averaging = new DualAveraging(guessed, BEST_ACCEPTANCE);
        logLength = Math.max(logLength, Math.log(guessed));
    }

    @Override
    double learn(int step, double[][] told) {
        double epsilon = averaging.step();
        double time = epsilon * settings()[1];
        double slope = slope(told[0], told[1], told[2], told[3]) * time;
        number++;
        averaging.observe(harmonicMean(told[0]));
        if (Double.isFinite(slope) && slope != 0) {
            squares += (1 - SECOND_MOMENT) * (slope * slope - squares);
            double unbiased = squares / (1 - Math.pow(SECOND_MOMENT, number));
            double change = RATE * slope / Math.sqrt(unbiased);
            logLength += Math.max(-MOST_CHANGE, Math.min(MOST_CHANGE, change));
        }
        double next = averaging.step();
        logLength = Math.max(Math.log(next), Math.min(Math.log(Hmc.MOST_STEPS * next), logLength));
        averageLogLength += (logLength - averageLogLength) * Math.pow(number, -0.75);
        return Arrays.stream(told[0]).average().orElseThrow();
    }

    /** The derivative of ChEES by the trajectory's time, from chains weighted by their acceptance. */
    private static double slope(double[] acceptance, double[] before, double[] after, double[] velocity) {
        int chains = acceptance.length;
        int width = before.length / chains;
        double[] weight = new double[chains];
        double total = 0;
        for (int i = 0; i < chains; i++) {
            boolean finite = true;
            for (int k = i * width; k < (i + 1) * width; k++) {
                finite &= Double.isFinite(after[k]) && Double.isFinite(velocity[k]);
            }
            weight[i] = finite ? acceptance[i] : 0;
            total += weight[i];
        }
        double[] meanBefore = new double[width];
        double[] meanAfter = new double[width];
        for (int i = 0; i < chains; i++) {
            for (int k = 0; k < width; k++) {
                meanBefore[k] += before[i * width + k] / chains;
                meanAfter[k] += weight[i] > 0 ? weight[i] * after[i * width + k] / total : 0;
            }
        }
        double slope = 0;
        for (int i = 0; i < chains; i++) {
            double growth = 0;
            double outward = 0;
            for (int k = 0; k < width && weight[i] > 0; k++) {
                double from = before[i * width + k] - meanBefore[k];
                double to = after[i * width + k] - meanAfter[k];
                growth += to * to - from * from;
                outward += to * velocity[i * width + k];
            }
            slope += weight[i] > 0 ? weight[i] * growth * outward / total : 0;
        }
        return slope;
    }

    private static double harmonicMean(double[] acceptance) {
        double inverse = 0;
        for (double a : acceptance) {
            inverse += 1 / Math.max(a, 1e-10);
        }
        return acceptance.length / inverse;
    }

    @Override
    Sampler<Langevin.State> found() {
        return Hmc.of(averaging.found(), length() / 2);
    }

    private double length() {
        return Math.max(averaging.found(), Math.exp(number == 0 ? logLength : averageLogLength));
    }

    @Override
    Map<String, Double> names() {
        Map<String, Double> names = new LinkedHashMap<>();
        names.put("stepSize", averaging.found());
        names.put("meanLength", length() / 2);
        return names;
    }
}
