package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A function of arrays made of random operations: each step computes one array from earlier ones.
 *
 * <p>Every operation maps numbers of size 3 or so to such numbers, without kinks, so that rounding stays rounding at
 * any depth. What has kinks is used on inputs only, which lie away from them.
 *
 * @param inputs shapes of the arguments, values 0, 1, …
 * @param steps values after the inputs, each from earlier ones
 */
record RandomProgram(long seed, List<Shape> inputs, List<Step> steps) {
    private static final int LARGEST = 36;

    /** One operation; {@code {0}}, {@code {1}} in its text stand for the operands. */
    record Step(String text, Function<NDList, NDArray> operation, List<Integer> operands, Shape shape) {
        Step with(List<Integer> others) {
            return new Step(text, operation, others, shape);
        }
    }

    private record Unary(String text, UnaryOperator<NDArray> operation) {}

    private record Binary(String text, BinaryOperator<NDArray> operation) {}

    private static final List<Unary> ELEMENTWISE = List.of(
            new Unary("{0}.sin()", NDArray::sin),
            new Unary("{0}.cos()", NDArray::cos),
            new Unary("{0}.tanh()", NDArray::tanh),
            new Unary("{0}.atan()", NDArray::atan),
            new Unary("{0}.erf()", NDArray::erf),
            new Unary("{0}.neg()", NDArray::neg),
            new Unary("{0}.duplicate()", NDArray::duplicate),
            new Unary("{0}.stopGradient()", NDArray::stopGradient),
            new Unary("{0}.scaleGradient(0.5)", x -> x.scaleGradient(0.5)),
            new Unary("{0}.toType(DataType.FLOAT64, false)", x -> x.toType(DataType.FLOAT64, false)),
            new Unary("{0}.mul(0.7).add(0.2)", x -> x.mul(0.7).add(0.2)),
            new Unary("{0}.sub(0.3).div(1.25)", x -> x.sub(0.3).div(1.25)),
            new Unary("{0}.square().mul(0.3)", x -> x.square().mul(0.3)),
            new Unary("{0}.mul(0.4).pow(3)", x -> x.mul(0.4).pow(3)),
            new Unary(
                    "{0}.square().add(0.5).pow(0.75).mul(0.5)",
                    x -> x.square().add(0.5).pow(0.75).mul(0.5)),
            new Unary("{0}.mul(0.5).exp().mul(0.4)", x -> x.mul(0.5).exp().mul(0.4)),
            new Unary("{0}.square().add(1.2).log()", x -> x.square().add(1.2).log()),
            new Unary("{0}.square().add(0.5).sqrt()", x -> x.square().add(0.5).sqrt()),
            new Unary(
                    "{0}.getNDArrayInternal().rsub(0.5)",
                    x -> x.getNDArrayInternal().rsub(0.5)),
            new Unary(
                    "{0}.square().add(1).getNDArrayInternal().rdiv(2)",
                    x -> x.square().add(1).getNDArrayInternal().rdiv(2)),
            new Unary(
                    "{0}.getNDArrayInternal().sigmoid()",
                    x -> x.getNDArrayInternal().sigmoid()),
            new Unary(
                    "{0}.getNDArrayInternal().softPlus().mul(0.6)",
                    x -> x.getNDArrayInternal().softPlus().mul(0.6)),
            new Unary(
                    "{0}.getNDArrayInternal().gelu()",
                    x -> x.getNDArrayInternal().gelu()),
            new Unary(
                    "{0}.getNDArrayInternal().swish(1.5f)",
                    x -> x.getNDArrayInternal().swish(1.5f)),
            new Unary(
                    "{0}.add(0.1).mul({0})".concat(".mul(0.3)"),
                    x -> x.add(0.1).mul(x).mul(0.3)),
            new Unary(
                    "{0}.duplicate().muli(0.5).addi(0.25)",
                    x -> x.duplicate().muli(0.5).addi(0.25)),
            new Unary(
                    "Gradients.gradient(v -> v.sin().mul(v).mul(0.5), {0})",
                    x -> Program.isRecorded(x)
                            ? Gradients.gradient(v -> v.sin().mul(v).mul(0.5), x)
                            : x.sin().add(x.cos().mul(x)).mul(0.5)),
            new Unary(
                    "Gradients.gradient(v -> Gradients.gradient(u -> u.sin(), v).mul(v), {0}).mul(0.7)",
                    x -> Program.isRecorded(x)
                            ? Gradients.gradient(
                                            v -> Gradients.gradient(u -> u.sin(), v)
                                                    .mul(v),
                                            x)
                                    .mul(0.7)
                            : x.cos().sub(x.sin().mul(x)).mul(0.7)),
            new Unary(
                    "loop({0}, 3 times, s -> s.mul(0.8).add({0}).tanh())",
                    x -> looped(x, x, 3, (s, y) -> s.mul(0.8).add(y).tanh())),
            new Unary("loop({0}, 2 times, s -> s.sin())", x -> looped(x, x, 2, (s, y) -> s.sin())));

