package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Weights;
import java.util.Map;

/**
 * A bijection of rows (z, c) as one of z, at given contexts c: one row of them for all, or one for each.
 *
 * <p>Shapes: points {@code (n, d)}; contexts {@code (1, k)} or {@code (n, k)}.
 *
 * @param joint of rows (z, c)
 * @param context the array {@code context}
 */
record FixedContext(Bijection joint, Weights context) implements Bijection {
    static FixedContext of(Bijection joint, NDArray context) {
        return new FixedContext(joint, Weights.none().fixed("context", context));
    }

    @Override
    public int dimension() {
        return (int) (joint.dimension() - context.get("context").getShape().get(1));
    }

    private NDArray joined(NDArray x) {
        long n = x.getShape().get(0);
        NDArray c = context.get("context", x);
        Shape shape = c.getShape();
        Require.that(
                shape.get(0) == 1 || shape.get(0) == n,
                "points",
                "as many as the contexts, " + shape.get(0) + ", or the context one row",
                n);
        return x.concat(c.broadcast(new Shape(n, shape.get(1))), 1);
    }

    private Image cut(Image image) {
        return image.withValue(image.value().get(":, :" + dimension()));
    }

    @Override
    public Image toData(NDArray z) {
        return cut(joint.forward(joined(z)));
    }

    @Override
    public Image toLatents(NDArray x) {
        return cut(joint.inverse(joined(x)));
    }

    @Override
    public Parts parts() {
        return Parts.of("", joint, "context", context);
    }

    /** Without the contexts, which are data and in no file. */
    @Override
    public Map<String, NDArray> arrays() {
        return joint.arrays();
    }

    @Override
    public FixedContext with(Parts parts) {
        return new FixedContext(parts.get(""), parts.get("context"));
    }
}
