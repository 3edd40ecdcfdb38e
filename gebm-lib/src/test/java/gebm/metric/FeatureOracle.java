package gebm.metric;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What {@code oracles/features.py} computed with numpy, by brute force. */
record FeatureOracle(
        double[][] samples,
        double[][] reference,
        double mmd,
        List<PrecisionRecall> neighbours,
        double gaussianMmd,
        double medianDistance,
        List<IntrinsicDimension> dimensions) {
    static FeatureOracle read() {
        try (Reader reader = new InputStreamReader(
                FeatureOracle.class.getResourceAsStream("/oracles/features.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, FeatureOracle.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
