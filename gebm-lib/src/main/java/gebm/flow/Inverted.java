package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.Map;

/** A bijection in the other direction. */
record Inverted(Bijection inner) implements Bijection {
    @Override
    public int dimension() {
        return inner.dimension();
    }

    @Override
    public Image forward(NDArray z) {
        return inner.inverse(z);
    }

    @Override
    public Image inverse(NDArray x) {
        return inner.forward(x);
    }

    @Override
    public Bijection inverted() {
        return inner;
    }

    @Override
    public Bijection copy() {
        return new Inverted(inner.copy());
    }

    @Override
    public NDList parameters() {
        return inner.parameters();
    }

    @Override
    public Map<String, NDArray> arrays() {
        return inner.arrays();
    }

    @Override
    public void close() {
        inner.close();
    }
}
