package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Gebm;
import gebm.objective.Batch;
import gebm.objective.Loss;
import gebm.objective.Objective;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Numbers about a model that training takes every so often, for example on validation data.
 *
 * @param <M> the kind of model
 */
@FunctionalInterface
public interface Evaluation<M> {
    /** The numbers by name; the names are columns of the history. */
    Map<String, Double> at(M model, Rng rng);

    /**
     * The terms of {@code loss} on {@code validation} and as many samples of the base, each name with {@code
     * validation.} in front.
     */
    static Evaluation<Gebm> of(Objective<? super Gebm> loss, NDArray validation) {
        int n = (int)
                Require.positive("validation samples", validation.getShape().get(0));
        return (model, rng) -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDArray generated = model.base().sample(scope, n, rng.fork("generated"));
                return terms(loss.evaluate(model, new Batch(validation, generated), rng.fork("loss")));
            }
        };
    }

    /** The terms of a loss that sees data only (and labels, the second array) on {@code validation}, named likewise. */
    static <M> Evaluation<M> ofData(Objective<M> loss, NDArray... validation) {
        NDList arrays = new NDList(validation);
        return (model, rng) -> terms(loss.evaluate(model, new Batch(arrays, null), rng.fork("loss")));
    }

    private static Map<String, Double> terms(Loss value) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        value.terms().forEach((name, term) -> {
            boolean wide = term.getDataType() == DataType.FLOAT64;
            numbers.put("validation." + name, wide ? term.getDouble() : term.getFloat());
            term.close();
        });
        return numbers;
    }
}
