package gebm.sampler;

import ai.djl.ndarray.NDArray;
import gebm.core.StopReason;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a warm-up found.
 *
 * @param sampler the sampler with its settings, which no longer change
 * @param position where the chains stand, {@code (chains, d…)}
 * @param settings what was found, by the names of the sampler's settings
 * @param acceptance the mean acceptance at each step of the search; empty where the sampler never rejects
 * @param stop why the search ended
 */
public record Tuned<S extends ChainState>(
        Sampler<S> sampler, NDArray position, Map<String, Double> settings, double[] acceptance, StopReason stop) {
    /** Copies the settings. */
    public Tuned {
        settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    }

    @Override
    public double[] acceptance() {
        return acceptance.clone();
    }

    @Override
    public String toString() {
        return settings.entrySet().stream()
                .map(entry -> String.format(Locale.ROOT, "%s %.4g", entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", ", "Tuned[", ", " + stop + "]"));
    }
}
