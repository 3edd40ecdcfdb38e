package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;

/** A random stream inside a recording: its key is an integer that the program computes. */
record RecordedStream(Recorder recorder, Value number) implements Rng.Stream {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /** The stream whose key is handed in at each call. */
    static RecordedStream ofCall(Recorder recorder) {
        return new RecordedStream(recorder, null);
    }

    /** The stream numbered {@code index}, an integer of the program, below {@code rng}. */
    static Rng fork(Recorder recorder, Rng rng, Value index) {
        Object key = rng.stream() instanceof RecordedStream stream ? stream.value() : (Object) rng.key();
        Value step = recorder.call("torch.mul", recorder.call("torch.add", index, 1), GOLDEN);
        return Rng.of(new RecordedStream(recorder, mix(recorder, recorder.call("torch.add", step, key))));
    }

    private Value value() {
        return number == null ? recorder.keyNumber() : number;
    }

    @Override
    public Rng.Stream forkLabel(long hash) {
        return new RecordedStream(recorder, mix(recorder, recorder.call("torch.__xor__", value(), hash)));
    }

    @Override
    public Rng.Stream forkIndex(long index) {
        return new RecordedStream(recorder, mix(recorder, recorder.call("torch.add", value(), (index + 1) * GOLDEN)));
    }

    /** {@link Rng#mix} in the program's integers, which wrap; their shift keeps the sign, so the top is masked off. */
    private static Value mix(Recorder recorder, Value z) {
        Value first = recorder.call("torch.mul", shifted(recorder, z, 30), 0xBF58476D1CE4E5B9L);
        Value second = recorder.call("torch.mul", shifted(recorder, first, 27), 0x94D049BB133111EBL);
        return shifted(recorder, second, 31);
    }

    private static Value shifted(Recorder recorder, Value z, int bits) {
        Value shifted = recorder.call("torch.__rshift__", z, bits);
        Value masked = recorder.call("torch.__and__", shifted, -1L >>> bits);
        return recorder.call("torch.__xor__", z, masked);
    }

    @Override
    public long key() {
        throw recorder.unsupported("reading a key", "fork it and draw from it; numbers are known only at each call");
    }

    @Override
    public NDArray normal(NDManager scope, Shape shape, DataType type) {
        return draw(recorder, "torch.randn", shape, type, value());
    }

    @Override
    public NDArray uniform(NDManager scope, Shape shape, DataType type) {
        return draw(recorder, "torch.rand", shape, type, value());
    }

    /** A draw from a generator made for it and seeded with {@code key}. */
    static NDArray draw(Recorder recorder, String target, Shape shape, DataType type, Object key) {
        Value device = recorder.deviceArgument();
        Value generator = recorder.call("torch.Generator", new Node.Named("device", device));
        Value seeded = recorder.call("torch.manual_seed", generator, key);
        Value drawn = recorder.call(
                target,
                shape,
                new Node.Named("generator", seeded),
                new Node.Named("dtype", type),
                new Node.Named("layout", null),
                new Node.Named("device", device),
                new Node.Named("pin_memory", false));
        return recorder.array(drawn, shape, type);
    }
}
