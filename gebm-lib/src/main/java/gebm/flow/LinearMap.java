package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Linalg;
import java.util.Map;
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
    private final int dimension;
    private final Own own;

    private LinearMap(int dimension, Own own) {
        this.dimension = dimension;
        this.own = own;
    }

    /** A random rotation, uniform on the orthogonal matrices, as the beginning. */
    public static LinearMap of(int dimension, DataType type, Rng rng) {
        int d = Require.positive("dimension", dimension);
        try (NDManager scope = NDManager.newBaseManager()) {
            double[] normal =
                    rng.normal(scope, new Shape(d, d), DataType.FLOAT64).toDoubleArray();
            var qr = DecompositionFactory_DDRM.qr(d, d);
            qr.decompose(new DMatrixRMaj(d, d, true, normal));
            DMatrixRMaj q = qr.getQ(null, true);
            DMatrixRMaj r = qr.getR(null, true);
            for (int j = 0; j < d; j++) { // the sign that makes R's diagonal positive makes Q uniform
                CommonOps_DDRM.scaleCol(Math.signum(r.get(j, j)), q, j);
            }
            return of(d, type, q, scope);
        }
    }

    private static LinearMap of(int d, DataType type, DMatrixRMaj matrix, NDManager scope) {
        var lu = DecompositionFactory_DDRM.lu(d, d);
        lu.decompose(matrix.copy());
        double[] signs = new double[d];
        double[] logDiagonal = new double[d];
        DMatrixRMaj upper = lu.getUpper(null);
        for (int j = 0; j < d; j++) {
            signs[j] = Math.signum(upper.get(j, j));
            logDiagonal[j] = Math.log(Math.abs(upper.get(j, j)));
        }
        Shape square = new Shape(d, d);
        Own own = new Own();
        // the decomposition is that of the matrix with its rows in another order: P·matrix = L·U
        DMatrixRMaj permutation = CommonOps_DDRM.transpose(lu.getRowPivot(null), null);
        own.with("permutation", scope.create(permutation.getData(), square).toType(type, false));
        own.with("sign", scope.create(signs).toType(type, false));
        own.with("lower", scope.create(lu.getLower(null).getData(), square).toType(type, false));
        own.with("upper", scope.create(upper.getData(), square).toType(type, false));
        own.with("logDiagonal", scope.create(logDiagonal).toType(type, false));
        own.with("offset", scope.zeros(new Shape(d), type));
        return new LinearMap(d, own);
    }

    @Override
    public int dimension() {
        return dimension;
    }

    /** L·U and P, as they are now. */
    private record Factors(NDArray permutation, NDArray lower, NDArray upper, NDArray offset) {}

    private Factors factors(NDManager scope) {
        NDArray lower = scope.from(own.get("lower"));
        NDArray diagonal = scope.from(own.get("logDiagonal")).exp().mul(scope.from(own.get("sign")));
        return new Factors(
                scope.from(own.get("permutation")),
                Linalg.tril(lower, -1).add(scope.eye(dimension, dimension, 0, lower.getDataType())),
                Linalg.triu(scope.from(own.get("upper")), 1).add(Linalg.diagEmbed(diagonal)),
                scope.from(own.get("offset")));
    }

    private NDArray logDeterminant(NDArray x) {
        NDArray sum = x.getManager().from(own.get("logDiagonal")).sum();
        return sum.broadcast(new Shape(x.getShape().get(0)));
    }

    @Override
    public Image forward(NDArray z) {
        return Way.FORWARD.of(this, z, latents -> {
            Factors f = factors(latents.getManager());
            NDArray matrix = f.permutation().dot(f.lower()).dot(f.upper());
            return Image.of(latents.dot(matrix.transpose()).add(f.offset()), logDeterminant(latents));
        });
    }

    @Override
    public Image inverse(NDArray x) {
        return Way.INVERSE.of(this, x, points -> {
            Factors f = factors(points.getManager());
            NDArray columns =
                    f.permutation().transpose().dot(points.sub(f.offset()).transpose());
            NDArray solved = Linalg.triangularSolve(f.lower(), columns, Linalg.Triangle.UNIT_LOWER);
            NDArray latents = Linalg.triangularSolve(f.upper(), solved, Linalg.Triangle.UPPER);
            return Image.of(latents.transpose(), logDeterminant(points).neg());
        });
    }

    @Override
    public LinearMap copy() {
        return new LinearMap(dimension, own.copy());
    }

    @Override
    public NDList parameters() {
        return new NDList(own.get("lower"), own.get("upper"), own.get("logDiagonal"), own.get("offset"));
    }

    @Override
    public Map<String, NDArray> arrays() {
        return own.all();
    }

    @Override
    public void close() {
        own.close();
    }
}
