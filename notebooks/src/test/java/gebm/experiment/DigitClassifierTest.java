package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Progress;
import gebm.core.Rng;
import gebm.data.Digits;
import gebm.data.Mnist;
import gebm.data.StrokeDigits;
import gebm.metric.Frechet;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigitClassifierTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    private static Digits mnistTest() {
        Digits.Split split = Digits.mnistOrStrokes();
        assumeTrue(split.name().equals("mnist"), "MNIST is not at hand");
        return split.test();
    }

    @Test
    void shippedOneKnowsTheTestDigits() {
        try (DigitClassifier shipped = DigitClassifier.shipped()) {
            assertThat(shipped.accuracy(mnistTest())).isEqualTo(DigitClassifier.SHIPPED_ACCURACY);
            assertThat(DigitClassifier.SHIPPED_ACCURACY).isGreaterThan(0.99);
        }
    }

    @Test
    void featuresAreOneRowAnImageWhateverTheirShape() {
        try (DigitClassifier shipped = DigitClassifier.shipped()) {
            Digits digits = StrokeDigits.of(1_200, Rng.of(1));
            NDArray features = shipped.apply(digits.images(m));
            assertThat(features.getShape()).isEqualTo(new Shape(1_200, DigitClassifier.FEATURES));
            assertThat(features.getManager()).isSameAs(m);
            assertThat(features.min().getFloat()).isZero();
            assertThat(shipped.apply(digits.flattened(m))).isEqualTo(features);
            try (DigitClassifier other = DigitClassifier.shipped()) {
                assertThat(shipped.name()).startsWith("DigitClassifier ").isEqualTo(other.name());
            }
            double same = Frechet.of(shipped).between(digits.images(m), digits.images(m));
            assertThat(same).isCloseTo(0, within(1e-6));
        }
    }

    /** Trained on 500 drawn digits for 8 epochs it knows other drawn ones; saved and read it says the same. */
    @Test
    void learnsDrawnDigitsAndIsSavedAndRead() {
        Digits train = StrokeDigits.of(500, Rng.of(1));
        Digits test = StrokeDigits.of(200, Rng.of(2));
        try (DigitClassifier first = DigitClassifier.train(train, 8, Progress.none(), Rng.of(3));
                DigitClassifier second = DigitClassifier.train(train, 8, Progress.none(), Rng.of(3))) {
            assertThat(first.accuracy(test)).isGreaterThan(0.7);
            assertThat(second.apply(test.images(m))).isEqualTo(first.apply(test.images(m)));
            Path file = folder.resolve("classifier.safetensors");
            first.save(file);
            try (DigitClassifier read = DigitClassifier.load(file)) {
                assertThat(read.apply(test.images(m))).isEqualTo(first.apply(test.images(m)));
            }
        }
    }

    /** The command that made the shipped weights; with {@code -Dclassifier.write=true} it writes them. */
    @Test
    @Tag("slow")
    void trainingItAgainGivesTheSame() {
        Digits test = mnistTest();
        try (DigitClassifier again = DigitClassifier.train(Mnist.train(), 12, Progress.none(), Rng.of(1))) {
            double accuracy = again.accuracy(test);
            System.out.println("accuracy on the test digits: " + accuracy);
            if (Boolean.getBoolean("classifier.write")) {
                again.save(Path.of("src/main/resources/gebm/experiment/digit-classifier.safetensors"));
            }
            assertThat(accuracy).isCloseTo(DigitClassifier.SHIPPED_ACCURACY, within(1e-3));
        }
    }

    @Test
    void rejectsOtherShapesAndTooFewDigits() {
        try (DigitClassifier shipped = DigitClassifier.shipped()) {
            assertThatThrownBy(() -> shipped.apply(m.ones(new Shape(2, 3, 32, 32))))
                    .hasMessage("images must be of shape (n, 1, 28, 28) or (n, 784), got (2, 3, 32, 32)");
        }
        assertThatThrownBy(() -> DigitClassifier.train(StrokeDigits.of(50, Rng.of(1)), 1, Progress.none(), Rng.of(1)))
                .hasMessageContaining(">= 100 images, got 50");
    }
}
