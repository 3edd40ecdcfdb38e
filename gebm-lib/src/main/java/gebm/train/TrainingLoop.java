package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.DivergedException;
import gebm.core.Require;
import gebm.core.Rng;
import gebm.core.StopReason;
import gebm.core.Trainable;
import gebm.data.DataSource;
import gebm.objective.Batch;
import gebm.objective.Loss;
import gebm.objective.Negatives;
import gebm.trace.Gradients;
import gebm.trace.InPlace;
import gebm.trace.Loop;
import gebm.trace.Ops;
import gebm.trace.Program;
import gebm.trace.Watch;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/** One run of training: an iteration is one native call. */
final class TrainingLoop<M extends Trainable, N extends M> {
    private static final String LIBRARY = version();
    private static final int MOST_NUMBERS = 64; // total, norm and terms of a loss

    private final Trainer<M> trainer;
    private final TrainingPlan plan;
    private final Checkpoint<N> state;
    private final Checkpoint.Position position;
    private final N model;
    private final DataSource data;
    private final Rng rng;
    private final List<Part> parts = new ArrayList<>();
    private double rateFactor;
    private boolean early;
    private final Program iteration = Program.ofRandom(this::record);

    TrainingLoop(Trainer<M> trainer, Checkpoint<N> state, DataSource data) {
        this.trainer = trainer;
        this.state = state;
        this.data = data;
        plan = trainer.plan();
        position = state.position;
        model = state.model();
        rng = state.rng();
        trainer.phases().forEach(phase -> parts.add(new Part(phase)));
        judge();
    }

