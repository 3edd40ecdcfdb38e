package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.List;

/**
 * Draws for a known key: through one small program for each kind of draw, so that nothing global moves; not for users.
 *
 * @param key the key
 */
public record EngineDraws(long key) implements Rng.Engine {
    /** The service, which knows no key yet. */
    public EngineDraws() {
        this(0);
    }

    @Override
    public Rng.Engine at(long other) {
        return new EngineDraws(other);
    }

    @Override
    public NDArray normal(NDManager scope, Shape shape, DataType type) {
        return draw(List.of("normal", shape, type), scope, (m, none, rng) -> new NDList(rng.normal(m, shape, type)));
    }

    @Override
    public NDArray uniform(NDManager scope, Shape shape, DataType type) {
        return draw(List.of("uniform", shape, type), scope, (m, none, rng) -> new NDList(rng.uniform(m, shape, type)));
    }

    @Override
    public NDArray exponential(NDManager scope, Shape shape, DataType type) {
        List<Object> name = List.of("exponential", shape, type);
        return draw(name, scope, (m, none, rng) -> new NDList(rng.exponential(m, shape, type)));
    }

    @Override
    public NDArray permutation(NDManager scope, int n) {
        return draw(List.of("permutation", n), scope, (m, none, rng) -> new NDList(rng.permutation(m, n)));
    }

    @Override
    public NDArray normal(NDArray mean, NDArray scale) {
        NDList both = new NDList(mean, scale);
        return draw(List.of("normal of arrays"), both, (m, in, rng) -> new NDList(rng.normal(in.get(0), in.get(1))));
    }

    @Override
    public NDArray bernoulli(NDArray probability) {
        NDList one = new NDList(probability);
        return draw(List.of("bernoulli"), one, (m, in, rng) -> new NDList(rng.bernoulli(in.head())));
    }

    @Override
    public NDArray categorical(NDArray logits, int n) {
        NDList one = new NDList(logits);
        return draw(List.of("categorical", n), one, (m, in, rng) -> new NDList(rng.categorical(in.head(), n)));
    }

    @Override
    public NDArray gamma(NDArray concentration) {
        NDList one = new NDList(concentration);
        return draw(List.of("gamma"), one, (m, in, rng) -> new NDList(rng.gamma(in.head())));
    }

    private NDArray draw(List<Object> name, NDManager scope, Program.Body draw) {
        return draw(name, RecordingManager.of(scope), scope, new NDList(), draw);
    }

    private NDArray draw(List<Object> name, NDList arrays, Program.Body draw) {
        return draw(name, Calls.recorderOf(arrays), arrays.head().getManager(), arrays, draw);
    }

    private NDArray draw(List<Object> name, Recorder recorder, NDManager scope, NDList arrays, Program.Body draw) {
        if (recorder != null) {
            Rng rng = Rng.Engine.rng(new RecordedDraws(recorder, key));
            return draw.apply(recorder.manager(), arrays, rng).singletonOrThrow();
        }
        Program program = Calls.kept(name, () -> Program.ofRandom(draw));
        return Calls.run(program, scope, arrays, Rng.ofKey(key)).singletonOrThrow();
    }
}
