package gebm.flow;

import ai.djl.ndarray.NDArray;
import gebm.core.Parts;
import gebm.core.Require;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Bijections one after the other.
 *
 * @param maps by the names that stand before those of their arrays
 * @param fromData whether the parts are in the order from data to latents, else in that from latents to data
 */
record Chain(Map<String, Bijection> maps, boolean fromData) implements Bijection {
    static Chain of(Bijection first, Bijection second) {
        Map<String, Bijection> parts = new LinkedHashMap<>();
        parts.put("0", first);
        parts.put("1", second);
        return new Chain(parts, false);
    }

    Chain {
        List<Bijection> trained = new ArrayList<>();
        int dimension = maps.values().iterator().next().dimension();
        for (Bijection part : maps.values()) {
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
            more.put(String.valueOf(maps.size()), next);
            more.putAll(maps);
        } else {
            more.putAll(maps);
            more.put(String.valueOf(maps.size()), next);
        }
        return new Chain(more, fromData);
    }

    /** From latents to data. */
    private List<Bijection> order() {
        List<Bijection> order = new ArrayList<>(maps.values());
        if (fromData) {
            Collections.reverse(order);
        }
        return order;
    }

    @Override
    public int dimension() {
        return maps.values().iterator().next().dimension();
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
    public Parts parts() {
        return Parts.of(maps);
    }

    @Override
    public Chain with(Parts parts) {
        Map<String, Bijection> others = new LinkedHashMap<>();
        maps.keySet().forEach(name -> others.put(name, parts.get(name)));
        return new Chain(others, fromData);
    }
}
