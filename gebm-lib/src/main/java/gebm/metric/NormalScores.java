package gebm.metric;

import java.util.Arrays;

/** Ranks, and the normal scores that stand for them. */
final class NormalScores {
    private static final double OFFSET = 3.0 / 8; // Blom (1958): nearly unbiased for normal order statistics

    private NormalScores() {}

    /** For each number its rank among all, from 1; equal numbers share the mean of their ranks. */
    static double[][] ranks(double[][] values, double[] sorted) {
        double[] shared = new double[sorted.length];
        for (int from = 0, to; from < sorted.length; from = to) {
            to = from + 1;
            while (to < sorted.length && sorted[to] == sorted[from]) {
                to++;
            }
            Arrays.fill(shared, from, to, (from + 1 + to) / 2.0);
        }
        double[][] ranks = new double[values.length][];
        for (int c = 0; c < values.length; c++) {
            ranks[c] = new double[values[c].length];
            for (int i = 0; i < ranks[c].length; i++) {
                ranks[c][i] = shared[Arrays.binarySearch(sorted, values[c][i])];
            }
        }
        return ranks;
    }

    /** {@code Φ⁻¹((r − 3/8)/(n + 1/4))} for the rank r of each of n numbers. */
    static double[][] of(double[][] values, double[] sorted) {
        double[][] scores = ranks(values, sorted);
        double n = sorted.length;
        for (double[] chain : scores) {
            for (int i = 0; i < chain.length; i++) {
                chain[i] = normalQuantile((chain[i] - OFFSET) / (n - 2 * OFFSET + 1));
            }
        }
        return scores;
    }

    private static final double[][] CENTRE = {
        {
            3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
            45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727
        },
        {
            1,
            42.313330701600911252,
            687.18700749205790830,
            5394.1960214247511077,
            21213.794301586595867,
            39307.895800092710610,
            28729.085735721942674,
            5226.4952788528545610
        }
    };
    private static final double[][] TAIL = {
        {
            1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
            1.27045825245236838258, .241780725177450611770, .0227238449892691845833, 7.74545014278341407640e-4
        },
        {
            1,
            2.05319162663775882187,
            1.67638483018380384940,
            .689767334985100004550,
            .148103976427480074590,
            .0151986665636164571966,
            5.47593808499534494600e-4,
            1.05075007164441684324e-9
        }
    };
    private static final double[][] FAR_TAIL = {
        {
            6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, .296560571828504891230,
            .0265321895265761230930, .00124266094738807843860, 2.71155556874348757815e-5, 2.01033439929228813265e-7
        },
        {
            1,
            .599832206555887937690,
            .136929880922735805310,
            .0148753612908506148525,
            7.86869131145613259100e-4,
            1.84631831751005468180e-5,
            1.42151175831644588870e-7,
            2.04426310338993978564e-15
        }
    };

    /** {@code Φ⁻¹(p)} for 0 < p < 1, to 1e-16 relative: Wichura (1988), Applied Statistics 37(3), algorithm AS 241. */
    static double normalQuantile(double p) {
        double q = p - 0.5;
        if (Math.abs(q) <= 0.425) {
            return q * ratio(CENTRE, 0.180625 - q * q);
        }
        double r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
        double size = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
        return q < 0 ? -size : size;
    }

    private static double ratio(double[][] coefficients, double x) {
        return polynomial(coefficients[0], x) / polynomial(coefficients[1], x);
    }

    private static double polynomial(double[] coefficients, double x) {
        double sum = 0;
        for (int i = coefficients.length - 1; i >= 0; i--) {
            sum = sum * x + coefficients[i];
        }
        return sum;
    }
}
