package gebm.objective;

import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Gebm;

/** What the base minimises while the energy is fixed; written with {@code NDArray} so that it can be recorded. */
@FunctionalInterface
public interface BaseLoss {
    /** The loss of {@code model} on {@code batch}; draws come from {@code rng}. */
    Loss evaluate(Gebm model, Batch batch, Rng rng);

    /** {@code this + weight·other}; a penalty is just another loss. The terms of {@code other} stay unweighted. */
    default BaseLoss plus(double weight, BaseLoss other) {
        Require.finite("weight", weight);
        return (model, batch, rng) -> evaluate(model, batch, rng.fork("first"))
                .plus(weight, other.evaluate(model, batch, rng.fork("second")));
    }
}
