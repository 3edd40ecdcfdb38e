package gebm.sampler;

/**
 * Finds the logarithm of a step at which an acceptance meets its target, and averages what it tried.
 *
 * <p>After t observations {@code log ε = μ − √t/γ · H̄}, {@code H̄} a running mean of target − acceptance, and the
 * result is the average of the tries with weights {@code t^{−κ}}.
 *
 * <p>Source: Hoffman and Gelman (2014), The No-U-Turn Sampler, JMLR 15, algorithm 5; γ = 0.05, t₀ = 10, κ = 0.75.
 */
final class DualAveraging {
    private static final double GAMMA = 0.05;
    private static final double DELAY = 10;
    private static final double KAPPA = 0.75;

    private final double target;
    private final double centre;
    private double current;
    private double average;
    private double error;
    private int count;

    DualAveraging(double firstStep, double target) {
        this.target = target;
        centre = Math.log(10 * firstStep);
        current = Math.log(firstStep);
        average = current;
    }

    void observe(double acceptance) {
        count++;
        double share = 1 / (count + DELAY);
        error += share * (target - acceptance - error);
        current = centre - Math.sqrt(count) / GAMMA * error;
        double weight = Math.pow(count, -KAPPA);
        average += weight * (current - average);
    }

    /** What to try next. */
    double step() {
        return Math.exp(current);
    }

    /** What has been found. */
    double found() {
        return Math.exp(average);
    }
}
