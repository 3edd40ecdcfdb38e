package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;
import java.util.Map;

/**
 * Another order of the coordinates: {@code xⱼ = z_{order(j)}}, with log-determinant 0.
 *
 * <p>Between maps that move some coordinates only, or each by those before it. It is not trained; its order is among the
 * arrays, so that a file of a model holds it.
 *
 * <p>Shapes: {@code (n, d)}; log-determinants {@code (n)}.
 *
 * <pre>{@code
 * var turned = Permutation.reversal(4); // (3, 2, 1, 0)
 * var drawn = Permutation.random(4, Rng.of(1));
 * }</pre>
 */
public final class Permutation implements Bijection {
    private final Own own;

    private Permutation(Own own) {
        this.own = own;
    }

    /**
     * Coordinate j of the data is coordinate {@code order[j]} of the latents.
     *
     * @throws IllegalArgumentException unless each of 0, …, d − 1 occurs once
     */
    public static Permutation of(int... order) {
        int[] sorted = order.clone();
        Arrays.sort(sorted);
        for (int j = 0; j < sorted.length; j++) {
            Require.that(
                    sorted[j] == j, "order", "each of 0, ..., " + (order.length - 1) + " once", Arrays.toString(order));
        }
        Require.positive("length of order", order.length);
        try (NDManager scope = NDManager.newBaseManager()) {
            long[] places = Arrays.stream(order).asLongStream().toArray();
            return new Permutation(new Own().with("order", scope.create(places)));
        }
    }

    /** The coordinates from the last to the first. */
    public static Permutation reversal(int dimension) {
        int[] order = new int[Require.positive("dimension", dimension)];
        Arrays.setAll(order, j -> dimension - 1 - j);
        return of(order);
    }

    /** A uniformly drawn order. */
    public static Permutation random(int dimension, Rng rng) {
        return of(rng.permutation(dimension));
    }

    @Override
    public int dimension() {
        return (int) own.get("order").size();
    }

    @Override
    public Image forward(NDArray z) {
        return Way.FORWARD.of(this, z, latents -> image(latents, order(latents)));
    }

    @Override
    public Image inverse(NDArray x) {
        return Way.INVERSE.of(this, x, points -> image(points, order(points).argSort()));
    }

    private NDArray order(NDArray x) {
        return x.getManager().from(own.get("order"));
    }

    private static Image image(NDArray x, NDArray order) {
        NDArray zero = x.getManager().zeros(new Shape(x.getShape().get(0)), x.getDataType());
        return Image.of(columns(x, order), zero);
    }

    /** The columns of {@code x} at {@code places}, in that order. */
    static NDArray columns(NDArray x, NDArray places) {
        return x.gather(places.broadcast(new Shape(x.getShape().get(0), places.size())), 1);
    }

    @Override
    public Permutation copy() {
        return new Permutation(own.copy());
    }

    @Override
    public Map<String, NDArray> arrays() {
        return own.all();
    }

    @Override
    public void close() {
        own.close();
    }
}
