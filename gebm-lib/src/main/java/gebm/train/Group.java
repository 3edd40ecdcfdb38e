package gebm.train;

import gebm.core.Require;
import java.util.List;
import java.util.Objects;

/**
 * Parameters that one optimiser changes: those of a part of the model.
 *
 * @param part its name, with dots between names of parts in parts; {@code ""} is the whole model
 * @param optimizer what changes them
 * @param decays whether the plan's {@link RateDecay} lowers their rate
 * @param average the decay of a moving average of them; NaN: none is kept
 */
public record Group(String part, Optimizer optimizer, boolean decays, double average) {
    /** Checks the numbers. */
    public Group {
        Objects.requireNonNull(part, "part");
        Objects.requireNonNull(optimizer, "optimizer");
        Require.that(Double.isNaN(average) || average > 0 && average < 1, "decay", "between 0 and 1", average);
    }

    /** The parameters of {@code part}. */
    public static Group of(String part, Optimizer optimizer) {
        return new Group(part, optimizer, true, Double.NaN);
    }

    /** The same at rates that the plan's decay leaves alone. */
    public Group withoutDecay() {
        return new Group(part, optimizer, false, average);
    }

    /**
     * The same with an exponential moving average of the parameters, {@code a ← decay·a + (1 − decay)·θ} after each
     * update, for {@link TrainingRun#averaged}; training itself goes on without it.
     *
     * <p>Source: Yazıcı et al. (2019), The Unusual Effectiveness of Averaging in GAN Training; decay 0.999.
     *
     * @param decay in (0, 1)
     */
    public Group withAverage(double decay) {
        return new Group(part, optimizer, decays, decay);
    }

    /** Whether none of these parts is another one or within it. */
    static boolean areApart(List<String> parts) {
        for (int i = 0; i < parts.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (isWithin(parts.get(i), parts.get(j)) || isWithin(parts.get(j), parts.get(i))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isWithin(String part, String whole) {
        return whole.isEmpty() || part.equals(whole) || part.startsWith(whole + ".");
    }

    boolean averages() {
        return !Double.isNaN(average);
    }
}
