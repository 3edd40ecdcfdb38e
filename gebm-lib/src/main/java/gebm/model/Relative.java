package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;

/** {@code E(x) = r(x) + log p(x)}: the energy relative to a base with density p of the model {@code ∝ exp(−r)}. */
record Relative(Energy unnormalized, DensityBase density) implements Energy, AutoCloseable {
    @Override
    public NDArray at(NDArray x) {
        return at(x, density.logDensity(x));
    }

    /** The same where {@code log p(x)} is known. */
    NDArray at(NDArray x, NDArray logDensity) {
        return unnormalized.at(x).add(logDensity);
    }

    @Override
    public Energy training() {
        return new Relative(unnormalized.training(), density);
    }

    /** The same r, relative to another base. */
    Relative on(DensityBase other) {
        return new Relative(unnormalized, other);
    }

    /** A copy of r, relative to the same base: what belongs to the base is not this energy's to copy. */
    @Override
    public Relative copy() {
        return new Relative(unnormalized.copy(), density);
    }

    @Override
    public NDList parameters() {
        return unnormalized.parameters();
    }

    @Override
    public Map<String, NDArray> arrays() {
        return unnormalized.arrays();
    }

    @Override
    public void close() throws Exception {
        if (unnormalized instanceof AutoCloseable closeable) {
            closeable.close();
        }
    }
}
