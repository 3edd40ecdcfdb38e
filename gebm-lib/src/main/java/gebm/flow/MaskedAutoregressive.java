package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Each coordinate is moved by a scalar map whose parameters depend on the coordinates of lower order.
 *
 * <p>From data to latents {@code zⱼ = f(xⱼ; θⱼ(x_{<j}))}, where {@code x_{<j}} are the coordinates whose order is below that
 * of j, f is a {@link ScalarBijection}, and θ one network with masked weights (MADE). Those of order 0 are kept as they are.
 * So an order of 1, …, d is a masked autoregressive layer, one of 0 and 1 a coupling, and trailing columns of order 0 are a
 * context.
 *
 * <p>Shapes: {@code (n, d)}, d the length of the order; log-determinants {@code (n)}.
 * <p>Cost: from data to latents one pass through the network; from latents to data one for each different order above 0.
 * For samples in one pass and densities in many, take it {@link #inverted}.
 * <p>Source: Papamakarios, Pavlakou and Murray (2017), Masked Autoregressive Flow, NeurIPS 30, section 3; couplings: Dinh et
 * al. (2017). Differs: the network has two hidden layers with {@code u·sigmoid(u)}; no batch normalisation.
 *
 * <pre>{@code
 * var type = ai.djl.ndarray.types.DataType.FLOAT32;
 * var layer = MaskedAutoregressive.of(new int[] {1, 2, 3}, 16, new BoundedAffine(), type, Rng.of(1));
 * var coupling = MaskedAutoregressive.of(new int[] {0, 1, 0}, 16, new RationalQuadraticSpline(8, 5), type, Rng.of(2));
 * var both = layer.then(coupling);
 * }</pre>
 */
public final class MaskedAutoregressive implements Bijection {
    private final int[] order;
    private final int[] columns; // by order
    private final int kept;
    private final int[] ends; // of the runs of equal order above 0, as places in columns
    private final ScalarBijection map;
    private final MaskedMlp network;

    private MaskedAutoregressive(int[] order, ScalarBijection map, MaskedMlp network) {
        this.order = order;
        this.map = map;
        this.network = network;
        columns = sorted(order);
        kept = (int) IntStream.of(order).filter(o -> o == 0).count();
        ends = IntStream.rangeClosed(kept + 1, order.length)
                .filter(i -> i == order.length || order[columns[i]] != order[columns[i - 1]])
                .toArray();
    }

    /** Places of the numbers from the smallest to the largest, those of equal ones from left to right. */
    private static int[] sorted(int[] numbers) {
        return IntStream.range(0, numbers.length)
                .boxed()
                .sorted(Comparator.comparingInt(j -> numbers[j]))
                .mapToInt(j -> j)
                .toArray();
    }

    /**
     * A layer with a fresh network.
     *
     * @param order of each coordinate, {@code >= 0}
     * @param hidden units in each of two layers
     * @throws IllegalArgumentException unless there are two different orders: else nothing depends on anything
     */
    public static MaskedAutoregressive of(int[] order, int hidden, ScalarBijection map, DataType type, Rng rng) {
        int[] own = order.clone();
        Require.that(
                IntStream.of(own).distinct().count() > 1 && IntStream.of(own).allMatch(o -> o >= 0),
                "order",
                "two or more different numbers >= 0",
                Arrays.toString(own));
        int[] sorted = IntStream.of(own).sorted().toArray();
        int p = map.parameters();
        int[] outputs = IntStream.of(sorted)
                .filter(o -> o > 0)
                .flatMap(o -> IntStream.range(0, p).map(i -> o))
                .toArray();
        return new MaskedAutoregressive(own, map, MaskedMlp.of(sorted, outputs, hidden, type, rng));
    }

    @Override
    public int dimension() {
        return order.length;
    }

    /** θ of the moved coordinates from {@code from} to {@code to}, places in columns, {@code (n, to − from, p)}. */
    private NDArray parameters(NDArray sorted, int from, int to) {
        int p = map.parameters();
        NDArray flat = network.apply(sorted, (from - kept) * p, (to - kept) * p);
        return flat.reshape(new Shape(sorted.getShape().get(0), to - from, p));
    }

    private static NDArray chosen(NDArray x, int[] columns) {
        if (Arrays.equals(columns, IntStream.range(0, columns.length).toArray())) {
            return x;
        }
        long[] places = IntStream.of(columns).asLongStream().toArray();
        return Permutation.columns(x, x.getManager().create(places));
    }

    private static NDArray slice(NDArray x, int from, int to) {
        return from == 0 && to == x.getShape().get(1) ? x : x.get(":, " + from + ":" + to);
    }

    private static NDArray joined(List<NDArray> parts) {
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(new NDList(parts), 1);
    }

    /**
     * Moves runs of columns, which end at {@code ends}, each with parameters of what stands before it by then: columns
     * that are not yet moved stand there as they are, and masked weights do not see them.
     */
    private Image moved(NDArray x, int[] ends, BiFunction<NDArray, NDArray, ScalarBijection.Moved> way) {
        NDArray sorted = chosen(x, columns);
        List<NDArray> found = new ArrayList<>();
        List<NDArray> logSlopes = new ArrayList<>();
        if (kept > 0) {
            found.add(slice(sorted, 0, kept));
        }
        int from = kept;
        for (int to : ends) {
            List<NDArray> all = new ArrayList<>(found);
            all.add(slice(sorted, from, order.length));
            NDArray parameters = parameters(from == kept ? sorted : joined(all), from, to);
            ScalarBijection.Moved moved = way.apply(slice(sorted, from, to), parameters);
            found.add(moved.value());
            logSlopes.add(moved.logSlope());
            from = to;
        }
        return Image.ofSlopes(chosen(joined(found), sorted(columns)), joined(logSlopes));
    }

    /** One run at a time: the parameters of a coordinate depend on data that are found before it. */
    @Override
    public Image toData(NDArray z) {
        return moved(z, ends, map::forward);
    }

    /** All at once, since all data are known. */
    @Override
    public Image toLatents(NDArray x) {
        return moved(x, new int[] {order.length}, map::inverse);
    }

    @Override
    public Parts parts() {
        return Parts.of("", network);
    }

    @Override
    public MaskedAutoregressive with(Parts parts) {
        return new MaskedAutoregressive(order, map, parts.get(""));
    }
}
