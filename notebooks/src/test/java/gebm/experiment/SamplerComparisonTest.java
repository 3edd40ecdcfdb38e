package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.metric.Frechet;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SamplerComparisonTest {
    private final NDManager scope = NDManager.newBaseManager();
    private final Rng rng = Rng.of(7);
    private final Gebm model = Gebm.of(
            LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 8, 2), rng.fork("base")),
            Energy.neural(Mlp.of(2, 8, 1), new Shape(2), rng.fork("energy")));
    private final NDArray validation = rng.fork("validation").normal(scope, new Shape(200, 2));
    private final NDArray test = rng.fork("test").normal(scope, new Shape(200, 2));

    @AfterEach
    void close() {
        model.close();
        scope.close();
    }

    static List<SamplingMethod> methods() {
        return SamplingMethod.all(3);
    }

    /** Counts are of what the method says it does: a chain of 3 steps evaluates 4 times. */
    @ParameterizedTest
    @MethodSource("methods")
    void everyMethodIsPureAndGivesAsManySamplesAsLatents(SamplingMethod method) {
        NDArray start = model.base().prior().sample(scope, 30, rng.fork("start"));
        for (SamplingMethod.Setting setting : method.settings()) {
            var first = setting.draw().from(scope, model, start, rng.fork("draw"));
            var second = setting.draw().from(scope, model, start, rng.fork("draw"));
            assertThat(first.images().getShape()).isEqualTo(new Shape(30, 2));
            assertThat(first.images()).isEqualTo(second.images());
            assertThat(first.gradients()).isIn(0L, first.evaluations());
            if (method.name().contains("Langevin") || method.name().equals("DOT")) {
                assertThat(first.gradients()).isEqualTo(4 * 30);
            }
        }
    }

    @Test
    void theBaseAloneShowsTheStartsThatChainsLeaveFrom() {
        NDArray start = model.base().prior().sample(scope, 10, rng.fork("start"));
        var base = SamplingMethod.base().settings().get(0).draw().from(scope, model, start, rng);
        assertThat(base.images()).isEqualTo(model.base().generate(start));
    }

    private SamplingMethod.Setting constant(String name, NDArray samples) {
        return new SamplingMethod.Setting(name, (manager, gebm, start, key) -> {
            NDArray copy = samples.get(":" + start.getShape().get(0)).duplicate();
            copy.attach(manager);
            return new SamplingMethod.Samples(copy, 5 * start.getShape().get(0), 0);
        });
    }

    @Test
    void settingsAreChosenOnValidationDataAndJudgedOnTestData() {
        try (var comparison = new SamplerComparison(model, x -> x.mul(1), validation, test, 100, 150, rng)) {
            var method = new SamplingMethod(
                    "copies", List.of(constant("far", validation.add(3)), constant("near", validation)));
            var choice = comparison.choose(method);
            assertThat(choice.setting().name()).isEqualTo("near");
            assertThat(choice.distances().get("near"))
                    .isCloseTo(Frechet.distance(validation.get(":150"), validation), within(1e-9));
            var row = comparison.measure(method, choice.setting());
            assertThat(row.frechet()).isCloseTo(Frechet.distance(validation.get(":100"), test), within(1e-9));
            assertThat(row.evaluations()).isEqualTo(5);
            assertThat(row.meanEnergy())
                    .isCloseTo(model.energy().at(validation.get(":100")).mean().getFloat(), within(1e-5));
        }
    }

    @Test
    void refusesTooFewSamplesAndMethodsWithoutSettings() {
        assertThatThrownBy(() -> new SamplerComparison(model, x -> x, validation, test, 9, 5, rng))
                .hasMessageContaining("samples must be >= 10, got 9");
        assertThatThrownBy(() -> new SamplingMethod("none", List.of()))
                .hasMessageContaining("settings of none must be at least one");
    }
}
