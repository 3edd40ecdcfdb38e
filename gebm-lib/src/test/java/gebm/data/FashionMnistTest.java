package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FashionMnistTest {
    @TempDir
    Path folder;

    @Test
    void aDamagedFileIsNamed() throws Exception {
        Path file = folder.resolve("fashion-mnist").resolve("train-labels-idx1-ubyte.gz");
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[] {1, 2, 3});
        assertThatThrownBy(() -> FashionMnist.train(DataStore.at(folder)))
                .hasMessage("SHA-256 of the packed bytes must be"
                        + " a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845, got "
                        + Sha256.of(new byte[] {1, 2, 3}) + " from " + file
                        + "; delete it and it will be downloaded again");
    }

    @Test
    void theRealFilesHaveTheirKnownMean() {
        String variable = System.getenv("GEBM_DATA_HOME");
        Path home = variable == null ? Path.of("..", "..", "shared", "data") : Path.of(variable);
        assumeTrue(Files.exists(home.resolve("fashion-mnist")), "Fashion-MNIST is not on this machine");
        DataStore store = new DataStore(Optional.of(home), folder);
        assertThat(FashionMnist.test(store).size()).isEqualTo(10_000);
        Images train = FashionMnist.train(store);
        assertThat(train.size()).isEqualTo(60_000);
        assertThat(FashionMnist.CLASSES.get(train.labels()[0])).isEqualTo("ankle boot");
        try (NDManager m = NDManager.newBaseManager()) {
            // the field's normalising constant for Fashion-MNIST
            assertThat(train.flattened(m, PixelRange.UNIT).mean().getFloat()).isCloseTo(0.2860f, within(1e-4f));
        }
    }
}
