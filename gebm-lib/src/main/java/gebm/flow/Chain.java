package gebm.flow;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;
import gebm.core.Require;
import gebm.core.Trainable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Bijections one after the other.
 *
 * @param fromData whether the parts are in the order from data to latents, else in that from latents to data
 */
record Chain(Parts parts, boolean fromData) implements Bijection {
    Chain {
        int dimension = first(parts).dimension();
        for (Trainable part : parts.all().values()) {
            int next = ((Bijection) part).dimension();
            Require.that(next == dimension, "dimension of the next bijection", "" + dimension, next);
        }
    }

    private static Bijection first(Parts parts) {
        return (Bijection) parts.all().values().iterator().next();
    }

    @Override
    public int dimension() {
        return first(parts).dimension();
    }

    @Override
    public Bijection then(Bijection next) {
        String name = String.valueOf(parts.all().size());
        if (!fromData) {
            return new Chain(parts.and(name, next), false);
        }
        Map<String, Trainable> more = new LinkedHashMap<>();
        more.put(name, next);
        more.putAll(parts.all());
        return new Chain(Parts.of(more), true);
    }

    private Image through(NDArray start, boolean toData) {
        List<Trainable> order = new ArrayList<>(parts.all().values());
        if (toData == fromData) {
            Collections.reverse(order);
        }
        Image image = null;
        for (Trainable part : order) {
            Bijection map = (Bijection) part;
            NDArray x = image == null ? start : image.value();
            Image next = toData ? map.forward(x) : map.inverse(x);
            image = image == null ? next : next.after(image);
        }
        return image;
    }

    @Override
    public Image toData(NDArray z) {
        return through(z, true);
    }

    @Override
    public Image toLatents(NDArray x) {
        return through(x, false);
    }

    @Override
    public Chain with(Parts others) {
        return new Chain(others, fromData);
    }
}
