package gebm.plot;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Places of draws in the order of all draws. */
final class Ranks {
    private Ranks() {}

    /** For each draw its rank, from ½ to n − ½, over their number n; equal draws share the mean of their ranks. */
    static double[][] of(double[][] chains) {
        int steps = chains[0].length;
        int n = chains.length * steps;
        double[] all = Arrays.stream(chains).flatMapToDouble(Arrays::stream).toArray();
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> all[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double[][] ranks = new double[chains.length][steps];
        for (int from = 0, to; from < n; from = to) {
            to = from + 1;
            while (to < n && all[order[to]] == all[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i] / steps][order[i] % steps] = (from + to) / (2.0 * n);
            }
        }
        return ranks;
    }
}
