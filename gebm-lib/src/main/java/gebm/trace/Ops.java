package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Operations that {@code NDArray} lacks; each works on ordinary arrays and in a recording.
 *
 * <p>On ordinary arrays the result belongs to the manager of the first argument. In a recording every operation that
 * returns arrays can be differentiated to any order, except with respect to indices. Cumulative sums and products,
 * softmax and the like are methods of {@code NDArray} itself; {@link Special} and {@link Linalg} have the special
 * functions and linear algebra.
 */
public final class Ops {
    private static final int EXACT = 40; // from here softplus(x) is x in float64; the engine's own bound is 20
    private static final double TINY = 1e-12; // as in the spectral norm of PyTorch: keeps 0/0 away

    private static final Program ALL_FINITE = Program.ofList(list -> new NDList(allFinite(list)));

    private Ops() {}

    // ---------------------------------------------------------------- element by element

    /** {@code log(1 + exp(x))}, without overflow. */
    public static NDArray softplus(NDArray x) {
        return Calls.call("torch.softplus", x, 1, EXACT);
    }

    /**
     * {@code log(1 + exp(βx))/β}: nearer to max(x, 0) the larger β is.
     *
     * @param beta β, finite and {@code > 0}
     */
    public static NDArray softplus(NDArray x, double beta) {
        return Calls.call("torch.softplus", x, Require.positive("beta", beta), EXACT);
    }

    /** {@code log(1/(1 + exp(−x)))}, without overflow. */
    public static NDArray logSigmoid(NDArray x) {
        return Calls.call("torch.log_sigmoid", x);
    }

    /**
     * {@code log(exp(a) + exp(b))}, without overflow; the arguments are broadcast. Where both are −∞ so is the result,
     * and the derivative is NaN.
     */
    public static NDArray logAddExp(NDArray a, NDArray b) {
        return Calls.call("torch.logaddexp", a, b);
    }

    // ---------------------------------------------------------------- along axes

    /**
     * {@code log Σᵢ exp(xᵢ)} over the given axes, which go, or over all if none is given; without overflow. Where all
     * are −∞ so is the result, and the derivative is NaN.
     *
     * @throws IllegalArgumentException if an axis is out of range or given twice
     */
    public static NDArray logSumExp(NDArray x, int... axes) {
        return Calls.call("torch.logsumexp", x, axes(x, axes), false);
    }

    /** {@code log((1/n) Σᵢ exp(xᵢ))} over the given axes, which go, or over all if none is given; without overflow. */
    public static NDArray logMeanExp(NDArray x, int... axes) {
        int[] own = axes.clone(); // the program outlives the caller's array
        return Calls.composed("logMeanExp", Calls.list(own), x, inside -> logSumExp(inside, own)
                .sub(Math.log(count(inside.getShape(), positive(inside.getShape(), own)))));
    }

    /**
     * {@code Σᵢ (xᵢ − mean x)²/(n − correction)} over the given axes, which go, or over all if none is given.
     *
     * @param correction 1 for the unbiased estimate, 0 for the mean square; less than n
     */
    public static NDArray variance(NDArray x, int correction, int... axes) {
        int[] own = axes.clone();
        List<Object> options = List.of(correction, Calls.list(own));
        return Calls.composed("variance", options, x, inside -> {
            int[] over = positive(inside.getShape(), own);
            long n = count(inside.getShape(), over);
            Require.that(n > correction, "correction", "less than the number of values, " + n, correction);
            return inside.sub(inside.mean(over, true)).square().sum(over).div(n - correction);
        });
    }

    /** The square root of {@link #variance}; of equal values the derivative is NaN. */
    public static NDArray standardDeviation(NDArray x, int correction, int... axes) {
        int[] own = axes.clone();
        List<Object> options = List.of(correction, Calls.list(own));
        return Calls.composed("standardDeviation", options, x, inside -> variance(inside, correction, own)
                .sqrt());
    }

