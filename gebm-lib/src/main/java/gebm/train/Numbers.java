package gebm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import gebm.core.Require;

/** Numbers for people from arrays, and for arrays from people. */
final class Numbers {
    private Numbers() {}

    /** The learning rate of an update, which counts from 0. */
    static double rate(Optimizer optimizer, long update) {
        return Require.notNegative("rate.at(" + update + ")", optimizer.rate().at(update));
    }

    static double of(NDArray scalar) {
        return scalar.getDataType() == DataType.FLOAT64 ? scalar.getDouble() : scalar.getFloat();
    }
}
