package gebm.flow;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;

/** A bijection in the other direction. */
record Inverted(Bijection inner) implements Bijection {
    @Override
    public int dimension() {
        return inner.dimension();
    }

    @Override
    public Image toData(NDArray z) {
        return inner.inverse(z);
    }

    @Override
    public Image toLatents(NDArray x) {
        return inner.forward(x);
    }

    @Override
    public Bijection inverted() {
        return inner;
    }

    @Override
    public Parts parts() {
        return Parts.of("", inner);
    }

    @Override
    public Inverted with(Parts parts) {
        return new Inverted(parts.get(""));
    }
}
