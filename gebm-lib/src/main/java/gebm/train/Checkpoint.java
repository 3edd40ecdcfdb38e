package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonSyntaxException;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.model.Gebm;
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

/**
 * Where a run of training stands: the model, the optimisers' states, the position and the history so far.
 *
 * <p>A run that is resumed from here goes on as if it had never stopped, bit for bit.
 *
 * <p>The file is safetensors; its array {@code json} (uint8) is text in JSON with the position and the history.
 */
public final class Checkpoint {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();
    private static final String JSON = "json";
    private static final String AVERAGE = "average";

    private final NDManager manager = NDManager.newBaseManager();
    private final Gebm model;
    private Gebm best; // null: none yet
    private final Map<String, NDList> optimizers = new LinkedHashMap<>();
    Position position;

    /** Everything about a run that is not an array. */
    static final class Position {
        long key;
        long iteration;
        long energyStep; // done in this iteration
        long energyStepsBefore; // done in the iterations before
        List<double[]> energyRows = new ArrayList<>(); // of this iteration
        List<Map<String, Double>> history = new ArrayList<>();

        /** The number of the first batch of this iteration. */
        long firstBatch() {
            return energyStepsBefore + iteration;
        }

        Position copy() {
            Position copy = new Position();
            copy.key = key;
            copy.iteration = iteration;
            copy.energyStep = energyStep;
            copy.energyStepsBefore = energyStepsBefore;
            copy.energyRows = new ArrayList<>(energyRows);
            copy.history = new ArrayList<>(history);
            return copy;
        }
    }

    private Checkpoint(Gebm model, Position position) {
        this.model = model;
        this.position = position;
        NDManager owned = manager;
        CLEANER.register(this, owned::close);
    }

    /** The beginning of a run that trains {@code model} itself. */
    static Checkpoint start(Gebm model, TrainingPlan plan, Rng rng) {
        Position position = new Position();
        position.key = rng.key();
        Checkpoint start = new Checkpoint(model, position);
        NDList c = new NDList(model.logPartitionArray());
        start.own(
                "energy",
                plan.energyOptimizer().init(start.manager, model.energy().parameters()));
        start.own("logPartition", plan.logPartitionOptimizer().init(start.manager, c));
        start.own("base", plan.baseOptimizer().init(start.manager, model.base().parameters()));
        return start;
    }

    private void own(String name, Iterable<NDArray> state) {
        NDList copies = new NDList();
        for (NDArray array : state) {
            NDArray copy = array.duplicate(); // in native memory
            copy.attach(manager);
            copy.setName(null);
            copies.add(copy);
        }
        optimizers.put(name, copies);
    }

    /** The same place, with arrays of its own. */
    Checkpoint copy() {
        Checkpoint copy = new Checkpoint(model.copy(), position.copy());
        optimizers.forEach(copy::own);
        copy.best = best == null ? null : best.copy();
        return copy;
    }

    /** Keeps a copy of the model as it is now as the best. */
    void keepBest() {
        if (best != null) {
            best.close();
        }
        best = model.copy();
    }

    /** The model at the best evaluation; null if there was none. */
    Gebm best() {
        return best;
    }

    /** The moving average of the base's parameters, which begins at their present values. */
    NDList baseAverage() {
        if (optimizers.getOrDefault(AVERAGE, new NDList()).isEmpty()) {
            own(AVERAGE, model.base().parameters());
        }
        return optimizers.get(AVERAGE);
    }

    /** The model with the average in place of the base's parameters; null if there is none. */
    Gebm averaged() {
        NDList average = optimizers.getOrDefault(AVERAGE, new NDList());
        if (average.isEmpty()) {
            return null;
        }
        Gebm averaged = model.copy();
        NDList parameters = averaged.base().parameters();
        for (int i = 0; i < average.size(); i++) {
            InPlace.assign(parameters.get(i), average.get(i));
        }
        return averaged;
    }

    /** The model as far as it is trained. */
    public Gebm model() {
        return model;
    }

    /** Iterations done. */
    public long iteration() {
        return position.iteration;
    }

    /** Energy steps done in the iteration after that. */
    public long energyStep() {
        return position.energyStep;
    }

    /** What was measured so far. */
    public History history() {
        return History.of(position.history);
    }

    NDList optimizer(String name) {
        return optimizers.get(name);
    }

    Rng rng() {
        return Rng.ofKey(position.key);
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
            optimizers.forEach((name, state) -> {
                for (int i = 0; i < state.size(); i++) {
                    all.put("optimizer." + name + "." + i, state.get(i));
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
    public static Checkpoint load(Path file, Gebm like) {
        try (NDManager scope = NDManager.newBaseManager()) {
            Map<String, NDArray> all = Tensors.read(scope, file);
            NDArray json = all.get(JSON);
            Require.that(json != null, "a checkpoint", "a file with an array '" + JSON + "'", file);
            Checkpoint checkpoint = new Checkpoint(like.copy(), position(json, file));
            Map<String, List<NDArray>> states = new LinkedHashMap<>();
            List.of("energy", "logPartition", "base", AVERAGE).forEach(name -> states.put(name, new ArrayList<>()));
            states.forEach((name, state) -> {
                NDArray array;
                while ((array = all.get("optimizer." + name + "." + state.size())) != null) {
                    state.add(array);
                }
                checkpoint.own(name, state);
            });
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
        return "Checkpoint[iteration " + position.iteration + ", energy step " + position.energyStep + "]";
    }
}
