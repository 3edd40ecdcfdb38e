package gebm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.data.StrokeDigits;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceStatisticsTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();
    private final Oracle oracle = Oracle.frechet();
    private final Features raw = ((Features) NDArray::duplicate).named("raw");

    @AfterEach
    void close() {
        m.close();
    }

    /** Against scipy's number: at once, and through a file. */
    @Test
    void distanceToStatisticsAgreesWithScipy() {
        int before = m.getManagedArrays().size();
        NDArray a = m.create(oracle.a());
        NDArray b = m.create(oracle.b());
        var reference = ReferenceStatistics.of(raw, b, "set b [0:9]");
        Path file = folder.resolve("b.safetensors");
        reference.save(file);
        var read = ReferenceStatistics.load(file);
        Frechet frechet = Frechet.of(raw);
        assertThat(frechet.between(a, reference)).isCloseTo(oracle.distance(), within(1e-10));
        assertThat(frechet.between(a, read)).isEqualTo(frechet.between(a, reference));
        assertThat(frechet.between(a, reference)).isEqualTo(frechet.between(a, b));
        assertThat(m.getManagedArrays()).hasSize(before + 2);
    }

    @Test
    void saysWhatItIsOf() {
        var reference = ReferenceStatistics.of(raw, m.create(new double[][] {{1, 2}, {3, 2}}), "μ-set train");
        assertThat(reference.set()).isEqualTo("μ-set train");
        assertThat(reference.count()).isEqualTo(2);
        assertThat(reference.mean()).containsExactly(2, 2);
        assertThat(reference.covariance()).isDeepEqualTo(new double[][] {{2, 0}, {0, 0}});
        assertThat(reference).hasToString("μ-set train (2 samples, 2 features of raw)");
        Path file = folder.resolve("tiny.safetensors");
        reference.save(file);
        assertThat(ReferenceStatistics.load(file)).hasToString(reference.toString());
    }

    @Test
    void statisticsOfOtherFeaturesAreRefused() {
        NDArray images = StrokeDigits.of(120, Rng.of(1)).flattened(m);
        Features of4 = PrincipalComponents.fit(images.get(":60"), 4);
        Features others = PrincipalComponents.fit(images.get("60:"), 4);
        assertThat(others.name()).startsWith("PrincipalComponents 4 ").isNotEqualTo(of4.name());
        var reference = ReferenceStatistics.of(others, images, "strokes");
        assertThat(Frechet.of(others).between(images, reference)).isCloseTo(0, within(1e-6));
        assertThatThrownBy(() -> Frechet.of(of4).between(images, reference))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("features of the reference, strokes, must be those of this distance, " + of4.name()
                        + ", got " + others.name());
    }

    @Test
    void rejectsNamelessSetsAndOtherFiles() {
        assertThatThrownBy(() -> ReferenceStatistics.of(raw, m.ones(new Shape(3, 2)), " "))
                .hasMessageStartingWith("set must be the name of a data set");
        Path file = folder.resolve("weights.safetensors");
        gebm.model.Tensors.write(file, java.util.Map.of("w", m.ones(new Shape(2))));
        assertThatThrownBy(() -> ReferenceStatistics.load(file))
                .hasMessageContaining("the arrays of " + file)
                .hasMessageContaining("got [w]");
    }

    /** Batches give what all at once gives, and hold no array after. */
    @Test
    void featuresInBatches() {
        NDArray x = m.create(oracle.a());
        int[] calls = new int[1];
        Features doubled = samples -> {
            calls[0]++;
            assertThat(samples.getShape().get(0)).isLessThanOrEqualTo(5);
            return samples.mul(2);
        };
        int before = m.getManagedArrays().size();
        NDArray found = doubled.named("doubled").inBatches(5).apply(x);
        assertThat(calls[0]).isEqualTo(3);
        assertThat(m.getManagedArrays()).hasSize(before + 1);
        assertThat(found).isEqualTo(x.mul(2));
        assertThat(doubled.named("doubled").inBatches(5).name()).isEqualTo("doubled");
        assertThatThrownBy(() -> doubled.inBatches(0)).hasMessageContaining("size must be");
    }
}
