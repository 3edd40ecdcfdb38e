package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import gebm.core.Rng;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Features by a network from a file; what it gives was computed by {@code oracles/generator.py}. */
class FeaturesTest {
    private static final Path ORACLES = Path.of("src/test/resources/oracles");
    private static final Path NETWORK = ORACLES.resolve("generator-traced.pt"); // (n, 4) to (n, 1, 8, 8), in float64

    private final NDManager m = NDManager.newBaseManager();

    private record Numbers(double[] output) {}

    private record Oracle(double[][] z, Numbers traced) {
        static Oracle read() throws IOException {
            return new Gson().fromJson(Files.readString(ORACLES.resolve("generator.json")), Oracle.class);
        }
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray samples(String label, int n) {
        return Rng.of(61).fork(label).normal(m, new Shape(n, 4), DataType.FLOAT64);
    }

    @Test
    void ofAFileAreWhatPythonComputed() throws IOException {
        Oracle oracle = Oracle.read();
        NDArray found = Features.scripted(NETWORK).apply(m.create(oracle.z()));
        assertThat(found.getShape()).isEqualTo(new Shape(3, 64));
        assertThat(found.toDoubleArray())
                .usingComparatorWithPrecision(1e-13)
                .containsExactly(oracle.traced().output());
    }

    @Test
    void ofAFileComeInBatchesAsAtOnce() {
        Features all = Features.scripted(NETWORK);
        NDArray x = samples("batches", 10);
        assertThat(all.inBatches(4).apply(x).toDoubleArray())
                .usingComparatorWithPrecision(1e-13)
                .containsExactly(all.apply(x).toDoubleArray());
    }

    @Test
    void ofAFileServeADistance() {
        Features features = Features.scripted(NETWORK);
        NDArray real = samples("real", 200);
        NDArray generated = samples("generated", 200).mul(1.5);
        double expected = Frechet.distance(features.apply(real), features.apply(generated));
        assertThat(Frechet.of(features.inBatches(64)).between(real, generated))
                .isCloseTo(expected, within(1e-9 * expected));
        assertThat(expected).isGreaterThan(0.01);
    }

    /** So that stored statistics of one network's features are not taken for another's, wherever the file lies. */
    @Test
    void ofAFileAreNamedByItsContent() {
        assertThat(Features.scripted(NETWORK).name())
                .startsWith("TorchScript ")
                .doesNotContain("generator")
                .isNotEqualTo(Features.scripted(ORACLES.resolve("generator.pt")).name());
    }

    @Test
    void refuseWhatIsNoNetworkAndNoSample() {
        Path none = ORACLES.resolve("none.pt");
        assertThatThrownBy(() -> Features.scripted(none)).hasMessageContaining(none.toString());
        NDArray empty = m.zeros(new Shape(0, 4), DataType.FLOAT64);
        assertThatThrownBy(() -> Features.scripted(NETWORK).apply(empty))
                .hasMessage("samples must be at least one, got (0, 4)");
    }
}
