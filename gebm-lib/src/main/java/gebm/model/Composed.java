package gebm.model;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;
import java.util.function.UnaryOperator;

/** Energies made from energies. */
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

    /** {@code map(E(x))}. */
    record Mapped(Energy energy, UnaryOperator<NDArray> map) implements Energy {
        @Override
        public NDArray at(NDArray x) {
            return map.apply(energy.at(x));
        }

        @Override
        public Parts parts() {
            return Parts.of("", energy);
        }

        @Override
        public Energy with(Parts parts) {
            return new Mapped(parts.get(""), map);
        }
    }
}