    /** With kinks or ties: for inputs, which are away from them. */
    private static final List<Unary> FOR_INPUTS = List.of(
            new Unary("{0}.abs()", NDArray::abs),
            new Unary(
                    "{0}.getNDArrayInternal().relu()",
                    x -> x.getNDArrayInternal().relu()),
            new Unary(
                    "{0}.getNDArrayInternal().leakyRelu(0.2f)",
                    x -> x.getNDArrayInternal().leakyRelu(0.2f)),
            new Unary(
                    "{0}.getNDArrayInternal().elu(1f)",
                    x -> x.getNDArrayInternal().elu(1f)),
            new Unary(
                    "{0}.getNDArrayInternal().selu()",
                    x -> x.getNDArrayInternal().selu()),
            new Unary("{0}.maximum(0)", x -> x.maximum(0)),
            new Unary("{0}.clip(-0.1, 0.1)", x -> x.clip(-0.1, 0.1)),
            new Unary("{0}.sign()", NDArray::sign),
            new Unary(
                    "NDArrays.where({0}.gt(0), {0}.sin(), {0}.square())",
                    x -> NDArrays.where(x.gt(0), x.sin(), x.square())),
            new Unary("{0}.abs().sqrt()", x -> x.abs().sqrt()),
            new Unary("{0}.abs().log()", x -> x.abs().log()));

    /** Of arrays whose shapes broadcast together. */
    private static final List<Binary> BROADCASTING = List.of(
            new Binary("{0}.add({1}).mul(0.5)", (x, y) -> x.add(y).mul(0.5)),
            new Binary("{0}.sub({1}).mul(0.5)", (x, y) -> x.sub(y).mul(0.5)),
            new Binary("{0}.mul({1}).mul(0.3)", (x, y) -> x.mul(y).mul(0.3)),
            new Binary("{0}.mul({1}.sin())", (x, y) -> x.mul(y.sin())),
            new Binary(
                    "{0}.div({1}.square().add(1))", (x, y) -> x.div(y.square().add(1))),
            new Binary(
                    "{0}.getNDArrayInternal().rsub({1}).mul(0.5)",
                    (x, y) -> x.getNDArrayInternal().rsub(y).mul(0.5)),
            new Binary(
                    "{0}.atan2({1}.square().add(0.5))",
                    (x, y) -> x.atan2(y.square().add(0.5))),
            new Binary(
                    "{0}.mul({1}.square().add(0.5).log()).mul(0.4)",
                    (x, y) -> x.mul(y.square().add(0.5).log()).mul(0.4)),
            new Binary(
                    "{0}.square().add(0.5).pow({1}.mul(0.3)).mul(0.7)",
                    (x, y) -> x.square().add(0.5).pow(y.mul(0.3)).mul(0.7)),
            new Binary(
                    "{0}.tanh().sub({1}.tanh()).square()",
                    (x, y) -> x.tanh().sub(y.tanh()).square()));

    /** Of arrays of one shape. */
    private static final List<Binary> ALIKE = List.of(
            new Binary(
                    "{0}.duplicate().addi({1}).muli(0.5)",
                    (x, y) -> x.duplicate().addi(y).muli(0.5)),
            new Binary(
                    "Gradients.jacobianVector(v -> v.sin(), {0}, {1}).product()",
                    (x, y) -> Program.isRecorded(x)
                            ? Gradients.jacobianVector(NDArray::sin, x, y).product()
                            : x.cos().mul(y)),
            new Binary(
                    "Gradients.vectorJacobian(v -> v.atan(), {0}, {1}).product()",
                    (x, y) -> Program.isRecorded(x)
                            ? Gradients.vectorJacobian(NDArray::atan, x, y).product()
                            : y.div(x.square().add(1))),
            new Binary(
                    "Gradients.gradient(v -> v.tanh().mul({1}), {0})",
                    (x, y) -> Program.isRecorded(x)
                            ? Gradients.gradient(v -> v.tanh().mul(y), x)
                            : x.tanh().square().sub(1).neg().mul(y)),
            new Binary(
                    "loop({0}, 3 times, s -> s.mul(0.5).add({1}).sin())",
                    (x, y) -> looped(x, y, 3, (s, v) -> s.mul(0.5).add(v).sin())));

