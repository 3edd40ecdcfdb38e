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

    private final NDManager manager = NDManager.newBaseManager();
    private final Gebm model;
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
        return copy;
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
            Map<String, NDArray> model = new LinkedHashMap<>();
            Map<String, List<NDArray>> states = new LinkedHashMap<>();
            List.of("energy", "logPartition", "base").forEach(name -> states.put(name, new ArrayList<>()));
            all.forEach((name, array) -> {
                if (name.startsWith("model.")) {
                    model.put(name.substring("model.".length()), array);
                }
            });
            states.forEach((name, state) -> {
                NDArray array;
                while ((array = all.get("optimizer." + name + "." + state.size())) != null) {
                    state.add(array);
                }
                checkpoint.own(name, state);
            });
            Tensors.assign(checkpoint.model.arrays(), model, file.toString());
            return checkpoint;
        }
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
