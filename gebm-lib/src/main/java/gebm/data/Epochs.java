package gebm.data;

import gebm.core.Require;
import gebm.core.Rng;
import java.util.Arrays;

/** Which of n samples a batch holds: a new order each epoch, in whole batches, as {@link DataSource#of} says. */
final class Epochs {
    private final int n;
    private volatile Order last = new Order(null, new int[0]); // an epoch's order, computed once: 0.6 ms for 60,000

    Epochs(int n) {
        this.n = n;
    }

    int[] rows(int size, long index, Rng rng) {
        Require.positive("batch size", size);
        Require.notNegative("batch index", index);
        Require.that(size <= n, "batch size", "at most the number of rows, " + n, size);
        int perEpoch = n / size;
        int[] order = order(rng.fork(index / perEpoch));
        int start = (int) (index % perEpoch) * size;
        return Arrays.copyOfRange(order, start, start + size);
    }

    private int[] order(Rng epoch) {
        Order known = last;
        if (!epoch.equals(known.epoch)) {
            known = new Order(epoch, epoch.permutation(n));
            last = known;
        }
        return known.rows;
    }

    private record Order(Rng epoch, int[] rows) {}
}
