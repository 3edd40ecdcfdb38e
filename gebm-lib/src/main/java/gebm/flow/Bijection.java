package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Trainable;
import gebm.trace.Program;
import java.util.Objects;
import java.util.function.Function;

/**
 * A smooth invertible map of points, from latents z to data x, with the logarithm of how much it stretches volume.
 *
 * <p>Both directions give value and log-determinant together, because they share their work:
 * {@code forward(z) = (x, log|det ∂x/∂z|)} and {@code inverse(x) = (z, log|det ∂z/∂x|)}, the latter being minus the former
 * at the same pair. So with z of density η, {@code log p(x) = log η(z) + log|det ∂z/∂x|}; {@link Flow} does that.
 *
 * <p>A bijection of one's own is its two formulas, {@link #toData} and {@link #toLatents}, and, if it is trained, its
 * parts: see the example. One calls {@link #forward} and {@link #inverse}: they check shapes, and run the formulas as a
 * program, or as a part of the program that is being recorded.
 *
 * <p>Context: a map of the first d of d + k columns that depends on the last k and leaves them as they are is a map
 * given a context, row by row. See {@link Flow#conditional}.
 *
 * <p>Shapes: points {@code (n, d)}, log-determinants {@code (n)}.
 * <p>Units: nats.
 *
 * <pre>{@code
 * import ai.djl.ndarray.*;
 *
 * record Scale(Weights weights) implements Bijection { // x = z·exp(s), s trained
 *     public int dimension() { return (int) weights.get("s").size(); }
 *     public Parts parts() { return Parts.of("", weights); }
 *     public Scale with(Parts parts) { return new Scale(parts.get("")); }
 *
 *     public Image toData(NDArray z) {
 *         NDArray s = weights.get("s", z).broadcast(z.getShape());
 *         return Image.ofSlopes(z.mul(s.exp()), s);
 *     }
 *
 *     public Image toLatents(NDArray x) {
 *         NDArray s = weights.get("s", x).broadcast(x.getShape()).neg();
 *         return Image.ofSlopes(x.mul(s.exp()), s);
 *     }
 * }
 *
 * try (var scope = NDManager.newBaseManager()) {
 *     var scale = new Scale(Weights.of("s", scope.zeros(new ai.djl.ndarray.types.Shape(2))));
 *     var flow = Flow.of(DensityBase.standardNormal(2), scale.then(Permutation.reversal(2)));
 *     var samples = flow.sampleWithLogDensity(scope, 100, Rng.of(1));
 * }
 * }</pre>
 */
public interface Bijection extends Trainable {
    /** Columns of a point, those of a context included. */
    int dimension();

    /** The formula from latents to data, written with {@code NDArray} so that it can be recorded: no value is read. */
    Image toData(NDArray z);

    /** The formula from data to latents, as {@link #toData}. */
    Image toLatents(NDArray x);

    /**
     * From latents to data.
     *
     * @throws IllegalArgumentException unless {@code z} is of shape (n, dimension)
     */
    default Image forward(NDArray z) {
        return image("latents", z, this::toData);
    }

    /**
     * From data to latents.
     *
     * @throws IllegalArgumentException unless {@code x} is of shape (n, dimension)
     */
    default Image inverse(NDArray x) {
        return image("points", x, this::toLatents);
    }

    private Image image(String what, NDArray x, Function<NDArray, Image> formula) {
        Require.rows(what, x.getShape(), dimension());
        if (Program.isRecorded(x)) {
            return formula.apply(x); // with its slopes not yet summed
        }
        NDList both = Program.call(this, "bijection of " + what, new NDList(x), in -> {
            Image image = formula.apply(in.head());
            return new NDList(image.value(), image.logDetJacobian());
        });
        return Image.of(both.get(0), both.get(1));
    }

    /** The same map with parameters of its own. */
    @Override
    default Bijection copy() {
        return (Bijection) Trainable.super.copy();
    }

    /** This map and then {@code next}, from latents to data; the parts stay shared. */
    default Bijection then(Bijection next) {
        return new Chain(Parts.of("0", this, "1", next), false);
    }

    /** The same map in the other direction; the arrays stay shared. */
    default Bijection inverted() {
        return new Inverted(this);
    }

    /** Where points went, and the logarithm of the absolute determinant of the way's Jacobian. */
    final class Image {
        private final NDArray value;
        private final NDArray logSlopes; // (n, k), still to be summed, or null
        private final NDArray logDetJacobian; // (n), of the rest, or null

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
            return logSlopes == null ? logDetJacobian : sum(logDetJacobian, logSlopes.sum(new int[] {1}));
        }

        /** The same way's image without some coordinates that it leaves as they are. */
        Image withValue(NDArray part) {
            return new Image(part, logSlopes, logDetJacobian);
        }

        /** This image of {@code first}'s value, with the log-determinant of both ways. */
        Image after(Image first) {
            NDArray earlier = first.logSlopes;
            if (earlier == null || logSlopes == null || earlier.getShape().equals(logSlopes.getShape())) {
                return new Image(value, sum(earlier, logSlopes), sum(first.logDetJacobian, logDetJacobian));
            }
            return new Image(value, logSlopes, sum(first.logDetJacobian(), logDetJacobian));
        }

        private static NDArray sum(NDArray a, NDArray b) {
            return a == null ? b : b == null ? a : a.add(b);
        }
    }
}
