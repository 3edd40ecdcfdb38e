package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.Energy;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Finds step size and decoherence length of microcanonical Langevin from all chains together.
 *
 * <p>The step size meets an energy error of variance 5·10⁻⁴ a dimension, which grows as ε⁶; the decoherence length is
 * the root of the positions' summed variances.
 *
 * <p>Source: Robnik et al. (2023), section 4.2. Differs: the chains' spread at one time is used beside that over time.
 */
final class DecoherenceSearch extends Search<KineticLangevin.State> {
    private static final double VARIANCE = 5e-4;
    private static final double POWER = 6; // of ε in the variance of the energy error

    private final int steps;
    private double logStep;
    private double averageLogStep;
    private int averaged;
    private double length;
    private int width;
    private double[] sums; // of positions, by dimension
    private double[] squares;
    private long count;

    DecoherenceSearch(Microcanonical first, Energy target, WarmUp plan, Rng rng) {
        super(first, target, plan, rng);
        steps = plan.steps();
        logStep = Math.log(first.stepSize().at(0));
        length = first.decoherence();
    }

    private Microcanonical sampler(double logStep) {
        return new Microcanonical(Schedule.constant(Math.exp(logStep)), length);
    }

    @Override
    KineticLangevin.State step(Energy target, KineticLangevin.State state, NDArray settings, Rng key, NDList told) {
        Transition<KineticLangevin.State> next = sampler(logStep).update(target, state, settings, key);
        told.add(next.info().energyChange());
        told.add(next.state().position());
        return next.state();
    }

    @Override
    double[] settings() {
        return sampler(logStep).settings(0);
    }

    @Override
    boolean tooShort(double[][] told) {
        return variance(told) < VARIANCE;
    }

    @Override
    void stretch(double factor) {
        logStep += Math.log(factor);
    }

    /** Mean square of the energy error a dimension; infinite where an error is not finite. */
    private double variance(double[][] told) {
        width = told[1].length / told[0].length;
        double sum = 0;
        for (double error : told[0]) {
            sum += Double.isFinite(error) ? error * error : Double.POSITIVE_INFINITY;
        }
        return sum / told[0].length / width;
    }

    @Override
    double learn(int number, double[][] told) {
        double variance = Math.max(variance(told), 1e-12);
        double change = Math.max(-0.7, Math.min(0.7, Math.log(VARIANCE / variance) / POWER));
        logStep += change / Math.pow(number + 1, 0.5);
        if (number >= steps / 2) {
            averaged++;
            averageLogStep += (logStep - averageLogStep) / averaged;
        } else if (number >= steps / 4) {
            add(told[1]);
            length = spread();
        }
        return Double.NaN;
    }

    private void add(double[] positions) {
        if (sums == null) {
            sums = new double[width];
            squares = new double[width];
        }
        for (int i = 0; i < positions.length; i++) {
            sums[i % width] += positions[i];
            squares[i % width] += positions[i] * positions[i];
        }
        count += positions.length / width;
    }

    private double spread() {
        double sum = 0;
        for (int k = 0; k < width; k++) {
            double mean = sums[k] / count;
            sum += squares[k] / count - mean * mean;
        }
        return sum > 0 ? Math.sqrt(sum) : length;
    }

    private double foundLogStep() {
        return averaged == 0 ? logStep : averageLogStep;
    }

    @Override
    Sampler<KineticLangevin.State> found() {
        return sampler(foundLogStep());
    }

    @Override
    Map<String, Double> names() {
        Map<String, Double> names = new LinkedHashMap<>();
        names.put("stepSize", Math.exp(foundLogStep()));
        names.put("decoherence", length);
        return names;
    }
}
