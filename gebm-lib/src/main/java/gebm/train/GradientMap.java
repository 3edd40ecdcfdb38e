package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import gebm.core.Require;

/** A change of gradients before an optimiser uses them; recordable. */
@FunctionalInterface
public interface GradientMap {
    /** The changed gradients, in the same order and shapes. */
    NDList apply(NDList gradients);

    /** This map, then {@code next}. */
    default GradientMap andThen(GradientMap next) {
        return gradients -> next.apply(apply(gradients));
    }

    /**
     * {@code g/(1 − g)}, elementwise: of KALE-F's gradient in c, {@code g = 1 − exp(Â − c)}, it makes the Newton
     * direction {@code exp(c − Â) − 1}.
     *
     * <p>Source: the GEBM reference code, {@code grad_clip} in {@code trainer.py}.
     */
    static GradientMap newton() {
        return each(g -> g.div(g.neg().add(1)));
    }

    /**
     * {@code 2g/(1 + g²)}, elementwise: bounded by 1, and 2g where g is small.
     *
     * <p>Source: the GEBM reference code, {@code grad_clip} in {@code trainer.py}; it is not in the paper.
     */
    static GradientMap softClip() {
        return each(g -> g.mul(2).div(g.square().add(1)));
    }

    /** {@code min(max(g, −largest), largest)}, elementwise. */
    static GradientMap clip(double largest) {
        Require.positive("largest", largest);
        return each(g -> g.clip(-largest, largest));
    }

    /** All gradients scaled so that their common norm is at most {@code largest}. */
    static GradientMap clipNorm(double largest) {
        Require.positive("largest", largest);
        return gradients -> {
            NDList squares = new NDList();
            gradients.forEach(g -> squares.add(g.square().sum()));
            NDArray norm = NDArrays.stack(squares).sum().sqrt();
            NDArray scale = norm.maximum(largest).getNDArrayInternal().rdiv(largest);
            NDList scaled = new NDList();
            gradients.forEach(g -> scaled.add(g.mul(scale)));
            return scaled;
        };
    }

    private static GradientMap each(java.util.function.UnaryOperator<NDArray> map) {
        return gradients -> {
            NDList mapped = new NDList();
            gradients.forEach(g -> mapped.add(map.apply(g)));
            return mapped;
        };
    }
}