    /** The loop reads copies: see the row "a loop that reads what is read after it". */
    private static NDArray looped(NDArray start, NDArray y, int times, BinaryOperator<NDArray> step) {
        if (Program.isRecorded(start)) {
            NDArray copy = y.duplicate();
            NDList first = new NDList(start.duplicate());
            return Loop.run(0, times, first, (state, number) -> new NDList(step.apply(state.get(0), copy)))
                    .get(0);
        }
        return unrolled(start, times, state -> step.apply(state, y));
    }

    static NDArray unrolled(NDArray start, int times, UnaryOperator<NDArray> step) {
        NDArray state = start;
        for (int i = 0; i < times; i++) {
            state = step.apply(state);
        }
        return state;
    }

    // ---------------------------------------------------------------- generation

    /** The program of this seed with up to {@code most} steps. */
    static RandomProgram of(long seed, int most) {
        Random random = new Random(seed * 0x9E3779B97F4A7C15L);
        List<Shape> inputs = new ArrayList<>();
        for (int i = 0; i <= random.nextInt(3); i++) {
            long[] sizes = new long[random.nextInt(4)];
            Arrays.setAll(sizes, k -> 1 + random.nextInt(4));
            inputs.add(new Shape(sizes).size() > LARGEST ? new Shape(3, 2) : new Shape(sizes));
        }
        RandomProgram program = new RandomProgram(seed, inputs, List.of());
        int count = 1 + random.nextInt(most);
        while (program.steps.size() < count) {
            Step step = program.randomStep(random);
            if (step != null && step.shape().size() <= LARGEST) {
                List<Step> longer = new ArrayList<>(program.steps);
                longer.add(step);
                program = new RandomProgram(seed, inputs, longer);
            }
        }
        return program;
    }

    private Shape shape(int value) {
        return value < inputs.size()
                ? inputs.get(value)
                : steps.get(value - inputs.size()).shape();
    }

    private int values() {
        return inputs.size() + steps.size();
    }

    /** Later values more often, so that programs are deep. */
    private int anyValue(Random random) {
        return Math.max(random.nextInt(values()), random.nextInt(values()));
    }

    private static <T> T oneOf(List<T> items, Random random) {
        return items.get(random.nextInt(items.size()));
    }

    /** A step that fits, or null for another try. */
    private Step randomStep(Random random) {
        int x = anyValue(random);
        int y = anyValue(random);
        int kind = random.nextInt(20);
        if (kind < 5) {
            return unary(oneOf(ELEMENTWISE, random), x, shape(x));
        } else if (kind < 6) {
            int input = random.nextInt(inputs.size());
            return unary(oneOf(FOR_INPUTS, random), input, shape(input));
        } else if (kind < 10) {
            Shape together = broadcast(shape(x), shape(y));
            return together == null ? null : binary(oneOf(BROADCASTING, random), x, y, together);
        } else if (kind < 12) {
            return shape(x).equals(shape(y)) ? binary(oneOf(ALIKE, random), x, y, shape(x)) : null;
        } else if (kind < 14) {
            return shape(x).dimension() == 0 ? null : overAnAxis(x, random);
        } else if (kind < 17) {
            return rearranged(x, random);
        } else if (kind < 18) {
            return joined(x, y, random);
        } else if (kind < 19) {
            return product(x, y);
        }
        return chosen(x, y, random);
    }

    private static Step unary(Unary unary, int x, Shape shape) {
        return new Step(unary.text, list -> unary.operation.apply(list.get(0)), List.of(x), shape);
    }

    private static Step binary(Binary binary, int x, int y, Shape shape) {
        return new Step(binary.text, list -> binary.operation.apply(list.get(0), list.get(1)), List.of(x, y), shape);
    }

