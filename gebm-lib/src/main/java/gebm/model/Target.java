package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Rng;

/**
 * An energy of which everything is known: its normaliser, its moments, its marginals, and exact samples.
 *
 * <p>What a sampler or an estimate of {@code log ∫ exp(−E)} is measured against; {@link Targets} has the usual ones.
 *
 * <p>Shapes: points {@code (n, dimension)}.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var funnel = gebm.model.Targets.funnel(2, 1);
 *     var x = funnel.sample(scope, 1_000, gebm.core.Rng.of(7));
 *     System.out.println(funnel.logDensity(x).mean() + ", log Z = " + funnel.logNormaliser());
 * }
 * }</pre>
 */
public interface Target extends Energy {
    /** What it is, with its numbers: {@code funnel(10, 3.0)}; also what it is printed as. */
    default String name() {
        return toString();
    }

    /** The dimension of a point. */
    int dimension();

    /** {@code log ∫ exp(−E(x)) dx}, in nats. */
    double logNormaliser();

    /** The mean of each coordinate. */
    double[] mean();

    /** The covariance of the coordinates, {@code (dimension, dimension)}. */
    double[][] covariance();

    /**
     * The probability that a coordinate is at most each of {@code values}, right to 1e-8.
     *
     * @param coordinate in 0 … {@code dimension − 1}
     * @throws IllegalArgumentException if there is no such coordinate
     */
    double[] marginalCdf(int coordinate, double... values);

    /** {@code n} independent exact samples, {@code (n, dimension)}, owned by {@code scope}. */
    NDArray sample(NDManager scope, int n, DataType type, Rng rng);

    /** {@code n} independent exact samples in float32, {@code (n, dimension)}, owned by {@code scope}. */
    default NDArray sample(NDManager scope, int n, Rng rng) {
        return sample(scope, n, DataType.FLOAT32, rng);
    }

    /** {@code log p(x) = −E(x) − log ∫ exp(−E)}, in nats: {@code (n, dimension) → (n)}. */
    default NDArray logDensity(NDArray x) {
        return at(x).neg().sub(logNormaliser());
    }

    /** The distribution as a base, whose samples are of the given type: a prior, or a reference to anneal from. */
    default DensityBase base(DataType type) {
        return new TargetBase(this, type);
    }
}
