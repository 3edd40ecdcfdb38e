package gebm.notebook;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.NativeResource;
import gebm.core.Trainable;
import gebm.metric.ChainDiagnostics;
import gebm.model.Gebm;
import gebm.sampler.Chains;
import gebm.sampler.Tuned;
import gebm.trace.Network;
import gebm.trace.Ops;
import gebm.train.History;
import gebm.train.RunCard;
import gebm.train.TrainingRun;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the library's own objects look like in a notebook, as tables and text. */
final class Views {
    private static final int VALUES = 8;
    private static final long PART = 1 << 20; // values copied at a time

    private Views() {}

    /** Shape, type and device; the first values; the smallest, the mean and the largest of the finite ones. */
    static String of(NDArray array) {
        if (array instanceof NativeResource<?> resource && resource.isReleased()) {
            return "NDArray, closed";
        }
        Shape shape = array.getShape();
        String head = "NDArray " + shape + " " + array.getDataType() + " on " + array.getDevice();
        if (shape.size() == 0) {
            return head + ", empty";
        }
        if (array.getDataType() == DataType.COMPLEX64 || array.getDataType() == DataType.STRING) {
            return head;
        }
        String first = "";
        long finite = 0;
        double sum = 0;
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        try (NDManager scope = array.getManager().newSubManager()) {
            NDArray flat = array.reshape(-1);
            flat.attach(scope);
            for (long start = 0; start < shape.size(); start += PART) {
                double[] values = part(flat, start, Math.min(shape.size(), start + PART));
                first = start > 0 ? first : first(values);
                for (double value : values) {
                    if (Double.isFinite(value)) {
                        finite++;
                        sum += value;
                        low = Math.min(low, value);
                        high = Math.max(high, value);
                    }
                }
            }
        }
        String text = head + "\n[" + first + (shape.size() > VALUES ? ", …]" : "]");
        if (finite > 1) {
            text += "\nmin " + Check.text(low) + " · mean " + Check.text(sum / finite) + " · max " + Check.text(high);
        }
        long other = shape.size() - finite;
        return other == 0 ? text : text + "\n" + count(other) + " of " + count(shape.size()) + " not finite";
    }

    private static String first(double[] values) {
        return Arrays.stream(values).limit(VALUES).mapToObj(Check::text).collect(Collectors.joining(", "));
    }

    private static double[] part(NDArray flat, long from, long to) {
        try (NDArray part = flat.get(new NDIndex(from + ":" + to))) {
            return Ops.doubles(part);
        }
    }

    /** The layers of anything with parameters: names and shapes of their arrays, and how many numbers they are. */
    static Listing of(Trainable model) {
        Set<NDArray> trained = Collections.newSetFromMap(new java.util.IdentityHashMap<>());
        trained.addAll(model.parameters());
        Map<String, List<String>> arrays = new LinkedHashMap<>();
        Map<String, Long> counts = new LinkedHashMap<>();
        long total = 0;
        long fixed = 0;
        for (var entry : model.arrays().entrySet()) {
            int cut = entry.getKey().lastIndexOf('_');
            String layer = cut < 0 ? entry.getKey() : entry.getKey().substring(0, cut);
            Shape shape = entry.getValue().getShape();
            String name = cut < 0 ? "" : entry.getKey().substring(cut + 1) + " ";
            arrays.computeIfAbsent(layer, l -> new ArrayList<>()).add(name + shape);
            counts.merge(layer, shape.size(), Long::sum);
            total += shape.size();
            fixed += trained.contains(entry.getValue()) ? 0 : shape.size();
        }
        List<List<String>> rows = new ArrayList<>();
        arrays.forEach((layer, list) -> rows.add(List.of(layer, String.join(", ", list), count(counts.get(layer)))));
        String note = count(total) + " numbers" + (fixed == 0 ? "" : ", " + count(fixed) + " of them not trained");
        return new Listing(
                title(model),
                List.of("layer", "arrays", "numbers"),
                List.of(false, false, true),
                rows,
                rows.isEmpty() ? "no parameters" : note);
    }

    private static String title(Trainable model) {
        if (model instanceof Network network) {
            return "Network " + network.inputShape() + " → " + network.outputShape() + ", " + network.type();
        }
        if (model instanceof Gebm gebm) {
            return "GEBM of samples " + gebm.base().sampleShape() + ", c = " + Check.text(gebm.logPartition());
        }
        if (model instanceof gebm.model.Base base) {
            return "Base of samples " + base.sampleShape();
        }
        return model instanceof gebm.model.Energy ? "Energy" : model.getClass().getSimpleName();
    }

