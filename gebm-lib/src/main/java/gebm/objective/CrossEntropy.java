package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Network;
import java.util.LinkedHashMap;
import java.util.Map;

/** The loss of classifiers. */
public final class CrossEntropy {
    private CrossEntropy() {}

    /**
     * {@code −mean log softmax(network(data))[label]} for a network that gives a number for each class.
     *
     * <p>Shapes: labels {@code (n)}, whole numbers from 0; the network's output {@code (n, classes)}.
     *
     * <p>Terms: {@code crossEntropy} in nats, and {@code accuracy}, the share of the batch whose largest output is the
     * label's.
     *
     * @throws IllegalArgumentException from {@code evaluate}, if there are no labels, they have another shape, or one is no class
     */
    public static Objective<Network> loss() {
        return new Labels();
    }

    private record Labels() implements Objective<Network> {
        @Override
        public Loss evaluate(Network network, Batch batch, Rng rng) {
            NDArray logits = network.apply(batch.data());
            Shape shape = logits.getShape();
            NDArray labels = batch.labels();
            Require.that(
                    labels.getShape().equals(new Shape(shape.get(0))),
                    "labels",
                    "a whole number for each of " + shape.get(0) + " samples",
                    labels.getShape());
            NDArray one = labels.toType(DataType.INT64, false).oneHot((int) shape.get(1), logits.getDataType());
            NDArray total =
                    logits.logSoftmax(1).mul(one).sum(new int[] {1}).mean().neg();
            NDArray right = logits.argMax(1).eq(labels).toType(logits.getDataType(), false);
            Map<String, NDArray> terms = new LinkedHashMap<>();
            terms.put("crossEntropy", total);
            terms.put("accuracy", right.mean());
            return new Loss(total, terms);
        }
    }
}
