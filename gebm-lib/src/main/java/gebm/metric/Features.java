package gebm.metric;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.TorchScript;
import java.nio.file.Path;
import java.util.Objects;

/**
 * What distances between sets of samples look at: {@code (n, …) → (n, k)}, owned by the samples' manager.
 *
 * <p>{@link PrincipalComponents}, a network from a {@linkplain #scripted file}, or any function.
 */
@FunctionalInterface
public interface Features {
    /** The features of {@code samples}, row by row. */
    NDArray apply(NDArray samples);

    /** What these features are, in words that differ from those of other features: stored statistics remember them. */
    default String name() {
        return "unnamed features";
    }

    /**
     * What a network of somebody else's gives, such as the Inception network of the usual FID: {@code file} is TorchScript,
     * written by Python's {@code torch.jit.trace} or {@code torch.jit.script}, of a module that takes samples as they are
     * given here and gives {@code (n, k)}; {@code (n, k, 1, 1)} and the like become {@code (n, k)}. Their size, range and
     * number of channels are the file's affair: wrap the network in a module that resizes and scales, and script both.
     *
     * <p>Use {@link #inBatches} with it: a large network on many samples at once takes much memory.
     *
     * <pre>{@code
     * var file = java.nio.file.Path.of("src/test/resources/oracles/generator.pt"); // (n, 4) to (n, 1, 8, 8)
     * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
     *     var real = Rng.of(1).normal(scope, new ai.djl.ndarray.types.Shape(500, 4));
     *     var generated = Rng.of(2).normal(scope, new ai.djl.ndarray.types.Shape(500, 4));
     *     double distance = Frechet.of(Features.scripted(file).inBatches(100)).between(real, generated);
     * }
     * }</pre>
     *
     * @throws IllegalArgumentException if the file holds no network of one array; see {@link TorchScript#load}
     */
    static Features scripted(Path file) {
        TorchScript network = TorchScript.load(file);
        Features features = samples -> {
            long n = count(samples);
            NDArray found = network.apply(samples);
            Require.that(
                    found.getShape().dimension() >= 2 && found.getShape().get(0) == n,
                    "what " + network + " gives for " + n + " samples",
                    "of shape (" + n + ", k)",
                    found.getShape());
            return found.reshape(n, found.size() / n);
        };
        return features.named("TorchScript " + Fingerprint.of(file));
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
            long n = count(samples);
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

    private static long count(NDArray samples) {
        Shape shape = samples.getShape();
        Require.that(shape.dimension() > 0 && shape.get(0) > 0, "samples", "at least one", shape);
        return shape.get(0);
    }
}
