package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartsTest {
    private NDManager m;
    private Weights first;
    private Weights second;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
        first = Weights.of("w", m.create(1f)).fixed("mean", m.create(2f));
        second = Weights.of("w", m.create(3f)).trained("b", m.create(4f));
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static double[] values(Trainable trainable) {
        return trainable.arrays().values().stream()
                .mapToDouble(NDArray::getFloat)
                .toArray();
    }

    @Test
    void arraysAreNamedByTheirPartsInOrder() {
        Parts parts = Parts.of("second", second, "first", first);
        assertThat(parts.arrays().keySet()).containsExactly("second.w", "second.b", "first.w", "first.mean");
        assertThat(values(parts)).containsExactly(3, 4, 1, 2);
        assertThat(parts.parameters())
                .containsExactlyElementsOf(new NDList(second.get("w"), second.get("b"), first.get("w")));
        assertThat(Parts.of("", second, "a", Parts.of("b", first)).arrays().keySet())
                .containsExactly("w", "b", "a.b.w", "a.b.mean");
        Map<String, Trainable> map = new LinkedHashMap<>();
        map.put("z", first);
        map.put("a", second);
        assertThat(Parts.of(map).and("m", Weights.none()).all().keySet()).containsExactly("z", "a", "m");
        assertThat(parts).hasToString("Parts[second, first]");
    }

    @Test
    void keepsTheContract() {
        TrainableContract.check(Parts.of("a", first).and("b", Parts.of("", second)), PartsTest::values);
        TrainableContract.check(Parts.none(), PartsTest::values);
    }

    @Test
    void addingLeavesTheOldOnesAsTheyAre() {
        Parts one = Parts.of("a", first);
        assertThat(one.and("b", second).all()).hasSize(2);
        assertThat(one.all()).hasSize(1);
        assertThat(one.isEmpty()).isFalse();
        assertThat(Parts.none().isEmpty()).isTrue();
    }

    @Test
    void closesEveryPart() {
        Parts.of("a", first, "b", second).close();
        for (Weights closed : new Weights[] {first, second}) {
            assertThatThrownBy(() -> closed.get("w").getFloat()).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void namesWhatItRefuses() {
        Parts parts = Parts.of("a", first, "b", second);
        assertThatThrownBy(() -> parts.and("b", first))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the name of a part must be another than those of [a, b], got b");
        assertThatThrownBy(() -> parts.get("c"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("part must be one of [a, b], got c");
        assertThatThrownBy(() -> Parts.of("", Parts.of("a", first), "a", second).arrays())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the name of an array must be of one part only, got a.w");
        assertThatThrownBy(() -> parts.arrays().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    /** One that says its parameters but neither its parts nor how it is copied, and one without a method with(Parts). */
    @Test
    void unfinishedTrainablesAreNamed() {
        Trainable noParts = new Trainable() {
            @Override
            public NDList parameters() {
                return first.parameters();
            }

            @Override
            public String toString() {
                return "half";
            }
        };
        assertThatThrownBy(noParts::copy)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("what has parameters must be made of parts(), or have a copy() of its own, got half");
        Trainable noWith = new Trainable() {
            @Override
            public Parts parts() {
                return Parts.of("", first);
            }

            @Override
            public String toString() {
                return "half";
            }
        };
        assertThatThrownBy(noWith::copy)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the parts of half must be taken by its method with(Parts), got Parts[]");
    }
}
