package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.trace.Ops;
import gebm.trace.Program;
import java.lang.ref.Cleaner;

/** The uniform distribution on given samples, chosen by a number in [0, 1). */
final class SampleBase implements LatentBase {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final long MOST = 1 << 22; // float32 has 2²⁴ numbers in [0, 1): at least four for each sample

    private final NDArray samples;
    private final DensityBase prior;

    private SampleBase(NDArray samples) {
        this.samples = samples;
        prior = DensityBase.uniform(1, samples.getDataType());
    }

    static SampleBase of(NDArray samples) {
        Shape shape = samples.getShape();
        DataType type = samples.getDataType();
        Require.that(shape.dimension() >= 2 && shape.get(0) >= 1, "samples", "of shape (n, ...), n >= 1", shape);
        Require.that(type == DataType.FLOAT32 || type == DataType.FLOAT64, "samples", "float32 or float64", type);
        Require.that(
                type == DataType.FLOAT64 || shape.get(0) <= MOST,
                "samples in float32",
                "at most " + MOST + ", or of type float64",
                shape.get(0));
        try (NDArray finite = Ops.allFinite(new NDList(samples))) {
            Require.that(finite.getLong() == 1, "samples", "finite", "numbers that are not");
        }
        NDManager manager = NDManager.newBaseManager(samples.getDevice());
        NDArray own = samples.duplicate();
        own.attach(manager);
        own.setName(null);
        SampleBase base = new SampleBase(own);
        CLEANER.register(base, manager::close);
        return base;
    }

    @Override
    public Shape sampleShape() {
        return samples.getShape().slice(1);
    }

    @Override
    public DensityBase prior() {
        return prior;
    }

    @Override
    public NDArray generate(NDArray z) {
        Require.rows("x", z, 1);
        long n = samples.getShape().get(0);
        NDArray latents = Ops.withoutDerivative(
                z,
                "a fixed set of samples has no gradient with respect to its latents",
                "sample it without one: Rejection, importance weights, IndependenceMetropolis or RandomWalk");
        NDArray number = latents.reshape(-1).mul((double) n).floor().clip(0, n - 1);
        NDArray all = Program.isRecorded(z) ? z.getManager().from(samples) : samples;
        NDArray chosen = all.get(number.toType(DataType.INT64, false));
        if (!Program.isRecorded(z)) {
            chosen.attach(z.getManager());
        }
        return chosen;
    }

    @Override
    public String toString() {
        return "a fixed set of " + samples.getShape().get(0) + " samples of shape " + sampleShape();
    }
}
