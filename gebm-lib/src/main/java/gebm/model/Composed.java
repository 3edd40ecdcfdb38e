package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Trainable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Energies made from energies. */
final class Composed {
    private Composed() {}

    /** The arrays of named parts, each name with its part in front: {@code part.name}. */
    static Map<String, NDArray> arrays(Map<String, Trainable> parts) {
        Map<String, NDArray> all = new LinkedHashMap<>();
        parts.forEach(
                (part, trainable) -> trainable.arrays().forEach((name, array) -> all.put(part + "." + name, array)));
        return all;
    }

    private static void closeAll(Energy... parts) throws Exception {
        for (Energy part : parts) {
            if (part instanceof AutoCloseable closeable) {
                closeable.close();
            }
        }
    }

    /** {@code first(x) + second(x)}. */
    record Sum(Energy first, Energy second) implements Energy, AutoCloseable {
        @Override
        public NDArray at(NDArray x) {
            return first.at(x).add(second.at(x));
        }

        @Override
        public Energy training() {
            return new Sum(first.training(), second.training());
        }

        @Override
        public Energy copy() {
            return new Sum(first.copy(), second.copy());
        }

        @Override
        public NDList parameters() {
            NDList all = new NDList(first.parameters());
            all.addAll(second.parameters());
            return all;
        }

        @Override
        public Map<String, NDArray> arrays() {
            Map<String, Trainable> parts = new LinkedHashMap<>();
            parts.put("first", first);
            parts.put("second", second);
            return Composed.arrays(parts);
        }

        @Override
        public void close() throws Exception {
            closeAll(first, second);
        }
    }

    /** {@code map(E(x))}. */
    record Mapped(Energy energy, UnaryOperator<NDArray> map) implements Energy, AutoCloseable {
        @Override
        public NDArray at(NDArray x) {
            return map.apply(energy.at(x));
        }

        @Override
        public Energy training() {
            return new Mapped(energy.training(), map);
        }

        @Override
        public Energy copy() {
            return new Mapped(energy.copy(), map);
        }

        @Override
        public NDList parameters() {
            return energy.parameters();
        }

        @Override
        public Map<String, NDArray> arrays() {
            return energy.arrays();
        }

        @Override
        public void close() throws Exception {
            closeAll(energy);
        }
    }
}
