package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.trace.OperationCase.Derivative;
import gebm.trace.OperationCase.Sizes;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** A row of the contract with arguments, its programs, and what is to be checked. */
final class OperationCheck {
    private static final double STEP = 5e-4; // error of five-point differences: STEP⁴ f⁽⁵⁾/30 and 2e-16 f/STEP
    private static final double[] PLACES = {-2, -1, 1, 2};

    private final OperationCase c;
    private final Sizes sizes;
    private final long seed;
    private final NDManager scope;
    private final NDList arguments;
    private final Program value;
    private final Program byRule;
    private final Program byEngine;
    private final Program forward;
    private final NDList weighted; // arguments, weights, directions

    OperationCheck(OperationCase c, Sizes sizes, long seed, NDManager scope) {
        this.c = c;
        this.sizes = sizes;
        this.seed = seed;
        this.scope = scope;
        arguments = c.make(scope, sizes, DataType.FLOAT64, seed);
        value = Program.ofList(list -> new NDList(c.function().apply(list)));
        byRule = Program.ofList(this::derivatives);
        byEngine = Program.ofList(this::derivatives);
        forward = Program.ofList(this::products);
        weighted = new NDList(arguments);
    }

    String where() {
        return "%s, %s, seed %d, shapes %s".formatted(c.name(), sizes, seed, Arrays.toString(arguments.getShapes()));
    }

    private NDArray value() {
        return value.run(scope, arguments).singletonOrThrow();
    }

    // ---------------------------------------------------------------- values

    /** Traced equals reference, leaves the arguments alone and shares no memory with them. */
    void assertValue(DataType type) {
        NDList in = c.make(scope, sizes, type, seed);
        NDList copies = copies(in);
        NDArray traced = value.run(scope, in).singletonOrThrow();
        assertUntouched("the call", in, copies);
        if (c.reference() != null) {
            NDArray expected = c.reference().apply(copies(in));
            double tolerance = type == DataType.FLOAT64 ? c.tolerance() : 1e-5;
            assertClose("value", traced, expected, tolerance);
            if (c.reference() == c.function()) {
                assertThat(traced.getDataType()).as("type of %s", where()).isEqualTo(expected.getDataType());
            }
        }
        overwrite(traced);
        assertUntouched("changing the result", in, copies);
    }

    /** Traced equals what NumPy and SciPy computed: arguments and value are given. */
    void assertOracle(NDList in, NDArray expected) {
        assertClose("value", value.run(scope, in).singletonOrThrow(), expected, c.tolerance());
    }

    private static NDList copies(NDList list) {
        NDList copies = new NDList();
        list.forEach(array -> copies.add(array.duplicate()));
        return copies;
    }

    /** In place: {@code set} would give the array other memory. */
    private static void overwrite(NDArray array) {
        if (array.getDataType() == DataType.BOOLEAN) {
            InPlace.assign(array, array.logicalNot());
        } else {
            array.addi(1);
        }
    }