    private static Shape broadcast(Shape a, Shape b) {
        long[] sizes = new long[Math.max(a.dimension(), b.dimension())];
        for (int i = 1; i <= sizes.length; i++) {
            long one = i > a.dimension() ? 1 : a.get(a.dimension() - i);
            long other = i > b.dimension() ? 1 : b.get(b.dimension() - i);
            if (one != other && one != 1 && other != 1) {
                return null;
            }
            sizes[sizes.length - i] = Math.max(one, other);
        }
        return new Shape(sizes);
    }

    private static Shape replaced(Shape shape, int axis, long... sizes) {
        return shape.slice(0, axis).addAll(new Shape(sizes)).addAll(shape.slice(axis + 1));
    }

    private Step overAnAxis(int x, Random random) {
        Shape shape = shape(x);
        int axis = random.nextInt(shape.dimension());
        int named = random.nextBoolean() ? axis : axis - shape.dimension();
        int[] axes = {named};
        Shape gone = replaced(shape, axis);
        Shape kept = replaced(shape, axis, 1);
        double share = 1.0 / shape.get(axis);
        return switch (random.nextInt(11)) {
            case 0 -> unary(new Unary("{0}.mean(" + named + ")", v -> v.mean(axes)), x, gone);
            case 1 -> unary(new Unary("{0}.mean(" + named + ", true)", v -> v.mean(axes, true)), x, kept);
            case 2 ->
                unary(
                        new Unary("{0}.sum(" + named + ").mul(" + share + ")", v -> v.sum(axes)
                                .mul(share)),
                        x,
                        gone);
            case 3 -> unary(new Unary("{0}.softmax(" + named + ")", v -> v.softmax(named)), x, shape);
            case 4 ->
                unary(
                        new Unary("{0}.logSoftmax(" + named + ").mul(0.4)", v -> v.logSoftmax(named)
                                .mul(0.4)),
                        x,
                        shape);
            case 5 ->
                unary(
                        new Unary("{0}.cumSum(" + named + ").mul(" + share + ")", v -> v.cumSum(named)
                                .mul(share)),
                        x,
                        shape);
            case 6 ->
                unary(
                        new Unary(
                                "{0}.mul(0.1).add(1).prod(" + named + ")",
                                v -> v.mul(0.1).add(1).prod(axes)),
                        x,
                        gone);
            case 7 ->
                unary(
                        new Unary(
                                "{0}.mul(0.1).add(1).cumProd(" + named + ")",
                                v -> v.mul(0.1).add(1).cumProd(named)),
                        x,
                        shape);
            case 8 ->
                unary(
                        new Unary(
                                "{0}.square().add(0.1).sum(" + named + ", true).sqrt().mul(0.5)",
                                v -> v.square().add(0.1).sum(axes, true).sqrt().mul(0.5)),
                        x,
                        kept);
            case 9 ->
                unary(
                        new Unary(
                                "Ops.logSumExp({0}, 0).mul(0.5)",
                                v -> Ops.logSumExp(v, 0).mul(0.5)),
                        x,
                        shape.slice(1));
            default -> x < inputs.size() ? unary(new Unary("{0}.max(" + named + ")", v -> v.max(axes)), x, gone) : null;
        };
    }

