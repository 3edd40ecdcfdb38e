package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.Map;

/**
 * A perceptron of three layers whose outputs see only inputs of lower order, by weights that are masked (MADE).
 *
 * <p>A hidden unit of level m sees inputs of order m and below and units of level m and below; an output of order o sees
 * units of levels below o. Levels are the orders but the highest, in turn. The activation is {@code u·sigmoid(u)}.
 * Weights and biases are drawn from {@code U(−1/√k, 1/√k)}, k the number of inputs.
 *
 * <p>Source: Germain, Gregor, Murray and Larochelle (2015), MADE, ICML, equations 12 and 13. Differs: the levels are not
 * drawn.
 */
final class MaskedMlp implements AutoCloseable {
    private final int[][] levels; // of inputs, two hidden layers and outputs
    private final Own own;

    private MaskedMlp(int[][] levels, Own own) {
        this.levels = levels;
        this.own = own;
    }

    /** For inputs and outputs of these orders. */
    static MaskedMlp of(int[] inputs, int[] outputs, int hidden, DataType type, Rng rng) {
        Require.positive("hidden", hidden);
        Require.that(type == DataType.FLOAT32 || type == DataType.FLOAT64, "type", "float32 or float64", type);
        int highest = Arrays.stream(outputs).max().orElseThrow();
        int[] seen = Arrays.stream(inputs)
                .filter(o -> o < highest)
                .distinct()
                .sorted()
                .toArray();
        int[] units = new int[hidden];
        Arrays.setAll(units, i -> seen[i % seen.length]);
        int[][] levels = {inputs, units, units, outputs};
        Own own = new Own();
        try (NDManager scope = NDManager.newBaseManager()) {
            for (int layer = 0; layer < 3; layer++) {
                int in = levels[layer].length;
                int out = levels[layer + 1].length;
                draw(own, scope, "layer" + layer + ".weight", new Shape(out, in), in, type, rng);
                draw(own, scope, "layer" + layer + ".bias", new Shape(out), in, type, rng);
            }
        }
        return new MaskedMlp(levels, own);
    }

    private static void draw(Own own, NDManager scope, String name, Shape shape, int in, DataType type, Rng rng) {
        double bound = 1 / Math.sqrt(in);
        own.with(name, rng.fork(name).uniform(scope, shape, type).mul(2 * bound).sub(bound));
    }

    /** The outputs number {@code from} to {@code to − 1}, {@code (n, to − from)}. */
    NDArray apply(NDArray x, int from, int to) {
        for (int layer = 0; layer < 3; layer++) {
            NDManager scope = x.getManager();
            NDArray weight = scope.from(own.get("layer" + layer + ".weight")).mul(mask(scope, layer));
            NDArray bias = scope.from(own.get("layer" + layer + ".bias"));
            if (layer == 2 && to - from < levels[3].length) {
                weight = weight.get(from + ":" + to);
                bias = bias.get(from + ":" + to);
            }
            x = x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
            x = layer == 2 ? x : Activation.swish(x, 1);
        }
        return x;
    }

    private NDArray mask(NDManager scope, int layer) {
        int[] in = levels[layer];
        int[] out = levels[layer + 1];
        float[] mask = new float[in.length * out.length];
        for (int i = 0; i < mask.length; i++) {
            int to = out[i / in.length];
            int from = in[i % in.length];
            mask[i] = to > from || (layer < 2 && to == from) ? 1 : 0;
        }
        DataType type = own.get("layer0.bias").getDataType();
        return scope.create(mask, new Shape(out.length, in.length)).toType(type, false);
    }

    MaskedMlp copy() {
        return new MaskedMlp(levels, own.copy());
    }

    Map<String, NDArray> arrays() {
        return own.all();
    }

    @Override
    public void close() {
        own.close();
    }
}
