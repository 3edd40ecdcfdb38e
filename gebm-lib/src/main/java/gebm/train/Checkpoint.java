package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonSyntaxException;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.Trainable;
import gebm.model.Tensors;
import gebm.trace.InPlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where a run of training stands: the model, the optimisers' states, what negatives keep (chains, buffers), averages, the
 * position and the history so far.
 *
 * <p>A run that is resumed from here goes on as if it had never stopped, bit for bit.
 *
 * <p>The file is safetensors; its array {@code json} (uint8) is text in JSON with the position, the history, the trainer and
 * the digest of the data.
 *
 * @param <M> the kind of model
 */
public final class Checkpoint<M extends Trainable> {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final Gson GSON = new GsonBuilder()
            .serializeSpecialFloatingPointValues()
            .serializeNulls()
            .create();
    private static final String JSON = "json";
    private static final String STATE = "optimizer."; // before the names of all arrays that are not the model's

    private final NDManager manager = NDManager.newBaseManager();
    private final M model;
    private M best; // null: none yet
    private final Map<String, NDList> states = new LinkedHashMap<>();
    final Position position;

    /** Everything about a run that is not an array. */
    static final class Position {
        long key;
        long firstKey; // before any restart
        int restarts;
        long iteration;
        long step; // done in this iteration, in all phases together
        Map<String, Long> stepsBefore = new TreeMap<>(); // by phase, done in the iterations before
        Map<String, List<String>> columns = new TreeMap<>(); // by phase
        Map<String, List<double[]>> rows = new TreeMap<>(); // by phase, of this iteration
        List<Map<String, Double>> history = new ArrayList<>();
        JsonElement trainer;
        String dataSha256;

        long stepsBefore(String phase) {
            return stepsBefore.getOrDefault(phase, 0L);
        }

        List<double[]> rows(String phase) {
            return rows.computeIfAbsent(phase, name -> new ArrayList<>());
        }

        Position copy() {
            Position copy = GSON.fromJson(GSON.toJson(this), Position.class);
            copy.history = new ArrayList<>(history); // rows do not change
            return copy;
        }
    }

    private Checkpoint(M model, Position position) {
        this.model = model;
        this.position = position;
        NDManager owned = manager;
        CLEANER.register(this, owned::close);
    }

    /** The beginning of a run that trains {@code model} itself. */
    static <M extends Trainable> Checkpoint<M> start(M model, Rng rng) {
        Position position = new Position();
        position.key = rng.key();
        position.firstKey = position.key;
        return new Checkpoint<>(model, position);
    }

    /** What is kept under {@code name}; copies of what {@code first} makes, if nothing is yet. */
    NDList state(String name, java.util.function.Function<NDManager, NDList> first) {
        if (!states.containsKey(name)) {
            try (NDManager scope = NDManager.newBaseManager()) {
                own(name, first.apply(scope));
            }
        }
        return states.get(name);
    }

    private void own(String name, Iterable<NDArray> state) {
        NDList copies = new NDList();
        for (NDArray array : state) {
            NDArray copy = array.duplicate(); // in native memory
            copy.attach(manager);
            copy.setName(null);
            copies.add(copy);
        }
        states.put(name, copies);
    }

    @SuppressWarnings("unchecked") // a copy is of its own kind
    private M copyOf(M original) {
        return (M) original.copy();
    }

    /** The same place, with arrays of its own. */
    Checkpoint<M> copy() {
        Checkpoint<M> copy = new Checkpoint<>(copyOf(model), position.copy());
        states.forEach(copy::own);
        copy.best = best == null ? null : copyOf(best);
        return copy;
    }

    /** Keeps a copy of the model as it is now as the best. */
    void keepBest() {
        if (best != null) {
            best.close();
        }
        best = copyOf(model);
    }

    /** The model at the best evaluation; null if there was none. */
    M best() {
        return best;
    }

    /** The moving average of the parameters of {@code part}, which begins at their present values. */
    NDList average(String part) {
        return state("average." + part, scope -> model.part(part).parameters());
    }

