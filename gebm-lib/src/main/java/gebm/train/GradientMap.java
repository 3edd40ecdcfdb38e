package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import java.util.function.UnaryOperator;

/** A change of gradients before an optimiser uses them; recordable. */
@FunctionalInterface
public interface GradientMap {
    /** The changed gradients, in the same order and shapes. */
    NDList apply(NDList gradients);

    /** This map, then {@code next}. */
    default GradientMap andThen(GradientMap next) {
        return new Then(this, next);
    }

    /**
     * {@code g/(1 − g)}, elementwise: of KALE-F's gradient in c, {@code g = 1 − exp(Â − c)}, it makes the Newton
     * direction {@code exp(c − Â) − 1}.
     *
     * <p>Source: the GEBM reference code, {@code grad_clip} in {@code trainer.py}.
     */
    static GradientMap newton() {
        return new Newton();
    }

    /**
     * {@code 2g/(1 + g²)}, elementwise: bounded by 1, and 2g where g is small.
     *
     * <p>Source: the GEBM reference code, {@code grad_clip} in {@code trainer.py}; it is not in the paper.
     */
    static GradientMap softClip() {
        return new SoftClip();
    }

    /** {@code min(max(g, −largest), largest)}, elementwise. */
    static GradientMap clip(double largest) {
        return new Clip(largest);
    }

    /** All gradients scaled so that their common norm is at most {@code largest}. */
    static GradientMap clipNorm(double largest) {
        return new ClipNorm(largest);
    }

    /** One map and then another. */
    record Then(GradientMap first, GradientMap second) implements GradientMap {
        @Override
        public NDList apply(NDList gradients) {
            return second.apply(first.apply(gradients));
        }
    }

    /** {@link #newton}. */
    record Newton() implements GradientMap {
        @Override
        public NDList apply(NDList gradients) {
            return each(gradients, g -> g.div(g.neg().add(1)));
        }
    }

    /** {@link #softClip}. */
    record SoftClip() implements GradientMap {
        @Override
        public NDList apply(NDList gradients) {
            return each(gradients, g -> g.mul(2).div(g.square().add(1)));
        }
    }

    /** {@link #clip}. */
    record Clip(double largest) implements GradientMap {
        /** Checks the bound. */
        public Clip {
            Require.positive("largest", largest);
        }

        @Override
        public NDList apply(NDList gradients) {
            return each(gradients, g -> g.clip(-largest, largest));
        }
    }

    /** {@link #clipNorm}. */
    record ClipNorm(double largest) implements GradientMap {
        /** Checks the bound. */
        public ClipNorm {
            Require.positive("largest", largest);
        }

        @Override
        public NDList apply(NDList gradients) {
            NDList squares = new NDList();
            gradients.forEach(g -> squares.add(g.square().sum()));
            NDArray norm = NDArrays.stack(squares).sum().sqrt();
            NDArray scale = norm.maximum(largest).getNDArrayInternal().rdiv(largest);
            return each(gradients, g -> g.mul(scale));
        }
    }

    private static NDList each(NDList gradients, UnaryOperator<NDArray> map) {
        NDList mapped = new NDList();
        gradients.forEach(g -> mapped.add(map.apply(g)));
        return mapped;
    }
}
