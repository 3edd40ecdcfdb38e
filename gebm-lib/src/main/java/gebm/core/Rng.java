package gebm.core;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ServiceLoader;

/**
 * Immutable random key: every draw is a function of key, labels, step and shape, and of nothing else.
 *
 * <p>Two forks with the same label are the same stream, and two draws from one key are equal: fork for each use.
 * {@code fork(label)} has the key {@code mix(key ⊕ hash(label))} and {@code fork(index)} the key
 * {@code mix(key + (index + 1)·φ)}, where {@code mix} is the finaliser of SplitMix64 and {@code φ} the odd number
 * nearest to 2⁶⁴ over the golden ratio. Arrays are drawn by the engine from a generator made for the one draw; inside
 * a traced program the same arithmetic runs on the program's key input, so both ways give the same bits.
 *
 * <p>Bit-equality holds for one machine and one thread count. The engine's generator takes the low 32 bits of the key,
 * so among 10⁵ keys one pair of equal streams is to be expected; neighbouring draws are never affected.
 *
 * <p>Source: Steele, Lea and Flood (2014), OOPSLA, figure 16 (SplitMix64); named forks follow JAX's {@code fold_in}.
 *
 * <pre>{@code
 * var rng = Rng.of(7);
 * int[] order = rng.fork("shuffle").permutation(10);
 * }</pre>
 */
public final class Rng {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final Engine engine;

    private Rng(Engine engine) {
        this.engine = engine;
    }

    /** The key of the stream numbered {@code seed}. */
    public static Rng of(long seed) {
        return ofKey(mix(seed + GOLDEN));
    }

    /** The stream with exactly this {@linkplain #key() key}: what a checkpoint stored. */
    public static Rng ofKey(long key) {
        return new Rng(Service.ENGINE.at(key));
    }

    /** The stream named {@code label} below this one; adding a consumer shifts nobody else. */
    public Rng fork(String label) {
        return new Rng(engine.forkLabel(hash(label)));
    }

    /** The stream numbered {@code index} below this one: per step, chain or epoch. */
    public Rng fork(long index) {
        return new Rng(engine.forkIndex(index));
    }

    /** 64 bits that stand for this stream; inside a recording there are none, and this throws. */
    public long key() {
        return engine.key();
    }

    /** Independent N(0, 1) draws in float32, owned by {@code scope}. */
    public NDArray normal(NDManager scope, Shape shape) {
        return normal(scope, shape, DataType.FLOAT32);
    }

    /** Independent N(0, 1) draws of the given type, owned by {@code scope}. */
    public NDArray normal(NDManager scope, Shape shape, DataType type) {
        return engine.normal(scope, shape, type);
    }

    /**
     * Independent {@code mean + scale·ξ}, {@code ξ ~ N(0, 1)}, owned by the manager of {@code mean}.
     *
     * <p>Shapes: mean and scale are broadcast against each other; ξ has the result's shape and the type of mean, and
     * the bits of {@code normal(scope, shape, type)}. The derivatives are those of {@code mean + scale·ξ}, ξ fixed.
     *
     * @throws IllegalArgumentException if the shapes do not broadcast
     */
    public NDArray normal(NDArray mean, NDArray scale) {
        return engine.normal(mean, scale);
    }

    /** Independent draws, uniform on [0, 1), in float32, owned by {@code scope}. */
    public NDArray uniform(NDManager scope, Shape shape) {
        return uniform(scope, shape, DataType.FLOAT32);
    }

    /** Independent draws, uniform on [0, 1), of the given type, owned by {@code scope}. */
    public NDArray uniform(NDManager scope, Shape shape, DataType type) {
        return engine.uniform(scope, shape, type);
    }

    /** Independent draws from the exponential distribution with mean 1, in float32, owned by {@code scope}. */
    public NDArray exponential(NDManager scope, Shape shape) {
        return exponential(scope, shape, DataType.FLOAT32);
    }

    /**
     * Independent draws from the exponential distribution with mean 1, of the given type, owned by {@code scope}:
     * {@code −log(1 − u)} with u uniform in steps of 2⁻⁵³, so the largest draw is 36.8.
     */
    public NDArray exponential(NDManager scope, Shape shape, DataType type) {
        return engine.exponential(scope, shape, type);
    }

    /**
     * Independent draws, 1 with the given probability and else 0, in its shape and type, owned by its manager.
     *
     * <p>A probability that is NaN or outside [0, 1] gives NaN. The draws have no derivative; a probability is
     * compared with a uniform number in steps of 2⁻⁵³, whatever its type.
     */
    public NDArray bernoulli(NDArray probability) {
        return engine.bernoulli(probability);
    }

