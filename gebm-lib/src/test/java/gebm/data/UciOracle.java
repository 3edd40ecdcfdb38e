package gebm.data;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What {@code oracles/uci.py} wrote with NumPy. */
final class UciOracle {
    private static final JsonObject ALL = read();

    record Draws(double[] uniform, int[] permutation, double[] later) {}

    record Reference(
            List<String> names,
            int[] sizes,
            int[] order,
            int[] columns,
            double[][] noise,
            double[][] train,
            double[][] validation,
            double[][] test,
            double logDeterminant,
            double standardNormal,
            double gaussian) {}

    private UciOracle() {}

    static Draws draws(String seed) {
        return new Gson().fromJson(ALL.getAsJsonObject("draws").get(seed), Draws.class);
    }

    static Reference reference(Uci set) {
        return new Gson().fromJson(ALL.get(set.name()), Reference.class);
    }

    private static JsonObject read() {
        try (Reader reader = new InputStreamReader(
                UciOracle.class.getResourceAsStream("/oracles/uci.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, JsonObject.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
