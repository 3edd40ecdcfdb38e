package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.model.Energy;
import gebm.trace.LongLoop;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.Map;

/** A warm-up: steps with settings that change from one to the next, chosen from what the last one told. */
abstract class Search<S extends ChainState> {
    private static final int MOST_GUESSES = 60; // of the first step size: 18 powers of ten

    private final Sampler<S> sampler;
    private final WarmUp plan;
    private final Rng rng;
    private final Energy target;
    private final Program step;
    private NDList state;

    /** The search with {@code sampler}, whose own settings are not used. */
    Search(Sampler<S> sampler, Energy target, WarmUp plan, Rng rng) {
        this.sampler = sampler;
        this.plan = plan;
        this.rng = rng;
        this.target = target;
        step = Program.ofRandom((scope, in, key) -> {
            NDList told = new NDList();
            S next = step(target, sampler.state(in.subNDList(1)), in.get(0), key, told);
            NDList all = new NDList(next.arrays());
            told.forEach(array -> all.add(array.toType(DataType.FLOAT64, false)));
            return all;
        });
    }

    /** One step; recordable. It adds to {@code told} what {@link #learn} is to know. */
    abstract S step(Energy target, S state, NDArray settings, Rng key, NDList told);

    /** The settings to take next. */
    abstract double[] settings();

    /** Whether a step that told this was too short. */
    abstract boolean tooShort(double[][] told);

    /** Multiplies the step size while its first value is sought. */
    abstract void stretch(double factor);

    /** What the step {@code number} told; returns its mean acceptance, or NaN where nothing is rejected. */
    abstract double learn(int number, double[][] told);

    /** The sampler found. */
    abstract Sampler<S> found();

    /** The settings found, by name. */
    abstract Map<String, Double> names();

    Tuned<S> from(NDArray start) {
        NDManager owner = start.getManager();
        double[] acceptance = new double[plan.steps()];
        try (NDManager scope = owner.newSubManager()) {
            String where = "NaN or an infinity: check the start positions and the target";
            state = SamplerRun.begun(sampler, target, scope, start, rng, arrays -> where);
            guessFirst(scope);
            int done = LongLoop.run(plan.steps(), 1, plan.progress(), (before, one) -> {
                NDList next = next(scope, rng.fork(before));
                double[][] told = told(next);
                state.close();
                state = next;
                acceptance[before] = learn(before, told);
                return one;
            });
            NDArray position = sampler.state(state).position();
            position.attach(owner);
            boolean rejects = done > 0 && !Double.isNaN(acceptance[0]);
            return new Tuned<>(
                    found(),
                    position,
                    names(),
                    rejects ? Arrays.copyOf(acceptance, done) : new double[0],
                    done < plan.steps() ? new StopReason.Stopped(done) : new StopReason.Completed(done));
        }
    }

    /** Doubles or halves the step size until it is too long or too short, respectively. */
    private void guessFirst(NDManager scope) {
        Boolean first = null;
        for (int i = 0; i < MOST_GUESSES; i++) {
            try (NDList next = next(scope, rng.fork("guess").fork(i))) {
                boolean tooShort = tooShort(told(next));
                first = first == null ? tooShort : first;
                if (tooShort != first) {
                    return;
                }
                stretch(tooShort ? 2 : 0.5);
            }
        }
    }

    private NDList next(NDManager scope, Rng key) {
        try (NDArray settings = scope.create(settings())) {
            NDList inputs = new NDList(settings);
            inputs.addAll(state);
            return step.run(scope, inputs, key);
        }
    }

    /** Takes out of a step's results what it told besides the next state. */
    private double[][] told(NDList results) {
        double[][] told = new double[results.size() - state.size()][];
        for (int i = 0; i < told.length; i++) {
            try (NDArray array = results.remove(state.size())) {
                told[i] = array.toDoubleArray();
            }
        }
        return told;
    }
}
