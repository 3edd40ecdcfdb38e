package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.core.Weights;
import java.util.Arrays;
import java.util.List;

/**
 * A perceptron of three layers whose outputs see only inputs of lower order, by weights that are masked (MADE).
 *
 * <p>A hidden unit of level m sees inputs of order m and below and units of level m and below; an output of order o sees
 * units of levels below o. Levels are the orders but the highest, in turn. The activation is {@code u·sigmoid(u)}.
 * Weights and biases are drawn from {@code U(−1/√k, 1/√k)}, k the number of inputs.
 *
 * <p>Source: Germain, Gregor, Murray and Larochelle (2015), MADE, ICML, equations 12 and 13. Differs: the levels are not
 * drawn.
 *
 * @param levels of inputs, two hidden layers and outputs
 */
record MaskedMlp(int[][] levels, Weights weights) implements Trainable {
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
        Weights weights = Weights.none();
        try (NDManager scope = NDManager.newBaseManager()) {
            for (int layer = 0; layer < 3; layer++) {
                int in = levels[layer].length;
                int out = levels[layer + 1].length;
                double bound = 1 / Math.sqrt(in);
                for (String kind : List.of("weight", "bias")) {
                    String name = "layer" + layer + "." + kind;
                    Shape shape = kind.equals("weight") ? new Shape(out, in) : new Shape(out);
                    NDArray uniform = rng.fork(name).uniform(scope, shape, type);
                    weights.trained(name, uniform.mul(2 * bound).sub(bound));
                }
            }
        }
        return new MaskedMlp(levels, weights);
    }

    /** The outputs number {@code from} to {@code to − 1}, {@code (n, to − from)}. */
    NDArray apply(NDArray x, int from, int to) {
        for (int layer = 0; layer < 3; layer++) {
            NDArray bias = weights.get("layer" + layer + ".bias", x);
            NDArray weight = weights.get("layer" + layer + ".weight", x).mul(mask(bias, layer));
            if (layer == 2 && to - from < levels[3].length) {
                weight = weight.get(from + ":" + to);
                bias = bias.get(from + ":" + to);
            }
            x = x.getNDArrayInternal().linear(x, weight, bias).singletonOrThrow();
            x = layer == 2 ? x : Activation.swish(x, 1);
        }
        return x;
    }

    /** Of a layer, in the type of {@code bias}. */
    private NDArray mask(NDArray bias, int layer) {
        int[] in = levels[layer];
        int[] out = levels[layer + 1];
        float[] mask = new float[in.length * out.length];
        for (int i = 0; i < mask.length; i++) {
            int to = out[i / in.length];
            int from = in[i % in.length];
            mask[i] = to > from || (layer < 2 && to == from) ? 1 : 0;
        }
        NDArray ones = bias.getManager().create(mask, new Shape(out.length, in.length));
        return ones.toType(bias.getDataType(), false);
    }

    @Override
    public Parts parts() {
        return Parts.of("", weights);
    }

    @Override
    public MaskedMlp with(Parts parts) {
        return new MaskedMlp(levels, parts.get(""));
    }
}
