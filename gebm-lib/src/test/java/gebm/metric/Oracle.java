package gebm.metric;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** What {@code oracles/frechet.py} computed with numpy and scipy. */
record Oracle(double[][] a, double[][] b, double distance, double[] variances, double explained, double[][] features) {
    static Oracle frechet() {
        try (Reader reader = new InputStreamReader(
                Oracle.class.getResourceAsStream("/oracles/frechet.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, Oracle.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
