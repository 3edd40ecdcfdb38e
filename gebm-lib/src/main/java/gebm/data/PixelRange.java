package gebm.data;

import ai.djl.ndarray.NDArray;

/**
 * What the values of pixels mean: black and white are 0 and 1, or −1 and 1.
 *
 * <p>A level {@code b} of a file, 0–255, is {@code b/255} in {@link #UNIT} and {@code 2b/255 − 1} in {@link #SIGNED}.
 *
 * <pre>{@code
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     System.out.println(PixelRange.SIGNED.toUnit(scope.create(new float[] {-1, 0, 1}))); // 0, 0.5, 1
 * }
 * }</pre>
 */
public enum PixelRange {
    /** From 0 to 1: what features and classifiers of this library take. */
    UNIT(0, 1),

    /** From −1 to 1: what a generator that ends in tanh gives. */
    SIGNED(-1, 1);

    private final double low;
    private final double high;

    PixelRange(double low, double high) {
        this.low = low;
        this.high = high;
    }

    /** The value of level 0. */
    public double low() {
        return low;
    }

    /** The value of level 255. */
    public double high() {
        return high;
    }

    /** Values of this range, of any shape, as values of {@link #UNIT}; a new array. */
    public NDArray toUnit(NDArray x) {
        return this == UNIT ? x.duplicate() : x.add(1).div(2);
    }

    /** Levels 0–255 in floats become values of this range, in place. */
    NDArray ofLevels(NDArray levels) {
        return this == UNIT ? levels.divi(255) : levels.divi(127.5).subi(1);
    }
}
