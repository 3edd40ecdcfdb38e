package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import java.util.List;

/** Draws for a known key: through one small program for each kind of draw, so that nothing global moves. */
public final class EngineDraws implements Rng.Source {
    @Override
    public Rng.Draws of(long key) {
        return new KeyDraws(key);
    }

    private interface Draw {
        NDArray apply(NDManager scope, NDList arrays, Rng.Draws draws);
    }

    private record KeyDraws(long key) implements Rng.Draws {
        @Override
        public NDArray normal(NDManager scope, Shape shape, DataType type) {
            return draw(List.of("normal", shape, type), scope, (m, none, draws) -> draws.normal(m, shape, type));
        }

        @Override
        public NDArray uniform(NDManager scope, Shape shape, DataType type) {
            return draw(List.of("uniform", shape, type), scope, (m, none, draws) -> draws.uniform(m, shape, type));
        }

        @Override
        public NDArray exponential(NDManager scope, Shape shape, DataType type) {
            return draw(
                    List.of("exponential", shape, type), scope, (m, none, draws) -> draws.exponential(m, shape, type));
        }

        @Override
        public NDArray permutation(NDManager scope, int n) {
            return draw(List.of("permutation", n), scope, (m, none, draws) -> draws.permutation(m, n));
        }

        @Override
        public NDArray normal(NDArray mean, NDArray scale) {
            return draw(
                    List.of("normal of arrays"),
                    new NDList(mean, scale),
                    (m, arrays, draws) -> draws.normal(arrays.get(0), arrays.get(1)));
        }

        @Override
        public NDArray bernoulli(NDArray probability) {
            return draw(
                    List.of("bernoulli"),
                    new NDList(probability),
                    (m, arrays, draws) -> draws.bernoulli(arrays.singletonOrThrow()));
        }

        @Override
        public NDArray categorical(NDArray logits, int n) {
            return draw(
                    List.of("categorical", n),
                    new NDList(logits),
                    (m, arrays, draws) -> draws.categorical(arrays.singletonOrThrow(), n));
        }

        @Override
        public NDArray gamma(NDArray concentration) {
            return draw(
                    List.of("gamma"),
                    new NDList(concentration),
                    (m, arrays, draws) -> draws.gamma(arrays.singletonOrThrow()));
        }

        private NDArray draw(List<Object> name, NDManager scope, Draw draw) {
            return draw(name, RecordingManager.of(scope), scope, new NDList(), draw);
        }

        private NDArray draw(List<Object> name, NDList arrays, Draw draw) {
            return draw(name, Calls.recorderOf(arrays), arrays.head().getManager(), arrays, draw);
        }

        private NDArray draw(List<Object> name, Recorder recorder, NDManager scope, NDList arrays, Draw draw) {
            if (recorder != null) {
                return draw.apply(recorder.manager(), arrays, new RecordedDraws(recorder, key));
            }
            Program program = Calls.kept(
                    name,
                    () -> Program.ofRandom((manager, list, rng) ->
                            new NDList(draw.apply(manager, list, rng.stream().draws()))));
            return Calls.run(program, scope, arrays, Rng.ofKey(key)).singletonOrThrow();
        }
    }
}