    /**
     * The value below which a part q of the values along an axis lies; the axis goes.
     *
     * <p>Between values it interpolates linearly: with values {@code x₀ ≤ … ≤ xₙ₋₁} and {@code h = q(n − 1)} it is
     * {@code x⌊h⌋ + (h − ⌊h⌋)(x⌊h⌋₊₁ − x⌊h⌋)}. NaN among the values gives NaN.
     *
     * <p>Source: Hyndman and Fan (1996), type 7, as NumPy.
     *
     * @param q in [0, 1]
     * @throws IllegalArgumentException if the axis is out of range or has no values
     */
    public static NDArray quantile(NDArray x, double q, int axis) {
        Require.within("q", q, 0, 1);
        // the engine's own refuses 16 million values, and gives NaN where one of them is infinite
        return Calls.composed("quantile", List.of(q, axis), x, inside -> {
            int along = positive(inside.getShape(), axis)[0];
            long n = Require.positive("values along the axis", inside.getShape().get(along));
            NDArray values = sort(inside, along, true).values();
            double place = q * (n - 1);
            long below = (long) place;
            double part = place - below;
            NDArray result = at(values, along, below);
            if (part > 0) {
                result = result.add(at(values, along, below + 1).sub(result).mul(part));
            }
            NDArray last = at(values, along, n - 1); // where NaN goes
            return NDArrays.where(last.isNaN(), last, result);
        });
    }

    private static NDArray at(NDArray x, int axis, long index) {
        return Calls.call("torch.select", x, axis, index);
    }

    /** The {@link #quantile} at one half: of an even number of values the mean of the middle two. */
    public static NDArray median(NDArray x, int axis) {
        return quantile(x, 0.5, axis);
    }

    /** Values in order, and where each was: {@code values[i] = x[indices[i]]} along the axis; indices int64. */
    public record Sorted(NDArray values, NDArray indices) {}

    /** The values along an axis in order; equal ones keep theirs. */
    public static Sorted sort(NDArray x, int axis, boolean ascending) {
        NDList both = Calls.tuple(
                2,
                "torch.sort",
                x,
                new Node.Named("stable", true),
                new Node.Named("dim", axis),
                new Node.Named("descending", !ascending));
        return new Sorted(both.get(0), both.get(1));
    }

    /**
     * {@code yᵢ = log Σⱼ≤ᵢ exp(xⱼ)} along an axis, without overflow.
     *
     * <p>Cost: log₂ n passes over x, each adding partial sums twice as long as the one before.
     */
    public static NDArray logCumSumExp(NDArray x, int axis) {
        // the engine's own has NaN as derivative of its gradient where the incoming one is zero
        return Calls.composed("logCumSumExp", List.of(axis), x, inside -> {
            int along = positive(inside.getShape(), axis)[0];
            long n = inside.getShape().get(along);
            NDArray y = n > 1 ? inside : inside.duplicate();
            for (long span = 1; span < n; span *= 2) {
                NDArray longer = logAddExp(slice(y, along, span, n), slice(y, along, 0, n - span));
                y = slice(y, along, 0, span).concat(longer, along);
            }
            return y;
        });
    }

    private static NDArray slice(NDArray x, int axis, long from, long to) {
        return Calls.call("torch.slice", x, axis, from, to, 1);
    }

    /** {@code yᵢ = maxⱼ≤ᵢ xⱼ} along an axis; of equal values the last has the derivative. */
    public static NDArray cumMax(NDArray x, int axis) {
        return Calls.call("(torch.cummax({0}, {1}))[0]", x, axis);
    }

    /** {@code yᵢ = minⱼ≤ᵢ xⱼ} along an axis; of equal values the last has the derivative. */
    public static NDArray cumMin(NDArray x, int axis) {
        return Calls.call("(torch.cummin({0}, {1}))[0]", x, axis);
    }

    // ---------------------------------------------------------------- normalisation

    /** A weight with spectral norm near one, and the left singular vector to start the next call from. */
    public record SpectralNorm(NDArray weight, NDArray u) {}

