package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import gebm.core.Require;
import java.util.Objects;

/**
 * What distances between sets of samples look at: {@code (n, …) → (n, k)}, owned by the samples' manager.
 *
 * <p>{@link PrincipalComponents}, {@link DigitClassifier}, or any function.
 */
@FunctionalInterface
public interface Features {
    /** The features of {@code samples}, row by row. */
    NDArray apply(NDArray samples);

    /** What these features are, in words that differ from those of other features: stored statistics remember them. */
    default String name() {
        return "unnamed features";
    }

    /** These features under the name {@code name}. */
    default Features named(String name) {
        Objects.requireNonNull(name, "name");
        Features features = this;
        return new Features() {
            @Override
            public NDArray apply(NDArray samples) {
                return features.apply(samples);
            }

            @Override
            public String name() {
                return name;
            }
        };
    }

    /** These features from at most {@code size} samples at a time, for networks whose layers take much memory. */
    default Features inBatches(int size) {
        Require.positive("size", size);
        Features features = this;
        Features batched = samples -> {
            Require.that(
                    samples.getShape().dimension() > 0 && samples.getShape().get(0) > 0,
                    "samples",
                    "at least one",
                    samples.getShape());
            long n = samples.getShape().get(0);
            try (NDManager scope = samples.getManager().newSubManager()) {
                NDList parts = new NDList();
                for (long from = 0; from < n; from += size) {
                    try (NDManager one = scope.newSubManager()) {
                        NDArray part = samples.get(one, new NDIndex(from + ":" + Math.min(n, from + size)));
                        part.attach(one);
                        NDArray found = features.apply(part);
                        found.attach(scope);
                        parts.add(found);
                    }
                }
                NDArray all = NDArrays.concat(parts, 0);
                all.attach(samples.getManager());
                return all;
            }
        };
        return batched.named(name());
    }
}