    private void assertUntouched(String what, NDList actual, NDList expected) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(bytes(actual.get(i)))
                    .as("argument %d after %s of %s", i, what, where())
                    .isEqualTo(bytes(expected.get(i)));
        }
    }

    private static byte[] bytes(NDArray array) {
        ByteBuffer buffer = array.toByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    // ---------------------------------------------------------------- derivatives

    /** {@code Σ w·y + 0.3·w·y²}. */
    private static NDArray total(NDArray y, NDArray w) {
        return y.mul(w).add(y.square().mul(w).mul(0.3)).sum();
    }

    private double total(double[] y, double[] w) {
        double sum = 0;
        for (int i = 0; i < y.length; i++) {
            sum += w[i] * y[i] + 0.3 * w[i] * y[i] * y[i];
        }
        return sum;
    }

    /** The gradient g of the total, and, where there is one, that of {@code Σ v·g}. */
    private NDList derivatives(NDList in) {
        int count = arguments.size();
        NDList x = new NDList(in.subList(0, count));
        NDArray w = in.get(count);
        NDList wrt = new NDList();
        c.differentiable().forEach(i -> wrt.add(x.get(i)));
        Supplier<NDList> slope = () -> Gradients.ofParameters(
                        wrt, () -> new Gradients.Loss(total(c.function().apply(x), w), new NDList()))
                .gradients();
        if (c.derivative() == Derivative.FIRST) {
            return slope.get();
        }
        Gradients.ParameterGradients both = Gradients.ofParameters(wrt, () -> {
            NDList g = slope.get();
            NDArray sum = null;
            for (int i = 0; i < g.size(); i++) {
                NDArray part = g.get(i).mul(in.get(count + 1 + i)).sum();
                sum = sum == null ? part : sum.add(part);
            }
            return new Gradients.Loss(sum, g);
        });
        NDList all = new NDList(both.others());
        all.addAll(both.gradients());
        return all;
    }

    private NDList weighted() {
        if (weighted.size() == arguments.size()) {
            weighted.add(waves(value().getShape(), 0.3));
            c.differentiable().forEach(i -> weighted.add(waves(arguments.get(i).getShape(), 1.1 + i)));
        }
        return weighted;
    }

    private NDArray waves(Shape shape, double phase) {
        double[] numbers = new double[(int) shape.size()];
        Arrays.setAll(numbers, i -> 0.2 + 0.8 * Math.sin(1.9 * i + phase));
        return scope.create(numbers, shape);
    }

    private NDList byRule() {
        return byRule.run(scope, weighted());
    }

    /** Gradients by our rules equal the engine's, and share no memory with what was handed in. */
    void assertRulesEqualEngine() {
        NDList copies = copies(weighted());
        NDList rules = byRule();
        NDList engine = Recorder.withoutRules(() -> byEngine.run(scope, weighted()));
        for (int i = 0; i < engine.size(); i++) {
            assertClose(place(i) + " by rule and by engine", rules.get(i), engine.get(i), 1e-10);
        }
        assertApart(rules, copies);
        assertApart(engine, copies);
    }

    private void assertApart(NDList results, NDList copies) {
        for (int i = 0; i < results.size(); i++) {
            NDList others = new NDList(results.subList(i + 1, results.size()));
            NDList before = copies(others);
            overwrite(results.get(i));
            assertUntouched("changing the " + place(i), weighted(), copies);
            assertUntouched("changing another result", others, before);
        }
    }

    private String place(int i) {
        List<Integer> places = c.differentiable();
        return (i < places.size() ? "first" : "second") + " derivative in argument " + places.get(i % places.size());
    }

    /** First and second derivatives equal five-point differences of values and of first derivatives. */
    void assertDifferences() {
        NDList exact = byRule();
        List<Integer> places = c.differentiable();
        double[] w = weighted().get(arguments.size()).toDoubleArray();
        for (int p = 0; p < places.size(); p++) {
            NDArray x = arguments.get(places.get(p));
            assertClose(
                    place(p) + " by differences",
                    exact.get(p).toDoubleArray(),
                    differences(x, () -> total(value().toDoubleArray(), w)),
                    1e-7);
            if (exact.size() > places.size()) {
                assertClose(
                        place(p + places.size()) + " by differences",
                        exact.get(p + places.size()).toDoubleArray(),
                        differences(x, this::slopeAlongDirections),
                        1e-7);
            }
        }
    }

    /** For each argument: {@code J·v}, {@code wᵀJ} and, of the total, {@code H·v}. */
    private NDList products(NDList in) {
        NDList all = new NDList();
        int count = arguments.size();
        for (int p = 0; p < c.differentiable().size(); p++) {
            int place = c.differentiable().get(p);
            UnaryOperator<NDArray> f = v -> {
                NDList x = new NDList(in.subList(0, count));
                x.set(place, v);
                return c.function().apply(x);
            };
            NDArray direction = in.get(count + 1 + p);
            NDArray w = in.get(count);
            all.add(Gradients.jacobianVector(f, in.get(place), direction).product());
            all.add(Gradients.vectorJacobian(f, in.get(place), w).product());
            if (c.derivative() != Derivative.FIRST) {
                all.add(Gradients.hessianVector(v -> total(f.apply(v), w), in.get(place), direction));
            }
        }
        return all;
    }

    /** Products with Jacobians equal differences along the direction and each other; Hessians fit gradients. */
    void assertForward() {
        List<Integer> places = c.differentiable();
        NDList products = forward.run(scope, weighted());
        int each = products.size() / places.size();
        double[] w = doubles(weighted().get(arguments.size()));
        for (int p = 0; p < places.size(); p++) {
            double[] direction = doubles(weighted().get(arguments.size() + 1 + p));
            double[] tangent = doubles(products.get(each * p));
            if (c.derivative() != Derivative.BY_DEFINITION) {
                double[] expected = along(arguments.get(places.get(p)), direction);
                assertClose("J·v in argument " + places.get(p) + " by differences", tangent, expected, 1e-7);
            }
            double forwards = dot(w, tangent);
            double backwards = dot(doubles(products.get(each * p + 1)), direction);
            assertThat(backwards)
                    .as("wᵀ(J·v) = (wᵀJ)·v in argument %d of %s", places.get(p), where())
                    .isCloseTo(forwards, within(1e-10 * Math.max(1, Math.abs(forwards))));
        }
        if (places.size() == 1 && each == 3) {
            assertClose("H·v", products.get(2), byRule().get(1), 1e-10);
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private double[] along(NDArray x, double[] direction) {
        double[] at = x.toDoubleArray();
        double[][] values = new double[4][];
        for (int k = 0; k < 4; k++) {
            double step = STEP * PLACES[k];
            double[] moved = at.clone();
            Arrays.setAll(moved, i -> at[i] + step * direction[i]);
            x.set(moved);
            values[k] = value().toDoubleArray();
        }
        x.set(at);
        double[] slopes = new double[values[0].length];
        Arrays.setAll(slopes, i -> slope(values[0][i], values[1][i], values[2][i], values[3][i]));
        return slopes;
    }

    private static double slope(double first, double second, double third, double fourth) {
        return (first - 8 * second + 8 * third - fourth) / (12 * STEP);
    }

    private double slopeAlongDirections() {
        NDList g = byRule();
        double sum = 0;
        for (int i = 0; i < c.differentiable().size(); i++) {
            sum += dot(doubles(g.get(i)), doubles(weighted().get(arguments.size() + 1 + i)));
        }
        return sum;
    }

    private double[] differences(NDArray x, Supplier<Double> function) {
        double[] at = x.toDoubleArray();
        double[] slopes = new double[at.length];
        for (int i = 0; i < at.length; i++) {
            double[] values = new double[4];
            for (int k = 0; k < 4; k++) {
                double[] moved = at.clone();
                moved[i] += STEP * PLACES[k];
                x.set(moved);
                values[k] = function.get();
            }
            slopes[i] = slope(values[0], values[1], values[2], values[3]);
        }
        x.set(at);
        return slopes;
    }

    // ---------------------------------------------------------------- bits

    /** Everything that the programs of this row give, as bytes. */
    List<byte[]> bits() {
        NDList all = new NDList(value());
        if (c.derivative() != Derivative.NONE) {
            all.addAll(byRule());
        }
        return all.stream().map(OperationCheck::bytes).toList();
    }

    // ---------------------------------------------------------------- comparison

    private void assertClose(String what, NDArray actual, NDArray expected, double relative) {
        assertThat(actual.getShape()).as("shape of %s of %s", what, where()).isEqualTo(expected.getShape());
        assertClose(what, doubles(actual), doubles(expected), relative);
    }

    private static double[] doubles(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    private void assertClose(String what, double[] actual, double[] expected, double relative) {
        double largest = 1e-3;
        for (double number : expected) {
            largest = Double.isFinite(number) ? Math.max(largest, Math.abs(number)) : largest;
        }
        assertThat(actual).as("%s of %s", what, where()).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            if (Double.isFinite(expected[i])) {
                assertThat(actual[i])
                        .as("element %d of %s of %s", i, what, where())
                        .isCloseTo(expected[i], within(relative * largest));
            } else {
                assertThat(actual[i])
                        .as("element %d of %s of %s", i, what, where())
                        .isEqualTo(Double.valueOf(expected[i]));
            }
        }
    }
}
