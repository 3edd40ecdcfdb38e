package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Named arrays that belong to one object, in the order in which they were added. */
final class Own implements AutoCloseable {
    private final NDManager manager = NDManager.newBaseManager();
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();

    /** Keeps a copy of {@code value}. */
    Own with(String name, NDArray value) {
        NDArray own = value.duplicate();
        own.attach(manager);
        own.setName(null); // names decide how arrays travel into programs
        arrays.put(name, own);
        return this;
    }

    NDArray get(String name) {
        return arrays.get(name);
    }

    Map<String, NDArray> all() {
        return Collections.unmodifiableMap(arrays);
    }

    Own copy() {
        Own copy = new Own();
        arrays.forEach(copy::with);
        return copy;
    }

    @Override
    public void close() {
        manager.close();
    }
}
