package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Linear algebra on the last two axes; axes before them are batches.
 *
 * <p>Each function works on ordinary arrays, where results belong to the manager of the first argument, and in a
 * recording, where it can be differentiated to any order. Arrays are float32 or float64. What the engine refuses is an
 * {@code IllegalArgumentException} with its reason: shapes that do not fit, a matrix that is singular or not positive
 * definite.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     var l = gebm.trace.Linalg.cholesky(scope.create(new float[][] {{4, 2}, {2, 5}})); // (2, 0), (1, 2)
 * }
 * }</pre>
 */
public final class Linalg {
    private static final Pattern EQUATION = Pattern.compile("[a-zA-Z.]*(,[a-zA-Z.]*)*(->[a-zA-Z.]*)?");

    private Linalg() {}

    /** Which part of a matrix counts as its triangle; a unit triangle has ones on the diagonal, whatever is stored. */
    public enum Triangle {
        /** On and below the diagonal. */
        LOWER,
        /** On and above the diagonal. */
        UPPER,
        /** Below the diagonal, with ones on it. */
        UNIT_LOWER,
        /** Above the diagonal, with ones on it. */
        UNIT_UPPER
    }

    // ---------------------------------------------------------------- products

    /**
     * Sums of products by Einstein's convention: {@code einsum("ij,jk->ik", a, b)} is the matrix product.
     *
     * <p>Letters name axes; {@code ...} stands for axes that are broadcast; without {@code ->} the result has the
     * letters that occur once, in alphabetic order.
     *
     * @throws IllegalArgumentException if the equation is malformed or names another number of arrays
     */
    public static NDArray einsum(String equation, NDArray... arrays) {
        String packed = equation.replace(" ", "");
        Require.that(EQUATION.matcher(packed).matches(), "equation", "like \"ij,jk->ik\"", '"' + equation + '"');
        int named = packed.split("->", -1)[0].split(",", -1).length;
        Require.that(arrays.length == named, "equation", "of as many operands as arrays, " + arrays.length, named);
        return Calls.call("torch.einsum({1}, {0})", Arrays.asList(arrays), packed); // may be a view of the first array
    }

    /** {@code aᵢbⱼ}: {@code (n)} and {@code (m)} give {@code (n, m)}. */
    public static NDArray outer(NDArray a, NDArray b) {
        return Calls.call("torch.outer", a, b);
    }

    /** The Kronecker product {@code a ⊗ b}. */
    public static NDArray kron(NDArray a, NDArray b) {
        return Calls.call("torch.kron", a, b);
    }

    // ---------------------------------------------------------------- triangles and diagonals

    /** {@code x} with zeros above its diagonal number {@code k}, counted upwards. */
    public static NDArray tril(NDArray x, int k) {
        return Calls.call("torch.tril", x, k);
    }

    /** {@code x} with zeros below its diagonal number {@code k}, counted upwards. */
    public static NDArray triu(NDArray x, int k) {
        return Calls.call("torch.triu", x, k);
    }

    /** Matrices with the last axis of {@code x} on the diagonal: {@code (…, n)} gives {@code (…, n, n)}. */
    public static NDArray diagEmbed(NDArray x) {
        return Calls.call("torch.diag_embed", x, 0, -2, -1);
    }

    /** The diagonals of matrices: {@code (…, n, n)} gives {@code (…, n)}. */
    public static NDArray diagonal(NDArray a) {
        return Calls.call("torch.diagonal", a, 0, -2, -1);
    }

    // ---------------------------------------------------------------- equations

    /**
     * The lower triangle L with {@code a = L Lᵀ}.
     *
     * <p>Reads the lower triangle of {@code a}; the derivative is that of a function of symmetric matrices.
     *
     * @throws IllegalArgumentException if {@code a} is not square or not positive definite
     */
    public static NDArray cholesky(NDArray a) {
        return Calls.call("torch.linalg_cholesky", square(a), new Node.Named("upper", false));
    }

    /** The X with {@code a X = b}, a triangular: {@code (…, n, n)} and {@code (…, n, k)}. For aᵀ swap its axes. */
    public static NDArray triangularSolve(NDArray a, NDArray b, Triangle triangle) {
        return Calls.call(
                "torch.linalg_solve_triangular",
                square(a),
                b,
                new Node.Named("upper", triangle == Triangle.UPPER || triangle == Triangle.UNIT_UPPER),
                new Node.Named("left", true),
                new Node.Named("unitriangular", triangle == Triangle.UNIT_LOWER || triangle == Triangle.UNIT_UPPER));
    }

