package gebm.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import gebm.core.Require;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Bijections one after the other.
 *
 * @param parts by the names that stand before those of their arrays
 * @param fromData whether the parts are in the order from data to latents, else in that from latents to data
 */
record Chain(Map<String, Bijection> parts, boolean fromData) implements Bijection {
    static Chain of(Bijection first, Bijection second) {
        Map<String, Bijection> parts = new LinkedHashMap<>();
        parts.put("0", first);
        parts.put("1", second);
        return new Chain(parts, false);
    }

    Chain {
        List<Bijection> trained = new ArrayList<>();
        int dimension = parts.values().iterator().next().dimension();
        for (Bijection part : parts.values()) {
            Require.that(
                    part.dimension() == dimension, "dimension of the next bijection", "" + dimension, part.dimension());
            Require.that(
                    trained.stream().noneMatch(other -> other == part),
                    "a trained bijection",
                    "in a chain once",
                    "it twice: take its copy()");
            if (!part.parameters().isEmpty()) {
                trained.add(part);
            }
        }
    }

    @Override
    public Bijection then(Bijection next) {
        Map<String, Bijection> more = new LinkedHashMap<>();
        if (fromData) {
            more.put(String.valueOf(parts.size()), next);
            more.putAll(parts);
        } else {
            more.putAll(parts);
            more.put(String.valueOf(parts.size()), next);
        }
        return new Chain(more, fromData);
    }

    /** From latents to data. */
    private List<Bijection> order() {
        List<Bijection> order = new ArrayList<>(parts.values());
        if (fromData) {
            Collections.reverse(order);
        }
        return order;
    }

    @Override
    public int dimension() {
        return parts.values().iterator().next().dimension();
    }

    @Override
    public Image forward(NDArray z) {
        return Way.FORWARD.of(this, z, start -> {
            Image image = null;
            for (Bijection part : order()) {
                image = image == null
                        ? part.forward(start)
                        : part.forward(image.value()).after(image);
            }
            return image;
        });
    }

    @Override
    public Image inverse(NDArray x) {
        return Way.INVERSE.of(this, x, start -> {
            List<Bijection> back = order();
            Collections.reverse(back);
            Image image = null;
            for (Bijection part : back) {
                image = image == null
                        ? part.inverse(start)
                        : part.inverse(image.value()).after(image);
            }
            return image;
        });
    }

    @Override
    public Bijection copy() {
        Map<String, Bijection> copies = new LinkedHashMap<>();
        parts.forEach((name, part) -> copies.put(name, part.copy()));
        return new Chain(copies, fromData);
    }

    @Override
    public NDList parameters() {
        NDList all = new NDList();
        parts.values().forEach(part -> all.addAll(part.parameters()));
        return all;
    }

    @Override
    public Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>();
        parts.forEach((prefix, part) -> part.arrays().forEach((name, array) -> all.put(prefix + "." + name, array)));
        return all;
    }

    @Override
    public void close() {
        parts.values().forEach(Bijection::close);
    }
}
