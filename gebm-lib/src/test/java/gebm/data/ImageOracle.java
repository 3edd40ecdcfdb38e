package gebm.data;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** What {@code oracles/images.py} computed with Pillow and NumPy; files in base 64. */
record ImageOracle(List<Square> squares, List<Saved> npy, String fortran, String bigEndian) {
    record Square(String name, String png, int side, int[] levels, int[] grey) {
        @Override
        public String toString() {
            return name;
        }
    }

    record Saved(String type, long[] shape, double[] values, String ours, String numpy) {
        @Override
        public String toString() {
            return type;
        }
    }

    static final ImageOracle ALL = read();

    static byte[] bytes(String text) {
        return Base64.getDecoder().decode(text);
    }

    private static ImageOracle read() {
        try (Reader reader = new InputStreamReader(
                ImageOracle.class.getResourceAsStream("/oracles/images.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, ImageOracle.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
