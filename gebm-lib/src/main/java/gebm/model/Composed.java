package gebm.model;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;

/** Energies made from energies: records, so that a sampler knows one made anew as the one that it has met. */
final class Composed {
    private Composed() {}

    /** {@code first(x) + second(x)}. */
    record Sum(Energy first, Energy second) implements Energy {
        @Override
        public NDArray at(NDArray x) {
            return first.at(x).add(second.at(x));
        }

        @Override
        public Parts parts() {
            return Parts.of("first", first, "second", second);
        }

        @Override
        public Energy with(Parts parts) {
            return new Sum(parts.get("first"), parts.get("second"));
        }
    }

    /** {@code factor·E(x)}. */
    record Times(Energy energy, double factor) implements Energy {
        @Override
        public NDArray at(NDArray x) {
            return energy.at(x).mul(factor);
        }

        @Override
        public Parts parts() {
            return Parts.of("", energy);
        }

        @Override
        public Energy with(Parts parts) {
            return new Times(parts.get(""), factor);
        }
    }

    /** {@code max(E(x), floor)}. */
    record Floored(Energy energy, double floor) implements Energy {
        @Override
        public NDArray at(NDArray x) {
            return energy.at(x).maximum(floor);
        }

        @Override
        public Parts parts() {
            return Parts.of("", energy);
        }

        @Override
        public Energy with(Parts parts) {
            return new Floored(parts.get(""), floor);
        }
    }
}
