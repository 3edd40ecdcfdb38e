package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.metric.Frechet;
import gebm.model.Gebm;
import gebm.sampler.SamplingPlan;
import gebm.train.Checkpoint;
import gebm.train.TrainingPlan;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The paper's experiment: its numbers, and a run of the real networks at a small batch. */
class PaperImagesTest {
    private static final DataSource IMAGES = (m, size, index, rng) ->
            rng.fork(index).uniform(m, new Shape(size, 3, 32, 32)).mul(2).sub(1);

    @TempDir
    private Path folder;

    private static List<ByteBuffer> bits(Trainable trainable) {
        List<ByteBuffer> all = new ArrayList<>();
        trainable.parameters().forEach(p -> all.add(p.toByteBuffer()));
        return all;
    }

    private static void same(Trainable a, Trainable b) {
        assertThat(bits(a).equals(bits(b))).isTrue(); // millions of numbers: no list of differences
    }

    private static long count(Trainable trainable) {
        return trainable.parameters().stream().mapToLong(NDArray::size).sum();
    }

    /** Counts by hand from the authors' tables of layers: weights, biases, and scale and shift of each normalisation. */
    @Test
    void networksHaveThePapersSize() {
        try (Gebm model = PaperImages.convNet().model(Rng.of(1))) {
            long linear = 100 * 8192 + 8192;
            long deconvolutions = 512 * 256 * 16 + 256 + 256 * 128 * 16 + 128 + 128 * 64 * 16 + 64 + 64 * 3 * 9 + 3;
            assertThat(count(model.base())).isEqualTo(linear + deconvolutions + 2 * (512 + 256 + 128 + 64));
            long energy = 3 * 64 * 9 + 64 + 64 * 128 * 16 + 128 + 128 * 128 * 9 + 128 + 128 * 256 * 16 + 256;
            energy += 256 * 256 * 9 + 256 + 256 * 512 * 16 + 512 + 512 * 512 * 9 + 512 + 8192 + 1;
            assertThat(count(model.energy())).isEqualTo(energy);
        }
    }

    @Test
    void plansAreThePapers() {
        TrainingPlan plan = PaperImages.resNet().training();
        assertThat(plan.iterations()).isEqualTo(150_000);
        assertThat(plan.batchSize()).isEqualTo(128);
        assertThat(plan.generatedSize()).isEqualTo(128);
        assertThat(List.of(0L, 1L, 2L, 499L, 500L, 501L).stream().map(plan::energySteps))
                .containsExactly(100L, 100L, 5L, 5L, 100L, 5L);
        assertThat(plan.toString()).contains("rate 1.0E-4, beta1 0.5, beta2 0.999");
        assertThat(PaperImages.resNet().polishing().toString()).contains("rate 1.0E-5, beta1 0.5, beta2 0.999");
        // γ = 1e-4, a tenth every 200 steps, and λ = γ/2
        assertThat(PaperImages.sampler().stepSize().at(0)).isCloseTo(5e-5, within(1e-18));
        assertThat(PaperImages.sampler().stepSize().at(199)).isCloseTo(5e-5, within(1e-18));
        assertThat(PaperImages.sampler().stepSize().at(999)).isCloseTo(5e-9, within(1e-20));
        assertThat(PaperImages.sampling().steps()).isEqualTo(1_000);
    }

