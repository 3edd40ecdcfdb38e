package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;

class IdentityTest {
    private record Part(double number, String text, Object other) {}

    private record Whole(Part part, NDArray array, double[] numbers) {
        @Override
        public double[] numbers() {
            return numbers.clone();
        }
    }

    @Test
    void recordsOfTheSamePartsAreTheSame() {
        Object other = new Object();
        assertThat(Identity.of(new Part(1, "a", other)))
                .isEqualTo(Identity.of(new Part(1, "a", other)))
                .hasSameHashCodeAs(Identity.of(new Part(1, "a", other)))
                .isNotEqualTo(Identity.of(new Part(2, "a", other)))
                .isNotEqualTo(Identity.of(new Part(1, "a", new Object())))
                .isNotEqualTo(Identity.of(new Part(1, "a", null)));
    }

    /** Two arrays of equal numbers may differ later, and copies that an accessor makes are no matter. */
    @Test
    void arraysAreTheSameByIdentity() {
        try (NDManager m = NDManager.newBaseManager()) {
            double[] numbers = {1, 2};
            NDArray array = m.create(numbers);
            Part part = new Part(1, "a", null);
            assertThat(Identity.of(new Whole(part, array, numbers)))
                    .isEqualTo(Identity.of(new Whole(part, array, numbers)))
                    .isNotEqualTo(Identity.of(new Whole(part, m.create(numbers), numbers)))
                    .isNotEqualTo(Identity.of(new Whole(part, array, numbers.clone())));
        }
    }

    @Test
    void otherObjectsAreTheSameByIdentity() {
        Object list = new java.util.ArrayList<>();
        assertThat(Identity.of(list))
                .isEqualTo(Identity.of(list))
                .isNotEqualTo(Identity.of(new java.util.ArrayList<>()));
        assertThat(Identity.of(null)).isEqualTo(Identity.of(null));
    }

    /** What went to make room is recorded anew where somebody still holds it. */
    @Test
    void programsThatWentForOthersCanBeRun() {
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray one = m.ones(new ai.djl.ndarray.types.Shape(1));
            Program first = Program.cached(new Object(), null, "first", () -> Program.of(x -> x.add(1)));
            assertThat(first.run(one).getFloat()).isEqualTo(2);
            for (int i = 0; i < 70; i++) {
                Program.cached(new Object(), null, "other", () -> Program.of(x -> x.add(2)));
            }
            assertThat(first.run(one).getFloat()).isEqualTo(2);
        }
    }
}
