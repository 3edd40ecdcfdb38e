package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.List;
import java.util.function.Supplier;

/**
 * Random masks of a recording.
 *
 * <p>Mask number i inside {@code rng} is drawn from {@code rng.fork("dropout").fork(i)}, forked by the index of every
 * loop that encloses the mask and not the place where {@code rng} came in, so steps differ. Where no key came in, it is
 * the key of the program's call, and i counts the masks of the whole recording.
 */
final class Masks {
    private final Recorder recorder;
    private Source source;

    private static final class Source {
        final Rng rng;
        final int loops;
        int count;

        Source(Rng rng, int loops) {
            this.rng = rng;
            this.loops = loops;
        }
    }

    Masks(Recorder recorder) {
        this.recorder = recorder;
        source = new Source(RecordedDraws.ofCall(recorder), 0);
    }

    /** The result of {@code body}, whose masks come from {@code rng}; from nowhere if that is null. */
    <T> T from(Rng rng, Supplier<T> body) {
        Source outer = source;
        source = new Source(rng, recorder.loopIndices().size());
        try {
            return body.get();
        } finally {
            source = outer;
        }
    }

    /** A mask that is {@code 1/kept} with probability {@code kept}, else zero; in float32. */
    NDArray of(Shape shape, double kept) {
        if (source.rng == null) {
            throw Recorder.unsupported("dropout in training without a key", "hand one in: network.apply(x, true, rng)");
        }
        Rng rng = source.rng.fork("dropout").fork(source.count++);
        List<Value> loops = recorder.loopIndices();
        for (Value index : loops.subList(source.loops, loops.size())) {
            rng = RecordedDraws.fork(recorder, rng, index);
        }
        NDArray ones = rng.uniform(recorder.manager(), shape, DataType.FLOAT32)
                .lt(kept)
                .toType(DataType.FLOAT32, false);
        return kept == 0 ? ones : ones.div(kept);
    }
}