    /**
     * {@code W/σ}, where {@code σ} estimates the largest singular value of W by one power iteration.
     *
     * <p>W is {@code weight} as a matrix (out, rest): {@code v = Wᵀu/‖Wᵀu‖}, {@code u' = Wv/‖Wv‖}, {@code σ = u'ᵀWv}.
     * The derivative takes u' and v as constants. Nothing is kept: hand the new u to the next call, or
     * {@linkplain #assign write} it over the old one.
     *
     * <p>Shapes: weight {@code (out, …)}, u {@code (out)}; results the same.
     * <p>Source: Miyato, Kataoka, Koyama and Yoshida (2018), Spectral Normalization for Generative Adversarial
     * Networks, algorithm 1.
     *
     * @param u any vector that is not orthogonal to the first left singular vector, such as a normal draw
     * @throws IllegalArgumentException if the shapes do not fit
     */
    public static SpectralNorm spectralNorm(NDArray weight, NDArray u) {
        NDList both = Calls.composedList("spectralNorm", List.of(), new NDList(weight, u), list -> {
            Shape shape = matrix("weight", list.get(0));
            perOutput("u", list.get(1), shape);
            NDArray w = list.get(0).reshape(new Shape(shape.get(0), -1));
            NDArray fixed = w.stopGradient();
            NDArray v = unit(fixed.transpose(1, 0).matMul(list.get(1).stopGradient()));
            NDArray next = unit(fixed.matMul(v));
            NDArray sigma = w.mul(next.reshape(-1, 1).mul(v.reshape(1, -1))).sum();
            return new NDList(list.get(0).div(sigma), next);
        });
        return new SpectralNorm(both.get(0), both.get(1));
    }

    private static NDArray unit(NDArray x) {
        return x.div(x.square().sum().sqrt().maximum(TINY));
    }

    /**
     * {@code g·v/‖v‖} for each output unit: direction and length of a weight apart.
     *
     * <p>Shapes: v {@code (out, …)}, g {@code (out)}; result as v.
     * <p>Source: Salimans and Kingma (2016), Weight Normalization, equation 2.
     *
     * @throws IllegalArgumentException if the shapes do not fit
     */
    public static NDArray weightNorm(NDArray v, NDArray g) {
        return Calls.composed("weightNorm", List.of(), new NDList(v, g), list -> {
            Shape shape = matrix("v", list.get(0));
            perOutput("g", list.get(1), shape);
            int[] rest = IntStream.range(1, shape.dimension()).toArray();
            NDArray length = list.get(0).square().sum(rest, true).sqrt();
            return list.get(0).mul(list.get(1).reshape(length.getShape()).div(length));
        });
    }

    /**
     * {@code scale·(x − mean)/√(variance + ε) + shift}, with mean and biased variance over the spatial axes of each
     * sample and channel.
     *
     * <p>Shapes: x {@code (n, c, d…)}, at least one d; scale and shift {@code (c)}; result as x.
     * <p>Source: Ulyanov, Vedaldi and Lempitsky (2016), Instance Normalization, equation 4; ε as in PyTorch.
     *
     * @throws IllegalArgumentException if the shapes do not fit
     */
    public static NDArray instanceNorm(NDArray x, NDArray scale, NDArray shift, double epsilon) {
        Require.notNegative("epsilon", epsilon);
        NDList arrays = new NDList(x, scale, shift);
        return Calls.composed("instanceNorm", List.of(epsilon), arrays, list -> {
            Shape shape = list.get(0).getShape();
            Require.that(shape.dimension() >= 3, "x", "of shape (n, c, d...)", shape);
            perOutput("scale", list.get(1), shape.slice(1));
            perOutput("shift", list.get(2), shape.slice(1));
            int[] spatial = IntStream.range(2, shape.dimension()).toArray();
            long[] channels = new long[shape.dimension() - 1];
            Arrays.fill(channels, 1);
            channels[0] = shape.get(1);
            NDArray centred = list.get(0).sub(list.get(0).mean(spatial, true));
            NDArray deviation =
                    centred.square().mean(spatial, true).add(epsilon).sqrt();
            NDArray scaled = centred.div(deviation).mul(list.get(1).reshape(channels));
            return scaled.add(list.get(2).reshape(channels));
        });
    }

    private static Shape matrix(String what, NDArray weight) {
        Require.that(weight.getShape().dimension() >= 2, what, "of shape (out, ...)", weight.getShape());
        return weight.getShape();
    }

