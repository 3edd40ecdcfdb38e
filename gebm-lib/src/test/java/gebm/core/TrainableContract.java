package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.function.Function;

/** What holds for everything with parts, whatever it computes. */
public final class TrainableContract {
    private TrainableContract() {}

    /** Of {@code original}, which computes {@code values}. */
    public static <T extends Trainable> void check(T original, Function<T, double[]> values) {
        double[] before = values.apply(original);
        Map<String, NDArray> arrays = original.arrays();
        assertThat(original.parameters())
                .allSatisfy(parameter -> assertThat(arrays.values()).anyMatch(array -> array == parameter));

        @SuppressWarnings("unchecked")
        T same = (T) original.with(original.parts());
        assertThat(values.apply(same)).containsExactly(before);
        shares(arrays, same.arrays());
        shares(arrays, original.training().arrays());

        @SuppressWarnings("unchecked")
        T copy = (T) original.copy();
        assertThat(copy.arrays().keySet()).containsExactlyElementsOf(arrays.keySet());
        copy.arrays().forEach((name, array) -> {
            assertThat(arrays.values()).as(name).noneMatch(other -> other == array);
            assertThat(array.contentEquals(arrays.get(name))).as(name).isTrue();
        });
        assertThat(places(copy)).containsExactly(places(original));
        assertThat(values.apply(copy)).containsExactly(before);
        copy.close();
        assertThat(values.apply(original)).containsExactly(before);
    }

    private static void shares(Map<String, NDArray> arrays, Map<String, NDArray> others) {
        assertThat(others.keySet()).containsExactlyElementsOf(arrays.keySet());
        others.forEach((name, array) -> assertThat(array).as(name).isSameAs(arrays.get(name)));
    }

    /** Of the parameters among the arrays. */
    private static int[] places(Trainable trainable) {
        var arrays = trainable.arrays().values().stream().toList();
        return trainable.parameters().stream()
                .mapToInt(parameter -> {
                    int i = 0;
                    while (arrays.get(i) != parameter) {
                        i++;
                    }
                    return i;
                })
                .toArray();
    }
}
