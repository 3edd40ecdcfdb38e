package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Special functions, element by element, under the names of {@code scipy.special}.
 *
 * <p>Each works on ordinary arrays, where the result belongs to the manager of the first argument, and in a recording,
 * where it can be differentiated to any order. Two arguments are broadcast against each other. Arrays are float32 or
 * float64; outside a function's domain the result is NaN or infinite, as in SciPy.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     float half = gebm.trace.Special.ndtr(scope.create(new float[] {0})).getFloat(0);
 * }
 * }</pre>
 */
public final class Special {
    private Special() {}

    // ---------------------------------------------------------------- near zero

    /** {@code log(1 + x)}, exact for small x. */
    public static NDArray log1p(NDArray x) {
        return Calls.call("torch.log1p", x);
    }

    /** {@code exp(x) − 1}, exact for small x. */
    public static NDArray expm1(NDArray x) {
        return Calls.call("torch.expm1", x);
    }

    /** {@code x log y}, and 0 where x is 0, whatever y is. */
    public static NDArray xlogy(NDArray x, NDArray y) {
        return Calls.call("torch.xlogy", x, y);
    }

    /** {@code x log(1 + y)}, and 0 where x is 0, whatever y is. */
    public static NDArray xlog1py(NDArray x, NDArray y) {
        return Calls.call("torch.special_xlog1py", x, y);
    }

    // ---------------------------------------------------------------- error function and normal distribution

    /** {@code (2/√π) ∫₀ˣ exp(−t²) dt}. */
    public static NDArray erf(NDArray x) {
        return Calls.call("torch.erf", x);
    }

    /** {@code 1 − erf(x)}, without cancellation. */
    public static NDArray erfc(NDArray x) {
        return Calls.call("torch.erfc", x);
    }

    /** {@code exp(x²) erfc(x)}, without underflow. */
    public static NDArray erfcx(NDArray x) {
        return Calls.call("torch.special_erfcx", x);
    }

    /** The inverse of {@link #erf}, on (−1, 1). */
    public static NDArray erfinv(NDArray x) {
        return Calls.call("torch.erfinv", x);
    }

    /** {@code Φ(x)}, the distribution function of N(0, 1). */
    public static NDArray ndtr(NDArray x) {
        return Calls.call("torch.special_ndtr", x);
    }

    /** {@code log Φ(x)}, without underflow. */
    public static NDArray logNdtr(NDArray x) {
        return Calls.call("torch.special_log_ndtr", x);
    }

    /** The inverse of {@link #ndtr}: the quantiles of N(0, 1), on (0, 1). */
    public static NDArray ndtri(NDArray p) {
        return Calls.call("torch.special_ndtri", p);
    }

    // ---------------------------------------------------------------- gamma

    /** {@code log |Γ(x)|}. */
    public static NDArray gammaln(NDArray x) {
        return Calls.call("torch.lgamma", x);
    }

    /** {@code ψ(x) = d log Γ(x)/dx}. */
    public static NDArray digamma(NDArray x) {
        return Calls.call("torch.digamma", x);
    }

    /**
     * {@code dⁿψ(x)/dxⁿ = (−1)ⁿ⁺¹ n! ζ(n + 1, x)}; for n = 0 {@link #digamma}.
     *
     * @param n in [0, 170], where n! is finite
     */
    public static NDArray polygamma(int n, NDArray x) {
        Require.within("n", n, 0, 170);
        if (n == 0) {
            return digamma(x);
        }
        double factorial = IntStream.rangeClosed(1, n).asDoubleStream().reduce(1, (a, b) -> a * b);
        // the engine's own polygamma(1, x) is right to 1e-10 only
        return Calls.composed("polygamma", List.of(n), x, inside -> Calls.call("torch.special_zeta", n + 1.0, inside)
                .mul(n % 2 == 0 ? -factorial : factorial));
    }

    /**
     * {@code log B(a, b) = log Γ(a) + log Γ(b) − log Γ(a + b)}, for positive a and b.
     *
     * <p>The terms cancel: the absolute error is of the size of their rounding, so large arguments lose digits.
     */
    public static NDArray betaln(NDArray a, NDArray b) {
        return Calls.composed("betaln", List.of(), new NDList(a, b), list -> {
            NDArray sum = gammaln(list.get(0)).add(gammaln(list.get(1)));
            return sum.sub(gammaln(list.get(0).add(list.get(1))));
        });
    }

    // ---------------------------------------------------------------- Bessel

    /** {@code I₀(x)}, the modified Bessel function of the first kind. */
    public static NDArray i0(NDArray x) {
        return Calls.call("torch.i0", x);
    }

    /** {@code exp(−|x|) I₀(x)}, without overflow. */
    public static NDArray i0e(NDArray x) {
        return Calls.call("torch.special_i0e", x);
    }

    /** {@code I₁(x)}. */
    public static NDArray i1(NDArray x) {
        return Calls.call("torch.special_i1", x);
    }

    /** {@code exp(−|x|) I₁(x)}, without overflow. */
    public static NDArray i1e(NDArray x) {
        return Calls.call("torch.special_i1e", x);
    }
}
