package gebm.plot;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Marching squares: the lines on which a function given on a grid has one value.
 *
 * <p>A line enters and leaves a cell through its edges, at the point where the linear function between the edge's ends
 * has the value. An edge is a number, so that pieces of neighbouring cells join exactly. Where a cell's corners
 * alternate, the mean of the four decides which pair of pieces is drawn. A corner equal to the value counts as above.
 */
final class Contour {
    private final double[] x;
    private final double[] y;
    private final double[][] values;
    private final double level;
    private final Map<Long, List<Long>> neighbours = new LinkedHashMap<>();
    private final Map<Long, double[]> points = new HashMap<>();

    Contour(double[] x, double[] y, double[][] values, double level) {
        this.x = x;
        this.y = y;
        this.values = values;
        this.level = level;
    }

    List<double[][]> lines() {
        for (int j = 0; j + 1 < y.length; j++) {
            for (int i = 0; i + 1 < x.length; i++) {
                cell(i, j);
            }
        }
        List<double[][]> lines = new ArrayList<>();
        while (!neighbours.isEmpty()) {
            long start = neighbours.keySet().iterator().next();
            Deque<double[]> line = new ArrayDeque<>();
            line.add(points.get(start));
            for (long at = start; (at = next(at)) >= 0; ) {
                line.addLast(points.get(at));
            }
            for (long at = start; (at = next(at)) >= 0; ) { // nothing is left of a closed line
                line.addFirst(points.get(at));
            }
            neighbours.remove(start);
            lines.add(line.toArray(double[][]::new));
        }
        return lines;
    }

    /** Takes the piece away that begins at {@code edge} and returns the edge where it ends, or −1. */
    private long next(long edge) {
        List<Long> ends = neighbours.get(edge);
        if (ends == null || ends.isEmpty()) {
            neighbours.remove(edge);
            return -1;
        }
        long end = ends.remove(0);
        neighbours.get(end).remove(edge);
        if (ends.isEmpty()) {
            neighbours.remove(edge);
        }
        return end;
    }

    private void cell(int i, int j) {
        double sw = values[j][i];
        double se = values[j][i + 1];
        double ne = values[j + 1][i + 1];
        double nw = values[j + 1][i];
        if (!Double.isFinite(sw + se + ne + nw)) { // a hole
            return;
        }
        boolean[] above = {sw >= level, se >= level, ne >= level, nw >= level};
        if (above[0] == above[1] && above[1] == above[2] && above[2] == above[3]) {
            return;
        }
        long[] edges = {horizontal(i, j), vertical(i + 1, j), horizontal(i, j + 1), vertical(i, j)};
        List<Long> crossed = new ArrayList<>(); // counter-clockwise from the lower edge
        for (int e = 0; e < 4; e++) {
            if (above[e] != above[(e + 1) % 4]) {
                crossed.add(edges[e]);
            }
        }
        if (crossed.size() == 4) {
            // a piece between two neighbouring edges cuts off the corner between them: those unlike the middle
            boolean middle = (sw + se + ne + nw) / 4 >= level;
            int first = middle == above[0] ? 0 : 3;
            join(crossed.get(first), crossed.get((first + 1) % 4));
            join(crossed.get((first + 2) % 4), crossed.get((first + 3) % 4));
        } else if (crossed.size() == 2) {
            join(crossed.get(0), crossed.get(1));
        }
    }

    private void join(long a, long b) {
        neighbours.computeIfAbsent(a, edge -> new ArrayList<>(2)).add(b);
        neighbours.computeIfAbsent(b, edge -> new ArrayList<>(2)).add(a);
    }

    private long horizontal(int i, int j) {
        long edge = 2L * (j * (long) x.length + i);
        points.computeIfAbsent(
                edge, e -> new double[] {crossing(x[i], x[i + 1], values[j][i], values[j][i + 1]), y[j]});
        return edge;
    }

    private long vertical(int i, int j) {
        long edge = 2L * (j * (long) x.length + i) + 1;
        points.computeIfAbsent(
                edge, e -> new double[] {x[i], crossing(y[j], y[j + 1], values[j][i], values[j + 1][i])});
        return edge;
    }

    private double crossing(double from, double to, double atFrom, double atTo) {
        return from + (level - atFrom) / (atTo - atFrom) * (to - from);
    }
}
