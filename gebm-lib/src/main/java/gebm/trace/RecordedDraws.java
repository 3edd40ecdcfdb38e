package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.trace.Node.Named;

/**
 * Draws inside a recording, each from a generator made for it and seeded with the key, which the program computes.
 *
 * @param number the key: an integer of the program, a number, or null for the key that is handed in at each call
 */
record RecordedDraws(Recorder recorder, Object number) implements Rng.Engine {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    // in one expression with its draw, so that no pass can share a generator between draws
    private static final String GENERATOR = "torch.manual_seed(torch.Generator(device={1}), {2})";

    /** The key that is handed in at each call. */
    static Rng ofCall(Recorder recorder) {
        return Rng.Engine.rng(new RecordedDraws(recorder, null));
    }

    /** The stream numbered {@code index}, an integer of the program, below {@code rng}. */
    static Rng fork(Recorder recorder, Rng rng, Value index) {
        Object key = Rng.Engine.of(rng) instanceof RecordedDraws recorded ? recorded.value() : (Object) rng.key();
        Value step = recorder.call("torch.mul", recorder.call("torch.add", index, 1), GOLDEN);
        return Rng.Engine.rng(mixed(recorder, recorder.call("torch.add", step, key)));
    }

    private Object value() {
        return number == null ? recorder.keyNumber() : number;
    }

    @Override
    public Rng.Engine forkLabel(long hash) {
        return mixed(recorder, recorder.call("torch.__xor__", value(), hash));
    }

    @Override
    public Rng.Engine forkIndex(long index) {
        return mixed(recorder, recorder.call("torch.add", value(), (index + 1) * GOLDEN));
    }

    /** {@code Rng.mix} in the program's integers, which wrap; their shift keeps the sign, so the top is masked off. */
    private static RecordedDraws mixed(Recorder recorder, Value z) {
        Value first = recorder.call("torch.mul", shifted(recorder, z, 30), 0xBF58476D1CE4E5B9L);
        Value second = recorder.call("torch.mul", shifted(recorder, first, 27), 0x94D049BB133111EBL);
        return new RecordedDraws(recorder, shifted(recorder, second, 31));
    }

    private static Value shifted(Recorder recorder, Value z, int bits) {
        Value shifted = recorder.call("torch.__rshift__", z, bits);
        Value masked = recorder.call("torch.__and__", shifted, -1L >>> bits);
        return recorder.call("torch.__xor__", z, masked);
    }

    @Override
    public Rng.Engine at(long key) {
        return new RecordedDraws(recorder, key);
    }

    @Override
    public long key() {
        throw Recorder.unsupported("reading a key", "fork it and draw from it; numbers are known only at each call");
    }

    @Override
    public NDArray normal(NDManager scope, Shape shape, DataType type) {
        return recorder.array(draw("torch.randn", shape, type), shape, type);
    }

    @Override
    public NDArray uniform(NDManager scope, Shape shape, DataType type) {
        return recorder.array(draw("torch.rand", shape, type), shape, type);
    }

    private Value draw(String target, Object first, Object type) {
        Value device = recorder.deviceArgument();
        Value generator = recorder.call("torch.Generator", new Named("device", device));
        return recorder.call(
                target,
                first,
                new Named("generator", recorder.call("torch.manual_seed", generator, value())),
                new Named("dtype", type),
                new Named("layout", null),
                new Named("device", device),
                new Named("pin_memory", false));
    }

    @Override
    public NDArray exponential(NDManager scope, Shape shape, DataType type) {
        Value uniform = draw("torch.rand", shape, DataType.FLOAT64); // float32 would end at 16.6
        Value log = recorder.call("torch.log1p", recorder.call("torch.neg", uniform));
        return recorder.array(recorder.call("torch.to", recorder.call("torch.neg", log), type), shape, type);
    }

    @Override
    public NDArray permutation(NDManager scope, int n) {
        return recorder.array(draw("torch.randperm", n, DataType.INT64), new Shape(n), DataType.INT64);
    }

    @Override
    public NDArray normal(NDArray mean, NDArray scale) {
        Shape shape = Facts.broadcast(mean.getShape(), scale.getShape());
        boolean fits = shape.equals(Facts.broadcast(scale.getShape(), mean.getShape()));
        Require.that(fits, "scale", "of a shape that broadcasts with " + mean.getShape(), scale.getShape());
        Value noise = draw("torch.randn", shape, recorder.call("ops.prim.dtype", mean));
        return recorder.array(recorder.call("torch.add", mean, recorder.call("torch.mul", scale, noise)));
    }

    @Override
    public NDArray bernoulli(NDArray probability) {
        Value p = recorder.call("torch.detach", probability);
        Value uniform = recorder.call(
                "torch.rand({0}, generator=" + GENERATOR + ", dtype=7, layout=None, device={1}, pin_memory=False)",
                recorder.call("torch.size", p),
                recorder.deviceArgument(),
                value());
        Value below = recorder.call("torch.lt", uniform, p);
        Value bit = recorder.call("torch.where", below, recorder.call("torch.ones_like", p), 0.0);
        Value possible = recorder.call(
                "torch.logical_and", recorder.call("torch.ge", p, 0.0), recorder.call("torch.le", p, 1.0));
        return recorder.array(recorder.call("torch.where", possible, bit, Double.NaN));
    }

    @Override
    public NDArray categorical(NDArray logits, int n) {
        Shape shape = logits.getShape();
        Require.that(shape.dimension() >= 1, "logits", "of shape (..., k)", shape);
        Value l = recorder.call("torch.to", recorder.call("torch.detach", logits), DataType.FLOAT64);
        Value highest = recorder.call("torch.amax", l, new int[] {-1}, true);
        Value weights = recorder.call("torch.exp", recorder.call("torch.sub", l, highest));
        Value sums = recorder.call("torch.cumsum", weights, -1);
        Value total = recorder.call("torch.slice", sums, -1, -1, Long.MAX_VALUE, 1);
        Shape drawn = shape.slice(0, shape.dimension() - 1).add(n);
        Value uniform = draw("torch.rand", drawn, DataType.FLOAT64);
        Value place = recorder.call("torch.mul", uniform, total);
        // how many sums are at most the place: never a category of weight zero
        Value index = recorder.call(
                "torch.searchsorted({0}, {1}, out_int32=False, right=True, side=None, sorter=None)", sums, place);
        return recorder.array(index, drawn, DataType.INT64);
    }

    @Override
    public NDArray gamma(NDArray concentration) {
        // the engine's rejection loop never ends for what is not positive and finite
        Value positive = recorder.call("torch.gt", concentration, 0.0);
        Value finite = recorder.call("torch.lt", concentration, Double.POSITIVE_INFINITY);
        Value possible = recorder.call("torch.logical_and", positive, finite);
        Value safe = recorder.call("torch.where", possible, concentration, 1.0);
        Value drawn = recorder.call(
                "torch._standard_gamma({0}, " + GENERATOR + ")", safe, recorder.deviceArgument(), value());
        Value result = recorder.call("torch.where", possible, drawn, Double.NaN);
        return recorder.array(result, concentration.getShape(), concentration.getDataType());
    }
}