    private static void perOutput(String what, NDArray vector, Shape shape) {
        Shape expected = new Shape(shape.get(0));
        Require.that(vector.getShape().equals(expected), what, "of shape " + expected, vector.getShape());
    }

    /** What the engine needs; in a recording, where a shape may be costly to know, it checks the axes itself. */
    private static List<Integer> axes(NDArray x, int... axes) {
        boolean plain = Program.isRecorded(x) && axes.length > 0;
        return Calls.list(plain ? axes : positive(x.getShape(), axes));
    }

    /** {@code axes} counted from the front, or all of them. */
    private static int[] positive(Shape shape, int... axes) {
        int dimension = shape.dimension();
        if (axes.length == 0) {
            return IntStream.range(0, dimension).toArray();
        }
        for (int axis : axes) {
            Require.that(axis >= -dimension && axis < dimension, "axis", "an axis of " + shape, axis);
        }
        int[] positive = Arrays.stream(axes)
                .map(axis -> axis < 0 ? axis + dimension : axis)
                .sorted()
                .toArray();
        boolean distinct = Arrays.stream(positive).distinct().count() == axes.length;
        Require.that(distinct, "axes", "different", Arrays.toString(axes));
        return positive;
    }

    private static long count(Shape shape, int... axes) {
        return Arrays.stream(axes).mapToLong(shape::get).reduce(1, (a, b) -> a * b);
    }

    // ---------------------------------------------------------------- of lists, and derivatives

    /**
     * The norm of all elements of all arrays together, {@code ()}.
     *
     * @throws IllegalArgumentException if there is no array
     */
    public static NDArray norm(NDList arrays) {
        Require.that(!arrays.isEmpty(), "arrays", "at least one", "none");
        return Calls.composed("norm", List.of(), arrays, list -> {
            Recorder recorder = Recorder.of(list.head());
            Value norms = recorder.call("torch._foreach_norm({0}, 2)", (Object) list);
            Value norm = recorder.call(
                    "torch.linalg_vector_norm",
                    recorder.call("torch.stack", norms, 0),
                    2.0,
                    null,
                    false,
                    new Node.Named("dtype", null));
            return recorder.array(norm, new Shape(), list.head().getDataType());
        });
    }

    /** One where every element of every array is finite, else zero; {@code ()}, int64. */
    public static NDArray allFinite(NDList arrays) {
        Require.that(!arrays.isEmpty(), "arrays", "at least one", "none");
        Recorder recorder = Recorder.of(arrays.get(0));
        if (recorder == null) {
            return ALL_FINITE.run(arrays.get(0).getManager(), arrays).singletonOrThrow();
        }
        // x − x is zero where x is finite and NaN elsewhere, and sums without overflow
        Value sum = null;
        for (NDArray array : arrays) {
            Value zero = recorder.call("torch.sum", recorder.call("torch.sub", array, array));
            sum = sum == null ? zero : recorder.call("torch.add", sum, zero);
        }
        Value finite = recorder.call("torch.eq", sum, 0);
        return recorder.array(recorder.call("torch.to", finite, DataType.INT64));
    }

    /** The elements of {@code x}, of any type of numbers, as Java's doubles. */
    public static double[] doubles(NDArray x) {
        try (NDArray wide = x.toType(DataType.FLOAT64, true)) {
            return wide.toDoubleArray();
        }
    }

    /**
     * {@code x} itself, through which no derivative is taken: a program in which one would be is refused, where
     * otherwise it would be zero without a word (behind a rounding or a choice by index).
     *
     * <p>{@code stopGradient} before it says that the derivative is zero on purpose.
     *
     * @param why what has no derivative, such as "a choice by index has no gradient"
     * @param advice what to do instead
     */
    public static NDArray withoutDerivative(NDArray x, String why, String advice) {
        Recorder recorder = Recorder.of(x);
        if (recorder == null) {
            return x;
        }
        Value same = recorder.call(Barriers.TARGET, x, why + "|" + advice);
        return recorder.array(same, x.getShape(), x.getDataType());
    }
}
