package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random functions: eager DJL, programs, gradients by our rules and gradients by the engine agree. */
class RandomProgramsTest {
    private static final int DEPTH = 30;
    private static final int SECOND_ORDER_EVERY = 4;

    @Test
    void programsAgree() {
        tryAll(0, 300);
    }

    @Tag("slow")
    @Test
    void manyProgramsAgree() {
        tryAll(300, 2_000);
    }

    private static void tryAll(long first, long end) {
        for (long seed = first; seed < end; seed++) {
            boolean second = seed % SECOND_ORDER_EVERY == 0;
            RandomProgram program = RandomProgram.of(seed, DEPTH);
            if (disagreement(program, second) != null) {
                RandomProgram small = program.shrunk(smaller -> disagreement(smaller, second) != null);
                fail(disagreement(small, second) + "\nin the smallest program found:\n" + small);
            }
        }
    }

    /** What differs, or null. */
    private static String disagreement(RandomProgram program, boolean second) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDList in = program.arguments(scope);
            NDList all = new NDList(in);
            in.forEach(x -> all.add(direction(scope, x.getShape())));
            NDList eager = program.apply(in);
            NDList plain = Program.ofList(program::apply).run(scope, in);
            NDList rules = derivatives(program, second).run(scope, all);
            NDList engine =
                    Recorder.withoutRules(() -> derivatives(program, second).run(scope, all));
            for (int i = 0; i < eager.size(); i++) {
                String values = "value " + i + " of ";
                String difference = difference(values + "eager and program", eager.get(i), plain.get(i), 1e-11);
                difference = difference != null
                        ? difference
                        : difference(values + "eager and gradient's program", eager.get(i), rules.get(i), 1e-11);
                if (difference != null) {
                    return difference;
                }
            }
            for (int i = eager.size(); i < rules.size(); i++) {
                boolean first = i < eager.size() + in.size();
                String what = (first ? "first" : "second") + " derivative in argument " + (i - eager.size()) % in.size()
                        + " of rules and engine";
                String difference = difference(what, rules.get(i), engine.get(i), first ? 1e-10 : 1e-9);
                if (difference != null) {
                    return difference;
                }
            }
            return null;
        } catch (RuntimeException e) {
            return e.toString();
        }
    }

    /** Arguments and directions v to the values, the gradient g of the first one, and that of {@code Σ v·g}. */
    private static Program derivatives(RandomProgram program, boolean second) {
        return Program.ofList(list -> {
            int count = list.size() / 2;
            NDList in = new NDList(list.subList(0, count));
            if (!second) {
                return gradient(program, in);
            }
            Gradients.ParameterGradients both = Gradients.ofParameters(in, () -> {
                NDList first = gradient(program, in);
                NDArray sum = first.get(0).mul(0);
                for (int i = 0; i < count; i++) {
                    NDArray g = first.get(first.size() - count + i);
                    sum = sum.add(g.mul(list.get(count + i)).sum());
                }
                return new Gradients.Loss(sum, first);
            });
            return new NDList(both.others()).addAll(both.gradients());
        });
    }

    private static NDList gradient(RandomProgram program, NDList in) {
        Gradients.ParameterGradients result = Gradients.ofParameters(in, () -> {
            NDList values = program.apply(in);
            return new Gradients.Loss(values.get(0), values);
        });
        return new NDList(result.others()).addAll(result.gradients());
    }

    private static NDArray direction(NDManager scope, Shape shape) {
        double[] numbers = new double[(int) shape.size()];
        Arrays.setAll(numbers, i -> Math.sin(1.3 * i + 0.4));
        return scope.create(numbers, shape);
    }

    private static String difference(String what, NDArray first, NDArray second, double relative) {
        if (!first.getShape().equals(second.getShape())) {
            return "shape of " + what + ": " + first.getShape() + ", " + second.getShape();
        }
        double[] a = first.toType(DataType.FLOAT64, false).toDoubleArray();
        double[] b = second.toType(DataType.FLOAT64, false).toDoubleArray();
        double largest = Arrays.stream(a).map(Math::abs).reduce(1, Math::max);
        for (int i = 0; i < a.length; i++) {
            if (!(Math.abs(a[i] - b[i]) <= relative * largest)) {
                return "element " + i + " of " + what + ": " + a[i] + ", " + b[i];
            }
        }
        return null;
    }

    @Test
    void seedsGiveDifferentProgramsOfAllLengths() {
        Set<Integer> lengths = new HashSet<>();
        for (long seed = 0; seed < 300; seed++) {
            RandomProgram program = RandomProgram.of(seed, DEPTH);
            assertThat(RandomProgram.of(seed, DEPTH)).hasToString(program.toString());
            lengths.add(program.steps().size());
        }
        assertThat(lengths).hasSizeGreaterThan(25);
    }

    /** So that a failure is readable: of a program of many steps, those stay that matter. */
    @Test
    void shrinkingLeavesWhatMatters() {
        RandomProgram program = RandomProgram.of(5, DEPTH);
        while (!program.toString().contains("matMul")) {
            program = RandomProgram.of(program.seed() + 1, DEPTH);
        }
        RandomProgram small = program.shrunk(p -> p.toString().contains("matMul"));
        assertThat(small.steps().size()).isLessThan(6);
        assertThat(small.toString()).contains("matMul", "in.get(0)", "return");
    }
}
