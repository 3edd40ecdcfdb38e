package gebm.train;

import gebm.core.Require;
import gebm.core.WholeFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was measured in a run of training: a number, or none, for each iteration and column.
 *
 * <p>Numbers of a phase are averaged over its steps in the iteration. Where two phases name a term alike, that of one of
 * them is kept.
 */
public final class History {
    private final List<Map<String, Double>> rows;
    private final Set<String> columns;

    private History(List<Map<String, Double>> rows) {
        this.rows = rows;
        Map<String, Boolean> names = new LinkedHashMap<>();
        rows.forEach(row -> row.keySet().forEach(name -> names.put(name, true)));
        columns = Collections.unmodifiableSet(names.keySet());
    }

    /** The history with a row for each iteration. */
    static History of(List<Map<String, Double>> rows) {
        List<Map<String, Double>> copies = new ArrayList<>();
        rows.forEach(row -> copies.add(Collections.unmodifiableMap(new LinkedHashMap<>(row))));
        return new History(Collections.unmodifiableList(copies));
    }

    /** The iterations, each a map from column to number. */
    public List<Map<String, Double>> rows() {
        return rows;
    }

    /** How many iterations there are. */
    public int size() {
        return rows.size();
    }

    /** The names of the columns. */
    public Set<String> columns() {
        return columns;
    }

    /**
     * One number for each iteration, NaN where there is none.
     *
     * @throws IllegalArgumentException if there is no such column
     */
    public double[] column(String name) {
        Require.that(columns.contains(name), "column", "one of " + columns, name);
        return rows.stream()
                .mapToDouble(row -> row.getOrDefault(name, Double.NaN))
                .toArray();
    }

    /** Iterations, counted from 1, that have a number in {@code name}, and the numbers: for a curve with gaps. */
    public double[][] curve(String name) {
        double[] all = column(name);
        int[] kept = java.util.stream.IntStream.range(0, all.length)
                .filter(i -> !Double.isNaN(all[i]))
                .toArray();
        double[][] curve = new double[2][kept.length];
        for (int i = 0; i < kept.length; i++) {
            curve[0][i] = kept[i] + 1;
            curve[1][i] = all[kept[i]];
        }
        return curve;
    }

    /** Writes a header and a line for each iteration, comma-separated, empty where there is no number. */
    public void writeCsv(Path file) {
        StringBuilder text = new StringBuilder("iteration");
        columns.forEach(name -> text.append(',').append(name));
        text.append('\n');
        for (int i = 0; i < rows.size(); i++) {
            text.append(i + 1);
            for (String name : columns) {
                Double number = rows.get(i).get(name);
                text.append(',').append(number == null ? "" : number.toString());
            }
            text.append('\n');
        }
        WholeFile.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof History history && rows.equals(history.rows);
    }

    @Override
    public int hashCode() {
        return rows.hashCode();
    }

    @Override
    public String toString() {
        return "History[" + rows.size() + " iterations of " + columns + "]";
    }
}
