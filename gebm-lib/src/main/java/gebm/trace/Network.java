package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SymbolBlock;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.Pair;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.core.Weights;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A DJL block as a pure function of its input and of parameters that belong to this object.
 *
 * <p>The block is only a description and keeps its state: its own initialisers, which draw from a global stream, are
 * not used. Weights and biases are drawn from {@code U(−1/√k, 1/√k)} with k the number of inputs of one unit, or as a
 * block's {@link XavierUniform} says; scales and variances start at 1, everything else at 0. A block that is
 * initialised already lends its values.
 *
 * <p>Shapes: {@code (n, input…) → (n, output…)}.
 * <p>Memory: the arrays live until {@link #close}; whoever holds one of them need not hold this object.
 */
public final class Network implements Trainable {
    private final Block block;
    private final Shape input;
    private final Shape output;
    private final DataType type;
    private final boolean trains; // how apply(x) behaves
    private final Weights weights; // by the names of the block's parameters
    private final Program prediction = Program.of(x -> forward(x, false));
    private final Program training = Program.of(x -> Recorder.current().masks.from(null, () -> forward(x, true)));
    private final Program drawing = Program.ofRandom(
            (scope, list, rng) -> new NDList(Recorder.current().masks.from(rng, () -> forward(list.head(), true))));

    private Network(Block block, Shape input, Shape output, DataType type, boolean trains, Weights weights) {
        this.block = block;
        this.input = input;
        this.output = output;
        this.type = type;
        this.trains = trains;
        this.weights = weights;
    }

    /** The network of {@code block} on samples of shape {@code input}, in float32. */
    public static Network of(Block block, Shape input, Rng rng) {
        return of(block, input, DataType.FLOAT32, rng);
    }

    /**
     * The network of {@code block} on samples of shape {@code input}.
     *
     * @param input the shape of one sample, without the batch axis
     * @param type float32 or float64
     */
    public static Network of(Block block, Shape input, DataType type, Rng rng) {
        Require.that(type == DataType.FLOAT32 || type == DataType.FLOAT64, "type", "float32 or float64", type);
        Require.that(
                !(block instanceof SymbolBlock),
                "block",
                "one that DJL computes layer by layer",
                "a program of the engine's own (" + block.getClass().getSimpleName()
                        + "), which has no layers: load its file by gebm.trace.TorchScript");
        boolean described = !block.isInitialized();
        Map<Parameter, XavierUniform> asked = new HashMap<>();
        for (Parameter parameter : block.getParameters().values()) {
            if (parameter.getInitializer() instanceof XavierUniform xavier) {
                asked.put(parameter, xavier);
            }
        }
        return initialized(block, input, type, scope -> {
            Shape output = block.getOutputShapes(new Shape[] {new Shape(2).addAll(input)})[0];
            Weights weights = Weights.none();
            for (Pair<String, Parameter> pair : block.getParameters()) {
                NDArray array = pair.getValue().getArray();
                NDArray value = described ? initial(scope, pair, block, asked, rng.fork(pair.getKey())) : array;
                value = value.toType(type, false); // some blocks make theirs in float32 whatever they are told
                if (pair.getValue().requiresGradient()) {
                    weights.trained(pair.getKey(), value);
                } else {
                    weights.fixed(pair.getKey(), value);
                }
            }
            return new Network(block, input, output.slice(1), type, false, weights);
        });
    }

    /** Calls {@code body} while {@code block} is initialised, as DJL asks for in places, and leaves it as it was. */
    private static <T> T initialized(Block block, Shape input, DataType type, Function<NDManager, T> body) {
        synchronized (block) {
            boolean described = !block.isInitialized();
            try (NDManager scope = NDManager.newBaseManager()) {
                if (described) {
                    Map<Parameter, Initializer> own = new HashMap<>();
                    block.getParameters().values().forEach(each -> own.put(each, each.getInitializer()));
                    block.setInitializer(Initializer.ZEROS, parameter -> true);
                    block.initialize(scope, type, new Shape(2).addAll(input));
                    own.forEach(Parameter::setInitializer);
                }
                return body.apply(scope);
            } finally {
                if (described) {
                    block.clear();
                }
            }
        }
    }

    private static NDArray initial(
            NDManager scope, Pair<String, Parameter> pair, Block block, Map<Parameter, XavierUniform> asked, Rng rng) {
        Parameter parameter = pair.getValue();
        NDArray zeros = parameter.getArray();
        return switch (parameter.getType()) {
            case GAMMA, RUNNING_VAR -> zeros.onesLike();
            case WEIGHT, BIAS -> {
                XavierUniform xavier = asked.get(parameter);
                double bound = xavier == null ? 1 / Math.sqrt(fanIn(pair, block)) : xavier.bound(zeros.getShape());
                NDArray uniform = rng.uniform(scope, zeros.getShape(), zeros.getDataType());
                yield uniform.mul(2 * bound).sub(bound);
            }
            default -> zeros;
        };
    }

    /** Inputs of one unit: of a weight itself, of a bias those of the weight beside it. */
    private static long fanIn(Pair<String, Parameter> pair, Block block) {
        Shape shape = pair.getValue().getArray().getShape();
        if (pair.getValue().getType() == Parameter.Type.BIAS) {
            String layer = pair.getKey().substring(0, pair.getKey().lastIndexOf('_') + 1);
            Parameter weight = block.getParameters().get(layer + "weight");
            shape = weight == null ? shape : weight.getArray().getShape();
        }
        return shape.dimension() > 1 ? shape.slice(1).size() : shape.size();
    }

    private NDArray forward(NDArray x, boolean training) {
        return initialized(block, input, type, scope -> {
            Map<Parameter, NDArray> values = new HashMap<>();
            block.getParameters().forEach(pair -> values.put(pair.getValue(), weights.get(pair.getKey())));
            var parameters = new RecordedParameters(Recorder.current(), values);
            return block.forward(parameters, new NDList(x), training).get(0);
        });
    }

    /**
     * The output for {@code x}, as in prediction, or of {@link #training} as in training; works in recordings and on
     * ordinary arrays.
     */
    public NDArray apply(NDArray x) {
        return apply(x, trains);
    }

    /**
     * The output for {@code x}; in training, running statistics change.
     *
     * <p>Randomness: in a recording, dropout in training draws from the key of the program's call, differently in each
     * place of the program and in each step of a loop.
     *
     * @throws UnsupportedOperationException on ordinary arrays, if the block draws: hand in a key
     */
    public NDArray apply(NDArray x, boolean inTraining) {
        if (Program.isRecorded(x)) {
            return forward(x, inTraining);
        }
        check(x);
        return (inTraining ? training : prediction).run(x);
    }

    /**
     * The output for {@code x}; in training, running statistics change and dropout draws from {@code rng}.
     *
     * <p>Randomness: mask i of the block comes from {@code rng.fork("dropout").fork(i)}, so two calls with one key drop
     * the same; in a loop, hand in {@code step.fork(rng)}.
     */
    public NDArray apply(NDArray x, boolean inTraining, Rng rng) {
        check(x);
        return inTraining ? drawing.run(x.getManager(), new NDList(x), rng).head() : prediction.run(x);
    }

    private void check(NDArray x) {
        if (!Program.isRecorded(x)) {
            Shape sample =
                    x.getShape().dimension() == 0 ? x.getShape() : x.getShape().slice(1);
            DataType given = x.getDataType();
            Require.that(sample.equals(input), "the shape of a sample", input.toString(), sample);
            Require.that(given == type || given.isInteger(), "the type of the input", type.toString(), given);
        }
    }

    /** The shape of one sample. */
    public Shape inputShape() {
        return input;
    }

    /** The shape of the output for one sample. */
    public Shape outputShape() {
        return output;
    }

    /** The type of parameters and samples. */
    public DataType type() {
        return type;
    }

    @Override
    public Parts parts() {
        return Parts.of("", weights);
    }

    @Override
    public Network with(Parts parts) {
        return new Network(block, input, output, type, trains, parts.get(""));
    }

    /** Whether {@link #apply(NDArray)} is as in training. */
    public boolean inTraining() {
        return trains;
    }

    /** This network as it behaves in training, where {@link #apply(NDArray)} changes running statistics. */
    @Override
    public Network training() {
        return new Network(block, input, output, type, true, weights);
    }

    /** The same network with arrays of its own. */
    @Override
    public Network copy() {
        return (Network) Trainable.super.copy();
    }

    /** Shapes of a sample, type and how many numbers are trained: the same text for the same network on every run. */
    @Override
    public String toString() {
        long numbers = parameters().stream().mapToLong(NDArray::size).sum();
        return "Network[" + input + " to " + output + ", " + type + ", " + numbers + " numbers]";
    }
}