    /** The model with averages in place of parameters; null if there are none. */
    M averaged() {
        M averaged = null;
        for (Map.Entry<String, NDList> state : states.entrySet()) {
            if (state.getKey().startsWith("average.")) {
                averaged = averaged == null ? copyOf(model) : averaged;
                NDList parameters = averaged.part(state.getKey().substring("average.".length()))
                        .parameters();
                for (int i = 0; i < parameters.size(); i++) {
                    InPlace.assign(parameters.get(i), state.getValue().get(i));
                }
            }
        }
        return averaged;
    }

    /** The model as far as it is trained. */
    public M model() {
        return model;
    }

    /** Iterations done. */
    public long iteration() {
        return position.iteration;
    }

    /** Steps done in the iteration after that. */
    public long step() {
        return position.step;
    }

    /** How often the run began again after it had diverged. */
    public int restarts() {
        return position.restarts;
    }

    /** What was measured so far. */
    public History history() {
        return History.of(position.history);
    }

    Rng rng() {
        return Rng.ofKey(position.key);
    }

    /** Goes another way from here, as begun again {@code number} times. */
    void restart(int number) {
        position.key = rng().fork("restart").fork(number).key();
        position.restarts = number;
    }

    /** Writes this checkpoint; an existing file is replaced in one move. */
    public void save(Path file) {
        try (NDManager scope = NDManager.newBaseManager()) {
            byte[] json = GSON.toJson(position).getBytes(StandardCharsets.UTF_8);
            Map<String, NDArray> all = new LinkedHashMap<>();
            model.arrays().forEach((name, array) -> all.put("model." + name, array));
            if (best != null) {
                best.arrays().forEach((name, array) -> all.put("best." + name, array));
            }
            states.forEach((name, state) -> {
                for (int i = 0; i < state.size(); i++) {
                    all.put(STATE + name + "." + i, state.get(i));
                }
            });
            all.put(JSON, scope.create(ByteBuffer.wrap(json), new Shape(json.length), DataType.UINT8));
            Tensors.write(file, all);
        }
    }

    /**
     * The checkpoint in {@code file}, of a model built like {@code like}, whose arrays are not used.
     *
     * @throws java.io.UncheckedIOException if the file is missing or damaged
     * @throws IllegalArgumentException if the file belongs to a model with other arrays
     */
    public static <M extends Trainable> Checkpoint<M> load(Path file, M like) {
        try (NDManager scope = NDManager.newBaseManager()) {
            Map<String, NDArray> all = Tensors.read(scope, file);
            NDArray json = all.get(JSON);
            Require.that(json != null, "a checkpoint", "a file with an array '" + JSON + "'", file);
            Position position = position(json, file);
            Require.that(
                    position.trainer != null, "a checkpoint", "one that says its trainer", file + ", which is older");
            @SuppressWarnings("unchecked") // a copy is of its own kind
            Checkpoint<M> checkpoint = new Checkpoint<>((M) like.copy(), position);
            part(all, STATE).forEach((name, array) -> {
                String state = name.substring(0, name.lastIndexOf('.'));
                checkpoint.states.computeIfAbsent(state, none -> new NDList()).add(array);
            });
            checkpoint.states.replaceAll((name, arrays) -> {
                NDList inOrder = new NDList();
                for (int i = 0; i < arrays.size(); i++) {
                    inOrder.add(all.get(STATE + name + "." + i));
                }
                return inOrder;
            });
            new LinkedHashMap<>(checkpoint.states).forEach(checkpoint::own);
            Tensors.assign(checkpoint.model.arrays(), part(all, "model."), file.toString());
            Map<String, NDArray> best = part(all, "best.");
            if (!best.isEmpty()) {
                checkpoint.keepBest();
                Tensors.assign(checkpoint.best.arrays(), best, file.toString());
            }
            return checkpoint;
        }
    }

    /** The arrays whose names begin with {@code prefix}, by the rest of their names. */
    private static Map<String, NDArray> part(Map<String, NDArray> all, String prefix) {
        Map<String, NDArray> part = new LinkedHashMap<>();
        all.forEach((name, array) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), array);
            }
        });
        return part;
    }

    private static Position position(NDArray json, Path file) {
        try {
            return GSON.fromJson(new String(json.toByteArray(), StandardCharsets.UTF_8), Position.class);
        } catch (JsonSyntaxException e) {
            throw new UncheckedIOException(new IOException(file + " has no readable position", e));
        }
    }

    @Override
    public String toString() {
        return "Checkpoint[iteration " + position.iteration + ", step " + position.step + "]";
    }
}
