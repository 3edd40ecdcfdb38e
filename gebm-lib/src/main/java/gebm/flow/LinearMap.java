package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Weights;
import gebm.trace.Linalg;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;

/**
 * An invertible matrix in the factors of its PLU decomposition: {@code x = P·L·U·z + b}, {@code log|det| = Σⱼ log|uⱼⱼ|}.
 *
 * <p>P is a permutation and fixed; L has ones on its diagonal; U has {@code signⱼ·exp(logDiagonalⱼ)} on its, with fixed
 * signs, so that training keeps the matrix invertible. It begins as a random rotation, {@code |det| = 1}, with
 * {@code b = 0}. Before a coupling it mixes what a permutation only sorts.
 *
 * <p>Shapes: {@code (n, d)}; log-determinants {@code (n)}, the same for all rows.
 * <p>Cost: two products of d × d matrices, and one with the points; back, two triangular systems with the points.
 * <p>Source: Kingma and Dhariwal (2018), Glow, NeurIPS 31, section 3.2; with an offset as in Durkan et al. (2019), Neural
 * Spline Flows. Differs: the signs are fixed as in the former, the diagonal of L is one.
 *
 * <pre>{@code
 * var map = LinearMap.of(3, ai.djl.ndarray.types.DataType.FLOAT32, Rng.of(1));
 * }</pre>
 */
public final class LinearMap implements Bijection {
    private final Weights weights;

    private LinearMap(Weights weights) {
        this.weights = weights;
    }

    /** A random rotation, uniform on the orthogonal matrices, as the beginning. */
    public static LinearMap of(int dimension, DataType type, Rng rng) {
        int d = Require.positive("dimension", dimension);
        Shape square = new Shape(d, d);
        try (NDManager scope = NDManager.newBaseManager()) {
            var qr = DecompositionFactory_DDRM.qr(d, d);
            qr.decompose(new DMatrixRMaj(
                    d, d, true, rng.normal(scope, square, DataType.FLOAT64).toDoubleArray()));
            DMatrixRMaj matrix = qr.getQ(null, true);
            DMatrixRMaj r = qr.getR(null, true);
            for (int j = 0; j < d; j++) { // the sign that makes R's diagonal positive makes Q uniform
                CommonOps_DDRM.scaleCol(Math.signum(r.get(j, j)), matrix, j);
            }
            var lu = DecompositionFactory_DDRM.lu(d, d);
            lu.decompose(matrix);
            DMatrixRMaj upper = lu.getUpper(null);
            double[] diagonal =
                    IntStream.range(0, d).mapToDouble(j -> upper.get(j, j)).toArray();
            double[] signs = DoubleStream.of(diagonal).map(Math::signum).toArray();
            double[] logDiagonal =
                    DoubleStream.of(diagonal).map(u -> Math.log(Math.abs(u))).toArray();
            // the decomposition is that of the matrix with its rows in another order: P·matrix = L·U
            double[] permutation =
                    CommonOps_DDRM.transpose(lu.getRowPivot(null), null).getData();
            Function<double[], NDArray> cast = numbers -> scope.create(numbers).toType(type, false);
            return new LinearMap(Weights.none()
                    .fixed("permutation", cast.apply(permutation).reshape(square))
                    .fixed("sign", cast.apply(signs))
                    .trained("lower", cast.apply(lu.getLower(null).getData()).reshape(square))
                    .trained("upper", cast.apply(upper.getData()).reshape(square))
                    .trained("logDiagonal", cast.apply(logDiagonal))
                    .trained("offset", scope.zeros(new Shape(d), type)));
        }
    }

    @Override
    public int dimension() {
        return (int) weights.get("offset").size();
    }

    private NDArray lower(NDArray x) {
        NDArray lower = weights.get("lower", x);
        return Linalg.tril(lower, -1).add(x.getManager().eye(dimension(), dimension(), 0, lower.getDataType()));
    }

    private NDArray upper(NDArray x) {
        NDArray diagonal = weights.get("logDiagonal", x).exp().mul(weights.get("sign", x));
        return Linalg.triu(weights.get("upper", x), 1).add(Linalg.diagEmbed(diagonal));
    }

    private NDArray logDeterminant(NDArray x) {
        NDArray sum = weights.get("logDiagonal", x).sum();
        return sum.broadcast(new Shape(x.getShape().get(0)));
    }

    @Override
    public Image toData(NDArray z) {
        NDArray matrix = weights.get("permutation", z).dot(lower(z)).dot(upper(z));
        return Image.of(z.dot(matrix.transpose()).add(weights.get("offset", z)), logDeterminant(z));
    }

    @Override
    public Image toLatents(NDArray x) {
        NDArray moved = x.sub(weights.get("offset", x)).transpose();
        NDArray columns = weights.get("permutation", x).transpose().dot(moved);
        NDArray solved = Linalg.triangularSolve(lower(x), columns, Linalg.Triangle.UNIT_LOWER);
        NDArray latents = Linalg.triangularSolve(upper(x), solved, Linalg.Triangle.UPPER);
        return Image.of(latents.transpose(), logDeterminant(x).neg());
    }

    @Override
    public Parts parts() {
        return Parts.of("", weights);
    }

    @Override
    public LinearMap with(Parts parts) {
        return new LinearMap(parts.get(""));
    }
}
