package gebm.data;

import ai.djl.ndarray.types.DataType;
import gebm.core.Require;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How a table is divided and scaled by {@link Split}.
 *
 * <pre>{@code
 * var plan = SplitPlan.of().withShares(0.1, 0.2).withKey("patient").withScaling(SplitPlan.Scaling.EACH_COLUMN);
 * }</pre>
 *
 * @param validation the share of all rows that validates, in [0, 1)
 * @param test the share of all rows that tests, in [0, 1)
 * @param scaling what brings the rows to units in which they are learned, found from the training rows only
 * @param key a column whose equal values stay on one side; it is not part of the data
 * @param jitter names of columns of repeated values, to which noise of the width of their gaps is added
 * @param type of the arrays
 */
public record SplitPlan(
        double validation, double test, Scaling scaling, Optional<String> key, List<String> jitter, DataType type) {

    /** What is applied to rows before they are learned. */
    public enum Scaling {
        /** {@link Standardizer#whitening}: mean 0 and covariance the identity. */
        WHITENED,
        /** {@link Standardizer#columns}: each column to mean 0 and variance 1. */
        EACH_COLUMN,
        /** Nothing. */
        NONE
    }

    /** Checks the shares. */
    public SplitPlan {
        Require.that(validation >= 0 && validation < 1, "validation share", "in [0, 1)", validation);
        Require.that(test >= 0 && test < 1, "test share", "in [0, 1)", test);
        Require.that(validation + test < 1, "validation and test share together", "< 1", validation + test);
        Objects.requireNonNull(scaling);
        Objects.requireNonNull(key);
        jitter = List.copyOf(jitter);
        Require.that(type.isFloating(), "type", "floating", type);
    }

    /** A tenth of the rows to validate and a tenth to test, whitened, no key, no jitter, float32. */
    public static SplitPlan of() {
        return new SplitPlan(0.1, 0.1, Scaling.WHITENED, Optional.empty(), List.of(), DataType.FLOAT32);
    }

    /** With these shares of all rows. */
    public SplitPlan withShares(double validation, double test) {
        return new SplitPlan(validation, test, scaling, key, jitter, type);
    }

    /** With this scaling. */
    public SplitPlan withScaling(Scaling scaling) {
        return new SplitPlan(validation, test, scaling, key, jitter, type);
    }

    /** With rows of one value of this column on one side, and the column not part of the data. */
    public SplitPlan withKey(String column) {
        return new SplitPlan(validation, test, scaling, Optional.of(column), jitter, type);
    }

    /**
     * With noise, uniform on ±g, added to these columns, where g is the median gap between neighbouring values of the
     * training rows: a density of rounded numbers would otherwise be infinite at each of them.
     */
    public SplitPlan withJitter(String... columns) {
        return new SplitPlan(validation, test, scaling, key, List.of(columns), type);
    }

    /** With arrays of this type. */
    public SplitPlan withType(DataType type) {
        return new SplitPlan(validation, test, scaling, key, jitter, type);
    }
}