    /** The paper's ConvNet pair, one iteration of 5 energy steps and a base step, and one of polishing. */
    @Test
    void runsForReal() {
        UnaryOperator<TrainingPlan> small = plan -> plan.withIterations(1).withBatchSize(8);
        PaperImages experiment = PaperImages.convNet()
                .withTraining(plan -> small.apply(plan).withEnergySteps(i -> 5))
                .withPolishing(plan -> small.apply(plan).withEnergySteps(i -> 1));
        PaperImages.Result result = experiment.run(IMAGES, folder, Rng.of(7));
        assertThat(result.training().stop()).isEqualTo(new StopReason.Completed(1));
        assertThat(result.training().history().columns()).contains("kale", "gradientPenalty", "baseLoss");
        result.training().history().rows().get(0).values().forEach(n -> assertThat(n)
                .isFinite());
        result.polishing().history().rows().get(0).values().forEach(n -> assertThat(n)
                .isFinite());
        try (Gebm before = experiment.model(Rng.of(7).fork("model"))) {
            changed(before.base(), result.training().model().base());
            changed(before.energy(), result.training().model().energy());
        }
        changed(result.training().model().energy(), result.model().energy());
        same(result.model().base(), result.training().model().base());
        Checkpoint written = Checkpoint.load(folder.resolve("polishing.safetensors"), result.model());
        assertThat(written.iteration()).isEqualTo(1);
        same(written.model(), result.model());
        try (NDManager scope = NDManager.newBaseManager()) {
            var chains = PaperImages.sample(scope, result.model(), 2, SamplingPlan.of(1), Rng.of(8));
            NDArray x = result.model().base().generate(chains.position());
            assertThat(x.getShape()).isEqualTo(new Shape(2, 3, 32, 32));
            assertThat(x.abs().max().getFloat()).isLessThanOrEqualTo(1);
        }
    }

    private static void changed(Trainable before, Trainable after) {
        List<ByteBuffer> old = bits(before);
        List<ByteBuffer> now = bits(after);
        for (int i = 0; i < old.size(); i++) {
            assertThat(now.get(i).equals(old.get(i)))
                    .as("parameter %d is as before", i)
                    .isFalse();
        }
    }

    /** A call goes on from what is in the folder, to what one run would have given; the metric is in the history. */
    @Test
    void goesOnFromItsFolder() {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDArray reference = IMAGES.batch(scope, 6, 0, Rng.of(3));
            UnaryOperator<TrainingPlan> tiny = plan -> plan.withBatchSize(2).withEnergySteps(i -> 1);
            PaperImages two = PaperImages.convNet()
                    .withWidth(1)
                    .withMetric(PaperImagesTest::pixelMeans, reference, 4)
                    .withTraining(plan -> tiny.apply(plan).withIterations(2))
                    .withPolishing(plan -> tiny.apply(plan).withIterations(1));
            Path other = folder.resolve("other");
            AtomicBoolean stop = new AtomicBoolean();
            PaperImages stopped = two.withTraining(
                    plan -> plan.withStop(stop::get).withProgress((done, total, text) -> stop.set(done == 1)));
            PaperImages.Result first = stopped.run(IMAGES, folder, Rng.of(5));
            assertThat(first.training().stop()).isEqualTo(new StopReason.Stopped(1));
            assertThat(first.polishing()).isNull();
            PaperImages.Result resumed = two.run(IMAGES, folder, Rng.of(5));
            PaperImages.Result whole = two.run(IMAGES, other, Rng.of(5));
            same(resumed.model(), whole.model());
            same(two.run(IMAGES, other, Rng.of(5)).model(), whole.model()); // all is done
            NDArray samples = whole.training()
                    .model()
                    .base()
                    .sample(
                            scope,
                            4,
                            Rng.of(5).fork("train").fork("evaluation").fork(2).fork(0));
            double distance = Frechet.distance(pixelMeans(samples), pixelMeans(reference));
            assertThat(whole.training().history().column("frechet")[1]).isCloseTo(distance, within(1e-9));
        }
    }

    private static NDArray pixelMeans(NDArray images) {
        return images.reshape(-1, 3, 32 * 32).mean(new int[] {2});
    }

    @Test
    void refusesOtherImages() {
        DataSource grey = (m, size, index, rng) -> m.zeros(new Shape(size, 1, 28, 28));
        assertThatThrownBy(() -> PaperImages.convNet().run(grey, folder, Rng.of(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the shape of an image must be (3, 32, 32), got (1, 28, 28)");
    }
}
