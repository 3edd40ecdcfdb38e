package gebm.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.pooling.Pool;
import gebm.core.Parts;
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.data.DataSource;
import gebm.data.Digits;
import gebm.metric.Features;
import gebm.model.Tensors;
import gebm.objective.Batch;
import gebm.objective.Loss;
import gebm.trace.Network;
import gebm.trace.Program;
import gebm.train.Adam;
import gebm.train.Phase;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * A small network that tells digits apart; its last hidden layer gives the features that image metrics look at.
 *
 * <p>Convolution 3×3 to 16 channels, ReLU, maximum of 2×2; the same to 32 channels; a layer of 64 ReLU units, which are
 * the features; a layer of 10. 105,866 numbers. {@link #shipped} was trained on the 60,000 training digits of MNIST by
 * {@link #train}; how many of the 10,000 test digits it gets right stands in {@link #SHIPPED_ACCURACY}.
 *
 * <p>Shapes: images {@code (n, 1, 28, 28)} or {@code (n, 784)}, in [0, 1] with ink 1; features {@code (n, 64)}.
 * <p>Memory: the weights live until {@link #close}; features belong to the images' manager.
 */
public final class DigitClassifier implements Features, AutoCloseable {
    /** How many features an image has. */
    public static final int FEATURES = 64;

    /** The share of MNIST's test digits that {@link #shipped} gets right. */
    public static final double SHIPPED_ACCURACY = 0.9919;

    private static final String RESOURCE = "digit-classifier.safetensors";
    private static final int BATCH = 100;
    private static final int BATCH_OF_FEATURES = 1_000;
    private static final double RATE = 1e-3;

    private final Parts networks; // hidden and last
    private final Program features = Program.of(this::features);
    private final Program scores = Program.of(this::scores);

    private DigitClassifier(Parts networks) {
        this.networks = networks;
    }

    private static Parts fresh(Rng rng) {
        Network hidden = Network.of(hiddenBlock(), new Shape(1, Digits.SIDE, Digits.SIDE), rng.fork("hidden"));
        Network last = Network.of(Linear.builder().setUnits(10).build(), new Shape(FEATURES), rng.fork("last"));
        return Parts.of("hidden", hidden, "last", last);
    }

    private static Block hiddenBlock() {
        SequentialBlock block = new SequentialBlock();
        for (int filters : new int[] {16, 32}) {
            block.add(Conv2d.builder()
                            .setKernelShape(new Shape(3, 3))
                            .setFilters(filters)
                            .optPadding(new Shape(1, 1))
                            .build())
                    .add(Activation::relu)
                    .add(Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)));
        }
        return block.add(Blocks.batchFlattenBlock())
                .add(Linear.builder().setUnits(FEATURES).build())
                .add(Activation::relu);
    }

    /** The trained network that comes with this class. */
    public static DigitClassifier shipped() {
        try (InputStream in = DigitClassifier.class.getResourceAsStream(RESOURCE);
                NDManager scope = NDManager.newBaseManager()) {
            if (in == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing beside this class");
            }
            Map<String, NDArray> arrays = new LinkedHashMap<>();
            NDList.decode(scope, in.readAllBytes()).forEach(array -> arrays.put(array.getName(), array));
            return with(arrays, RESOURCE);
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + RESOURCE, e);
        }
    }

    /**
     * The network in {@code file}, as {@link #save} wrote it.
     *
     * @throws UncheckedIOException if the file is missing or damaged
     * @throws IllegalArgumentException if it holds other arrays
     */
    public static DigitClassifier load(Path file) {
        try (NDManager scope = NDManager.newBaseManager()) {
            return with(Tensors.read(scope, file), file.toString());
        }
    }

    private static DigitClassifier with(Map<String, NDArray> arrays, String from) {
        Parts networks = fresh(Rng.of(0));
        Tensors.assign(networks.arrays(), arrays, from);
        return new DigitClassifier(networks);
    }

    /**
     * A network trained on {@code digits}: cross entropy by Adam in batches of 100, each image moved by up to one pixel
     * in both directions, at a rate that falls from 10⁻³ to 0 over all steps. An interrupt ends it within a step, with
     * the network reached by then.
     *
     * @param epochs how often each image is seen; an epoch of 60,000 takes about half a minute on one core
     */
    public static DigitClassifier train(Digits digits, int epochs, Progress progress, Rng rng) {
        Require.positive("epochs", epochs);
        Require.that(digits.size() >= BATCH, "digits", ">= " + BATCH + " images", digits.size());
        long total = (long) (digits.size() / BATCH) * epochs;
        Schedule rate = step -> RATE * (1 - (double) step / total);
        var phase = Phase.of("classifier", DigitClassifier::crossEntropy, Adam.of(rate));
        TrainingPlan plan = TrainingPlan.of(total).withBatchSize(BATCH).withProgress(progress);
        try (NDManager scope = NDManager.newBaseManager();
                Parts start = fresh(rng.fork("weights"))) {
            DataSource data = new Moved(DataSource.of(digits.images(scope), scope.create(digits.labels())));
            return new DigitClassifier(
                    Trainer.of(plan, phase).fit(start, data, rng.fork("train")).model());
        }
    }

    private static Loss crossEntropy(Parts networks, Batch batch, Rng rng) {
        NDArray targets = batch.labels().oneHot(10);
        return Loss.of(
                "crossEntropy",
                new DigitClassifier(networks)
                        .scores(batch.data())
                        .logSoftmax(1)
                        .mul(targets)
                        .sum()
                        .div(-BATCH));
    }

    private NDArray features(NDArray images) {
        Network hidden = networks.get("hidden");
        return hidden.apply(images.reshape(-1, 1, Digits.SIDE, Digits.SIDE));
    }

    private NDArray scores(NDArray images) {
        Network last = networks.get("last");
        return last.apply(features(images));
    }

    /** Labelled images, each moved by −1 to 1 pixels down and to the right, with background where it left. */
    private record Moved(DataSource images) implements DataSource {
        @Override
        public NDArray batch(NDManager scope, int size, long index, Rng rng) {
            return arrays(scope, size, index, rng).head();
        }

        @Override
        public NDList arrays(NDManager scope, int size, long index, Rng rng) {
            NDList batch = images.arrays(scope, size, index, rng);
            SplittableRandom random = rng.fork("moves").fork(index).numbers();
            float[] still = batch.head().toFloatArray();
            float[] moved = new float[still.length];
            int side = Digits.SIDE;
            for (int i = 0; i < size; i++) {
                int down = random.nextInt(-1, 2);
                int right = random.nextInt(-1, 2);
                for (int y = Math.max(0, down); y < Math.min(side, side + down); y++) {
                    int from = i * Digits.PIXELS + (y - down) * side + Math.max(0, -right);
                    int to = i * Digits.PIXELS + y * side + Math.max(0, right);
                    System.arraycopy(still, from, moved, to, side - Math.abs(right));
                }
            }
            return new NDList(scope.create(moved, batch.head().getShape()), batch.get(1));
        }

        @Override
        public String sha256() {
            return images.sha256();
        }
    }

    /** Writes the weights to a safetensors file. */
    public void save(Path file) {
        Tensors.write(file, networks.arrays());
    }

    @Override
    public NDArray apply(NDArray images) {
        return inParts(features, images);
    }

    /** The digit, 0–9, that each image shows most likely. */
    public int[] digits(NDArray images) {
        try (NDArray all = inParts(scores, images);
                NDArray largest = all.argMax(1).toType(DataType.INT32, true)) {
            return largest.toIntArray();
        }
    }

    /** The share of {@code digits} that are recognised. */
    public double accuracy(Digits digits) {
        try (NDManager scope = NDManager.newBaseManager()) {
            int[] found = digits(digits.images(scope));
            int[] labels = digits.labels();
            return IntStream.range(0, labels.length)
                            .filter(i -> found[i] == labels[i])
                            .count()
                    / (double) labels.length;
        }
    }

    /** Which digits {@code images} show, how often each, against the labels of {@code data}. */
    public ModeCount modes(NDArray images, Digits data) {
        return ModeCount.of(digits(images), data.labels(), 10);
    }

    /** {@code DigitClassifier} and a checksum of the weights. */
    @Override
    public String name() {
        CRC32 sum = new CRC32();
        networks.arrays().values().forEach(array -> sum.update(array.toByteBuffer()));
        return String.format("DigitClassifier %08x", sum.getValue());
    }

    private static NDArray inParts(Program program, NDArray images) {
        Shape shape = images.getShape();
        long n = shape.dimension() == 0 ? 0 : shape.get(0);
        Require.that(
                n > 0 && shape.size() == n * Digits.PIXELS, "images", "of shape (n, 1, 28, 28) or (n, 784)", shape);
        Features part = program::run;
        return part.inBatches(BATCH_OF_FEATURES).apply(images);
    }

    @Override
    public void close() {
        networks.close();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "DigitClassifier[%d features]", FEATURES);
    }
}
