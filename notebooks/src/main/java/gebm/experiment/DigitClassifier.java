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
import gebm.core.Progress;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.data.Digits;
import gebm.metric.Features;
import gebm.model.Tensors;
import gebm.trace.Gradients;
import gebm.trace.InPlace;
import gebm.trace.Network;
import gebm.trace.Program;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
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

    private final Network hidden;
    private final Network last;
    private final Program features;
    private final Program scores;

    private DigitClassifier(Rng rng) {
        Shape image = new Shape(1, Digits.SIDE, Digits.SIDE);
        hidden = Network.of(hiddenBlock(), image, rng.fork("hidden"));
        last = Network.of(Linear.builder().setUnits(10).build(), new Shape(FEATURES), rng.fork("last"));
        features = Program.of(x -> hidden.apply(x.reshape(-1, 1, Digits.SIDE, Digits.SIDE)));
        scores = Program.of(x -> last.apply(hidden.apply(x.reshape(-1, 1, Digits.SIDE, Digits.SIDE))));
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
        DigitClassifier classifier = new DigitClassifier(Rng.of(0));
        Tensors.assign(classifier.arrays(), arrays, from);
        return classifier;
    }

    /**
     * A network trained on {@code digits}: cross entropy by Adam in batches of 100, each image moved by up to one pixel
     * in both directions, at a rate that falls from 10⁻³ to 0 over all steps.
     *
     * @param epochs how often each image is seen; an epoch of 60,000 takes about half a minute on one core
     */
    public static DigitClassifier train(Digits digits, int epochs, Progress progress, Rng rng) {
        Require.positive("epochs", epochs);
        Require.that(digits.size() >= BATCH, "digits", ">= " + BATCH + " images", digits.size());
        DigitClassifier classifier = new DigitClassifier(rng.fork("weights"));
        int steps = digits.size() / BATCH;
        long total = (long) steps * epochs;
        try (NDManager scope = NDManager.newBaseManager()) {
            float[] pixels = digits.flattened(scope).toFloatArray();
            int[] labels = digits.labels();
            NDList parameters = classifier.parameters();
            NDList means = new NDList();
            NDList squares = new NDList();
            for (NDList moments : List.of(means, squares)) {
                parameters.forEach(p -> moments.add(scope.zeros(p.getShape(), p.getDataType())));
            }
            NDArray count = scope.zeros(new Shape(), DataType.FLOAT32);
            Program step = Program.ofList(in -> {
                var loss = Gradients.ofParameters(
                        parameters, () -> new Gradients.Loss(classifier.loss(in.get(0), in.get(1)), new NDList()));
                InPlace.increment(count);
                InPlace.adam(
                        parameters,
                        loss.gradients(),
                        means,
                        squares,
                        count,
                        in.get(2),
                        new InPlace.Adam(0.9, 0.999, 1e-8));
                return new NDList();
            });
            for (long done = 0; done < total; done++) {
                Rng epoch = rng.fork("epoch").fork(done / steps);
                try (NDManager one = scope.newSubManager()) {
                    int[] order = epoch.fork("order").permutation(digits.size());
                    int first = (int) (done % steps) * BATCH;
                    int[] rows = Arrays.copyOfRange(order, first, first + BATCH);
                    SplittableRandom moves =
                            epoch.fork("moves").fork(done % steps).numbers();
                    NDArray batch = moved(one, pixels, rows, moves);
                    int[] shown = Arrays.stream(rows).map(row -> labels[row]).toArray();
                    NDArray targets = one.create(shown).oneHot(10);
                    NDArray rate = one.create(RATE * (1 - (double) done / total));
                    step.run(one, new NDList(batch, targets, rate));
                }
                progress.report(done + 1, total, "");
            }
        }
        return classifier;
    }

    /** These images, each moved by −1 to 1 pixels down and to the right, with background where it left. */
    private static NDArray moved(NDManager scope, float[] pixels, int[] rows, SplittableRandom random) {
        int side = Digits.SIDE;
        float[] batch = new float[rows.length * Digits.PIXELS];
        for (int i = 0; i < rows.length; i++) {
            int down = random.nextInt(-1, 2);
            int right = random.nextInt(-1, 2);
            for (int y = Math.max(0, down); y < Math.min(side, side + down); y++) {
                int from = rows[i] * Digits.PIXELS + (y - down) * side + Math.max(0, -right);
                int to = i * Digits.PIXELS + y * side + Math.max(0, right);
                System.arraycopy(pixels, from, batch, to, side - Math.abs(right));
            }
        }
        return scope.create(batch, new Shape(rows.length, 1, side, side));
    }

    private NDArray loss(NDArray images, NDArray targets) {
        NDArray scores = last.apply(hidden.apply(images));
        return scores.logSoftmax(1).mul(targets).sum().div(-BATCH);
    }

    private NDList parameters() {
        NDList all = new NDList(hidden.parameters());
        all.addAll(last.parameters());
        return all;
    }

    private Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        hidden.arrays().forEach((name, array) -> all.put("hidden." + name, array));
        last.arrays().forEach((name, array) -> all.put("last." + name, array));
        return all;
    }

    /** Writes the weights to a safetensors file. */
    public void save(Path file) {
        Tensors.write(file, arrays());
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
        arrays().values().forEach(array -> sum.update(array.toByteBuffer()));
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
        hidden.close();
        last.close();
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "DigitClassifier[%d features]", FEATURES);
    }
}
