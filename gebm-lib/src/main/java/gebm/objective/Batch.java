package gebm.objective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;

/**
 * What a loss sees: a batch of data, and what was drawn beside it.
 *
 * @param arrays of the data source, each {@code (n, …)}: the data first, labels second
 * @param generated what the phase's {@link Negatives} drew, {@code (m, …)}: samples of the base or ends of chains; null
 *     where a phase draws nothing
 */
public record Batch(NDList arrays, NDArray generated) {
    /** Data, and what was drawn. */
    public Batch(NDArray data, NDArray generated) {
        this(new NDList(data), generated);
    }

    /** Data alone. */
    public Batch(NDArray data) {
        this(data, null);
    }

    /** Samples of the data, {@code (n, …)}. */
    public NDArray data() {
        return arrays.head();
    }

    /**
     * What stands beside the data, {@code (n, …)}.
     *
     * @throws IllegalArgumentException if the source has no second array
     */
    public NDArray labels() {
        Require.that(
                arrays.size() > 1,
                "the data of a loss with labels",
                "of two arrays (DataSource.of(rows, labels))",
                "one");
        return arrays.get(1);
    }

    /**
     * What was drawn beside the data, {@code (m, …)}.
     *
     * @throws IllegalArgumentException if the phase draws nothing
     */
    @Override
    public NDArray generated() {
        Require.that(
                generated != null,
                "the phase of a loss with generated samples",
                "given some (Phase.withNegatives)",
                "one that draws nothing");
        return generated;
    }
}
