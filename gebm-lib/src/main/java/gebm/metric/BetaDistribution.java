package gebm.metric;

/** The distribution with density {@code x^(a−1)·(1 − x)^(b−1)/B(a, b)} on [0, 1]; a, b ≥ 1. */
record BetaDistribution(double a, double b) {
    private static final double TINY = 1e-300;
    private static final double[] STIRLING = {
        1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
    };

    /** The x with {@code P(X ≤ x) = p}, to 1e-15, by halving. */
    double quantile(double p) {
        double low = 0;
        double high = 1;
        while (high - low > 1e-15) {
            double middle = (low + high) / 2;
            if (cumulative(middle) < p) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return (low + high) / 2;
    }

    /** {@code P(X ≤ x)}, by the continued fraction 8.17.22 of NIST's DLMF where it converges fast. */
    double cumulative(double x) {
        if (x <= 0 || x >= 1) {
            return x <= 0 ? 0 : 1;
        }
        double front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
        return x < (a + 1) / (a + b + 2) ? front / a * fraction(a, b, x) : 1 - front / b * fraction(b, a, 1 - x);
    }

    /** {@code 1/(1 + d₁/(1 + d₂/(1 + …)))} by Lentz's method. */
    private static double fraction(double a, double b, double x) {
        double c = 1;
        double d = 1 / nonZero(1 - (a + b) * x / (a + 1));
        double value = d;
        for (int m = 1; m < 100_000; m++) {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 / nonZero(1 + even * d);
            c = nonZero(1 + even / c);
            value *= c * d;
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / nonZero(1 + odd * d);
            c = nonZero(1 + odd / c);
            value *= c * d;
            if (Math.abs(c * d - 1) < 1e-16) {
                break;
            }
        }
        return value;
    }

    private static double nonZero(double value) {
        return Math.abs(value) < TINY ? TINY : value;
    }

    /** {@code ln Γ(x)} for x ≥ 1: Stirling's series from 10 on, below it {@code Γ(x + 1) = x·Γ(x)}. */
    static double logGamma(double x) {
        double product = 1;
        double y = x;
        while (y < 10) {
            product *= y++;
        }
        double series = 0;
        for (int k = STIRLING.length - 1; k >= 0; k--) {
            series = series / (y * y) + STIRLING[k];
        }
        return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series / y - Math.log(product);
    }
}
