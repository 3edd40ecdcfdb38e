package gebm.trace;

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
    public Rng.Draws draws() {
        return new RecordedDraws(recorder, value());
    }
}
