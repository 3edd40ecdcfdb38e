package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Parts;
import gebm.trace.Ops;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.DoubleStream;

/**
 * An energy made of a density, so that its normaliser is known: {@code r(x) = −log p(x) + S}.
 *
 * <p>{@code S} is 0, or with {@link #withOffset} {@code S(ψ) = Σ mean|ψₖ|} over p's parameter arrays, an offset that
 * training moves. {@code log ∫ exp(−r) = −S} is known, {@link #logNormaliser}; training is not told, so a learned
 * constant can be measured against it.
 *
 * <p>Shapes: as those of p.
 * <p>Units: nats.
 * <p>Source: the GEBM reference code at f24a688, {@code models/energy_model.py}. Differs: no.
 *
 * <pre>{@code
 * var r = DensityEnergy.of(gebm.model.DensityBase.standardNormal(2));
 * double logZ = r.logNormaliser(); // 0
 * }</pre>
 */
public final class DensityEnergy implements Energy {
    private final DensityBase density;
    private final boolean offset;

    private DensityEnergy(DensityBase density, boolean offset) {
        this.density = Objects.requireNonNull(density, "density");
        this.offset = offset;
    }

    /** {@code −log p(x)}; the energy shares the arrays of {@code density} and closes it when it is closed. */
    public static DensityEnergy of(DensityBase density) {
        return new DensityEnergy(density, false);
    }

    /** The same with the reference's offset, {@code S(ψ) = Σ mean|ψₖ|}. */
    public DensityEnergy withOffset() {
        return new DensityEnergy(density, true);
    }

    /** p, the normalised density of this energy. */
    public DensityBase density() {
        return density;
    }

    /** {@code log ∫ exp(−r(x)) dx = −S}, as the parameters are now. */
    public double logNormaliser() {
        if (!offset || density.parameters().isEmpty()) {
            return 0;
        }
        double sum = 0;
        for (NDArray parameter : density.parameters()) {
            sum += Arrays.stream(Ops.doubles(parameter))
                    .map(Math::abs)
                    .average()
                    .orElse(0);
        }
        return -sum;
    }

    @Override
    public NDArray at(NDArray x) {
        NDArray value = density.logDensity(x).neg();
        return offset && !density.parameters().isEmpty() ? value.add(offset(x.getManager())) : value;
    }

    /** {@code Σ |ψ|·w}, each element of ψₖ with the weight {@code w = 1/size(ψₖ)}: few operations for many arrays. */
    private NDArray offset(NDManager scope) {
        NDList parameters = density.parameters();
        double[] weights = parameters.stream()
                .flatMapToDouble(
                        p -> DoubleStream.generate(() -> 1.0 / p.size()).limit(p.size()))
                .toArray();
        NDArray flat = Tensors.flat(scope, parameters);
        return flat.abs()
                .mul(scope.create(weights).toType(flat.getDataType(), false))
                .sum();
    }

    @Override
    public Parts parts() {
        return Parts.of("", density);
    }

    @Override
    public DensityEnergy with(Parts parts) {
        return new DensityEnergy(parts.get(""), offset);
    }
}
