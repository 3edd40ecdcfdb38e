package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Map;

/**
 * A bijection of rows (z, c) as one of z, at given contexts c: one row of them for all, or one for each.
 *
 * <p>Shapes: points {@code (n, d)}; contexts {@code (1, k)} or {@code (n, k)}.
 */
record Given(Bijection joint, Own context) implements Bijection {
    static Given of(Bijection joint, NDArray context) {
        return new Given(joint, new Own().with("context", context));
    }

    private NDArray rows() {
        return context.get("context");
    }

    @Override
    public int dimension() {
        return (int) (joint.dimension() - rows().getShape().get(1));
    }

    private NDArray joined(NDArray x) {
        long n = x.getShape().get(0);
        Shape shape = rows().getShape();
        Require.that(
                shape.get(0) == 1 || shape.get(0) == n,
                "points",
                "as many as the contexts, " + shape.get(0) + ", or the context one row",
                n);
        NDManager scope = x.getManager();
        return x.concat(scope.from(rows()).broadcast(new Shape(n, shape.get(1))), 1);
    }

    private Image cut(Image image) {
        return image.withValue(image.value().get(":, :" + dimension()));
    }

    @Override
    public Image forward(NDArray z) {
        return Way.FORWARD.of(this, z, latents -> cut(joint.forward(joined(latents))));
    }

    @Override
    public Image inverse(NDArray x) {
        return Way.INVERSE.of(this, x, points -> cut(joint.inverse(joined(points))));
    }

    @Override
    public Bijection copy() {
        return new Given(joint.copy(), context.copy());
    }

    @Override
    public NDList parameters() {
        return joint.parameters();
    }

    @Override
    public Map<String, NDArray> arrays() {
        return joint.arrays();
    }

    @Override
    public void close() {
        joint.close();
        context.close();
    }
}
