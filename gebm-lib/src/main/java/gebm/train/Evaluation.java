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
import java.util.List;
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
                NDArray rows = view(scope, validation);
                return terms(loss.evaluate(model, new Batch(rows, generated), rng.fork("loss")));
            }
        };
    }

    /** The terms of a loss that sees data only (and labels, the second array) on {@code validation}, named likewise. */
    static <M> Evaluation<M> ofData(Objective<M> loss, NDArray... validation) {
        List<NDArray> arrays = List.of(validation);
        return (model, rng) -> {
            try (NDManager scope = NDManager.newBaseManager()) {
                NDList views = new NDList();
                arrays.forEach(array -> views.add(view(scope, array)));
                return terms(loss.evaluate(model, new Batch(views, null), rng.fork("loss")));
            }
        };
    }

    /** The same numbers, owned by {@code scope}, so that what is computed of them goes with it. */
    private static NDArray view(NDManager scope, NDArray array) {
        NDArray view = array.reshape(array.getShape());
        view.attach(scope);
        return view;
    }

    private static Map<String, Double> terms(Loss value) {
        Map<String, Double> numbers = new LinkedHashMap<>();
        value.terms().forEach((name, term) -> {
            boolean wide = term.getDataType() == DataType.FLOAT64;
            numbers.put("validation." + name, wide ? term.getDouble() : term.getFloat());
        });
        return numbers;
    }
}
