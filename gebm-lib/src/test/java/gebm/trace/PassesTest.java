package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import gebm.core.Rng;
import gebm.nn.Mlp;
import gebm.train.Adam;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the passes over a graph do, seen in the text of programs, and that they change no result. */
class PassesTest {
    private NDManager m;
    private Network tanh;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
        tanh = Network.of(Mlp.of(Activation::tanh, 2, 8, 8, 1), new Shape(2), DataType.FLOAT64, Rng.of(1));
    }

    @AfterEach
    void close() {
        m.close();
        tanh.close();
    }

    private NDArray points() {
        return Rng.of(4).normal(m, new Shape(5, 2), DataType.FLOAT64);
    }

    @Test
    void gradientsOfNetworksNeedNoAutograd() {
        Network leaky = Network.of(
                Mlp.of(x -> Activation.leakyRelu(x, 0.1f), 2, 8, 8, 1), new Shape(2), DataType.FLOAT64, Rng.of(1));
        UnaryOperator<NDArray> penalty =
                x -> Gradients.gradient(leaky::apply, x).square().sum(new int[] {1});
        Program second = Program.of(x -> Gradients.gradient(penalty, x));
        Program parameters = Program.of(x -> Gradients.ofParameters(
                        leaky.parameters(),
                        () -> new Gradients.Loss(penalty.apply(x).sum(), new NDList()))
                .gradients()
                .get(0));
        second.run(points());
        parameters.run(points());
        assertThat(second.source()).doesNotContain("autograd");
        assertThat(parameters.source()).doesNotContain("autograd");
        leaky.close();
    }

    @Test
    void whatHasNoRuleIsLeftToTheEngineWithTheSameResult() {
        UnaryOperator<NDArray> byRule = x -> x.mul(x).mul(x).sum(new int[] {1});
        UnaryOperator<NDArray> byEngine =
                x -> x.cumProd(1).mul(0).add(x.mul(x).mul(x)).sum(new int[] {1});
        Program rule = Program.of(x -> Gradients.gradient(byRule, x));
        Program engine = Program.of(x -> Gradients.gradient(byEngine, x));
        assertThat(rule.run(points()).toDoubleArray())
                .usingComparatorWithPrecision(1e-14)
                .containsExactly(engine.run(points()).toDoubleArray());
        assertThat(rule.source()).doesNotContain("autograd");
        assertThat(engine.source()).contains("autograd");
    }

    @Test
    void tanhIsFoldedIntoTheWeights() {
        Program program = Program.of(tanh::apply);
        double[] traced = program.run(points()).toDoubleArray();
        assertThat(program.source()).contains("torch.sigmoid").doesNotContain("torch.tanh");
        NDList p = tanh.parameters();
        NDArray h = points();
        for (int i = 0; i < p.size(); i += 2) {
            h = h.matMul(p.get(i).transpose()).add(p.get(i + 1));
            h = i + 2 < p.size() ? h.tanh() : h;
        }
        assertThat(traced).usingComparatorWithPrecision(1e-14).containsExactly(h.toDoubleArray());
    }

    @Test
    void tanhThatIsUsedOtherwiseStays() {
        Program alone = Program.of(NDArray::tanh);
        NDArray tiny = m.create(new float[] {1e-6f, -1e-6f});
        assertThat(alone.run(tiny).toFloatArray()).containsExactly(tiny.tanh().toFloatArray());
        assertThat(alone.source()).contains("torch.tanh");
    }

    @Test
    void foldedGradientsEqualUnfoldedOnes() {
        NDArray x = points();
        Program folded = Program.of(v -> Gradients.gradient(tanh::apply, v));
        Program stays = Program.of(v -> {
            NDArray extra = tanh.apply(v).tanh(); // another use does not keep the hidden layers from being folded
            return Gradients.gradient(tanh::apply, v).add(extra.mul(0));
        });
        double[] expected = new double[10];
        for (int i = 0; i < 10; i++) {
            double[] moved = x.toDoubleArray();
            moved[i] += 1e-6;
            double up = tanh.apply(m.create(moved, x.getShape())).sum().getDouble();
            moved[i] -= 2e-6;
            expected[i] = (up - tanh.apply(m.create(moved, x.getShape())).sum().getDouble()) / 2e-6;
        }
        assertThat(folded.run(x).toDoubleArray())
                .usingComparatorWithPrecision(1e-8)
                .containsExactly(expected);
        assertThat(stays.run(x).toDoubleArray())
                .usingComparatorWithPrecision(1e-8)
                .containsExactly(expected);
        assertThat(folded.source()).contains("torch.sigmoid_backward").doesNotContain("tanh");
    }

    @Test
    void constantsLeaveLoops() {
        NDArray w = m.create(3.0);
        Program program = Program.of(x -> Loop.run(
                        0,
                        4,
                        new NDList(x),
                        (state, step) -> new NDList(
                                state.get(0).mul(x.getManager().from(w).mul(2))))
                .get(0));
        assertThat(program.run(m.create(1.0)).getDouble()).isEqualTo(1296);
        String text = program.source();
        assertThat(text.indexOf(", 2)")).isLessThan(text.indexOf("for ")).isPositive();
    }

    @Test
    void whatTheLoopChangesStaysInside() {
        NDArray w = m.create(new double[] {1, 5});
        Program program = Program.ofList(in -> Loop.run(0, 3, new NDList(in.get(1)), (state, step) -> {
            NDArray row = in.get(0).get(0); // a view of what changes below
            NDArray doubled = row.mul(2);
            InPlace.assign(row, row.add(1));
            return new NDList(state.get(0).add(doubled));
        }));
        NDList result = program.run(m, new NDList(w, m.create(0.0)));
        assertThat(result.get(0).getDouble()).isCloseTo(2 * (1 + 2 + 3), within(0.0));
        assertThat(w.toDoubleArray()).containsExactly(4, 5);
    }

    /** Five Adam steps in one loop equal five programs of one step: nothing of the trained weights may leave the loop. */
    @Test
    void whatTheLoopTrainsStaysInside() {
        Adam adam = Adam.of(0.05);
        NDArray x = points();
        List<double[]> results = new ArrayList<>();
        for (int stepsInOne : new int[] {5, 1}) {
            Network network = tanh.copy();
            NDList weights = network.parameters();
            NDList state = adam.init(m, weights);
            Program program = Program.ofList(in -> {
                return Loop.run(0, stepsInOne, new NDList(in.get(2)), (sum, step) -> {
                    NDArray outside = network.apply(in.get(0)); // not only inside the gradient
                    NDList gradients = Gradients.ofParameters(weights, () -> {
                                NDArray slope = Gradients.gradient(network::apply, in.get(0));
                                NDArray loss = network.apply(in.get(0)).square().mean();
                                return new Gradients.Loss(
                                        loss.add(slope.square().sum()), new NDList());
                            })
                            .gradients();
                    adam.update(weights, gradients, state, in.get(1));
                    return new NDList(sum.get(0).add(outside));
                });
            });
            NDArray sum = m.zeros(new Shape(5, 1), DataType.FLOAT64);
            for (int call = 0; call < 5 / stepsInOne; call++) {
                sum = program.run(m, new NDList(x, m.create(0.05), sum)).singletonOrThrow();
            }
            results.add(network.apply(x).concat(sum).toDoubleArray());
            network.close();
        }
        assertThat(results.get(0)).containsExactly(results.get(1));
        assertThat(results.get(0)[0]).isNotEqualTo(tanh.apply(x).getDouble(0, 0));
    }

    @Test
    void deadCodeIsNotWritten() {
        Program program = Program.of(x -> {
            x.exp();
            return x.neg();
        });
        assertThat(program.run(m.create(2f)).getFloat()).isEqualTo(-2);
        assertThat(program.source()).doesNotContain("torch.exp");
    }
}
