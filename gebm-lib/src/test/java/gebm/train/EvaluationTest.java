package gebm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.model.Gebm;
import gebm.objective.Loss;
import gebm.objective.Objective;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    /** Validation data are all 3, and the base's samples are 6 rows of 2 numbers too. */
    @Test
    void holdsValidationDataAgainstAsManySamplesOfTheBase() {
        Objective<Gebm> seen = (model, batch, rng) -> new Loss(
                batch.data().sum().mul(0),
                Map.of(
                        "data", batch.data().mean(),
                        "generated", batch.generated().mean(),
                        "rows", batch.generated().onesLike().sum()));
        Gebm model = TrainerTest.model(DataType.FLOAT64);
        Rng rng = Rng.of(11);
        try (NDManager m = NDManager.newBaseManager()) {
            NDArray validation = m.full(new Shape(6, 2), 3, DataType.FLOAT64);
            Map<String, Double> numbers = Evaluation.of(seen, validation).at(model, rng);
            double drawn =
                    model.base().sample(m, 6, rng.fork("generated")).mean().getDouble();
            assertThat(numbers)
                    .containsOnlyKeys("validation.data", "validation.generated", "validation.rows")
                    .containsEntry("validation.data", 3.0)
                    .containsEntry("validation.rows", 12.0);
            assertThat(numbers.get("validation.generated")).isCloseTo(drawn, within(1e-14));
        }
    }
}
