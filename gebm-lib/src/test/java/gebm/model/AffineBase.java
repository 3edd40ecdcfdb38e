package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code x = shift + exp(logScale)·z}, {@code z ~ N(0, I)}, in float64: the simplest base with latent and density. */
public final class AffineBase implements LatentBase, DensityBase, AutoCloseable {
    private final NDManager manager = NDManager.newBaseManager();
    private final NDArray shift;
    private final NDArray logScale;

    public AffineBase(double[] shift, double[] logScale) {
        this.shift = manager.create(shift).duplicate();
        this.logScale = manager.create(logScale).duplicate();
    }

    @Override
    public Shape sampleShape() {
        return shift.getShape();
    }

    @Override
    public DensityBase prior() {
        return DensityBase.standardNormal((int) shift.size(), DataType.FLOAT64);
    }

    @Override
    public NDArray generate(NDArray z) {
        NDManager scope = z.getManager();
        return z.mul(scope.from(logScale).exp()).add(scope.from(shift));
    }

    @Override
    public NDArray sample(NDManager scope, int n, Rng rng) {
        return generate(prior().sample(scope, n, rng));
    }

    @Override
    public NDArray logDensity(NDArray x) {
        NDManager scope = x.getManager();
        NDArray scale = scope.from(logScale);
        NDArray z = x.sub(scope.from(shift)).div(scale.exp());
        return prior().logDensity(z).sub(scale.sum());
    }

    @Override
    public AffineBase training() {
        return this;
    }

    @Override
    public AffineBase copy() {
        return new AffineBase(shift.toDoubleArray(), logScale.toDoubleArray());
    }

    @Override
    public NDList parameters() {
        return new NDList(shift, logScale);
    }

    @Override
    public Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        all.put("shift", shift);
        all.put("logScale", logScale);
        return all;
    }

    @Override
    public void close() {
        manager.close();
    }
}
