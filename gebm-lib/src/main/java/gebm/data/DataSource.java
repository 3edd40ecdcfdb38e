package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.OptionalLong;

/**
 * Batches of data as a function of their index and a key; nothing is consumed, so a run resumes anywhere.
 *
 * <p>Shapes: a batch is {@code (size, sampleShape)}.
 * <p>Randomness and memory: the same index and key give the same bits; the batch belongs to {@code scope}.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     DataSource gaussian = (m, size, index, rng) -> m.ones(new ai.djl.ndarray.types.Shape(size, 2));
 *     System.out.println(gaussian.batch(scope, 8, 0, Rng.of(7)).getShape());
 * }
 * }</pre>
 */
@FunctionalInterface
public interface DataSource {
    /**
     * Batch number {@code index}.
     *
     * @param scope owner of the batch
     * @param size samples in the batch, {@code > 0}
     * @param index number of the batch, from 0, without end
     * @param rng key of the whole run: the source forks it by epoch or by index
     * @return samples, {@code (size, sampleShape)}
     */
    NDArray batch(NDManager scope, int size, long index, Rng rng);

    /**
     * Batch number {@code index} with all that belongs to its samples: the {@link #batch} first, then labels or whatever
     * the source has, each {@code (size, …)} and row by row of the same samples.
     */
    default NDList arrays(NDManager scope, int size, long index, Rng rng) {
        return new NDList(batch(scope, size, index, rng));
    }

    /** The shape of one sample. */
    default Shape sampleShape() {
        try (NDManager scope = NDManager.newBaseManager()) {
            return batch(scope, 1, 0, Rng.of(0)).getShape().slice(1);
        }
    }

    /** The number of samples, empty where they are drawn without end. */
    default OptionalLong size() {
        return OptionalLong.empty();
    }

    /**
     * SHA-256 in hexadecimal that names this data in a run's card.
     *
     * <p>Taken over shape, type and bytes: of all samples where they are finite in number, otherwise of the batch of
     * 256 that {@code Rng.of(0)} draws.
     */
    default String sha256() {
        try (NDManager scope = NDManager.newBaseManager()) {
            return Sha256.of(arrays(scope, 256, 0, Rng.of(0)).toArray(new NDArray[0]));
        }
    }

    /**
     * The rows of an array, shuffled anew in every epoch.
     *
     * <p>An epoch has {@code ⌊n/size⌋} whole batches: batch {@code i} holds rows
     * {@code order[(i mod ⌊n/size⌋)·size ...]} of the order {@code rng.fork(⌊i/⌊n/size⌋⌋).permutation(n)}. The
     * {@code n mod size} rows at the end of an epoch's order are left out of that epoch, others in the next.
     *
     * <p>Shapes: rows {@code (n, sampleShape)}; batches have their type and are on the scope's device.
     * <p>Memory: the rows are borrowed: they must stay open and unchanged while the source is used.
     *
     * @throws IllegalArgumentException if a value is not finite, naming row and column; from {@code batch}, if
     *     {@code size} is greater than {@code n}
     */
    static DataSource of(NDArray rows) {
        return new ShuffledRows(rows);
    }

    /**
     * Rows with labels, shuffled together anew in every epoch as those of {@link #of(NDArray)}.
     *
     * <p>Shapes: rows {@code (n, sampleShape)}; labels {@code (n, …)} of any type.
     * <p>Memory: both are borrowed.
     *
     * @throws IllegalArgumentException if there are not as many labels as rows, or a value is not finite
     */
    static DataSource of(NDArray rows, NDArray labels) {
        return new ShuffledRows(rows, labels);
    }
}
