package gebm.flow;

import ai.djl.ndarray.NDArray;
import gebm.core.Trainable;
import java.util.Objects;

/**
 * A smooth invertible map of points, from latents z to data x, with the logarithm of how much it stretches volume.
 *
 * <p>Both directions give value and log-determinant together, because they share their work:
 * {@code forward(z) = (x, log|det ∂x/∂z|)} and {@code inverse(x) = (z, log|det ∂z/∂x|)}, the latter being minus the former
 * at the same pair. So with z of density η, {@code log p(x) = log η(z) + log|det ∂z/∂x|}; {@link Flow} does that.
 *
 * <p>A bijection of one's own is a class with these four methods, written with {@code NDArray} so that it can be recorded
 * in a {@code gebm.trace.Program}: no value is read. Those of this package run as programs of their own on ordinary arrays.
 *
 * <p>Context: a map of the first d of d + k columns that depends on the last k and leaves them as they are is a map
 * given a context, row by row. See {@link Flow#conditional}.
 *
 * <p>Shapes: points {@code (n, d)}, log-determinants {@code (n)}.
 * <p>Units: nats.
 *
 * <pre>{@code
 * var coupling = AffineCoupling.of(new boolean[] {true, false, true}, 16, ai.djl.ndarray.types.DataType.FLOAT32, Rng.of(1));
 * var map = coupling.then(Permutation.reversal(3));
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var image = map.forward(Rng.of(2).normal(scope, new ai.djl.ndarray.types.Shape(5, 3)));
 *     var back = map.inverse(image.value()); // its value are the latents, its log-determinant minus that of the image
 * }
 * }</pre>
 */
public interface Bijection extends Trainable {
    /** Columns of a point, those of a context included. */
    int dimension();

    /** From latents to data. */
    Image forward(NDArray z);

    /** From data to latents. */
    Image inverse(NDArray x);

    /** The same map with parameters of its own. */
    @Override
    default Bijection copy() {
        return (Bijection) Trainable.super.copy();
    }

    /** This map and then {@code next}, from latents to data; the parts stay shared. */
    default Bijection then(Bijection next) {
        return Chain.of(this, next);
    }

    /** The same map in the other direction; the arrays stay shared. */
    default Bijection inverted() {
        return new Inverted(this);
    }

    /** Where points went, and the logarithm of the absolute determinant of the way's Jacobian. */
    final class Image {
        private final NDArray value;
        private final NDArray logSlopes; // (n, k), still to be summed, or null
        private NDArray logDetJacobian; // (n), of the rest, or null

        private Image(NDArray value, NDArray logSlopes, NDArray logDetJacobian) {
            this.value = value;
            this.logSlopes = logSlopes;
            this.logDetJacobian = logDetJacobian;
        }

        /**
         * An image with its log-determinant.
         *
         * @param value {@code (n, d)}
         * @param logDetJacobian {@code (n)}
         */
        public static Image of(NDArray value, NDArray logDetJacobian) {
            return new Image(value, null, Objects.requireNonNull(logDetJacobian));
        }

        /**
         * An image under a map with a triangular Jacobian, in whatever order of the coordinates: the log-determinant is
         * the sum of the diagonal's logarithms, and a chain of such maps sums once.
         *
         * @param value {@code (n, d)}
         * @param logSlopes {@code log|∂xⱼ/∂zⱼ|}, {@code (n, k)}, of the coordinates that are moved
         */
        public static Image ofSlopes(NDArray value, NDArray logSlopes) {
            return new Image(value, Objects.requireNonNull(logSlopes), null);
        }

        /** Where the points went, {@code (n, d)}. */
        public NDArray value() {
            return value;
        }

        /** {@code log|det|} of the way, {@code (n)}. */
        public NDArray logDetJacobian() {
            if (logSlopes == null) {
                return logDetJacobian;
            }
            NDArray sum = logSlopes.sum(new int[] {1});
            return logDetJacobian == null ? sum : logDetJacobian.add(sum);
        }

        /** The same way's image without some coordinates that it leaves as they are. */
        Image withValue(NDArray part) {
            return new Image(part, logSlopes, logDetJacobian);
        }

        /** This image of {@code first}'s value, with the log-determinant of both ways. */
        Image after(Image first) {
            if (first.logSlopes != null
                    && logSlopes != null
                    && first.logSlopes.getShape().equals(logSlopes.getShape())) {
                NDArray rest = sum(first.logDetJacobian, logDetJacobian);
                return new Image(value, first.logSlopes.add(logSlopes), rest);
            }
            if (logSlopes == null) {
                return new Image(value, first.logSlopes, sum(first.logDetJacobian, logDetJacobian));
            }
            NDArray earlier = first.logSlopes == null ? first.logDetJacobian : first.logDetJacobian();
            return new Image(value, logSlopes, sum(earlier, logDetJacobian));
        }

        private static NDArray sum(NDArray a, NDArray b) {
            return a == null ? b : b == null ? a : a.add(b);
        }
    }
}
