package gebm.plot;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import gebm.data.StrokeDigits;
import gebm.data.Toy;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import gebm.objective.Kale;
import gebm.objective.Penalties;
import gebm.train.Evaluation;
import gebm.train.History;
import gebm.train.Trainer;
import gebm.train.TrainingPlan;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** A picture of each kind, as large as a notebook makes it. */
final class PictureCases {
    private static final Energy RING =
            x -> x.square().sum(new int[] {1}).sqrt().sub(2).square().mul(4);

    private final Map<String, Drawing> cases = new LinkedHashMap<>();
    private final NDManager m;
    private final Rng rng = Rng.of(7);

    /** Draws from the data to the file. */
    interface Drawing {
        byte[] png();
    }

    /** Cases with arrays of {@code scope}. */
    static Map<String, Drawing> all(NDManager scope) {
        return new PictureCases(scope).cases;
    }

    private PictureCases(NDManager scope) {
        m = scope;
        ofCurves();
        ofThePlane();
        ofChains();
        ofImages();
    }

    private void chart(String name, Supplier<Object> chart) {
        cases.put(name, () -> Plots.image(chart.get()).png());
    }

    private void ofCurves() {
        double[] loss = decay(4_000, 0.3);
        double[] other = decay(4_000, 0.2);
        chart("curves", () -> Plots.curves("Training", "step", "loss", Curve.of("one", loss), Curve.of("two", other)));
        double[] at = IntStream.range(0, 200).asDoubleStream().toArray();
        double[][] runs = {decay(200, 0.2), decay(200, 0.2), decay(200, 0.2)};
        chart("curves, with a band", () -> Plots.curves("Runs", "step", "loss", Curve.ofRuns("mean", at, runs)));
        double[] draws = normal(2_000);
        double[] more = normal(2_000);
        chart("histogram", () -> Plots.histogram("data, model", "x", draws, more));
    }

    private void ofThePlane() {
        NDArray data = Toy.eightGaussians().batch(m, 2_000, 0, rng.fork("data"));
        NDArray model = data.add(rng.fork("noise").normal(m, data.getShape()).mul(0.3));
        NDArray paths =
                rng.fork("paths").normal(m, new Shape(200, 20, 2)).mul(0.1).cumSum(0);
        chart("scatter", () -> Plots.scatter("data", data));
        chart("scatter, of three", () -> Plots.scatter("data, base, GEBM", data, model, model.mul(0.8)));
        chart(
                "heatmap",
                () -> Plots.heatmap(
                        "Density", "density", Grid.of(x -> RING.at(x).neg().exp(), -4, 4)));
        chart("landscape", () -> Plots.landscape("Energy", RING, -4, 4));
        chart("landscape, with points and paths", () -> Plots.landscape("Energy", RING, -4, 4)
                .withPoints("data", data)
                .withPaths("chains", paths));
        chart("field", () -> Plots.field("Force", x -> x.neg(), -4, 4));
        cases.put("walk", () -> Plots.landscape("Energy", RING, -4, 4)
                .walk("chains", paths.get(":, :10"), 40)
                .png());
        NDArray table = rng.fork("table").normal(m, new Shape(2_000, 6));
        cases.put("pairs", () -> Plots.pairs("a, b, c, d, e, f", "data, model", table, table.mul(0.5))
                .png());
    }

    private void ofChains() {
        double[][] draws = {normal(2_000), normal(2_000), normal(2_000), normal(2_000)};
        chart("traces", () -> Plots.traces("Traces", "x", draws));
        chart("ranks", () -> Plots.ranks("Ranks", draws));
        chart("autocorrelation", () -> Plots.autocorrelation("Autocorrelation", draws, 50));
        History history = history();
        chart("training", () -> Plots.training("Training", history));
        chart("training, one term", () -> Plots.training("Training", history, "kale"));
    }

    /** Three thousand iterations of seven terms. */
    private History history() {
        var loss = Kale.energyLoss().plus(0.3, Penalties.gradient());
        var held = Evaluation.of(loss, Toy.eightGaussians().batch(m, 100, 0, rng.fork("held out")));
        var plan = TrainingPlan.of(3_000).withEnergySteps(i -> 1).withBatchSize(16);
        var base = LatentBase.pushForward(DensityBase.standardNormal(2), Mlp.of(2, 4, 2), rng.fork("base"));
        var energy = Energy.neural(Mlp.of(2, 4, 1), new Shape(2), rng.fork("energy"));
        return Trainer.alternating(loss, Kale.baseLoss(), plan)
                .withEvaluation(100, held)
                .fit(Gebm.of(base, energy), Toy.eightGaussians(), rng.fork("train"))
                .history();
    }

    private void ofImages() {
        NDArray digits = StrokeDigits.of(200, rng.fork("digits")).flattened(m);
        NDArray generated = digits.add(
                        rng.fork("grain").normal(m, digits.getShape()).mul(0.05))
                .clip(0, 1);
        cases.put(
                "images", () -> Plots.images("held-out", digits.get(":100"), 20).png());
        cases.put("sideBySide", () -> Plots.sideBySide(
                        "data, base, GEBM", 8, digits.get(":64"), generated.get(":64"), generated.get("64:128"))
                .png());
    }

    private double[] normal(int n) {
        return rng.fork("draws")
                .fork(cases.size())
                .numbers()
                .doubles(n)
                .map(u -> Math.log(u / (1 - u)))
                .toArray();
    }

    private double[] decay(int n, double noise) {
        double[] y = Arrays.copyOf(normal(n), n);
        for (int i = 0; i < n; i++) {
            y[i] = Math.exp(-5.0 * i / n) + noise * y[i];
        }
        return y;
    }
}
