package gebm.model;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;

/** {@code E(x) = r(x) + log p(x)}: the energy relative to a base with density p of the model {@code ∝ exp(−r)}. */
record Relative(Energy unnormalized, DensityBase density) implements Energy {
    @Override
    public NDArray at(NDArray x) {
        NDArray logDensity = density.logDensity(x);
        return unnormalized.at(x).add(logDensity);
    }

    /** The same r, relative to another base. */
    Relative on(DensityBase other) {
        return new Relative(unnormalized, other);
    }

    /** r alone: what belongs to the base is not this energy's to copy, train or close. */
    @Override
    public Parts parts() {
        return Parts.of("", unnormalized);
    }

    @Override
    public Relative with(Parts parts) {
        return new Relative(parts.get(""), density);
    }
}
