package gebm.experiment;

import gebm.data.Uci;
import gebm.experiment.UciExperiment.Method;
import gebm.experiment.UciExperiment.Run;
import gebm.experiment.UciExperiment.Settings;
import gebm.metric.NegativeLogLikelihood;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table of the densities of UCI tables in {@code notebooks/RESULTS.md}, from the files of {@link UciExperiment}. */
public final class UciTable {
    private static final Map<Uci, Map<Method, Double>> LOGGED = Map.of(
            Uci.RED_WINE,
            Map.of(Method.ML, 11.809, Method.CD, 12.839, Method.KALE_DV, 11.604, Method.KALE_F, 12.099),
            Uci.WHITE_WINE,
            Map.of(Method.ML, 13.030, Method.CD, 13.928, Method.KALE_DV, 12.772, Method.KALE_F, 13.394),
            Uci.PARKINSONS,
            Map.of(Method.ML, 13.558, Method.CD, 15.716, Method.KALE_DV, 13.291, Method.KALE_F, 14.825));

    private UciTable() {}

    /**
     * The smallest test number that the authors logged for a method, in nats; NaN where there is none.
     *
     * <p>Many of these runs had not ended, and the smallest test number is a choice made on the test rows: good to place a
     * run of ours, not to rank methods by.
     *
     * <p>Source: the outputs of the notebook UCI.ipynb in the GEBM reference code at f24a688.
     */
    public static double logged(Uci set, Method method) {
        return LOGGED.getOrDefault(set, Map.of()).getOrDefault(method, Double.NaN);
    }

    /**
     * A row for each set and method with runs, those of {@link UciExperiment.Settings#reference} left out: the mean
     * over seeds of the test number at the best validation, and their range; the authors' logged value; and the difference
     * to maximum likelihood on the same test rows and seeds, with its paired standard error over the rows.
     */
    public static String markdown(List<Run> runs) {
        List<String> lines = new ArrayList<>();
        lines.add("| set | method | test NLL, nats | seeds | authors' log | minus ML, paired |");
        lines.add("|---|---|---|---|---|---|");
        for (Uci set : Uci.values()) {
            for (Method method : Method.values()) {
                List<Run> rows = of(runs, set, method);
                if (!rows.isEmpty()) {
                    lines.add(row(set, method, rows, of(runs, set, Method.ML)));
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }

    /** Prints the table of the runs in {@code notebooks/results/uci}, in UTF-8; {@code environment/keep} calls it. */
    public static void main(String... none) {
        String table = markdown(UciExperiment.all(Path.of("notebooks/results/uci")));
        System.out.writeBytes(table.getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    /** The runs of a set and method that the table counts. */
    static List<Run> of(List<Run> runs, Uci set, Method method) {
        return runs.stream()
                .filter(run -> run.set() == set && run.method() == method)
                .filter(run -> !run.settings().name().equals(Settings.REFERENCE))
                .toList();
    }

    private static String row(Uci set, Method method, List<Run> rows, List<Run> likelihood) {
        double mean = rows.stream().mapToDouble(Run::test).average().orElseThrow();
        double low = rows.stream().mapToDouble(Run::test).min().orElseThrow();
        double high = rows.stream().mapToDouble(Run::test).max().orElseThrow();
        double logged = logged(set, method);
        return String.format(
                Locale.ROOT,
                "| %s | %s | %.2f%s | %d | %s | %s |",
                set.title(),
                method.title(),
                mean,
                rows.size() > 1 ? String.format(Locale.ROOT, " (%.2f to %.2f)", low, high) : "",
                rows.size(),
                Double.isNaN(logged) ? "" : String.format(Locale.ROOT, "%.2f", logged),
                method == Method.ML || likelihood.isEmpty() ? "" : difference(rows, likelihood));
    }

    /** Of the rows' log-densities, averaged over the seeds that both have. */
    private static String difference(List<Run> rows, List<Run> likelihood) {
        NegativeLogLikelihood ours = averaged(rows, likelihood);
        return ours == null ? "" : ours.minus(averaged(likelihood, rows)).toString();
    }

    private static NegativeLogLikelihood averaged(List<Run> runs, List<Run> others) {
        List<double[]> common = runs.stream()
                .filter(run -> others.stream().anyMatch(other -> other.seed() == run.seed()))
                .map(Run::logDensities)
                .toList();
        if (common.isEmpty()) {
            return null;
        }
        double[] mean = new double[common.get(0).length];
        for (double[] logs : common) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += logs[i] / common.size();
            }
        }
        return NegativeLogLikelihood.of(mean, 0, NegativeLogLikelihood.Method.EXACT);
    }
}