    /** The X with {@code l lᵀ X = b}, l as {@link #cholesky} gives it: {@code (…, n, n)} and {@code (…, n, k)}. */
    public static NDArray choleskySolve(NDArray l, NDArray b) {
        square("l", l);
        // the engine reads the lower triangle only, but its gradient has an upper one
        return Calls.composed(
                "choleskySolve",
                List.of(),
                new NDList(l, b),
                list -> Calls.call("torch.cholesky_solve", list.get(1), tril(list.get(0), 0), false));
    }

    /**
     * The X with {@code a X = b}: {@code (…, n, n)} and {@code (…, n, k)}, or {@code (n)}.
     *
     * @throws IllegalArgumentException if {@code a} is not square or singular
     */
    public static NDArray solve(NDArray a, NDArray b) {
        return Calls.call("torch.linalg_solve", square(a), b, new Node.Named("left", true));
    }

    /**
     * {@code a⁻¹}.
     *
     * @throws IllegalArgumentException if {@code a} is not square or singular
     */
    public static NDArray inverse(NDArray a) {
        return Calls.call("torch.linalg_inv", square(a));
    }

    // ---------------------------------------------------------------- determinants

    /** A determinant as {@code sign · exp(logAbs)}. */
    public record LogDeterminant(NDArray sign, NDArray logAbs) {}

    /** Sign and logarithm of the absolute determinant; of a singular matrix 0 and −∞: {@code (…, n, n)}. */
    public static LogDeterminant slogdet(NDArray a) {
        return new LogDeterminant(
                Calls.call("(torch.linalg_slogdet({0}))[0]", square(a)), Calls.call(Rules.LOG_ABS_DETERMINANT, a));
    }

    /** {@code log det a}; NaN where the determinant is negative. */
    public static NDArray logdet(NDArray a) {
        return Calls.call("torch.logdet", square(a));
    }

    /** {@code det a}. */
    public static NDArray det(NDArray a) {
        return Calls.call("torch.linalg_det", square(a));
    }

    // ---------------------------------------------------------------- decompositions

    /** {@code a = vectors · diag(values) · vectorsᵀ}. */
    public record Eigen(NDArray values, NDArray vectors) {}

    /**
     * Eigenvalues of symmetric matrices, ascending, and eigenvectors in the columns.
     *
     * <p>Reads the lower triangle. Derivatives of the vectors exist only where the values differ, and only for
     * functions that do not depend on the vectors' signs.
     */
    public static Eigen eigh(NDArray a) {
        NDList both = Calls.tuple(2, "torch.linalg_eigh", square(a), "L");
        return new Eigen(both.get(0), both.get(1));
    }

    /** {@code a = u · diag(values) · vᵀ}. */
    public record SingularValues(NDArray u, NDArray values, NDArray vTransposed) {}

    /**
     * The thin singular value decomposition: {@code (…, n, m)} gives {@code (…, n, k)}, {@code (…, k)} descending and
     * {@code (…, k, m)}, {@code k = min(n, m)}.
     *
     * <p>Derivatives of the vectors exist only where the values differ, and only for functions that do not depend on
     * the vectors' signs.
     */
    public static SingularValues svd(NDArray a) {
        NDList all = Calls.tuple(3, "torch.linalg_svd", a, false);
        return new SingularValues(all.get(0), all.get(1), all.get(2));
    }

    /** {@code a = q r}, q with orthonormal columns and r upper triangular. */
    public record Orthogonal(NDArray q, NDArray r) {}

    /** The thin QR decomposition: {@code (…, n, m)} gives {@code (…, n, k)} and {@code (…, k, m)}. */
    public static Orthogonal qr(NDArray a) {
        NDList both = Calls.tuple(2, "torch.linalg_qr", a, "reduced");
        return new Orthogonal(both.get(0), both.get(1));
    }

    /** {@code exp(a) = Σₖ aᵏ/k!}. */
    public static NDArray matrixExp(NDArray a) {
        return Calls.call("torch.linalg_matrix_exp", square(a));
    }

    /** In a recording a shape may be costly to know; there the engine refuses, and names the line. */
    private static NDArray square(NDArray a) {
        return square("a", a);
    }

    private static NDArray square(String what, NDArray a) {
        if (!Program.isRecorded(a)) {
            Shape shape = a.getShape();
            int dimension = shape.dimension();
            boolean square = dimension >= 2 && shape.get(dimension - 1) == shape.get(dimension - 2);
            Require.that(square, what, "square in its last two axes", shape);
        }
        return a;
    }
}
