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
import gebm.data.DataSource;
import gebm.model.Base;
import gebm.model.DensityBase;
import gebm.model.Gebm;
import gebm.objective.BaseLoss;
import gebm.objective.Batch;
import gebm.objective.EnergyLoss;
import gebm.objective.Loss;
import gebm.trace.Gradients;
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
import java.util.function.Supplier;

/** One run of training: an iteration is one native call. */
final class TrainingLoop {
    private static final String LIBRARY = version();

    private final EnergyLoss energyLoss;
    private final BaseLoss baseLoss;
    private final TrainingPlan plan;
    private final Checkpoint state;
    private final Checkpoint.Position position;
    private final Gebm model;
    private final DataSource data;
    private final Rng rng;
    private final DataType type;
    private final List<String> energyColumns = new ArrayList<>();
    private final List<String> baseColumns = new ArrayList<>();
    private double rateFactor;
    private boolean early;
    private final NDList average; // of the base's parameters; null: none
    private final Program iteration = Program.ofRandom(this::record);

    TrainingLoop(EnergyLoss energyLoss, BaseLoss baseLoss, TrainingPlan plan, Checkpoint state, DataSource data) {
        this.energyLoss = energyLoss;
        this.baseLoss = baseLoss;
        this.plan = plan;
        this.state = state;
        this.data = data;
        position = state.position;
        model = state.model();
        Require.that(
                baseLoss == null || !model.base().parameters().isEmpty(),
                "the base",
                "trainable where there is a base loss",
                model.base() + ", which has no parameters: train the energy on it with Trainer.energyOnly");
        rng = state.rng();
        judge();
        average = baseLoss == null || Double.isNaN(plan.baseAverage()) ? null : state.baseAverage();
        try (NDManager scope = NDManager.newBaseManager()) {
            Batch generated = batch(scope, null, model.base(), rng.fork("try"));
            type = generated.generated().getDataType();
            Batch batch = new Batch(batch(scope, 0), generated.generated(), generated.generatedLogDensity());
            if (energyLoss != null) {
                energyColumns.addAll(columns("energy", energyLoss.evaluate(model, batch, rng.fork("try"))));
            }
            if (baseLoss != null) {
                baseColumns.addAll(columns("base", baseLoss.evaluate(model, batch, rng.fork("try"))));
            }
        }
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

    private static List<String> columns(String half, Loss loss) {
        List<String> columns = new ArrayList<>(List.of(half + "Total", half + "GradientNorm"));
        columns.addAll(loss.terms().keySet());
        return columns;
    }

    private NDArray batch(NDManager scope, long index) {
        NDArray batch = data.batch(scope, plan.batchSize(), index, rng.fork("data"));
        Shape expected = new Shape(plan.batchSize()).addAll(model.base().sampleShape());
        Require.that(
                batch.getShape().equals(expected),
                "a batch of data",
                "of shape " + expected + " (the base gives samples of shape "
                        + model.base().sampleShape() + ")",
                batch.getShape());
        return batch.toType(type, false);
    }

    /** Data with samples of the base, and their log-density where the base has one. */
    private Batch batch(NDManager scope, NDArray rows, Base base, Rng key) {
        if (base instanceof DensityBase density) {
            var samples = density.sampleWithLogDensity(scope, plan.generatedSize(), key);
            return new Batch(rows, samples.values(), samples.logDensity());
        }
        return new Batch(rows, base.sample(scope, plan.generatedSize(), key));
    }

    // ---------------------------------------------------------------- in Java, between native calls

    TrainingRun run() {
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

    private TrainingRun result(StopReason stop) {
        Map<String, String> versions = new TreeMap<>();
        versions.put("java", System.getProperty("java.version"));
        var engine = ai.djl.engine.Engine.getInstance();
        versions.put("engine", engine.getEngineName() + " " + engine.getVersion());
        versions.put("gebm", LIBRARY);
        List<String> terms = new ArrayList<>(energyColumns);
        terms.addAll(baseColumns);
        terms.removeIf(name -> name.endsWith("Total") || name.endsWith("GradientNorm"));
        RunCard card = new RunCard(position.key, data.sha256(), plan.toString(), terms, versions);
        return new TrainingRun(model, state.history(), stop, state, card);
    }

    /** One iteration, or the rest of one; false if it was stopped on the way. */
    private boolean iterate() {
        long steps = energyLoss == null ? 0 : plan.energySteps(position.iteration);
        long first = position.energyStep;
        long last = steps + (baseLoss == null ? 0 : 1);
        Require.that(
                last > 0,
                "energy steps of iteration " + position.iteration,
                ">= 1 where only the energy is trained",
                last);
        try (NDManager scope = NDManager.newBaseManager();
                Watch watch = Watch.open(scope, plan.stop())) {
            if (watch.stopped()) {
                return false;
            }
            NDArray energyRows =
                    scope.zeros(new Shape(Math.max(1, steps), Math.max(1, energyColumns.size())), DataType.FLOAT64);
            NDArray baseRow = scope.zeros(new Shape(Math.max(1, baseColumns.size())), DataType.FLOAT64);
            NDList inputs = new NDList(
                    batches(scope, steps),
                    scope.create(first),
                    scope.create(steps),
                    rates(scope, plan.energyOptimizer(), rateFactor, steps),
                    rates(scope, plan.logPartitionOptimizer(), 1, steps),
                    scope.create(rateFactor * Numbers.rate(plan.baseOptimizer(), position.iteration)),
                    energyRows,
                    baseRow,
                    watch.stopArray(),
                    watch.countArray());
            iteration.run(scope, inputs, rng.fork("iteration").fork(position.iteration));
            long done = first + watch.count();
            readRows(energyRows, first, Math.min(done, steps));
            if (done < last) {
                position.energyStep = Math.min(done, steps);
                if (!watch.stopped()) {
                    throw diverged(done < steps, done < steps ? energyRows.get(done) : baseRow);
                }
                return false;
            }
            finish(steps, baseRow.toDoubleArray());
        }
        return true;
    }

    private NDArray batches(NDManager scope, long steps) {
        NDList batches = new NDList();
        for (long j = 0; j < steps + (baseLoss == null ? 0 : 1); j++) {
            batches.add(batch(scope, position.firstBatch() + j));
        }
        return NDArrays.stack(batches);
    }

    private NDArray rates(NDManager scope, Optimizer optimizer, double factor, long updates) {
        double[] rates = new double[(int) Math.max(1, updates)];
        for (int j = 0; j < rates.length; j++) {
            rates[j] = factor * Numbers.rate(optimizer, position.energyStepsBefore + j);
        }
        return scope.create(rates);
    }

    private void readRows(NDArray rows, long first, long end) {
        double[] numbers = rows.toDoubleArray();
        int width = energyColumns.size();
        for (int j = (int) first; j < end; j++) {
            double[] row = new double[width];
            System.arraycopy(numbers, j * width, row, 0, width);
            position.energyRows.add(row);
        }
    }

    private void finish(long steps, double[] baseRow) {
        Map<String, Double> row = new LinkedHashMap<>();
        for (int k = 0; k < energyColumns.size() && steps > 0; k++) {
            int column = k;
            row.put(
                    energyColumns.get(k),
                    position.energyRows.stream()
                                    .mapToDouble(numbers -> numbers[column])
                                    .sum()
                            / steps);
        }
        row.put("logPartition", model.logPartition());
        for (int k = 0; k < baseColumns.size(); k++) {
            row.put(baseColumns.get(k), baseRow[k]);
        }
        position.energyRows.clear();
        position.energyStep = 0;
        position.energyStepsBefore += steps;
        position.iteration++;
        if (plan.evaluates(position.iteration)) {
            Map<String, Double> evaluated =
                    plan.evaluation().at(model, rng.fork("evaluation").fork(position.iteration));
            plan.checkColumns(evaluated);
            row.putAll(evaluated);
        }
        position.history.add(row);
        if (plan.improves(position.history)) {
            state.keepBest();
        }
        if (plan.evaluates(position.iteration)) {
            judge();
        }
        if (plan.saves(position.iteration)) {
            state.save(plan.checkpoint());
        }
        plan.progress().report(position.iteration, plan.iterations(), message(row));
    }

    /** What the evaluations so far say about going on. */
    private void judge() {
        rateFactor = plan.rateFactor(position.history);
        early = plan.stopsEarly(position.history);
    }

    private String message(Map<String, Double> row) {
        List<String> parts = new ArrayList<>();
        row.forEach((name, value) -> {
            if (!name.endsWith("Total") && !name.endsWith("GradientNorm")) {
                parts.add(String.format(Locale.ROOT, "%s %.4g", name, value));
            }
        });
        return String.join(" · ", parts);
    }

    private DivergedException diverged(boolean inEnergy, NDArray row) {
        List<String> columns = inEnergy ? energyColumns : baseColumns;
        double[] numbers = row.toDoubleArray();
        String what = "a gradient is not finite";
        for (int k = columns.size() - 1; k >= 0; k--) {
            if (!Double.isFinite(numbers[k])) {
                what = columns.get(k) + " is " + numbers[k];
            }
        }
        Optimizer optimizer = inEnergy ? plan.energyOptimizer() : plan.baseOptimizer();
        String where = String.format(
                Locale.ROOT,
                "training diverged in iteration %d, %s: %s",
                position.iteration,
                inEnergy ? "energy step " + position.energyStep : "base step",
                what);
        String advice = String.format(
                Locale.ROOT,
                "lower the %s rate (now %s), add or raise a gradient penalty, "
                        + "and check the data for values that are not finite. partial() is the run before this step",
                inEnergy ? "energy optimiser's" : "base optimiser's",
                optimizer.rate().at(inEnergy ? position.energyStepsBefore + position.energyStep : position.iteration));
        return new DivergedException(where, advice, result(new StopReason.Stopped(position.iteration)));
    }

    // ---------------------------------------------------------------- recorded: one iteration

    private enum In {
        BATCHES,
        FIRST,
        STEPS,
        ENERGY_RATES,
        LOG_PARTITION_RATES,
        BASE_RATE,
        ENERGY_ROWS,
        BASE_ROW,
        STOP,
        COUNT;

        NDArray of(NDList inputs) {
            return inputs.get(ordinal());
        }
    }

    private NDList record(NDManager scope, NDList in, Rng key) {
        NDArray steps = In.STEPS.of(in);
        if (energyLoss != null) {
            Loop.run(In.FIRST.of(in), steps, new NDList(), (none, step) -> {
                step.stopIf(In.STOP.of(in));
                energyStep(scope, in, step, step.fork(key));
                return none;
            });
        }
        if (baseLoss != null) {
            NDArray all = In.COUNT.of(in).add(In.FIRST.of(in)).eq(steps).toType(DataType.INT64, false);
            Loop.run(steps, steps.add(all), new NDList(), (none, step) -> {
                step.stopIf(In.STOP.of(in));
                baseStep(scope, in, step, key.fork("base"));
                return none;
            });
        }
        return new NDList();
    }

    private void energyStep(NDManager scope, NDList in, Loop.Step step, Rng key) {
        Gebm training = model.trainingEnergy();
        Batch batch = batch(scope, step.of(In.BATCHES.of(in)), model.base(), key.fork("generated"));
        NDList weights = model.energy().parameters();
        NDList all = new NDList(weights);
        all.add(model.logPartitionArray());
        NDArray row = step.of(In.ENERGY_ROWS.of(in));
        NDList gradients = gradients(step, all, row, () -> energyLoss.evaluate(training, batch, key.fork("loss")));
        int last = all.size() - 1;
        update(
                plan.energyOptimizer(),
                "energy",
                weights,
                gradients.subNDList(0, last),
                step.of(In.ENERGY_RATES.of(in)));
        update(
                plan.logPartitionOptimizer(),
                "logPartition",
                new NDList(model.logPartitionArray()),
                gradients.subNDList(last),
                step.of(In.LOG_PARTITION_RATES.of(in)));
        Ops.increment(In.COUNT.of(in));
    }

    private void baseStep(NDManager scope, NDList in, Loop.Step step, Rng key) {
        Gebm training = model.trainingBase();
        NDList weights = model.base().parameters();
        NDArray data = step.of(In.BATCHES.of(in));
        NDList gradients = gradients(step, weights, In.BASE_ROW.of(in), () -> {
            Batch batch = batch(scope, data, training.base(), key.fork("generated"));
            return baseLoss.evaluate(training, batch, key.fork("loss"));
        });
        update(plan.baseOptimizer(), "base", weights, gradients, In.BASE_RATE.of(in));
        if (average != null) {
            for (int i = 0; i < weights.size(); i++) {
                NDArray updated = scope.from(weights.get(i)).mul(1 - plan.baseAverage());
                Ops.assign(
                        average.get(i),
                        scope.from(average.get(i)).mul(plan.baseAverage()).add(updated));
            }
        }
        Ops.increment(In.COUNT.of(in));
    }

    /** The gradients of a loss; its numbers are written to {@code row}; stops where something is not finite. */
    private static NDList gradients(Loop.Step step, NDList parameters, NDArray row, Supplier<Loss> evaluate) {
        var result = Gradients.ofParameters(parameters, () -> {
            Loss loss = evaluate.get();
            NDList numbers = new NDList(loss.total());
            numbers.addAll(loss.terms().values());
            return new Gradients.Loss(loss.total(), numbers);
        });
        NDArray norm = Ops.norm(result.gradients());
        NDList numbers = new NDList(result.others().get(0), norm);
        numbers.addAll(result.others().subNDList(1));
        NDArray all = NDArrays.stack(numbers);
        Ops.assign(row, all);
        step.stopUnlessFinite(new NDList(all));
        return result.gradients();
    }

    private void update(Optimizer optimizer, String name, NDList parameters, NDList gradients, NDArray rate) {
        if (!parameters.isEmpty()) {
            optimizer.update(parameters, gradients, state.optimizer(name), rate);
        }
    }
}
