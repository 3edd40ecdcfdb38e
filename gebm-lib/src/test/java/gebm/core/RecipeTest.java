package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecipeTest {
    enum Colour {
        RED,
        BLUE
    }

    record Inner(double[] numbers, Colour colour, boolean type) {}

    record Outer(String name, long count, Schedule schedule, List<Inner> inners, Inner none, double missing) {
        Outer {
            Require.positive("count", count);
        }
    }

    private static final Outer OUTER = new Outer(
            "a \"name\"",
            Long.MAX_VALUE,
            Schedule.cosine(1e-3, 0, 500).withWarmUp(10).times(0.1),
            List.of(new Inner(new double[] {1, Math.PI, -0.0}, Colour.BLUE, true)),
            null,
            Double.NaN);

    private static JsonElement throughText(JsonElement json) {
        return JsonParser.parseString(json.toString());
    }

    @Test
    void aRecordComesBackWhole() {
        Outer again = Recipe.make(throughText(Recipe.of(OUTER)), Outer.class);
        assertThat(again.name()).isEqualTo(OUTER.name());
        assertThat(again.count()).isEqualTo(Long.MAX_VALUE);
        assertThat(again.schedule()).isEqualTo(OUTER.schedule());
        assertThat(again.none()).isNull();
        assertThat(again.missing()).isNaN();
        assertThat(again.inners().get(0).numbers()).containsExactly(1, Math.PI, -0.0);
        assertThat(again.inners().get(0).colour()).isEqualTo(Colour.BLUE);
        assertThat(Recipe.difference(Recipe.of(OUTER), throughText(Recipe.of(again))))
                .isNull();
    }

    static List<Schedule> schedules() {
        return List.of(
                Schedule.constant(0.3),
                Schedule.stepDecay(1e-2, 0.1, 200),
                Schedule.milestones(1, 0.8, 50, 500, 750),
                Schedule.cosine(1e-3, 1e-5, 77),
                Schedule.opening(100, 5, 2, 500),
                Schedule.constant(2).times(3),
                Schedule.constant(2).withWarmUp(7));
    }

    @ParameterizedTest
    @MethodSource("schedules")
    void aScheduleIsRebuiltWithItsValues(Schedule schedule) {
        Schedule again = Recipe.make(throughText(Recipe.of(schedule)), Schedule.class);
        for (long step = 0; step < 1_000; step++) {
            assertThat(again.at(step)).isEqualTo(schedule.at(step));
        }
    }

    @Test
    void codeIsToldByItsValuesAndNotRebuilt() {
        Schedule code = step -> 1.0 / (step + 1);
        JsonElement json = Recipe.of(code);
        assertThat(Recipe.text(code))
                .startsWith("code that says 1.0, 0.5, ")
                .endsWith(" at steps 0, 1, 2, 10, 100, 1000");
        assertThat(Recipe.text((Schedule) step -> 5)).isEqualTo("code that says 5.0");
        assertThat(Recipe.difference(json, Recipe.of((Schedule) step -> 2.0 / (step + 2))))
                .isEqualTo("values.1 was 0.5, is 0.6666666666666666");
        assertThatThrownBy(() -> Recipe.make(json, Schedule.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the value must be of a type that can be rebuilt, got code (lambda): write it as a record");
        Schedule short3 = step -> new double[] {1, 2, 3}[(int) step];
        assertThat(Recipe.text(short3))
                .isEqualTo("code that says 1.0, 2.0, 3.0, none, none, none at steps 0, 1, 2, 10, 100, 1000");
    }

    @Test
    void theFirstDifferenceHasItsPlace() {
        Outer other = new Outer("b", 3, OUTER.schedule(), OUTER.inners(), null, Double.NaN);
        assertThat(Recipe.difference(Recipe.of(OUTER), Recipe.of(other))).isEqualTo("name was a \"name\", is b");
        assertThat(Recipe.difference(Recipe.of(Map.of("x", List.of(1, 2))), Recipe.of(Map.of("x", List.of(1, 3)))))
                .isEqualTo("x[1] was 2, is 3");
        assertThat(Recipe.difference(Recipe.of(Map.of("x", List.of(1))), Recipe.of(Map.of("x", List.of(1, 3)))))
                .isEqualTo("x was [1], is [1, 3]");
        assertThat(Recipe.difference(Recipe.of(Map.of()), Recipe.of(Map.of("y", 1))))
                .isEqualTo("y was none, is 1");
    }

    record Named(String code, char letter, ai.djl.ndarray.types.Shape shape) {}

    @Test
    void valuesOfOtherClassesAreToldByTheirText() {
        Named one = new Named("abc", 'c', new ai.djl.ndarray.types.Shape(3));
        Named other = new Named("abc", 'c', new ai.djl.ndarray.types.Shape(4));
        assertThat(Recipe.difference(Recipe.of(one), Recipe.of(other))).isEqualTo("shape.text was (3), is (4)");
        assertThat(Recipe.text(one)).isEqualTo("RecipeTest.Named(code abc, letter c, shape (3))");
    }

    @Test
    void refusesWhatIsNoRecipe() {
        assertThatThrownBy(
                        () -> Recipe.make(JsonParser.parseString("{\"class\": \"java.lang.String\"}"), Schedule.class))
                .hasMessage("the value must be a Schedule, got class java.lang.String");
        assertThatThrownBy(() -> Recipe.make(JsonParser.parseString("{\"class\": \"no.such.Thing\"}"), Schedule.class))
                .hasMessage("the value must be of a known class, got no.such.Thing");
        JsonElement zero = throughText(Recipe.of(Schedule.cosine(1, 0, 5)));
        zero.getAsJsonObject().addProperty("steps", 0);
        assertThatThrownBy(() -> Recipe.make(zero, Schedule.class)).hasMessage("steps must be > 0, got 0");
        zero.getAsJsonObject().remove("steps");
        assertThatThrownBy(() -> Recipe.make(zero, Schedule.class))
                .hasMessageStartingWith("the value must be a whole Cosine");
    }
}
