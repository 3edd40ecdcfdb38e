package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.concurrent.ConcurrentHashMap;

/** Draws for a known key: through one small program a shape, so that nothing global moves. */
public final class EngineDraws implements Rng.Draws {
    private static final int KEPT = 256;
    private static final ConcurrentHashMap<String, Program> PROGRAMS = new ConcurrentHashMap<>();

    @Override
    public NDArray normal(NDManager scope, Shape shape, DataType type, long key) {
        return draw("torch.randn", scope, shape, type, key);
    }

    @Override
    public NDArray uniform(NDManager scope, Shape shape, DataType type, long key) {
        return draw("torch.rand", scope, shape, type, key);
    }

    private static NDArray draw(String target, NDManager scope, Shape shape, DataType type, long key) {
        Recorder recording = RecordingManager.of(scope);
        if (recording != null) {
            return RecordedStream.draw(recording, target, shape, type, key);
        }
        if (PROGRAMS.size() > KEPT) {
            PROGRAMS.clear();
        }
        Program program = PROGRAMS.computeIfAbsent(
                target + shape + type,
                name -> Program.ofRandom((manager, none, rng) -> new NDList(
                        target.equals("torch.randn")
                                ? rng.normal(manager, shape, type)
                                : rng.uniform(manager, shape, type))));
        return program.run(scope, new NDList(), Rng.ofKey(key)).singletonOrThrow();
    }
}
