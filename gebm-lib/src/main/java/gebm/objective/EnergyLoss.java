package gebm.objective;

import ai.djl.ndarray.NDArray;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Gebm;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the energy and the constant c minimise; written with {@code NDArray} so that it can be recorded. */
@FunctionalInterface
public interface EnergyLoss {
    /** The loss of {@code model} on {@code batch}; draws come from {@code rng}. */
    Loss evaluate(Gebm model, Batch batch, Rng rng);

    /** {@code this + weight·other}; a penalty is just another loss. The terms of {@code other} stay unweighted. */
    default EnergyLoss plus(double weight, EnergyLoss other) {
        Require.finite("weight", weight);
        return (model, batch, rng) -> {
            Loss first = evaluate(model, batch, rng.fork("first"));
            Loss second = other.evaluate(model, batch, rng.fork("second"));
            Map<String, NDArray> terms = new LinkedHashMap<>(first.terms());
            terms.putAll(second.terms());
            return new Loss(first.total().add(second.total().mul(weight)), terms);
        };
    }
}
