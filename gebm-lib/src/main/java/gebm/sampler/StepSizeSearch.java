package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Rng;
import gebm.model.Energy;
import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleFunction;

/** Finds the step size at which a Metropolis sampler accepts as often as it should. */
final class StepSizeSearch<S extends ChainState> extends Search<S> {
    private final DoubleFunction<Sampler<S>> make;
    private final double target;
    private double guessed;
    private DualAveraging averaging;

    StepSizeSearch(
            DoubleFunction<Sampler<S>> make, double first, double acceptance, Energy target, WarmUp plan, Rng rng) {
        super(make.apply(first), target, plan, rng);
        this.make = make;
        this.target = acceptance;
        guessed = first;
        averaging = new DualAveraging(first, acceptance);
    }

    @Override
    S step(Energy target, S state, NDArray settings, Rng key, NDList told) {
        Transition<S> next = make.apply(guessed).update(target, state, settings, key);
        told.add(next.info().acceptance());
        return next.state();
    }

    @Override
    double[] settings() {
        return make.apply(averaging.step()).settings(0);
    }

    @Override
    boolean tooShort(double[][] told) {
        return mean(told[0]) > target;
    }

    @Override
    void stretch(double factor) {
        guessed *= factor;
        averaging = new DualAveraging(guessed, target);
    }

    @Override
    double learn(int number, double[][] told) {
        double acceptance = mean(told[0]);
        averaging.observe(acceptance);
        return acceptance;
    }

    @Override
    Sampler<S> found() {
        return make.apply(averaging.found());
    }

    @Override
    Map<String, Double> names() {
        return Map.of("stepSize", averaging.found());
    }

    private static double mean(double[] numbers) {
        return Arrays.stream(numbers).average().orElseThrow();
    }
}
