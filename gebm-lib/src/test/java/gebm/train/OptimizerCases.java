package gebm.train;

import gebm.core.Schedule;
import java.util.List;
import java.util.function.Supplier;

/** One row for each optimiser and each way to put a map before one, with the same rule in plain Java. */
final class OptimizerCases {
    /** A rule for one number. */
    interface Rule {
        /** The number after update {@code t}, counted from 1. */
        double update(double value, double gradient, long t, double rate);
    }

    /**
     * One row.
     *
     * @param states arrays of state for {@code n} parameters: {@code fixed + perParameter·n}
     */
    record Case(String name, Optimizer optimizer, Supplier<Rule> rule, Schedule rate, int fixed, int perParameter) {
        @Override
        public String toString() {
            return name;
        }
    }

    private OptimizerCases() {}

    private static Supplier<Rule> adam(double beta1, double beta2, double epsilon) {
        return () -> new Rule() {
            private double mean;
            private double square;

            @Override
            public double update(double value, double gradient, long t, double rate) {
                mean = beta1 * mean + (1 - beta1) * gradient;
                square = beta2 * square + (1 - beta2) * gradient * gradient;
                double m = mean / (1 - Math.pow(beta1, t));
                double v = square / (1 - Math.pow(beta2, t));
                return value - rate * m / (Math.sqrt(v) + epsilon);
            }
        };
    }

    private static Supplier<Rule> sgd() {
        return () -> (value, gradient, t, rate) -> value - rate * gradient;
    }

    private static Supplier<Rule> mapped(java.util.function.DoubleUnaryOperator map, Supplier<Rule> rule) {
        return () -> {
            Rule inner = rule.get();
            return (value, gradient, t, rate) -> inner.update(value, map.applyAsDouble(gradient), t, rate);
        };
    }

    static List<Case> all() {
        Schedule constant = Schedule.constant(0.03);
        Schedule falling = Schedule.stepDecay(0.1, 0.5, 7);
        return List.of(
                new Case("Adam", Adam.of(0.03), adam(0.9, 0.999, 1e-8), constant, 1, 2),
                new Case("Adam with a schedule", Adam.of(falling), adam(0.9, 0.999, 1e-8), falling, 1, 2),
                new Case("Adam with betas", Adam.of(0.03).withBetas(0.5, 0.9), adam(0.5, 0.9, 1e-8), constant, 1, 2),
                new Case("Adam without memory", Adam.of(0.03).withBetas(0, 0), adam(0, 0, 1e-8), constant, 1, 2),
                new Case(
                        "Adam with epsilon",
                        new Adam(constant, 0.9, 0.999, 0.5),
                        adam(0.9, 0.999, 0.5),
                        constant,
                        1,
                        2),
                new Case(
                        "Adam after clip",
                        Adam.of(0.03).after(GradientMap.clip(0.2)),
                        mapped(g -> Math.max(-0.2, Math.min(0.2, g)), adam(0.9, 0.999, 1e-8)),
                        constant,
                        1,
                        2),
                new Case("Sgd", Sgd.of(0.03), sgd(), constant, 0, 0),
                new Case("Sgd with a schedule", new Sgd(falling), sgd(), falling, 0, 0),
                new Case(
                        "Sgd after the Newton map",
                        Sgd.of(0.03).after(GradientMap.newton()),
                        mapped(g -> g / (1 - g), sgd()),
                        constant,
                        0,
                        0),
                new Case(
                        "Sgd after a soft clip of a clip",
                        Sgd.of(0.03).after(GradientMap.clip(0.6).andThen(GradientMap.softClip())),
                        mapped(
                                g -> {
                                    double c = Math.max(-0.6, Math.min(0.6, g));
                                    return 2 * c / (1 + c * c);
                                },
                                sgd()),
                        constant,
                        0,
                        0));
    }
}
