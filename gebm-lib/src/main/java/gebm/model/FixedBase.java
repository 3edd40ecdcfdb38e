package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;

/** A push-forward whose parameters nobody trains. */
record FixedBase(PushForward inner) implements LatentBase {
    @Override
    public Shape sampleShape() {
        return inner.sampleShape();
    }

    @Override
    public DensityBase prior() {
        return inner.prior();
    }

    @Override
    public NDArray generate(NDArray z) {
        return inner.generate(z);
    }

    @Override
    public LatentBase training() {
        return this;
    }

    @Override
    public NDList parameters() {
        return new NDList();
    }

    @Override
    public Parts parts() {
        return Parts.of("", inner);
    }

    @Override
    public FixedBase with(Parts parts) {
        return new FixedBase(parts.get(""));
    }

    @Override
    public String toString() {
        return "a fixed generator of samples of shape " + sampleShape();
    }
}
