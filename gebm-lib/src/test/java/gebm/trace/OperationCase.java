package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * One row of the contract of operations: a function of arrays and what holds for it.
 *
 * @param reference what the traced value must equal when it runs on ordinary arrays; null: the oracle of this name
 * @param defect why the row fails today, or null
 */
record OperationCase(
        String name,
        Function<NDList, NDArray> function,
        List<Argument> arguments,
        Function<NDList, NDArray> reference,
        Derivative derivative,
        double tolerance,
        String defect) {
    /** What is asked of derivatives. */
    enum Derivative {
        /** Integer or truth values come out, or the engine has no derivative. */
        NONE,
        /** It is not what differences give, on purpose: only rules and engine are compared. */
        BY_DEFINITION,
        /** The engine has no second derivative. */
        FIRST,
        SECOND
    }

    /** The numbers that the letters n, m, k of shapes stand for. */
    record Sizes(int n, int m, int k) {
        static final Sizes USUAL = new Sizes(3, 4, 2);

        /** {@code "n m+1 2k 3"} as a shape. */
        Shape shape(String text) {
            if (text.isBlank()) {
                return new Shape();
            }
            return new Shape(
                    Arrays.stream(text.split(" ")).mapToLong(this::size).toArray());
        }

        long size(String term) {
            long sum = 0;
            for (String part : term.split("\\+")) {
                char last = part.charAt(part.length() - 1);
                if (Character.isDigit(last)) {
                    sum += Long.parseLong(part);
                } else {
                    String factor = part.substring(0, part.length() - 1);
                    int value = last == 'n' ? n : last == 'm' ? m : k;
                    sum += (factor.isEmpty() ? 1 : Long.parseLong(factor)) * value;
                }
            }
            return sum;
        }
    }

    /** An argument: its shape and where its elements lie. */
    record Argument(String shape, Kind kind, double low, double high, String bound) {
        private enum Kind {
            /** Real numbers, no two of them and none and zero closer than the differences reach. */
            REAL,
            /** As above, but no derivative is taken for it. */
            FIXED,
            /** A square matrix (or several) with a dominant diagonal. */
            MATRIX,
            /** Integers below the bound. */
            INDEX,
            /** Distinct integers below the bound, in any order: a one-dimensional permutation. */
            PERMUTATION,
            /** Few different numbers, so that there are ties. */
            LEVEL,
            TRUTH
        }

        boolean differentiable() {
            return kind == Kind.REAL || kind == Kind.MATRIX;
        }

        NDArray make(NDManager scope, Sizes sizes, DataType type, long seed) {
            Shape concrete = sizes.shape(shape);
            NDArray array = scope.create(numbers(concrete, sizes, new Random(seed)), concrete);
            DataType own =
                    switch (kind) {
                        case INDEX, PERMUTATION -> DataType.INT64;
                        case TRUTH -> DataType.BOOLEAN;
                        default -> type;
                    };
            return own == DataType.FLOAT64 ? array : array.toType(own, false);
        }

        private double[] numbers(Shape concrete, Sizes sizes, Random random) {
            int size = (int) concrete.size();
            int[] order = permutation(size, random);
            double[] numbers = new double[size];
            int last = concrete.dimension() == 0 ? 1 : (int) concrete.get(concrete.dimension() - 1);
            for (int i = 0; i < size; i++) {
                double u = (order[i] + 0.2 + 0.6 * random.nextDouble()) / size;
                numbers[i] = switch (kind) {
                    case REAL, FIXED -> low == -high ? high * away(2 * u - 1) : low + (high - low) * u;
                    case MATRIX -> (i / last % last == i % last ? 2 + u : 0.6 * (u - 0.5));
                    case INDEX -> random.nextInt((int) sizes.size(bound));
                    case PERMUTATION -> order[i];
                    case LEVEL -> random.nextInt(4) - 1;
                    case TRUTH -> (i + order[0]) % 3 == 0 ? 0 : 1;
                };
            }
            return numbers;
        }

        private static double away(double x) {
            return 0.85 * x + 0.15 * Math.signum(x);
        }

        private static int[] permutation(int n, Random random) {
            int[] order = new int[n];
            for (int i = 0; i < n; i++) {
                int j = random.nextInt(i + 1);
                order[i] = order[j];
                order[j] = i;
            }
            return order;
        }
    }

    /** Between −2 and 2, and 0.3 away from zero. */
    static Argument real(String shape) {
        return within(-2, 2, shape);
    }

    /** Between 0.3 and 2. */
    static Argument positive(String shape) {
        return within(0.3, 2, shape);
    }

    static Argument within(double low, double high, String shape) {
        return new Argument(shape, Argument.Kind.REAL, low, high, null);
    }

    /** Between 0.3 and 2; no derivative is taken for it. */
    static Argument fixed(String shape) {
        return new Argument(shape, Argument.Kind.FIXED, 0.3, 2, null);
    }

    static Argument matrix(String shape) {
        return new Argument(shape, Argument.Kind.MATRIX, 0, 0, null);
    }

    static Argument index(String bound, String shape) {
        return new Argument(shape, Argument.Kind.INDEX, 0, 0, bound);
    }

    static Argument permutation(String size) {
        return new Argument(size, Argument.Kind.PERMUTATION, 0, 0, size);
    }

    static Argument level(String shape) {
        return new Argument(shape, Argument.Kind.LEVEL, 0, 0, null);
    }

    static Argument truth(String shape) {
        return new Argument(shape, Argument.Kind.TRUTH, 0, 0, null);
    }

    static OperationCase row(String name, UnaryOperator<NDArray> function, Argument x) {
        return ofList(name, list -> function.apply(list.get(0)), x);
    }

    static OperationCase row(String name, BinaryOperator<NDArray> function, Argument x, Argument y) {
        return ofList(name, list -> function.apply(list.get(0), list.get(1)), x, y);
    }

    static OperationCase ofList(String name, Function<NDList, NDArray> function, Argument... arguments) {
        return new OperationCase(name, function, List.of(arguments), function, Derivative.SECOND, 1e-12, null);
    }

    /** Without derivatives. */
    OperationCase constant() {
        return with(Derivative.NONE);
    }

    OperationCase with(Derivative other) {
        return new OperationCase(name, function, arguments, reference, other, tolerance, defect);
    }

    /** For what the engine lacks or has wrong: other operations with the same value. */
    OperationCase insteadOfEager(UnaryOperator<NDArray> other) {
        return insteadOfEagerList(list -> other.apply(list.get(0)));
    }

    OperationCase insteadOfEager(BinaryOperator<NDArray> other) {
        return insteadOfEagerList(list -> other.apply(list.get(0), list.get(1)));
    }

    OperationCase insteadOfEagerList(Function<NDList, NDArray> other) {
        return new OperationCase(name, function, arguments, other, derivative, tolerance, defect);
    }

    /** For what the engine lacks or has wrong: arguments and value of this name in {@code operations.json}. */
    OperationCase oracle() {
        return new OperationCase(name, function, arguments, null, derivative, tolerance, defect);
    }

    /** How far apart value and reference may be in float64, relative to the largest element: usually 1e-12. */
    OperationCase tolerance(double relative) {
        return new OperationCase(name, function, arguments, reference, derivative, relative, defect);
    }

    /** Marks a row that fails because of a defect; it must fail until the mark goes. */
    OperationCase defect(String why) {
        return new OperationCase(name, function, arguments, reference, derivative, tolerance, why);
    }

    NDList make(NDManager scope, Sizes sizes, DataType type, long seed) {
        NDList list = new NDList();
        for (int i = 0; i < arguments.size(); i++) {
            list.add(arguments.get(i).make(scope, sizes, type, 31 * seed + i));
        }
        return list;
    }

    /** The places of the arguments that derivatives are taken for. */
    List<Integer> differentiable() {
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).differentiable()) {
                places.add(i);
            }
        }
        return places;
    }

    @Override
    public String toString() {
        return name;
    }
}
