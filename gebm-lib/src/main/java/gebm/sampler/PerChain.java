package gebm.sampler;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;

/** Arrays with one row for each chain. */
final class PerChain {
    private PerChain() {}

    /** One number for each chain, {@code (chains)}, shaped so that it applies to whole rows of {@code like}. */
    static NDArray column(NDArray perChain, NDArray like) {
        long[] shape = new long[like.getShape().dimension()];
        Arrays.fill(shape, 1);
        shape[0] = like.getShape().get(0);
        return perChain.reshape(new Shape(shape));
    }

    /** The sum of each row, {@code (chains)}. */
    static NDArray sum(NDArray x) {
        int rank = x.getShape().dimension();
        if (rank == 1) {
            return x;
        }
        int[] axes = new int[rank - 1];
        Arrays.setAll(axes, i -> i + 1);
        return x.sum(axes);
    }

    /** The inner product of the rows of {@code a} and {@code b}, {@code (chains)}. */
    static NDArray dot(NDArray a, NDArray b) {
        return sum(a.mul(b));
    }

    /** How many numbers a row has. */
    static long width(NDArray x) {
        return x.getShape().size() / x.getShape().get(0);
    }

    /** For each chain its rows of {@code yes} where {@code chosen}, {@code (chains)}, and else those of {@code no}. */
    static NDList choose(NDArray chosen, NDList yes, NDList no) {
        NDList result = new NDList();
        for (int i = 0; i < yes.size(); i++) {
            NDArray like = yes.get(i);
            NDArray wide = column(chosen, like).broadcast(like.getShape()); // eager arrays do not broadcast here
            result.add(NDArrays.where(wide, like, no.get(i)));
        }
        return result;
    }
}