    private Step rearranged(int x, Random random) {
        Shape shape = shape(x);
        int dimension = shape.dimension();
        int at = random.nextInt(dimension + 1);
        if (dimension == 0 || random.nextInt(6) == 0) {
            return dimension > 3
                    ? null
                    : unary(
                            new Unary("{0}.expandDims(" + at + ")", v -> v.expandDims(at)),
                            x,
                            shape.slice(0, at).add(1).addAll(shape.slice(at)));
        }
        int axis = random.nextInt(dimension);
        long size = shape.get(axis);
        int other = random.nextInt(dimension);
        String before = ":, ".repeat(axis);
        switch (random.nextInt(12)) {
            case 0:
                return unary(new Unary("{0}.reshape(-1)", v -> v.reshape(-1)), x, new Shape(shape.size()));
            case 1:
                return shape.size() % 2 == 1
                        ? null
                        : unary(
                                new Unary("{0}.reshape(2, -1)", v -> v.reshape(2, -1)),
                                x,
                                new Shape(2, shape.size() / 2));
            case 2:
                long[] reversed = new long[dimension];
                Arrays.setAll(reversed, i -> shape.get(dimension - 1 - i));
                return unary(new Unary("{0}.transpose()", NDArray::transpose), x, new Shape(reversed));
            case 3:
                long[] swapped = shape.getShape().clone();
                swapped[axis] = shape.get(other);
                swapped[other] = size;
                return unary(
                        new Unary("{0}.swapAxes(" + axis + ", " + other + ")", v -> v.swapAxes(axis, other)),
                        x,
                        new Shape(swapped));
            case 4:
                return size > 1
                        ? null
                        : unary(new Unary("{0}.squeeze(" + axis + ")", v -> v.squeeze(axis)), x, replaced(shape, axis));
            case 5:
                return unary(new Unary("{0}.flip(" + axis + ")", v -> v.flip(axis)), x, shape);
            case 6:
                long place = random.nextInt((int) size);
                String fixed = before + place;
                return unary(new Unary("{0}.get(\"" + fixed + "\")", v -> v.get(fixed)), x, replaced(shape, axis));
            case 7:
                String slice = before + "1:";
                return size < 2
                        ? null
                        : unary(
                                new Unary("{0}.get(\"" + slice + "\")", v -> v.get(slice)),
                                x,
                                replaced(shape, axis, size - 1));
            case 8:
                String strided = before + "::2";
                return unary(
                        new Unary("{0}.get(\"" + strided + "\")", v -> v.get(strided)),
                        x,
                        replaced(shape, axis, (size + 1) / 2));
            case 9:
                return unary(
                        new Unary("{0}.repeat(" + axis + ", 2)", v -> v.repeat(axis, 2)),
                        x,
                        replaced(shape, axis, 2 * size));
            case 10:
                Shape wider = new Shape(2).addAll(shape);
                return unary(new Unary("{0}.broadcast" + wider, v -> v.broadcast(wider)), x, wider);
            default:
                return unary(
                        new Unary(
                                "{0}.get(new long[] {" + (shape.get(0) - 1) + ", 0, 0})",
                                v -> v.get(v.getManager().create(new long[] {shape.get(0) - 1, 0, 0}))),
                        x,
                        replaced(shape, 0, 3));
        }
    }

    private Step joined(int x, int y, Random random) {
        Shape a = shape(x);
        Shape b = shape(y);
        if (a.equals(b) && (a.dimension() == 0 || random.nextBoolean())) {
            return binary(new Binary("{0}.stack({1})", NDArray::stack), x, y, new Shape(2).addAll(a));
        }
        if (a.dimension() == 0 || a.dimension() != b.dimension()) {
            return null;
        }
        int axis = random.nextInt(a.dimension());
        return replaced(a, axis, 1).equals(replaced(b, axis, 1))
                ? binary(
                        new Binary("{0}.concat({1}, " + axis + ")", (v, w) -> v.concat(w, axis)),
                        x,
                        y,
                        replaced(a, axis, a.get(axis) + b.get(axis)))
                : null;
    }

    private Step product(int x, int y) {
        Shape a = shape(x);
        Shape b = shape(y);
        if (a.dimension() == 0 || b.dimension() == 0 || a.dimension() > 3 || b.dimension() > 2) {
            return null;
        }
        long inner = a.get(a.dimension() - 1);
        if (b.get(0) != inner) {
            return null;
        }
        double share = 0.5 / inner;
        return binary(
                new Binary("{0}.matMul({1}).mul(" + share + ")", (v, w) -> v.matMul(w)
                        .mul(share)),
                x,
                y,
                a.slice(0, a.dimension() - 1).addAll(b.slice(1)));
    }

    /** Elements of two values, by the signs of an input. */
    private Step chosen(int x, int y, Random random) {
        int input = random.nextInt(inputs.size());
        boolean alike = shape(x).equals(shape(y)) && shape(x).equals(shape(input));
        return !alike // DJL's own where does not broadcast
                ? null
                : new Step(
                        "NDArrays.where({2}.gt(0), {0}, {1})",
                        list -> NDArrays.where(list.get(2).gt(0), list.get(0), list.get(1)),
                        List.of(x, y, input),
                        shape(x));
    }

    // ---------------------------------------------------------------- evaluation

    NDList arguments(NDManager scope) {
        NDList list = new NDList();
        for (int i = 0; i < inputs.size(); i++) {
            String text = Arrays.stream(inputs.get(i).getShape())
                    .mapToObj(Long::toString)
                    .collect(Collectors.joining(" "));
            list.add(OperationCase.real(text).make(scope, OperationCase.Sizes.USUAL, DataType.FLOAT64, 100 * seed + i));
        }
        return list;
    }

