package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Base;
import gebm.model.Energy;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.LongStream;

/**
 * Positions of many chains, of which a few are continued at a time: short runs that add up to long chains.
 *
 * <p>{@link #advance} takes n entries at random, replaces a share of them by fresh samples, runs a sampler from there,
 * and returns the positions reached, with the buffer that holds them in the entries' places.
 *
 * <p>Memory: the entries belong to the manager that {@link #of} was given; every {@code advance} makes new ones, so
 * close the old {@link #entries} when the next buffer is there.
 * <p>Source: Du and Mordatch (2019), section 3.1 (10,000 entries, 5 % fresh); Tieleman (2008), persistent contrastive
 * divergence. Differs: no.
 */
public final class ReplayBuffer {
    private final Base fresh;
    private final double freshShare;
    private final NDArray entries;

    private ReplayBuffer(Base fresh, double freshShare, NDArray entries) {
        this.fresh = fresh;
        this.freshShare = freshShare;
        this.entries = entries;
    }

    /**
     * A buffer full of fresh samples.
     *
     * @param fresh where chains begin
     * @param capacity how many entries there are
     * @param freshShare the probability with which an entry is replaced by a fresh sample before it is continued
     */
    public static ReplayBuffer of(NDManager scope, Base fresh, int capacity, double freshShare, Rng rng) {
        Objects.requireNonNull(fresh, "fresh");
        Require.positive("capacity", capacity);
        Require.within("freshShare", freshShare, 0, 1);
        return new ReplayBuffer(fresh, freshShare, fresh.sample(scope, capacity, rng));
    }

    /** All positions, {@code (capacity, d…)}. */
    public NDArray entries() {
        return entries;
    }

    /**
     * What an advance gives.
     *
     * @param samples the positions reached, {@code (n, d…)}
     * @param buffer the buffer with the samples in their places
     */
    public record Advanced(NDArray samples, ReplayBuffer buffer) {}

    /**
     * Continues n different entries by {@code plan.steps()} steps of {@code sampler}.
     *
     * @throws IllegalArgumentException if n is not from 1 to the capacity
     * @throws gebm.core.DivergedException as {@link Sampler#run}
     */
    public Advanced advance(Sampler<?> sampler, Energy target, SamplingPlan plan, int n, Rng rng) {
        int capacity = (int) entries.getShape().get(0);
        Require.that(n >= 1 && n <= capacity, "n", "from 1 to the capacity " + capacity, n);
        NDManager owner = entries.getManager();
        try (NDManager scope = owner.newSubManager()) {
            int[] chosen = Arrays.copyOf(rng.fork("choose").permutation(capacity), n);
            NDArray rows = scope.create(Arrays.stream(chosen).asLongStream().toArray());
            NDArray kept = entries.get(rows);
            kept.attach(scope);
            NDArray start = renewed(scope, kept, fresh, freshShare, rng);
            NDArray reached = sampler.run(target, start, plan, rng.fork("run")).position();
            NDArray next = replaced(scope, chosen, reached);
            reached.attach(owner);
            next.attach(owner);
            return new Advanced(reached, new ReplayBuffer(fresh, freshShare, next));
        }
    }

    /** The entries with row j of {@code reached} in the place {@code chosen[j]}. */
    private NDArray replaced(NDManager scope, int[] chosen, NDArray reached) {
        long[] from = LongStream.range(0, entries.getShape().get(0))
                .map(i -> chosen.length + i)
                .toArray();
        for (int j = 0; j < chosen.length; j++) {
            from[chosen[j]] = j;
        }
        NDArray all = reached.concat(entries, 0);
        all.attach(scope);
        return all.get(scope.create(from));
    }

    /** Where chains go on: each row of {@code kept}, {@code (n, d…)}, or with probability {@code freshShare} a fresh sample. */
    public static NDArray renewed(NDManager scope, NDArray kept, Base fresh, double freshShare, Rng rng) {
        int n = (int) kept.getShape().get(0);
        NDArray born = fresh.sample(scope, n, rng.fork("fresh")).toType(kept.getDataType(), false);
        NDArray replaced = rng.fork("replace")
                .uniform(scope, new Shape(n), DataType.FLOAT64)
                .lt(freshShare);
        return PerChain.choose(replaced, new NDList(born), new NDList(kept)).singletonOrThrow();
    }
}
