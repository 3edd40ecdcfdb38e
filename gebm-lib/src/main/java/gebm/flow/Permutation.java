package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Weights;
import java.util.Arrays;

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
    private final Weights weights;

    private Permutation(Weights weights) {
        this.weights = weights;
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
            return new Permutation(Weights.none().fixed("order", scope.create(places)));
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
        return (int) weights.get("order").size();
    }

    @Override
    public Image toData(NDArray z) {
        return image(z, weights.get("order", z));
    }

    @Override
    public Image toLatents(NDArray x) {
        return image(x, weights.get("order", x).argSort());
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
    public Parts parts() {
        return Parts.of("", weights);
    }

    @Override
    public Permutation with(Parts parts) {
        return new Permutation(parts.get(""));
    }
}
