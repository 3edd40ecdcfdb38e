package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Base;
import gebm.model.DensityBase;

/**
 * Latents beside contexts: rows (z, c) with {@code z ~ inner} and {@code c ~ contexts}, independent.
 *
 * <p>Its density is that of z, which is the joint one with respect to {@code dz ⊗ contexts(dc)}.
 */
record Contextual(DensityBase inner, Base contexts) implements DensityBase {
    Contextual {
        for (Base part : new Base[] {inner, contexts}) {
            Require.that(
                    part.sampleShape().dimension() == 1,
                    part == inner ? "samples of the prior" : "contexts",
                    "vectors, of shape (k)",
                    part.sampleShape());
        }
    }

    /** Columns of z. */
    int latents() {
        return (int) inner.sampleShape().get(0);
    }

    /** Columns of c. */
    int columns() {
        return (int) contexts.sampleShape().get(0);
    }

    @Override
    public Shape sampleShape() {
        return new Shape(latents() + columns());
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        try (NDManager own = scope.newSubManager()) {
            NDArray z = inner.sample(own, n, rng.fork("latent"));
            return rows(scope, z, contexts.sample(own, n, rng.fork("context")));
        }
    }

    @Override
    public Samples sampleWithLogDensity(NDManager scope, int n, Rng rng) {
        try (NDManager own = scope.newSubManager()) {
            Samples z = inner.sampleWithLogDensity(own, n, rng.fork("latent"));
            NDArray rows = rows(scope, z.values(), contexts.sample(own, n, rng.fork("context")));
            z.logDensity().attach(scope);
            return new Samples(rows, z.logDensity());
        }
    }

    private static NDArray rows(NDManager scope, NDArray z, NDArray c) {
        NDArray rows = z.concat(c, 1);
        rows.attach(scope);
        return rows;
    }

    @Override
    public NDArray logDensity(NDArray rows) {
        return inner.logDensity(rows.get(":, :" + latents()));
    }

    /** The contexts are data: they are not trained, and in no file. */
    @Override
    public Parts parts() {
        return Parts.of("", inner);
    }

    @Override
    public Contextual with(Parts parts) {
        return new Contextual(parts.get(""), contexts);
    }
}
