package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.engine.Engine;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.ParallelBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.convolutional.Conv1dTranspose;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.convolutional.Conv2dTranspose;
import ai.djl.nn.convolutional.Conv3d;
import ai.djl.nn.core.ConstantEmbedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.core.LinearCollection;
import ai.djl.nn.core.Multiplication;
import ai.djl.nn.core.SparseMax;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.GhostBatchNorm;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.nn.pooling.Pool;
import ai.djl.nn.recurrent.GRU;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.recurrent.RNN;
import ai.djl.nn.recurrent.RecurrentBlock;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.nn.transformer.BertPretrainingBlock;
import ai.djl.nn.transformer.IdEmbedding;
import ai.djl.nn.transformer.PointwiseFeedForwardBlock;
import ai.djl.nn.transformer.ScaledDotProductAttentionBlock;
import ai.djl.nn.transformer.TransformerEncoderBlock;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DJL's blocks in programs: values, and derivatives of first and second order in input and parameters. */
class BlocksTest {
    private static final int SAMPLES = 4;
    private static final Rng KEY = Rng.of(5);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** How far DJL's own engine can be the reference. */
    private enum Eager {
        /** Values and gradients. */
        RIGHT,
        /** Values; its gradient may be corrupted, or it multiplies by a number. */
        VALUE_ONLY,
        /** DJL cannot run the block, or wrongly. */
        MISSING
    }

    record Case(String name, Supplier<Block> block, Shape input, boolean training, Eager eager) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Case row(String name, Supplier<Block> block, long... input) {
        return new Case(name, block, new Shape(input), false, Eager.RIGHT);
    }

    private static Case inTraining(String name, Supplier<Block> block, long... input) {
        return new Case(name + " in training", block, new Shape(input), true, Eager.RIGHT);
    }

    private static Case without(Eager eager, String name, Supplier<Block> block, long... input) {
        return new Case(name, block, new Shape(input), false, eager);
    }

    private static Case drawing(String name, Supplier<Block> block, long... input) {
        return new Case(name + " in training", block, new Shape(input), true, Eager.MISSING);
    }

    static List<Case> cases() {
        return Stream.of(basic(), images(), sequences(), embeddings())
                .flatMap(List::stream)
                .toList();
    }

    /** Three arrays from one: {@code (n, 3, …)} taken apart. */
    private static Block three() {
        return new LambdaBlock(list -> new NDList(
                list.head().get(":, 0"), list.head().get(":, 1"), list.head().get(":, 2")));
    }

    /** Numbers from 0 to 3. */
    private static NDList ids(NDList list) {
        return new NDList(list.head().abs().mul(1.9).toType(DataType.INT64, false));
    }

    private static <B extends RecurrentBlock.BaseBuilder<B>> B sized(B builder, int layers) {
        builder.setStateSize(3);
        builder.setNumLayers(layers);
        return builder;
    }

