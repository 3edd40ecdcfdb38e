package gebm.objective;

import gebm.core.Rng;
import gebm.model.Gebm;

/** What the base minimises while the energy is fixed; written with {@code NDArray} so that it can be recorded. */
@FunctionalInterface
public interface BaseLoss {
    /** The loss of {@code model} on {@code batch}; draws come from {@code rng}. */
    Loss evaluate(Gebm model, Batch batch, Rng rng);
}
