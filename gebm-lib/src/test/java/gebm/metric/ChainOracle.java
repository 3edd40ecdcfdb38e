package gebm.metric;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What {@code oracles/chains.py} computed with ArviZ and scipy. */
record ChainOracle(List<Case> cases, double[][] normal, double[][] beta) {
    /** Quantiles are those of 10 %, 50 % and 80 %; autocorrelations of a chain that stands still are null. */
    record Case(
            String name,
            double[][] draws,
            double mean,
            double sd,
            double[] quantiles,
            double rHat,
            double bulk,
            double tail,
            Map<String, Double> ess,
            double[] quantileEss,
            Map<String, Double> mcse,
            double[] quantileMcse,
            double[][] autocorrelation) {
        @Override
        public String toString() {
            return name;
        }
    }

    static ChainOracle read() {
        try (Reader reader = new InputStreamReader(
                ChainOracle.class.getResourceAsStream("/oracles/chains.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, ChainOracle.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