    private static String version() {
        Properties properties = new Properties();
        try (InputStream in = TrainingLoop.class.getResourceAsStream("/gebm/version.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("this library's version cannot be read", e);
        }
        return properties.getProperty("version");
    }

    /** A phase in this run: what it trains, and what it keeps. */
    private final class Part {
        final Phase<M> phase;
        final M training; // the model with the phase's parts as in training
        final List<NDList> parameters = new ArrayList<>(); // by group
        final NDList all = new NDList();
        final NDList buffers = new NDList(); // what a step changes besides: running statistics
        final List<NDList> optimizers = new ArrayList<>();
        final List<NDList> averages = new ArrayList<>(); // empty where none is kept
        final NDList kept; // by the negatives

        @SuppressWarnings("unchecked") // the same kind of model with parts in training
        Part(Phase<M> phase) {
            this.phase = phase;
            M changed = model;
            for (Group group : phase.groups()) {
                NDList trained = model.part(group.part()).parameters();
                parameters.add(trained);
                all.addAll(trained);
                optimizers.add(
                        state.state(name(group), scope -> group.optimizer().init(scope, trained)));
                averages.add(group.averages() ? state.average(group.part()) : new NDList());
                model.part(group.part()).arrays().values().stream()
                        .filter(array -> trained.stream().noneMatch(parameter -> parameter == array))
                        .forEach(buffers::add);
                changed = (M) changed.training(group.part());
            }
            training = changed;
            Require.that(
                    !all.isEmpty(),
                    "the " + phase.name(),
                    "trainable where there is a " + phase.name() + " loss",
                    model.part(phase.groups().get(0).part())
                            + ", which has no parameters: train the rest without it (of a GEBM by Trainer.energyOnly)");
            kept = phase.negatives() == null
                    ? new NDList()
                    : state.state("negatives." + phase.name(), scope -> phase.negatives()
                            .init(scope, model, rng.fork("negatives").fork(phase.name())));
            Require.that(
                    kept.isEmpty() || !phase.negatives().passGradients(),
                    "negatives that pass gradients",
                    "ones that keep nothing",
                    phase.negatives());
        }

        private String name(Group group) {
            return group.part().isEmpty() ? phase.name() : phase.name() + "." + group.part();
        }

        List<String> columns() {
            return position.columns.getOrDefault(phase.name(), List.of());
        }

        /** The rate of the group's update number {@code update}. */
        double rate(Group group, long update) {
            return (group.decays() ? rateFactor : 1) * group.optimizer().rate(update);
        }
    }

    // ---------------------------------------------------------------- in Java, between native calls

    TrainingRun<N> run() {
        boolean stopped = false;
        plan.progress().report(position.iteration, Math.max(plan.iterations(), position.iteration), "");
        while (position.iteration < plan.iterations() && !stopped && !early) {
            stopped = !iterate();
        }
        if ((stopped || early) && plan.checkpoint() != null) {
            state.save(plan.checkpoint());
        }
        long done = position.iteration;
        return result(
                stopped
                        ? new StopReason.Stopped(done)
                        : early ? new StopReason.EarlyStopped(done) : new StopReason.Completed(done));
    }

    private TrainingRun<N> result(StopReason stop) {
        Map<String, String> versions = new TreeMap<>();
        versions.put("java", System.getProperty("java.version"));
        var engine = ai.djl.engine.Engine.getInstance();
        versions.put("engine", engine.getEngineName() + " " + engine.getVersion());
        versions.put("gebm", LIBRARY);
        List<String> terms = new ArrayList<>();
        parts.forEach(part -> terms.addAll(part.columns()));
        terms.removeIf(name -> name.endsWith("Total") || name.endsWith("GradientNorm"));
        RunCard card = new RunCard(
                position.firstKey,
                position.dataSha256,
                trainer.toString(),
                position.trainer,
                position.restarts,
                terms,
                versions);
        return new TrainingRun<>(model, state.history(), stop, state, card);
    }

    /** Where each phase begins in an iteration, and last where the iteration ends. */
    private long[] bounds() {
        long[] bounds = new long[parts.size() + 1];
        for (int k = 0; k < parts.size(); k++) {
            bounds[k + 1] = bounds[k] + parts.get(k).phase.steps(position.iteration);
        }
        String names =
                String.join(" and ", trainer.phases().stream().map(Phase::name).toList());
        Require.that(
                bounds[parts.size()] > 0,
                names + " steps of iteration " + position.iteration,
                ">= 1 where only the " + names + " is trained",
                0);
        return bounds;
    }

    /** One iteration, or the rest of one; false if it was stopped on the way. */
    private boolean iterate() {
        long[] bounds = bounds();
        long first = position.step;
        int last = (int) bounds[parts.size()];
        try (NDManager scope = NDManager.newBaseManager();
                Watch watch = Watch.open(scope, plan.stop())) {
            if (watch.stopped()) {
                return false;
            }
            NDArray numbers = scope.zeros(new Shape(last, MOST_NUMBERS), DataType.FLOAT64);
            NDList inputs = new NDList(scope.create(first), numbers, watch.stopArray(), watch.countArray());
            for (int k = 0; k < parts.size(); k++) {
                inputs.add(scope.create(Math.max(first, bounds[k])));
                inputs.add(scope.create(bounds[k + 1]));
                for (Group group : parts.get(k).phase.groups()) {
                    inputs.add(rates(scope, parts.get(k), group, bounds[k], bounds[k + 1], last));
                }
            }
            inputs.addAll(batches(scope, last));
            iteration.run(scope, inputs, rng.fork("iteration").fork(position.iteration));
            long done = first + watch.count();
            readRows(numbers, first, done, bounds);
            position.step = done;
            if (done < last) {
                if (!watch.stopped()) {
                    throw diverged(done, bounds, numbers.get(done).toDoubleArray());
                }
                return false;
            }
            finish(bounds);
        }
        return true;
    }

    /** Batch by batch for each array of the data; floating ones as the model's parameters. */
    private NDList batches(NDManager scope, int steps) {
        long number = position.iteration * trainer.unusedBatches();
        for (Part part : parts) {
            number += position.stepsBefore(part.phase.name());
        }
        List<NDList> columns = new ArrayList<>();
        for (int j = 0; j < steps; j++) {
            NDList arrays = data.arrays(scope, plan.batchSize(), number + j, rng.fork("data"));
            for (int i = 0; i < arrays.size(); i++) {
                if (j == 0) {
                    columns.add(new NDList());
                }
                columns.get(i).add(arrays.get(i));
            }
        }
        NDList stacked = new NDList();
        columns.forEach(column -> stacked.add(NDArrays.stack(column)));
        return stacked;
    }

    private NDArray rates(NDManager scope, Part part, Group group, long begin, long end, int steps) {
        double[] rates = new double[steps];
        for (long j = begin; j < end; j++) {
            rates[(int) j] = part.rate(group, position.stepsBefore(part.phase.name()) + j - begin);
        }
        return scope.create(rates);
    }

    private void readRows(NDArray numbers, long first, long done, long... bounds) {
        double[] flat = numbers.toDoubleArray();
        for (int k = 0; k < parts.size(); k++) {
            int width = parts.get(k).columns().size();
            for (long j = Math.max(first, bounds[k]); j < Math.min(done, bounds[k + 1]); j++) {
                double[] row = new double[width];
                System.arraycopy(flat, (int) j * MOST_NUMBERS, row, 0, width);
                position.rows(parts.get(k).phase.name()).add(row);
            }
        }
    }

    private void finish(long... bounds) {
        Map<String, Double> row = new LinkedHashMap<>();
        parts.stream().filter(part -> part.phase.steps() != null).forEach(part -> means(part, row));
        row.putAll(model.numbers());
        parts.stream().filter(part -> part.phase.steps() == null).forEach(part -> means(part, row));
        position.rows.clear();
        position.step = 0;
        for (int k = 0; k < parts.size(); k++) {
            position.stepsBefore.merge(parts.get(k).phase.name(), bounds[k + 1] - bounds[k], Long::sum);
        }
        position.iteration++;
        boolean evaluates = trainer.evaluates(position.iteration);
        if (evaluates) {
            Map<String, Double> evaluated =
                    trainer.evaluation().at(model, rng.fork("evaluation").fork(position.iteration));
            plan.checkColumns(evaluated);
            row.putAll(evaluated);
        }
        position.history.add(row);
        if (plan.improves(position.history)) {
            state.keepBest();
        }
        if (evaluates) {
            judge();
        }
        if (plan.saves(position.iteration)) {
            state.save(plan.checkpoint());
        }
        plan.progress().report(position.iteration, plan.iterations(), message(row));
    }

    /** The numbers of a phase, averaged over its steps. */
    private void means(Part part, Map<String, Double> row) {
        List<double[]> rows = position.rows(part.phase.name());
        List<String> columns = part.columns();
        for (int k = 0; k < columns.size() && !rows.isEmpty(); k++) {
            int column = k;
            row.put(
                    columns.get(k),
                    rows.stream().mapToDouble(numbers -> numbers[column]).sum() / rows.size());
        }
    }

    /** What the evaluations so far say about going on. */
    private void judge() {
        rateFactor = plan.rateFactor(position.history);
        early = plan.stopsEarly(position.history);
    }

    private String message(Map<String, Double> row) {
        List<String> words = new ArrayList<>();
        row.forEach((name, value) -> {
            if (!name.endsWith("Total") && !name.endsWith("GradientNorm")) {
                words.add(String.format(Locale.ROOT, "%s %.4g", name, value));
            }
        });
        return String.join(" · ", words);
    }

    private DivergedException diverged(long step, long[] bounds, double... numbers) {
        int k = 0;
        while (step >= bounds[k + 1]) {
            k++;
        }
        Part part = parts.get(k);
        String what = "a gradient is not finite";
        for (int i = part.columns().size() - 1; i >= 0; i--) {
            if (!Double.isFinite(numbers[i])) {
                what = part.columns().get(i) + " is " + numbers[i];
            }
        }
        Phase<M> phase = part.phase;
        String where = String.format(
                Locale.ROOT,
                "training diverged in iteration %d, %s: %s",
                position.iteration,
                phase.name() + " step" + (phase.steps() == null ? "" : " " + (step - bounds[k])),
                what);
        String advice = String.format(
                Locale.ROOT,
                "lower the %s optimiser's rate (now %s), add or raise a gradient penalty, and check the data for values "
                        + "that are not finite. partial() is the run before this step",
                phase.name(),
                phase.groups().get(0).optimizer().rate().at(position.stepsBefore(phase.name()) + step - bounds[k]));
        return new DivergedException(where, advice, result(new StopReason.Stopped(position.iteration)));
    }

    // ---------------------------------------------------------------- recorded: one iteration

    /** The arrays of a call, in the order in which {@link #iterate} puts them together. */
    private static final class Inputs {
        private final NDList in;
        private int next;

        Inputs(NDList in) {
            this.in = in;
        }

        NDArray next() {
            return in.get(next++);
        }

        NDList rest() {
            return in.subNDList(next);
        }
    }

    private NDList record(NDManager scope, NDList in, Rng key) {
        Inputs inputs = new Inputs(in);
        NDArray first = inputs.next();
        NDArray numbers = inputs.next();
        NDArray stop = inputs.next();
        NDArray count = inputs.next();
        List<NDArray> begins = new ArrayList<>();
        List<NDArray> ends = new ArrayList<>();
        List<NDList> rates = new ArrayList<>();
        for (Part part : parts) {
            begins.add(inputs.next());
            ends.add(inputs.next());
            NDList ofGroups = new NDList();
            part.phase.groups().forEach(group -> ofGroups.add(inputs.next()));
            rates.add(ofGroups);
        }
        NDList batches = inputs.rest();
        for (int k = 0; k < parts.size(); k++) {
            Part part = parts.get(k);
            NDList rate = rates.get(k);
            NDArray begin = begins.get(k);
            NDArray end = k == 0 ? ends.get(0) : endIfReached(begin, ends.get(k), count.add(first));
            Loop.run(begin, end, new NDList(), (none, step) -> {
                step.stopIf(stop);
                step(scope, part, step, rows(step, batches), rows(step, rate), step.of(numbers), key);
                InPlace.increment(count);
                return none;
            });
        }
        return new NDList();
    }

    /** {@code end} where all steps before {@code begin} are done, and else {@code begin}: then a phase has no step. */
    private static NDArray endIfReached(NDArray begin, NDArray end, NDArray done) {
        NDArray reached = done.eq(begin).toType(DataType.INT64, false);
        return begin.add(end.sub(begin).mul(reached));
    }

    private static NDList rows(Loop.Step step, NDList arrays) {
        NDList rows = new NDList();
        arrays.forEach(array -> rows.add(step.of(array)));
        return rows;
    }

    private void step(
            NDManager scope, Part part, Loop.Step step, NDList given, NDList rates, NDArray numbers, Rng key) {
        Phase<M> phase = part.phase;
        Rng own = phase.steps() == null ? key.fork(phase.name()) : step.fork(key);
        Negatives<? super M> negatives = phase.negatives();
        boolean inside = negatives != null && negatives.passGradients();
        NDList typed = ofType(given, type(part));
        Negatives.Drawn outside = negatives == null || inside ? null : draw(scope, part, model, typed, own);
        boolean asDrawn = outside != null && type(part) == null;
        NDList arrays = asDrawn ? ofType(given, outside.samples().getDataType()) : typed;
        NDList before = new NDList();
        part.buffers.forEach(buffer -> before.add(scope.from(buffer).duplicate()));
        var result = Gradients.ofParameters(part.all, () -> {
            NDArray generated = outside != null
                    ? outside.samples()
                    : inside ? draw(scope, part, part.training, arrays, own).samples() : null;
            Loss loss = phase.loss().evaluate(part.training, new Batch(arrays, generated), own.fork("loss"));
            note(phase, loss);
            NDList all = new NDList(loss.total());
            all.addAll(loss.terms().values());
            return new Gradients.Loss(loss.total(), all);
        });
        NDList found = new NDList(result.others().get(0), Ops.norm(result.gradients()));
        found.addAll(result.others().subNDList(1));
        NDArray all = NDArrays.stack(found);
        InPlace.assign(numbers.get(":" + found.size()), all);
        NDArray finite =
                part.buffers.isEmpty() ? null : Ops.allFinite(new NDList(all)).eq(1);
        for (int i = 0; i < before.size(); i++) {
            NDArray buffer = part.buffers.get(i);
            NDArray chosen = finite.broadcast(buffer.getShape());
            InPlace.assign(buffer, NDArrays.where(chosen, scope.from(buffer), before.get(i)));
        }
        step.stopUnlessFinite(new NDList(all));
        if (outside != null) {
            outside.keep().run();
        }
        int from = 0;
        for (int i = 0; i < part.parameters.size(); i++) {
            NDList parameters = part.parameters.get(i);
            if (!parameters.isEmpty()) {
                Group group = phase.groups().get(i);
                NDList gradients = result.gradients().subNDList(from, from + parameters.size());
                group.optimizer().update(parameters, gradients, part.optimizers.get(i), rates.get(i));
                average(scope, group.average(), part.averages.get(i), parameters);
                from += parameters.size();
            }
        }
    }

    /** The type of the phase's parameters; null where all of them are single numbers (c). */
    private DataType type(Part part) {
        return part.all.stream()
                .filter(array -> array.getShape().dimension() > 0)
                .map(NDArray::getDataType)
                .findFirst()
                .orElse(null);
    }

    private static NDList ofType(NDList given, DataType type) {
        NDList arrays = new NDList();
        given.forEach(array ->
                arrays.add(type != null && array.getDataType().isFloating() ? array.toType(type, false) : array));
        return arrays;
    }

    private Negatives.Drawn draw(NDManager scope, Part part, M from, NDList arrays, Rng key) {
        return part.phase.negatives().draw(scope, from, arrays.head(), part.kept, key.fork("generated"));
    }

    /** Names the numbers of a step, as the loss has them; a term that another phase has too with the phase's name before. */
    private void note(Phase<M> phase, Loss loss) {
        requireNumber("the total of the " + phase.name() + " loss", loss.total());
        loss.terms().forEach((term, value) -> requireNumber("the term " + term, value));
        List<String> columns = new ArrayList<>(List.of(phase.name() + "Total", phase.name() + "GradientNorm"));
        for (String term : loss.terms().keySet()) {
            boolean taken = position.columns.entrySet().stream()
                    .anyMatch(other -> !other.getKey().equals(phase.name())
                            && other.getValue().contains(term));
            columns.add(taken ? phase.name() + "." + term : term);
        }
        Require.that(columns.size() <= MOST_NUMBERS, "terms of a loss", "at most " + (MOST_NUMBERS - 2), columns);
        position.columns.put(phase.name(), columns);
    }

    private static void requireNumber(String what, NDArray value) {
        Require.that(value.getShape().dimension() == 0, what, "a single number, of shape ()", value.getShape());
    }

    private static void average(NDManager scope, double decay, NDList averages, NDList parameters) {
        for (int i = 0; i < averages.size(); i++) {
            NDArray updated = scope.from(parameters.get(i)).mul(1 - decay);
            InPlace.assign(
                    averages.get(i), scope.from(averages.get(i)).mul(decay).add(updated));
        }
    }
}
