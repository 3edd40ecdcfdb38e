package gebm.data;

import java.util.Arrays;

/** Nodes and weights of an integral over [0, 1]. */
record QuadratureRule(double[] nodes, double[] weights) {
    /** Equally spaced nodes: best for what is periodic. */
    static QuadratureRule periodic(int n) {
        double[] nodes = new double[n];
        double[] weights = new double[n];
        Arrays.setAll(nodes, i -> i / (double) n);
        Arrays.fill(weights, 1.0 / n);
        return new QuadratureRule(nodes, weights);
    }

    /** Exact for polynomials of degree {@code 2n − 1}; nodes by Newton's method on the Legendre polynomial. */
    static QuadratureRule gaussLegendre(int n) {
        double[] nodes = new double[n];
        double[] weights = new double[n];
        for (int i = 0; i < n; i++) {
            double x = Math.cos(Math.PI * (i + 0.75) / (n + 0.5)); // close to a root
            double slope = 0;
            for (int iteration = 0; iteration < 10; iteration++) {
                double before = 0;
                double p = 1;
                for (int k = 1; k <= n; k++) {
                    double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
                    before = p;
                    p = next;
                }
                slope = n * (x * p - before) / (x * x - 1);
                x -= p / slope;
            }
            nodes[i] = (1 - x) / 2;
            weights[i] = 1 / ((1 - x * x) * slope * slope);
        }
        return new QuadratureRule(nodes, weights);
    }
}