    private static String count(long n) {
        return String.format(java.util.Locale.ROOT, "%,d", n);
    }

    /** The first and last iterations. */
    static Listing of(History history) {
        List<String> columns = new ArrayList<>(List.of("iteration"));
        columns.addAll(history.columns());
        List<List<String>> rows = new ArrayList<>();
        for (int row : Listing.shown(history.size())) {
            List<String> cells = new ArrayList<>();
            for (String column : columns) {
                if (row < 0) {
                    cells.add("…");
                } else if (cells.isEmpty()) {
                    cells.add(count(row + 1));
                } else {
                    Double number = history.rows().get(row).get(column);
                    cells.add(number == null ? "" : Check.text(number));
                }
            }
            rows.add(cells);
        }
        return new Listing(
                "History",
                columns,
                Collections.nCopies(columns.size(), true),
                rows,
                count(history.size()) + " iterations");
    }

    /** Why a run ended, and each term at the beginning and at the end. */
    static Listing of(TrainingRun run) {
        List<List<String>> rows = new ArrayList<>();
        for (String column : run.history().columns()) {
            double[] numbers = run.history().curve(column)[1];
            boolean none = numbers.length == 0;
            rows.add(List.of(
                    column, none ? "" : Check.text(numbers[0]), none ? "" : Check.text(numbers[numbers.length - 1])));
        }
        return new Listing(
                "Training: " + run.stop(), List.of("term", "first", "last"), List.of(false, true, true), rows, "");
    }

    static Listing of(Chains<?> chains) {
        Shape shape = chains.draws().getShape();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("draws kept", count(shape.get(0))));
        rows.add(List.of("chains", count(shape.get(1))));
        rows.add(List.of("shape of a draw", shape.slice(2).toString()));
        rows.add(List.of("steps", count(chains.iterations())));
        rows.add(List.of("stop", chains.stop().toString()));
        double[] energy = chains.meanEnergy();
        if (energy.length > 0) {
            rows.add(List.of("mean energy, first step", Check.text(energy[0]) + " nats"));
            rows.add(List.of("mean energy, second half", mean(energy, energy.length / 2) + " nats"));
        }
        double[] acceptance = chains.acceptance();
        rows.add(List.of("acceptance", acceptance.length == 0 ? "never rejects" : mean(acceptance, 0)));
        double[] change = chains.steps().energyChange();
        if (change.length > 0) {
            rows.add(List.of("mean energy change, absolute", mean(change, 0) + " nats"));
            rows.add(List.of("divergences", count(chains.divergences())));
        }
        return Listing.ofPairs("Chains", rows);
    }

    private static String mean(double[] numbers, int from) {
        return Check.text(Arrays.stream(numbers, from, numbers.length).average().orElseThrow());
    }

    static Listing of(ChainDiagnostics diagnostics) {
        List<String> titles = ChainDiagnostics.Row.TITLES;
        List<Boolean> numbers = titles.stream().map(title -> !title.isEmpty()).toList();
        List<List<String>> rows =
                diagnostics.shown().stream().map(ChainDiagnostics.Row::cells).toList();
        return new Listing(diagnostics.title(), titles, numbers, rows, diagnostics.verdict());
    }

    static Listing of(Tuned<?> tuned) {
        List<List<String>> rows = new ArrayList<>();
        tuned.settings().forEach((name, value) -> rows.add(List.of(name, Check.text(value))));
        double[] acceptance = tuned.acceptance();
        if (acceptance.length > 0) {
            rows.add(List.of("acceptance, second half", mean(acceptance, acceptance.length / 2)));
        }
        rows.add(List.of("stop", tuned.stop().toString()));
        return Listing.ofPairs("Warm-up", rows);
    }

    static Listing of(RunCard card) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("key", String.valueOf(card.key())));
        rows.add(List.of("data (SHA-256)", card.dataSha256()));
        rows.add(List.of("plan", card.plan()));
        rows.add(List.of("terms", String.join(", ", card.terms())));
        if (card.restarts() > 0) {
            rows.add(List.of("restarts", String.valueOf(card.restarts())));
        }
        new TreeMap<>(card.versions()).forEach((name, version) -> rows.add(List.of(name, version)));
        return Listing.ofPairs("Run card", rows);
    }
}
