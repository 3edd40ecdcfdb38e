package gebm.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import org.apache.commons.rng.RestorableUniformRandomProvider;
import org.apache.commons.rng.core.RandomProviderDefaultState;
import org.apache.commons.rng.core.source32.MersenneTwister;

/**
 * NumPy's legacy generator after {@code numpy.random.seed(seed)}: the Mersenne twister and NumPy's own conventions.
 *
 * <p>Only for repeating what others drew; it holds its position, so each use takes a new one. The twister is that of
 * Commons RNG, started from the state {@code s₀ = seed, sᵢ = 1812433253·(sᵢ₋₁ ⊕ (sᵢ₋₁ >> 30)) + i}.
 *
 * <p>Source: Matsumoto and Nishimura (1998), ACM TOMACS 8(1), with the initialisation of 2002; NumPy's
 * {@code RandomState} for the order and width of draws.
 */
final class LegacyRandom {
    private static final int WORDS = 624;

    private final RestorableUniformRandomProvider bits;

    private LegacyRandom(RestorableUniformRandomProvider bits) {
        this.bits = bits;
    }

    /** The generator after {@code numpy.random.seed(seed)}, read as 32 bits without a sign. */
    static LegacyRandom of(int seed) {
        MersenneTwister twister = new MersenneTwister(new int[] {0});
        byte[] state = ((RandomProviderDefaultState) twister.saveState()).getState();
        ByteBuffer words = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
        int word = seed;
        for (int i = 0; i < WORDS; i++) {
            word = i == 0 ? seed : 1812433253 * (word ^ (word >>> 30)) + i;
            words.putInt(word);
        }
        words.putInt(WORDS); // all words used: the next draw makes the next 624
        twister.restoreState(new RandomProviderDefaultState(state));
        return new LegacyRandom(twister);
    }

    /** {@code random_sample()}: uniform on [0, 1) in steps of 2⁻⁵³, from two words. */
    double uniform() {
        long high = bits.nextInt() >>> 5;
        long low = bits.nextInt() >>> 6;
        return (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0; // 2^26, 2^53
    }

    /** A whole number, uniform on {@code 0..max}: words under the smallest mask that covers max, until one fits. */
    int upTo(int max) {
        if (max == 0) {
            return 0;
        }
        int mask = -1 >>> Integer.numberOfLeadingZeros(max);
        int drawn = bits.nextInt() & mask;
        while (drawn > max) {
            drawn = bits.nextInt() & mask;
        }
        return drawn;
    }

    /** {@code permutation(n)}, and the order that {@code shuffle} gives to n rows. */
    int[] permutation(int n) {
        int[] order = IntStream.range(0, n).toArray();
        for (int i = n - 1; i > 0; i--) {
            int j = upTo(i);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }
}