    /**
     * Independent draws of an index i with probability {@code softmax(logits)ᵢ} along the last axis, owned by the
     * manager of {@code logits}: the inverse of the distribution function in float64, whatever the type of logits.
     *
     * <p>A logit of −∞ is never drawn. Where a logit is NaN or +∞, or all are −∞, the draw is k, which is no index.
     *
     * <p>Shapes: logits {@code (…, k)}; result {@code (…)}, int64.
     */
    public NDArray categorical(NDArray logits) {
        return categorical(logits, 1).squeeze(-1);
    }

    /**
     * As {@link #categorical(NDArray)}, n times for each row: logits {@code (…, k)} give {@code (…, n)}.
     *
     * @throws IllegalArgumentException unless {@code n > 0}
     */
    public NDArray categorical(NDArray logits, int n) {
        return engine.categorical(logits, Require.positive("n", n));
    }

    /**
     * Independent draws from the gamma distribution with the given concentration and scale 1, in the shape and type
     * of {@code concentration}, owned by its manager.
     *
     * <p>Inside a program a draw has a first derivative with respect to the concentration, by implicit
     * reparameterisation; a second throws. A concentration that is not positive and finite gives NaN. Draws too small
     * for the type are its smallest normal number: in float32 one in a hundred at concentration 0.05.
     *
     * <p>Source: Marsaglia and Tsang (2000), A Simple Method for Generating Gamma Variables; for the derivative
     * Figurnov, Mohamed and Mnih (2018), Implicit Reparameterization Gradients.
     */
    public NDArray gamma(NDArray concentration) {
        return engine.gamma(concentration);
    }

    /** A uniformly drawn order of {@code 0..n-1}, int64, {@code (n)}; another one than {@link #permutation(int)}. */
    public NDArray permutation(NDManager scope, int n) {
        return engine.permutation(scope, Require.positive("n", n));
    }

    /** A uniformly drawn order of {@code 0..n-1}. */
    public int[] permutation(int n) {
        Require.positive("n", n);
        int[] order = new int[n];
        long state = key();
        for (int i = 0; i < n; i++) {
            state += GOLDEN;
            int j = (int) Math.multiplyHigh(mix(state) >>> 1, (long) (i + 1) << 1); // uniform in 0..i up to 2^-32
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** A generator of numbers in Java that continues from this key, for code outside the engine. */
    public java.util.SplittableRandom numbers() {
        return new java.util.SplittableRandom(key());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rng rng && engine.equals(rng.engine);
    }

    @Override
    public int hashCode() {
        return engine.hashCode();
    }

    @Override
    public String toString() {
        return "Rng[" + engine + "]";
    }

    /** The finaliser of SplitMix64, a bijection of 64 bits. */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** {@code key ⊕ hash(label)} before mixing: 64 bits by FNV-1a over UTF-16, finished by {@link #mix}. */
    static long hash(String label) {
        long h = 0xCBF29CE484222325L;
        for (int i = 0; i < label.length(); i++) {
            h = (h ^ label.charAt(i)) * 0x100000001B3L;
        }
        return mix(h);
    }

    /**
     * The engine's side of a key, which {@code gebm.trace} implements and finds here as a service; not for users.
     *
     * <p>Draws are what the methods of {@link Rng} of the same names and arguments give.
     */
    public interface Engine {
        /** The key that the engine knows by {@code engine}. */
        static Rng rng(Engine engine) {
            return new Rng(engine);
        }

        /** What the engine knows {@code rng} by. */
        static Engine of(Rng rng) {
            return rng.engine;
        }

        /** The same for a known key. */
        Engine at(long key);

        /** The key, where it is known. */
        long key();

        /** The key {@code mix(key ⊕ hash)}. */
        default Engine forkLabel(long hash) {
            return at(mix(key() ^ hash));
        }

        /** The key {@code mix(key + (index + 1)·φ)}. */
        default Engine forkIndex(long index) {
            return at(mix(key() + (index + 1) * GOLDEN));
        }

        /** {@link Rng#normal(NDManager, Shape, DataType)}. */
        NDArray normal(NDManager scope, Shape shape, DataType type);

        /** {@link Rng#normal(NDArray, NDArray)}. */
        NDArray normal(NDArray mean, NDArray scale);

        /** {@link Rng#uniform(NDManager, Shape, DataType)}. */
        NDArray uniform(NDManager scope, Shape shape, DataType type);

        /** {@link Rng#exponential(NDManager, Shape, DataType)}. */
        NDArray exponential(NDManager scope, Shape shape, DataType type);

        /** {@link Rng#bernoulli(NDArray)}. */
        NDArray bernoulli(NDArray probability);

        /** {@link Rng#categorical(NDArray, int)}. */
        NDArray categorical(NDArray logits, int n);

        /** {@link Rng#gamma(NDArray)}. */
        NDArray gamma(NDArray concentration);

        /** {@link Rng#permutation(NDManager, int)}. */
        NDArray permutation(NDManager scope, int n);
    }

    private static final class Service {
        static final Engine ENGINE = ServiceLoader.load(Engine.class, Rng.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no service for " + Engine.class.getName()));
    }
}