    /** The values that no step uses. */
    private List<Integer> ends() {
        Set<Integer> used = new HashSet<>();
        steps.forEach(step -> used.addAll(step.operands()));
        List<Integer> ends = new ArrayList<>();
        for (int i = inputs.size(); i < values(); i++) {
            if (!used.contains(i)) {
                ends.add(i);
            }
        }
        return ends;
    }

    /** The values that no step uses, and before them a number made of all of them: {@code Σ mean(v + v²/3)}. */
    NDList apply(NDList arguments) {
        NDList values = new NDList(arguments);
        for (Step step : steps) {
            NDList operands = new NDList();
            step.operands().forEach(operand -> operands.add(values.get(operand)));
            values.add(step.operation().apply(operands));
        }
        NDArray total = null;
        NDList results = new NDList();
        for (int end : ends()) {
            NDArray value = values.get(end);
            NDArray part = value.add(value.square().mul(1 / 3.0)).mean();
            total = total == null ? part : total.add(part);
            results.add(value);
        }
        results.add(0, total);
        return results;
    }

    // ---------------------------------------------------------------- shrinking

    /** A smaller program for which {@code fails} still holds: no single step can be left out of it. */
    RandomProgram shrunk(Predicate<RandomProgram> fails) {
        RandomProgram smallest = this;
        boolean again = true;
        while (again) {
            again = false;
            for (RandomProgram smaller : smallest.smaller()) {
                if (smaller.steps.size() < smallest.steps.size() && fails.test(smaller)) {
                    smallest = smaller;
                    again = true;
                    break;
                }
            }
        }
        return smallest;
    }

    private List<RandomProgram> smaller() {
        List<RandomProgram> all = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) { // only what step i needs
            all.add(withNeeded(List.of(inputs.size() + i)));
        }
        for (int end : ends()) { // without one of the ends
            List<Integer> others = new ArrayList<>(ends());
            others.remove((Integer) end);
            if (!others.isEmpty()) {
                all.add(withNeeded(others));
            }
        }
        for (int i = inputs.size(); i < values(); i++) { // another value of this shape in place of one
            for (int other = 0; other < i; other++) {
                if (shape(other).equals(shape(i))) {
                    all.add(replacing(i, other));
                }
            }
        }
        return all.stream().filter(program -> !program.steps.isEmpty()).toList();
    }

    private RandomProgram replacing(int value, int by) {
        List<Step> changed = new ArrayList<>();
        for (Step step : steps) {
            changed.add(step.with(step.operands().stream()
                    .map(operand -> operand == value ? by : operand)
                    .toList()));
        }
        RandomProgram program = new RandomProgram(seed, inputs, changed);
        List<Integer> ends = new ArrayList<>(program.ends());
        ends.remove((Integer) value);
        return ends.isEmpty() ? new RandomProgram(seed, inputs, List.of()) : program.withNeeded(ends);
    }

    private RandomProgram withNeeded(List<Integer> ends) {
        Set<Integer> needed = new HashSet<>(ends);
        for (int i = values() - 1; i >= inputs.size(); i--) {
            if (needed.contains(i)) {
                needed.addAll(steps.get(i - inputs.size()).operands());
            }
        }
        List<Integer> names = new ArrayList<>();
        List<Step> kept = new ArrayList<>();
        for (int i = 0; i < values(); i++) {
            names.add(inputs.size() + kept.size());
            if (i < inputs.size()) {
                names.set(i, i);
            } else if (needed.contains(i)) {
                Step step = steps.get(i - inputs.size());
                kept.add(step.with(step.operands().stream().map(names::get).toList()));
            }
        }
        return new RandomProgram(seed, inputs, kept);
    }

    /** As code. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("seed " + seed + "\n");
        for (int i = 0; i < inputs.size(); i++) {
            text.append("NDArray v" + i + " = in.get(" + i + "); // " + inputs.get(i) + "\n");
        }
        for (int i = 0; i < steps.size(); i++) {
            String line = steps.get(i).text();
            for (int k = 0; k < steps.get(i).operands().size(); k++) {
                line = line.replace("{" + k + "}", "v" + steps.get(i).operands().get(k));
            }
            text.append("NDArray v" + (inputs.size() + i) + " = " + line + "; // "
                    + steps.get(i).shape() + "\n");
        }
        return text.append("return Σ over ")
                .append(ends())
                .append(" of mean(v + v²/3)")
                .toString();
    }
}
