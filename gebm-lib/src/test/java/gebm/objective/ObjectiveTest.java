package gebm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.model.AffineBase;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.trace.Gradients;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every objective of an energy must do, on {@link ObjectiveCases}. */
class ObjectiveTest {
    private final Rng rng = Rng.of(17);
    private NDManager m;
    private Gebm model;
    private Batch batch;

    static List<ObjectiveCases.Case> cases() {
        return ObjectiveCases.all();
    }

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
        var base = LatentBase.pushForward(
                DensityBase.standardNormal(2, DataType.FLOAT64), Mlp.of(2, 5, 2), rng.fork("base"));
        model = Gebm.of(base, Energy.neural(Mlp.of(2, 6, 1), new Shape(2), DataType.FLOAT64, rng.fork("energy")))
                .withLogPartition(0.3);
        NDArray data =
                rng.fork("data").normal(m, new Shape(7, 2), DataType.FLOAT64).mul(2);
        batch = new Batch(data, base.sample(m, 7, rng.fork("generated")));
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** In place of the model of the other rows, one with a density {@code ∝ exp(−r)}. */
    private void choose(ObjectiveCases.Case c) {
        if (c.needsDensity()) {
            var base = new AffineBase(new double[] {0.4, -0.2}, new double[] {0.1, 0.3});
            model = Gebm.unnormalized(base, model.energy()).withLogPartition(0.3);
            batch = new Batch(batch.data(), base.sample(m, 7, rng.fork("generated")));
        }
    }

    private Batch recorded(NDList in) {
        return new Batch(in.get(0), in.get(1));
    }

    private NDList arrays() {
        return new NDList(batch.data(), batch.generated());
    }

    private double total(Objective<? super Gebm> loss) {
        return loss.evaluate(model, batch, rng).total().getDouble();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void givesItsNamedTerms(ObjectiveCases.Case c) {
        choose(c);
        Loss loss = c.loss().evaluate(model, batch, rng);
        assertThat(loss.total().getShape()).isEqualTo(new Shape());
        assertThat(loss.terms().keySet()).containsExactlyElementsOf(c.terms());
        loss.terms().forEach((name, term) -> {
            assertThat(term.getShape()).as(name).isEqualTo(new Shape());
            assertThat(term.getDouble()).as(name).isFinite();
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isPure(ObjectiveCases.Case c) {
        choose(c);
        NDArray data = batch.data().duplicate();
        NDArray generated = batch.generated().duplicate();
        double first = total(c.loss());
        assertThat(total(c.loss())).isEqualTo(first);
        assertThat(batch.data().contentEquals(data)).isTrue();
        assertThat(batch.generated().contentEquals(generated)).isTrue();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tracedEqualsEager(ObjectiveCases.Case c) {
        choose(c);
        Program program = Program.ofRandom((scope, in, key) ->
                new NDList(c.loss().evaluate(model, recorded(in), key).total()));
        double traced = program.run(m, arrays(), rng).singletonOrThrow().getDouble();
        double eager = total(c.loss());
        assertThat(traced).isCloseTo(eager, within(1e-10 * Math.max(1, Math.abs(eager))));
    }

    /** The gradient in every parameter of the energy, by name, and in c, against central differences. */
    @ParameterizedTest
    @MethodSource("cases")
    void gradientEqualsDifferences(ObjectiveCases.Case c) {
        choose(c);
        assumeThat(c.throughChains()).isFalse();
        Map<String, NDArray> parameters = new LinkedHashMap<>(model.energy().arrays());
        parameters.put("c", model.logPartitionArray());
        NDList wrt = new NDList(parameters.values());
        NDList gradients = Program.ofRandom((scope, in, key) -> Gradients.ofParameters(
                                wrt,
                                () -> new Gradients.Loss(
                                        c.loss()
                                                .evaluate(model, recorded(in), key)
                                                .total(),
                                        new NDList()))
                        .gradients())
                .run(m, arrays(), rng);
        int i = 0;
        for (var named : parameters.entrySet()) {
            double[] expected = differences(c.loss(), named.getValue());
            double[] gradient = gradients.get(i++).toDoubleArray();
            assertThat(gradient)
                    .as(named.getKey())
                    .usingComparatorWithPrecision(1e-6)
                    .containsExactly(expected);
            boolean some = Arrays.stream(gradient).anyMatch(g -> Math.abs(g) > 1e-9);
            boolean outputBias = named.getKey().endsWith("bias") && gradient.length == 1;
            if (named.getKey().equals("c")) {
                assertThat(some).isEqualTo(c.usesConstant());
            } else if (!outputBias) { // a constant shift of the energy is no matter to some losses
                assertThat(some).as(named.getKey()).isTrue();
            }
        }
    }

    private double[] differences(Objective<? super Gebm> loss, NDArray parameter) {
        double[] at = parameter.toDoubleArray();
        double[] slopes = new double[at.length];
        double h = 1e-5;
        for (int i = 0; i < at.length; i++) {
            double[] moved = at.clone();
            moved[i] = at[i] + h;
            parameter.set(moved);
            double up = total(loss);
            moved[i] = at[i] - h;
            parameter.set(moved);
            slopes[i] = (up - total(loss)) / (2 * h);
        }
        parameter.set(at);
        return slopes;
    }

    @Test
    void plusWeighsTheTotalAndNotTheTerms() {
        Objective<Gebm> five =
                (model, batch, rng) -> Loss.of("five", batch.data().getManager().create(5.0));
        Objective<Gebm> two =
                (model, batch, rng) -> Loss.of("two", batch.data().getManager().create(2.0));
        Loss sum = five.plus(0.5, two).evaluate(model, batch, rng);
        assertThat(sum.total().getDouble()).isEqualTo(6);
        assertThat(sum.terms().get("five").getDouble()).isEqualTo(5);
        assertThat(sum.terms().get("two").getDouble()).isEqualTo(2);
    }

    @Test
    void plusGivesEachPartDrawsOfItsOwn() {
        Objective<Gebm> drawn = (model, batch, rng) ->
                Loss.of("drawn", rng.normal(batch.data().getManager(), new Shape(), DataType.FLOAT64));
        assertThat(total(drawn.plus(-1, drawn))).isNotZero();
        assertThat(total(drawn.plus(0, drawn))).isNotEqualTo(total(drawn));
    }

    @Test
    void rejectsAWeightThatIsNotFinite() {
        assertThatThrownBy(() -> Kale.energyLoss().plus(Double.NaN, Penalties.gradient()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weight must be finite, got NaN");
    }
}
