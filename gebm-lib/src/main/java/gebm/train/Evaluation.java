package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Gebm;
import gebm.objective.Batch;
import gebm.objective.EnergyLoss;
import gebm.objective.Loss;
import java.util.LinkedHashMap;
import java.util.Map;

/** Numbers about a model that training takes every so often, for example on validation data. */
@FunctionalInterface
public interface Evaluation {
    /** The numbers by name; the names are columns of the history. */
    Map<String, Double> at(Gebm model, Rng rng);

    /**
     * The terms of {@code loss} on {@code validation} and as many samples of the base, each name with {@code
     * validation.} in front.
     */
    static Evaluation of(EnergyLoss loss, NDArray validation) {
        int n = (int)
                Require.positive("validation samples", validation.getShape().get(0));
        return (model, rng) -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray generated = model.base().sample(scope, n, rng.fork("generated"));
                Loss value = loss.evaluate(model, new Batch(validation, generated), rng.fork("loss"));
                Map<String, Double> numbers = new LinkedHashMap<>();
                value.terms().forEach((name, term) -> {
                    numbers.put("validation." + name, Numbers.of(term));
                    term.close();
                });
                return numbers;
            }
        };
    }
}