    private static List<Case> images() {
        return List.of(
                row(
                        "conv3d",
                        () -> Conv3d.builder()
                                .setFilters(2)
                                .setKernelShape(new Shape(2, 2, 2))
                                .build(),
                        2,
                        2,
                        3,
                        3),
                without(
                        Eager.MISSING,
                        "conv1d transposed",
                        () -> Conv1dTranspose.builder()
                                .setFilters(3)
                                .setKernelShape(new Shape(3))
                                .optStride(new Shape(2))
                                .build(),
                        2,
                        4),
                without(
                        Eager.MISSING,
                        "conv2d transposed in groups",
                        () -> Conv2dTranspose.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(2, 2))
                                .optGroups(2)
                                .build(),
                        4,
                        2,
                        2),
                row("max pool 3d", () -> Pool.maxPool3dBlock(new Shape(2, 2, 2), new Shape(1, 1, 1)), 2, 3, 3, 3),
                row("average pool 3d", () -> Pool.avgPool3dBlock(new Shape(2, 2, 2), new Shape(1, 1, 1)), 2, 3, 3, 3),
                row(
                        "average pool, rounded up",
                        () -> Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2), new Shape(0, 0), true, false),
                        2,
                        5,
                        5),
                row("lp pool 1d", () -> Pool.lpPool1dBlock(2, new Shape(2)), 2, 5),
                row("lp pool", () -> Pool.lpPool2dBlock(2, new Shape(2, 2), new Shape(2, 2)), 2, 4, 4),
                row("global average pool 1d", Pool::globalAvgPool1dBlock, 2, 5),
                row("global average pool 3d", Pool::globalAvgPool3dBlock, 2, 2, 2, 3),
                row("global max pool 1d", Pool::globalMaxPool1dBlock, 2, 5),
                row("global max pool 3d", Pool::globalMaxPool3dBlock, 2, 2, 2, 3),
                row("global lp pool 1d", () -> Pool.globalLpPool1dBlock(2), 2, 5),
                row("global lp pool", () -> Pool.globalLpPool2dBlock(2), 2, 3, 3),
                row(
                        "batch norm over the last axis",
                        () -> BatchNorm.builder().optAxis(2).build(),
                        3,
                        4),
                inTraining(
                        "batch norm over the last axis",
                        () -> BatchNorm.builder().optAxis(3).build(),
                        2,
                        2,
                        3),
                row("ghost batch norm", () -> GhostBatchNorm.builder().build(), 3),
                inTraining("ghost batch norm", () -> GhostBatchNorm.builder().build(), 3),
                drawing("dropout", () -> Dropout.builder().optRate(0.4f).build(), 2, 5),
                row("sparse max", () -> new SparseMax(-1, 2), 5),
                row(
                        "multiplication", // puts its units before the batch
                        () -> new SequentialBlock()
                                .add(Multiplication.builder().setUnits(2).build())
                                .add(new LambdaBlock(
                                        list -> new NDList(list.head().swapAxes(0, 1)))),
                        3),
                row(
                        "linear collection",
                        () -> LinearCollection.builder().setUnits(2).build(),
                        3,
                        4),
                without(
                        Eager.VALUE_ONLY, // which depends on nothing
                        "constant embedding",
                        () -> new ConstantEmbedding(NDManager.newBaseManager().create(new float[] {1, 2, 3})),
                        2));
    }

    private static List<Case> sequences() {
        return List.of(
                row(
                        "rnn with tanh",
                        () -> sized(RNN.builder().setActivation(RNN.Activation.TANH), 1)
                                .build(),
                        4,
                        2),
                row(
                        "rnn with relu in two layers",
                        () -> sized(RNN.builder().setActivation(RNN.Activation.RELU), 2)
                                .build(),
                        4,
                        2),
                row("gru", () -> sized(GRU.builder(), 1).build(), 4, 2),
                inTraining("gru in two layers", () -> sized(GRU.builder(), 2).build(), 3, 2),
                row(
                        "gru without bias",
                        () -> sized(GRU.builder(), 1).optHasBiases(false).build(),
                        3,
                        2),
                row("lstm", () -> sized(LSTM.builder(), 1).build(), 4, 2),
                row(
                        "lstm with its state",
                        () -> new SequentialBlock()
                                .add(sized(LSTM.builder(), 1)
                                        .optReturnState(true)
                                        .build())
                                .add(new LambdaBlock(
                                        list -> new NDList(list.get(1).swapAxes(0, 1)))),
                        3,
                        2),
                without(
                        Eager.MISSING,
                        "lstm in both directions",
                        () -> sized(LSTM.builder(), 2).optBidirectional(true).build(),
                        3,
                        2),
                drawing(
                        "gru in two layers with dropout",
                        () -> sized(GRU.builder(), 2).optDropRate(0.4f).build(),
                        3,
                        2),
                row(
                        "self-attention",
                        () -> ScaledDotProductAttentionBlock.builder()
                                .setEmbeddingSize(4)
                                .setHeadCount(2)
                                .build(),
                        3,
                        4),
                row(
                        "attention to keys and values",
                        () -> new SequentialBlock()
                                .add(three())
                                .add(ScaledDotProductAttentionBlock.builder()
                                        .setEmbeddingSize(4)
                                        .setHeadCount(2)
                                        .build()),
                        3,
                        2,
                        4),
                row(
                        "self-attention with a mask",
                        () -> new SequentialBlock()
                                .add(new LambdaBlock(list -> new NDList(
                                        list.head(),
                                        list.head()
                                                .matMul(list.head().swapAxes(1, 2))
                                                .gt(-1)
                                                .toType(DataType.INT32, false))))
                                .add(ScaledDotProductAttentionBlock.builder()
                                        .setEmbeddingSize(4)
                                        .setHeadCount(2)
                                        .build()),
                        3,
                        4),
                row("transformer encoder", () -> new TransformerEncoderBlock(4, 2, 3, 0.3f, Activation::gelu), 3, 4),
                drawing(
                        "transformer encoder",
                        () -> new TransformerEncoderBlock(4, 2, 3, 0.3f, Activation::gelu),
                        3,
                        4),
                row(
                        "pointwise feed-forward",
                        () -> new PointwiseFeedForwardBlock(List.of(3, 4), 2, Activation::tanh),
                        3,
                        4));
    }

    private static List<Case> embeddings() {
        return List.of(
                row(
                        "id embedding",
                        () -> new SequentialBlock()
                                .add(new LambdaBlock(BlocksTest::ids))
                                .add(new IdEmbedding.Builder()
                                        .setDictionarySize(5)
                                        .setEmbeddingSize(3)
                                        .build()),
                        4),
                row(
                        "trained embedding",
                        () -> new SequentialBlock()
                                .add(new LambdaBlock(BlocksTest::ids))
                                .add(new TrainableWordEmbedding(
                                        new DefaultVocabulary(List.of("a", "b", "c", "d", "e")), 3)),
                        4),
                without(
                        Eager.VALUE_ONLY,
                        "bert",
                        () -> new SequentialBlock()
                                .add(new LambdaBlock(list -> {
                                    NDArray ids = ids(list).head();
                                    return new NDList(ids, ids.minimum(1), ids.gt(0));
                                }))
                                .add(smallBert().build())
                                .add(new LambdaBlock(list -> new NDList(list.get(1)))),
                        3),
                without(
                        Eager.VALUE_ONLY,
                        "bert, pretraining",
                        () -> new SequentialBlock()
                                .add(new LambdaBlock(list -> {
                                    NDArray ids = ids(list).head();
                                    return new NDList(ids, ids.minimum(1), ids.gt(0), ids.minimum(2));
                                }))
                                .add(new BertPretrainingBlock(smallBert()))
                                .add(new LambdaBlock(list -> new NDList(list.get(0)
                                        .concat(
                                                list.get(1)
                                                        .reshape(
                                                                list.get(0)
                                                                        .getShape()
                                                                        .get(0),
                                                                -1),
                                                1)))),
                        3));
    }

    private static BertBlock.Builder smallBert() {
        return BertBlock.builder()
                .setTokenDictionarySize(5)
                .optTypeDictionarySize(2)
                .optEmbeddingSize(4)
                .optTransformerBlockCount(1)
                .optAttentionHeadCount(2)
                .optHiddenSize(3)
                .optMaxSequenceLength(3);
    }

    private static List<Case> basic() {
        return List.of(
                row("linear", () -> Linear.builder().setUnits(3).build(), 4),
                row(
                        "linear without bias",
                        () -> Linear.builder().setUnits(3).optBias(false).build(),
                        4),
                row("linear on rows", () -> Linear.builder().setUnits(3).build(), 2, 4),
                row(
                        "conv1d",
                        () -> Conv1d.builder()
                                .setFilters(3)
                                .setKernelShape(new Shape(2))
                                .build(),
                        2,
                        5),
                row(
                        "conv1d with stride, padding and dilation",
                        () -> Conv1d.builder()
                                .setFilters(2)
                                .setKernelShape(new Shape(3))
                                .optStride(new Shape(2))
                                .optPadding(new Shape(2))
                                .optDilation(new Shape(2))
                                .build(),
                        2,
                        6),
                row(
                        "conv2d",
                        () -> Conv2d.builder()
                                .setFilters(3)
                                .setKernelShape(new Shape(3, 3))
                                .build(),
                        2,
                        4,
                        4),
                row(
                        "conv2d with stride and padding",
                        () -> Conv2d.builder()
                                .setFilters(2)
                                .setKernelShape(new Shape(4, 4))
                                .optStride(new Shape(2, 2))
                                .optPadding(new Shape(1, 1))
                                .optBias(false)
                                .build(),
                        2,
                        6,
                        6),
                row(
                        "conv2d in groups",
                        () -> Conv2d.builder()
                                .setFilters(4)
                                .setKernelShape(new Shape(2, 3))
                                .optGroups(2)
                                .optDilation(new Shape(1, 2))
                                .build(),
                        2,
                        4,
                        6),
                without(
                        Eager.MISSING,
                        "conv2d transposed",
                        () -> Conv2dTranspose.builder()
                                .setFilters(3)
                                .setKernelShape(new Shape(4, 4))
                                .optStride(new Shape(2, 2))
                                .optPadding(new Shape(1, 1))
                                .build(),
                        2,
                        3,
                        3),
                without(Eager.MISSING, "prelu", Activation::preluBlock, 5),
                row("batch norm", () -> BatchNorm.builder().build(), 3),
                inTraining("batch norm", () -> BatchNorm.builder().build(), 3),
                row("batch norm of images", () -> BatchNorm.builder().build(), 2, 3, 3),
                inTraining(
                        "batch norm of images",
                        () -> BatchNorm.builder().optMomentum(0.8f).build(),
                        2,
                        3,
                        3),
                inTraining(
                        "batch norm without scale",
                        () -> BatchNorm.builder()
                                .optCenter(false)
                                .optScale(false)
                                .optEpsilon(1e-3f)
                                .build(),
                        3),
                row("layer norm", () -> LayerNorm.builder().build(), 5),
                row("layer norm of images", () -> LayerNorm.builder().build(), 2, 3, 3),
                row(
                        "dropout in prediction",
                        () -> Dropout.builder().optRate(0.4f).build(),
                        5),
                row("relu", Activation::reluBlock, 5),
                row("leaky relu", () -> Activation.leakyReluBlock(0.2f), 5),
                row("elu", () -> Activation.eluBlock(1f), 5),
                row("elu, steeper", () -> Activation.eluBlock(1.7f), 5),
                row("selu", Activation::seluBlock, 5),
                row("gelu", Activation::geluBlock, 5),
                without(Eager.VALUE_ONLY, "swish", () -> Activation.swishBlock(1.3f), 5),
                row("softplus", Activation::softPlusBlock, 5),
                row("softsign", Activation::softSignBlock, 5),
                row("sigmoid", Activation::sigmoidBlock, 5),
                row("tanh", Activation::tanhBlock, 5),
                without(Eager.MISSING, "mish", Activation::mishBlock, 5),
                row("max pool", () -> Pool.maxPool2dBlock(new Shape(2, 2), new Shape(2, 2)), 2, 4, 4),
                row("max pool 1d", () -> Pool.maxPool1dBlock(new Shape(2), new Shape(1)), 2, 5),
                row(
                        "max pool with padding",
                        () -> Pool.maxPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)),
                        2,
                        5,
                        5),
                row("average pool", () -> Pool.avgPool2dBlock(new Shape(2, 2), new Shape(2, 2)), 2, 4, 4),
                row(
                        "average pool with padding",
                        () -> Pool.avgPool2dBlock(new Shape(3, 3), new Shape(2, 2), new Shape(1, 1)),
                        2,
                        5,
                        5),
                row("average pool 1d", () -> Pool.avgPool1dBlock(new Shape(2), new Shape(2)), 2, 6),
                row("global average pool", Pool::globalAvgPool2dBlock, 2, 3, 4),
                row("global max pool", Pool::globalMaxPool2dBlock, 2, 3, 4),
                row("flatten", Blocks::batchFlattenBlock, 2, 3),
                row("identity", Blocks::identityBlock, 5),
                row(
                        "sequence",
                        () -> new SequentialBlock()
                                .add(Linear.builder().setUnits(4).build())
                                .add(Activation.tanhBlock())
                                .add(Linear.builder().setUnits(2).build()),
                        3),
                inTraining(
                        "residual image block",
                        () -> new SequentialBlock()
                                .add(new ParallelBlock(
                                        BlocksTest::sum,
                                        List.of(
                                                new SequentialBlock()
                                                        .add(Conv2d.builder()
                                                                .setFilters(2)
                                                                .setKernelShape(new Shape(3, 3))
                                                                .optPadding(new Shape(1, 1))
                                                                .optBias(false)
                                                                .build())
                                                        .add(BatchNorm.builder().build())
                                                        .add(Activation.softPlusBlock()),
                                                Blocks.identityBlock())))
                                .add(Blocks.batchFlattenBlock())
                                .add(Linear.builder().setUnits(1).build()),
                        2,
                        3,
                        3),
                row(
                        "parallel, joined",
                        () -> new ParallelBlock(
                                lists -> new NDList(NDArrays.concat(
                                        new NDList(
                                                lists.get(0).head(),
                                                lists.get(1).head()),
                                        1)),
                                List.of(
                                        Linear.builder().setUnits(2).build(),
                                        Linear.builder().setUnits(3).build())),
                        3),
                row(
                        "lambda",
                        () -> new LambdaBlock(list ->
                                new NDList(list.head().exp().add(list.head().square()))),
                        3),
                row(
                        "upsampling",
                        () -> new LambdaBlock(list -> new NDList(
                                list.head().getNDArrayInternal().interpolation(new long[] {4, 6}, 0, false))),
                        2,
                        2,
                        3));
    }

    private static NDList sum(List<NDList> lists) {
        return new NDList(lists.get(0).head().add(lists.get(1).head()));
    }

    static Stream<Case> eagerValues() {
        return cases().stream().filter(c -> c.eager() != Eager.MISSING);
    }

    static Stream<Case> eagerGradients() {
        return cases().stream().filter(c -> c.eager() == Eager.RIGHT);
    }

    /** A block with parameters that are no special values, and the network that borrowed copies of them. */
    private final class Pair {
        final Case c;
        final Block block;
        final Network network;
        final NDArray x;
        private int seed;

        Pair(Case c, DataType type) {
            this.c = c;
            block = c.block().get();
            block.setInitializer((scope, shape, t) -> numbers(scope, shape, t, 0.2 + seed++), p -> true);
            block.setInitializer(
                    (scope, shape, t) ->
                            numbers(scope, shape, t, seed++).mul(0.5).add(1.1),
                    p -> p.getType() == Parameter.Type.GAMMA || p.getType() == Parameter.Type.RUNNING_VAR);
            block.initialize(m, type, new Shape(SAMPLES).addAll(c.input()));
            network = Network.of(block, c.input(), type, Rng.of(0));
            x = numbers(m, new Shape(SAMPLES).addAll(c.input()), type, 0.7).mul(2);
        }

        NDArray traced() {
            return apply(x);
        }

        NDArray apply(NDArray at) {
            return network.apply(at, c.training(), KEY);
        }

        NDArray eager() {
            return block.forward(new ParameterStore(m, false), new NDList(x), c.training())
                    .singletonOrThrow();
        }

        /** {@code Σ w·y + y²}. */
        NDArray total(NDArray y, NDArray weights) {
            return y.mul(weights).add(y.mul(y)).sum();
        }

        NDArray weights() {
            return numbers(m, traced().getShape(), x.getDataType(), 3.3);
        }

        /** What is differentiated: the input and every trained parameter. */
        NDList wrt() {
            NDList all = new NDList(x);
            all.addAll(network.parameters());
            return all;
        }

        List<String> names() {
            return Stream.concat(
                            Stream.of("input"),
                            block.getParameters().stream()
                                    .filter(p -> p.getValue().requiresGradient())
                                    .map(ai.djl.util.Pair::getKey))
                    .collect(Collectors.toList());
        }
    }

    private static NDArray numbers(NDManager scope, Shape shape, DataType type, double phase) {
        double[] values = new double[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.8 * Math.sin(1.7 * i + phase) + 0.1 * Math.cos(0.37 * i * i);
        }
        NDArray precise = scope.create(values, shape);
        return type == DataType.FLOAT64 ? precise : precise.toType(type, true);
    }

    private static void assertClose(String what, NDArray actual, NDArray expected, double relative) {
        assertThat(actual.getShape()).as(what).isEqualTo(expected.getShape());
        assertClose(what, actual, expected.toType(DataType.FLOAT64, true).toDoubleArray(), relative);
    }

    private static void assertClose(String what, NDArray actual, double[] expected, double relative) {
        assertClose(what, actual, expected, relative, 0);
    }

    private static void assertClose(String what, NDArray actual, double[] expected, double relative, double floor) {
        assertThat(actual.toType(DataType.FLOAT64, true).toDoubleArray())
                .as(what)
                .usingComparatorWithPrecision(Math.max(floor, relative * Math.max(largest(expected), 1e-3)))
                .containsExactly(expected);
    }

    private static double largest(double[] numbers) {
        return Arrays.stream(numbers).map(Math::abs).max().orElse(0);
    }

    @ParameterizedTest
    @MethodSource("eagerValues")
    void valueEqualsDjl(Case c) {
        Pair pair = new Pair(c, DataType.FLOAT32);
        NDArray copy = pair.x.duplicate();
        NDArray traced = pair.traced();
        NDArray eager = pair.eager();
        assertClose("value", traced, eager, 2e-5);
        assertThat(pair.network.outputShape()).isEqualTo(traced.getShape().slice(1));
        assertThat(pair.x.contentEquals(copy)).isTrue();
        pair.block
                .getParameters()
                .forEach(p -> assertClose(
                        p.getKey() + " after the call",
                        pair.network.arrays().get(p.getKey()),
                        p.getValue().getArray(),
                        c.training() ? 2e-5 : 0));
    }

    @ParameterizedTest
    @MethodSource("eagerGradients")
    void gradientEqualsDjl(Case c) {
        Pair pair = new Pair(c, DataType.FLOAT32);
        NDArray weights = pair.weights();
        NDList traced = firstOrder(pair, weights).run(m, new NDList(pair.x));
        pair.x.setRequiresGradient(true);
        try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
            collector.backward(pair.total(pair.eager(), weights));
        }
        List<NDArray> eager = Stream.concat(
                        Stream.of(pair.x),
                        pair.block.getParameters().stream()
                                .map(p -> p.getValue())
                                .filter(Parameter::requiresGradient)
                                .map(Parameter::getArray))
                .map(NDArray::getGradient)
                .toList();
        List<double[]> expected = eager.stream()
                .map(gradient -> gradient.toType(DataType.FLOAT64, true).toDoubleArray())
                .toList();
        // some gradients are zero, and rounding is as large as the others ask for
        double floor =
                1e-6 * expected.stream().mapToDouble(BlocksTest::largest).max().orElse(0);
        for (int i = 0; i < eager.size(); i++) {
            assertClose(pair.names().get(i), traced.get(i), expected.get(i), 5e-5, floor);
        }
    }

    private Program firstOrder(Pair pair, NDArray weights) {
        return Program.ofList(in -> {
            NDList wrt = pair.wrt();
            wrt.set(0, in.get(0));
            return Gradients.ofParameters(
                            wrt, () -> new Gradients.Loss(pair.total(pair.apply(in.get(0)), weights), new NDList()))
                    .gradients();
        });
    }

    private NDArray squaredSlope(Pair pair, NDArray x, NDArray weights) {
        return Gradients.gradient(v -> pair.total(pair.apply(v), weights), x)
                .square()
                .sum();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void firstDerivativeEqualsDifferences(Case c) {
        Pair pair = new Pair(c, DataType.FLOAT64);
        NDArray weights = pair.weights();
        NDList gradients = firstOrder(pair, weights).run(m, new NDList(pair.x));
        Program value = Program.of(x -> pair.total(pair.apply(x), weights));
        assertDerivatives(pair, gradients, value);
    }

    /** The gradient of ‖∇ₓ(Σ w·y + y²)‖². */
    @ParameterizedTest
    @MethodSource("cases")
    void secondDerivativeEqualsDifferences(Case c) {
        Pair pair = new Pair(c, DataType.FLOAT64);
        NDArray weights = pair.weights();
        NDList gradients = Program.ofList(in -> {
                    NDList wrt = pair.wrt();
                    wrt.set(0, in.get(0));
                    return Gradients.ofParameters(
                                    wrt, () -> new Gradients.Loss(squaredSlope(pair, in.get(0), weights), new NDList()))
                            .gradients();
                })
                .run(m, new NDList(pair.x));
        assertDerivatives(pair, gradients, Program.of(x -> squaredSlope(pair, x, weights)));
    }

    private void assertDerivatives(Pair pair, NDList gradients, Program value) {
        NDList wrt = pair.wrt();
        double floor = 1e-9 * Math.abs(value.run(pair.x).getDouble()); // rounding of the value, over the step
        for (int i = 0; i < wrt.size(); i++) {
            double[] expected = differences(wrt.get(i), value, pair.x);
            assertClose(pair.names().get(i), gradients.get(i), expected, 1e-6, floor);
        }
    }

    private static double[] differences(NDArray array, Program value, NDArray x) {
        double[] at = array.toDoubleArray();
        double[] slopes = new double[at.length];
        double h = 3e-6;
        for (int i = 0; i < at.length; i++) {
            double[] moved = at.clone();
            moved[i] = at[i] + h;
            array.set(moved);
            double up = value.run(x).getDouble();
            moved[i] = at[i] - h;
            array.set(moved);
            slopes[i] = (up - value.run(x).getDouble()) / (2 * h);
        }
        array.set(at);
        return slopes;
    }

    @Nested
    class WithoutAnEagerReference {
        private Case named(String name) {
            return cases().stream()
                    .filter(c -> c.name().equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        /** {@code y[n,o,2i−1+k] += x[n,c,i]·W[o,c,k]} in both axes, plus the bias: the adjoint of a convolution. */
        @Test
        void transposedConvolutionIsItsDefinition() {
            Pair pair = new Pair(named("conv2d transposed"), DataType.FLOAT64);
            double[] x = pair.x.toDoubleArray();
            double[] weight = pair.network.parameters().get(0).toDoubleArray(); // (3, 2, 4, 4)
            double[] bias = pair.network.parameters().get(1).toDoubleArray();
            assertThat(pair.network.parameters().get(0).getShape()).isEqualTo(new Shape(3, 2, 4, 4));
            double[] y = new double[SAMPLES * 3 * 6 * 6];
            for (int i = 0; i < y.length; i++) {
                y[i] = bias[i / 36 % 3];
            }
            for (int n = 0; n < SAMPLES; n++) {
                for (int c = 0; c < 2; c++) {
                    for (int i = 0; i < 9; i++) {
                        for (int o = 0; o < 3; o++) {
                            for (int k = 0; k < 16; k++) {
                                int row = 2 * (i / 3) - 1 + k / 4;
                                int column = 2 * (i % 3) - 1 + k % 4;
                                if (row >= 0 && row < 6 && column >= 0 && column < 6) {
                                    y[((n * 3 + o) * 6 + row) * 6 + column] +=
                                            x[(n * 2 + c) * 9 + i] * weight[(o * 2 + c) * 16 + k];
                                }
                            }
                        }
                    }
                }
            }
            assertThat(pair.network.outputShape()).isEqualTo(new Shape(3, 6, 6));
            assertClose("value", pair.traced(), y, 1e-12);
        }

        @Test
        void preluIsItsDefinition() {
            Pair pair = new Pair(named("prelu"), DataType.FLOAT64);
            double slope = pair.network.parameters().get(0).toDoubleArray()[0];
            double[] expected = Arrays.stream(pair.x.toDoubleArray())
                    .map(v -> v > 0 ? v : slope * v)
                    .toArray();
            assertClose("value", pair.traced(), expected, 1e-12);
        }

        @Test
        void mishIsItsDefinition() {
            Pair pair = new Pair(named("mish"), DataType.FLOAT64);
            double[] expected = Arrays.stream(pair.x.toDoubleArray())
                    .map(v -> v * Math.tanh(Math.log1p(Math.exp(v))))
                    .toArray();
            assertClose("value", pair.traced(), expected, 1e-12);
        }

        @Test
        void swishGradientIsItsDefinition() {
            Pair pair = new Pair(named("swish"), DataType.FLOAT64);
            double beta = 1.3f;
            NDArray gradient = Gradients.gradient(v -> pair.network.apply(v), pair.x);
            double[] expected = Arrays.stream(pair.x.toDoubleArray())
                    .map(v -> {
                        double s = 1 / (1 + Math.exp(-beta * v));
                        return s + beta * v * s * (1 - s);
                    })
                    .toArray();
            assertClose("gradient", gradient, expected, 1e-12);
        }
    }

    /** Statistics move once a call, and only in training. */
    @Test
    void runningStatisticsMoveOnceACall() {
        Block block = BatchNorm.builder().optMomentum(0.9f).build();
        Network network = Network.of(block, new Shape(1), Rng.of(0));
        NDArray x = m.create(new float[] {1, 2, 3, 6}, new Shape(4, 1));
        network.apply(x);
        NDArray mean = network.arrays().get("runningMean");
        NDArray variance = network.arrays().get("runningVar");
        assertThat(mean.toFloatArray()).containsExactly(0);
        double expectedMean = 0;
        double expectedVariance = 1;
        for (int call = 1; call <= 3; call++) {
            network.apply(x, true);
            expectedMean = 0.9 * expectedMean + 0.1 * 3;
            expectedVariance = 0.9 * expectedVariance + 0.1 * 14 / 3;
            assertClose("mean after call " + call, mean, new double[] {expectedMean}, 1e-6);
            assertClose("variance after call " + call, variance, new double[] {expectedVariance}, 1e-6);
        }
    }

    @Nested
    class Drop {
        private Network network;
        private NDArray ones;

        @BeforeEach
        void make() {
            network = Network.of(Dropout.builder().optRate(0.4f).build(), new Shape(50), Rng.of(0));
            ones = m.ones(new Shape(4, 50));
        }

        /** Mask number i comes from {@code key.fork("dropout").fork(i)}, as anybody can draw it. */
        @Test
        void drawsFromTheKey() {
            Rng key = Rng.of(8);
            NDArray kept =
                    key.fork("dropout").fork(0).uniform(m, ones.getShape()).lt(1 - (double) 0.4f);
            float[] expected = kept.toType(DataType.FLOAT32, false)
                    .div((float) (1 - (double) 0.4f))
                    .toFloatArray();
            assertThat(network.apply(ones, true, key).toFloatArray()).containsExactly(expected);
            assertThat(network.apply(ones, true, key).toFloatArray()).containsExactly(expected);
            assertThat(network.apply(ones, true, key.fork("other")).toFloatArray())
                    .isNotEqualTo(expected);
            Program program = Program.ofRandom((scope, in, rng) -> new NDList(network.apply(in.head(), true)));
            assertThat(program.run(m, new NDList(ones), key).head().toFloatArray())
                    .containsExactly(expected);
        }

        /** 200 draws keep a share of 0.6 with standard deviation 0.035: outside four of them in 6e-5 of all runs. */
        @Test
        void keepsTheShareAndTheMean() {
            float[] values = network.apply(ones, true, Rng.of(3)).toFloatArray();
            int kept = 0;
            for (float value : values) {
                kept += value != 0 ? 1 : 0;
            }
            assertThat(kept / 200.0).isBetween(0.6 - 0.14, 0.6 + 0.14);
        }

        @Test
        void differsBetweenPlacesAndSteps() {
            Program program = Program.ofRandom((scope, in, rng) -> {
                NDList rows = new NDList(network.apply(in.head(), true), network.apply(in.head(), true));
                rows.addAll(Loop.run(0, 2, new NDList(in.head(), in.head()), (state, step) -> {
                    NDList inner = Loop.run(
                            0,
                            2,
                            new NDList(state),
                            (now, index) -> new NDList(now.get(1), network.apply(in.head(), true)));
                    return new NDList(inner.get(0), inner.get(1));
                }));
                rows.add(Loop.run(
                                0,
                                1,
                                new NDList(in.head()),
                                (state, step) -> new NDList(network.apply(in.head(), true)))
                        .head());
                return rows;
            });
            NDList masks = program.run(m, new NDList(ones), Rng.of(2));
            assertThat(masks.stream()
                            .map(mask -> Arrays.toString(mask.toFloatArray()))
                            .distinct())
                    .hasSize(5);
        }

        @Test
        void differsBetweenTheStepsOfALoopOverSteps() {
            Program program = Program.ofRandom((scope, in, rng) -> Loop.run(
                    0,
                    3,
                    new NDList(in.head(), in.head()),
                    (state, step) -> new NDList(state.get(1), network.apply(in.head(), true, step.fork(rng)))));
            Rng key = Rng.of(2);
            NDList last = program.run(m, new NDList(ones), key);
            for (int i = 0; i < 2; i++) {
                assertThat(last.get(i).toFloatArray())
                        .containsExactly(
                                network.apply(ones, true, key.fork(i + 1)).toFloatArray());
            }
        }

        @Test
        void hasTheSameMaskForTheGradient() {
            NDArray gradient = Gradients.gradient(x -> network.apply(x, true, KEY), ones);
            assertThat(gradient.toFloatArray())
                    .containsExactly(network.apply(ones, true, KEY).toFloatArray());
        }

        @Test
        void dropsEverythingAtRateOne() {
            NDArray none = Program.of(x -> Dropout.dropout(x, 1f, true).head()).run(ones);
            assertThat(none.sum().getFloat()).isZero();
        }

        @Test
        void isRefusedWithoutAKey() {
            assertThatThrownBy(() -> network.apply(ones, true))
                    .isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("dropout in training without a key")
                    .hasMessageContaining("network.apply(x, true, rng)")
                    .hasMessageContaining("BlocksTest.java");
            assertThat(network.apply(ones, false).toFloatArray()).containsOnly(1);
        }
    }

    /** {@code (Σ|x|³)^(1/3)} over windows of a padded line: DJL's own leaves the sign and allows no padding. */
    @Test
    void lpPoolIsItsDefinition() {
        NDArray x = numbers(m, new Shape(2, 1, 5), DataType.FLOAT64, 0.3);
        NDArray traced = Program.of(
                        v -> v.getNDArrayInternal().lpPool(3, new Shape(2), new Shape(2), new Shape(1), false))
                .run(x);
        double[] in = x.toDoubleArray();
        double[] expected = new double[6];
        for (int i = 0; i < 10; i++) {
            expected[i / 5 * 3 + (i % 5 + 1) / 2] += Math.pow(Math.abs(in[i]), 3);
        }
        Arrays.setAll(expected, i -> Math.cbrt(expected[i]));
        assertThat(traced.getShape()).isEqualTo(new Shape(2, 1, 3));
        assertClose("value", traced, expected, 1e-12);
        NDArray cube = numbers(m, new Shape(1, 2, 2, 2, 2), DataType.FLOAT64, 0.3);
        Shape two = new Shape(2, 2, 2);
        NDArray whole = Program.of(v -> v.getNDArrayInternal().lpPool(2, two, two, new Shape(0, 0, 0), false))
                .run(cube);
        assertClose("value", whole.flatten(), cube.reshape(2, 8).norm(new int[] {1}), 1e-12);
    }

    @Nested
    class Recurrent {
        private NDList numbersFor(int from, int gates, double phase) {
            long rows = 3L * gates;
            NDList weights = new NDList();
            for (Shape shape : List.of(new Shape(rows, from), new Shape(rows, 3), new Shape(rows), new Shape(rows))) {
                weights.add(numbers(m, shape, DataType.FLOAT64, phase + weights.size()));
            }
            return weights;
        }

        private NDList joined(NDList a, NDList b) {
            NDList all = new NDList(a);
            all.addAll(b);
            return all;
        }

        private NDArray gru(NDArray x, NDArray state, NDList weights) {
            return x.getNDArrayInternal()
                    .gru(x, state, weights, true, 1, 0, true, false, true)
                    .head();
        }

        /** Both directions are one cell on the sequence and another one on the sequence reversed. */
        @Test
        void readsInBothDirections() {
            NDArray x = numbers(m, new Shape(2, 4, 2), DataType.FLOAT64, 0.1);
            NDList forth = numbersFor(2, 3, 0.5);
            NDList back = numbersFor(2, 3, 1.5);
            NDArray none = m.zeros(new Shape(1, 2, 3), DataType.FLOAT64);
            // DJL's order: the weights of both directions, then the biases of both
            NDList both = new NDList(
                    forth.get(0),
                    forth.get(1),
                    back.get(0),
                    back.get(1),
                    forth.get(2),
                    forth.get(3),
                    back.get(2),
                    back.get(3));
            NDArray traced = Program.of(v -> v.getNDArrayInternal()
                            .gru(v, none.repeat(0, 2), both, true, 1, 0, false, true, true)
                            .head())
                    .run(x);
            NDArray expected =
                    gru(x, none, forth).concat(gru(x.flip(1), none, back).flip(1), 2);
            assertClose("value", traced, expected, 1e-12);
        }

        /** A mask lies on what goes from one layer to the next. */
        @Test
        void dropsBetweenLayers() {
            NDArray x = numbers(m, new Shape(2, 4, 2), DataType.FLOAT64, 0.1);
            NDList first = numbersFor(2, 3, 0.5);
            NDList second = numbersFor(3, 3, 1.5);
            NDList both = joined(first, second);
            NDArray none = m.zeros(new Shape(1, 2, 3), DataType.FLOAT64);
            NDList traced = Program.ofRandom((scope, in, rng) -> in.head()
                            .getNDArrayInternal()
                            .gru(in.head(), none.repeat(0, 2), both, true, 2, 0.5, true, false, true))
                    .run(m, new NDList(x), KEY);
            NDArray mask =
                    KEY.fork("dropout").fork(0).uniform(m, new Shape(2, 4, 3)).lt(0.5);
            NDArray between = gru(x, none, first)
                    .mul(mask.toType(DataType.FLOAT64, false))
                    .mul(2);
            NDArray expected = gru(between, none, second);
            assertClose("value", traced.head(), expected, 1e-12);
            assertThat(traced.get(1).getShape()).isEqualTo(new Shape(2, 2, 3));
            assertClose("last state", traced.get(1).get(1), expected.get(":, 3"), 1e-12);
        }
    }

    @Nested
    class Ghost {
        /** DJL stacks the virtual batches and takes the first axis for one of length one. */
        @Test
        void refusesMoreThanOneVirtualBatch() {
            Block block = GhostBatchNorm.builder().optVirtualBatchSize(2).build();
            Network network = Network.of(block, new Shape(3), Rng.of(0));
            assertThat(network.apply(m.ones(new Shape(2, 3))).getShape()).isEqualTo(new Shape(2, 3));
            assertThatThrownBy(() -> network.apply(m.ones(new Shape(4, 3))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("axis 0 to squeeze must have length 1, got the shape (2, 2, 3)");
        }
    }

    /** DJL's engine takes the last axis for the second. */
    @Test
    void normalisesOverTheLastAxisByItsNegativeNumber() {
        NDArray x = numbers(m, new Shape(4, 2, 3), DataType.FLOAT64, 0.3);
        NDArray scale = m.create(new double[] {1, 2, 3});
        NDArray offset = m.create(new double[] {0.1, 0.2, 0.3});
        NDArray traced = Program.of(v -> BatchNorm.batchNorm(
                                v,
                                v.getManager().zeros(new Shape(3), DataType.FLOAT64),
                                v.getManager().ones(new Shape(3), DataType.FLOAT64),
                                scale,
                                offset,
                                -1,
                                0.9f,
                                1e-5f,
                                true)
                        .head())
                .run(x);
        NDArray rows = x.reshape(8, 3);
        NDArray mean = rows.mean(new int[] {0});
        NDArray variance = rows.sub(mean).square().mean(new int[] {0});
        NDArray expected = rows.sub(mean)
                .div(variance.add((double) 1e-5f).sqrt())
                .mul(scale)
                .add(offset);
        assertClose("value", traced, expected.reshape(4, 2, 3), 1e-12);
    }
}
