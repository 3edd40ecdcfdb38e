package gebm.trace;

import static gebm.trace.Operations.array;
import static gebm.trace.Operations.on;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.index.dim.NDIndexAll;
import ai.djl.ndarray.index.dim.NDIndexBooleans;
import ai.djl.ndarray.index.dim.NDIndexElement;
import ai.djl.ndarray.index.dim.NDIndexFixed;
import ai.djl.ndarray.index.dim.NDIndexNull;
import ai.djl.ndarray.index.dim.NDIndexPick;
import ai.djl.ndarray.index.dim.NDIndexSlice;
import ai.djl.ndarray.index.dim.NDIndexTake;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.Buffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** Rows of methods that read or write some of the elements. */
final class Selection {
    private Selection() {}

    static void rows() {
        on("get(NDManager,NDIndex)", (x, a) -> get(x, (NDIndex) a[1]));
        on("get(NDIndex)", (x, a) -> get(x, (NDIndex) a[0]));
        on("where(NDArray,NDArray)", (x, a) -> array(x, "torch.where", a[0], x.value, a[1]));
        on("gather(NDArray,int)", (x, a) -> array(x, "torch.gather", x.value, a[1], rows(x, a[0])));
        on("gatherNd(NDArray)", (x, a) -> gatherNd(x, (NDArray) a[0]));
        on("take(NDManager,NDArray)", (x, a) -> array(x, "torch.take", x.value, rows(x, a[1])));
        on("put(NDArray,NDArray)", (x, a) -> array(x, "torch.put", x.value, rows(x, a[0]), a[1], false));
        on("scatter(NDArray,NDArray,int)", (x, a) -> scatter(x, (NDArray) a[0], (NDArray) a[1], (int) a[2]));
        on("booleanMask(NDArray,int)", (x, a) -> {
            List<Object> indices = new ArrayList<>(Collections.nCopies((int) a[1], null));
            indices.add(a[0]);
            return x.recorder.array(x.recorder.selection(indexed(x, x.value, indices)));
        });
        on("oneHot(int,float,float,DataType)", Selection::oneHot);
        on("sequenceMask(NDArray)", (x, a) -> sequenceMask(x, (NDArray) a[0], 0));
        on("sequenceMask(NDArray,float)", (x, a) -> sequenceMask(x, (NDArray) a[0], (float) a[1]));
        writes();
    }

    private static void writes() {
        on("set(NDIndex,NDArray) set(NDIndex,Number)", (x, a) -> set(x, (NDIndex) a[0], a[1]));
        on("setScalar(NDIndex,Number)", (x, a) -> {
            Value place = new Place(x, (NDIndex) a[0]).array;
            Shape shape = x.recorder.shape(place);
            if (shape.size() != 1) {
                throw new IllegalArgumentException("the index of setScalar must name one element, got the shape "
                        + shape + " (at " + Recorder.site() + ")");
            }
            return set(x, (NDIndex) a[0], a[1]);
        });
        // numbers of Java: they become a constant of the program
        on("set(Buffer)", (x, a) -> {
            Shape shape = x.recorder.shape(x.value);
            NDArray numbers = x.recorder.constants().create((Buffer) a[0], shape, x.recorder.type(x.value));
            x.recorder.effect("torch.copy_", x.value, numbers);
            return null;
        });
    }

    private static Value rows(RecordingArray x, Object index) {
        return x.call("torch.to", index, DataType.INT64);
    }

    /** A view of an array by numbers, slices and new axes, and which of its axes are indexed by arrays. */
    private static final class Place {
        final List<Object> indices = new ArrayList<>();
        Value array;
        boolean selects; // as many elements as a mask has truths
        private final RecordingArray x;
        private int axis;

        Place(RecordingArray x, NDIndex index) {
            this.x = x;
            array = x.value;
            elements(index).forEach(this::add);
        }

        private List<NDIndexElement> elements(NDIndex index) {
            List<NDIndexElement> elements = new ArrayList<>(index.getIndices());
            if (index.getEllipsisIndex() >= 0) {
                int covered = 0;
                for (NDIndexElement element : elements) {
                    covered += element instanceof NDIndexBooleans mask
                            ? mask.getIndex().getShape().dimension()
                            : element instanceof NDIndexNull ? 0 : 1;
                }
                for (int i = covered; i < Operations.dimension(x); i++) {
                    elements.add(index.getEllipsisIndex(), new NDIndexAll());
                }
            }
            return elements;
        }

        private void add(NDIndexElement element) {
            if (element instanceof NDIndexFixed fixed) {
                array = x.call("torch.select", array, axis, fixed.getIndex());
            } else if (element instanceof NDIndexSlice slice) {
                long step = slice.getStep() == null ? 1 : slice.getStep();
                array = x.call("torch.slice", array, axis, slice.getMin(), slice.getMax(), step);
                keep();
            } else if (element instanceof NDIndexNull) {
                array = x.call("torch.unsqueeze", array, axis);
                keep();
            } else if (element instanceof NDIndexTake take) {
                indices.add(rows(x, take.getIndex()));
                axis++;
            } else if (element instanceof NDIndexBooleans mask) {
                selects = true;
                indices.add(mask.getIndex());
                axis += mask.getIndex().getShape().dimension();
            } else if (element instanceof NDIndexAll) {
                keep();
            } else {
                throw Recorder.unsupported(
                        "an index of type " + element.getClass().getSimpleName(), "use gather, where or take");
            }
        }

        private void keep() {
            indices.add(null);
            axis++;
        }

        boolean hasArrays() {
            return indices.stream().anyMatch(Objects::nonNull);
        }
    }

    private static NDArray get(RecordingArray x, NDIndex index) {
        if (index.getIndices().stream().anyMatch(NDIndexPick.class::isInstance)) {
            return pick(x, index);
        }
        Place place = new Place(x, index);
        if (place.hasArrays()) {
            Value chosen = indexed(x, place.array, place.indices);
            return x.recorder.array(place.selects ? x.recorder.selection(chosen) : chosen);
        }
        return place.array == x.value ? array(x, "torch.alias", x.value) : x.recorder.array(place.array);
    }

    private static Value indexed(RecordingArray x, Value array, List<Object> indices) {
        return x.call(Rules.INDEX, array, indices);
    }

    /** One element along an axis for each place of the others; an index without that axis gets it with length one. */
    private static NDArray pick(RecordingArray x, NDIndex index) {
        int axis = 0;
        NDArray picked = null;
        for (NDIndexElement element : index.getIndices()) {
            if (element instanceof NDIndexPick pick && picked == null) {
                picked = pick.getIndex();
            } else if (!(element instanceof NDIndexAll)) {
                throw Recorder.unsupported("a pick among other indices", "use gather");
            } else if (picked == null) {
                axis++;
            }
        }
        Value rows = rows(x, picked);
        if (picked.getShape().dimension() < Operations.dimension(x)) {
            rows = x.call("torch.unsqueeze", rows, axis);
        }
        return array(x, "torch.gather", x.value, axis, rows);
    }

    /** Writes into the array itself, as in DJL; a value of fewer elements is repeated. */
    private static Object set(RecordingArray x, NDIndex index, Object value) {
        if (index.getIndices().stream().anyMatch(NDIndexPick.class::isInstance)) {
            throw Recorder.unsupported("set with a pick", "use scatter");
        }
        Place place = new Place(x, index);
        if (!place.hasArrays()) {
            x.recorder.effect(value instanceof Number ? "torch.fill_" : "torch.copy_", place.array, value);
            return null;
        }
        Object written = value instanceof Number
                ? x.call("torch.new_full({0}, annotate(List[int], []), {1})", x.value, value)
                : x.call("torch.type_as", value, x.value);
        x.recorder.effect(
                "torch.index_put_({0}, annotate(List[Optional[Tensor]], {1}), {2}, False)",
                place.array, place.indices, written);
        return null;
    }

    /** The first axis of {@code index} names the axes of {@code x}, as in MXNet. */
    private static NDArray gatherNd(RecordingArray x, NDArray index) {
        Value rows = rows(x, index);
        long depth = index.getShape().get(0);
        if (depth > Operations.dimension(x)) {
            throw new IllegalArgumentException("the index of gatherNd must name at most " + Operations.dimension(x)
                    + " axes, got " + depth + " (at " + Recorder.site() + ")");
        }
        List<Object> indices = new ArrayList<>();
        for (long i = 0; i < depth; i++) {
            indices.add(x.call("torch.select", rows, 0, i));
        }
        return x.recorder.array(indexed(x, x.value, indices));
    }

    /** The engine has no gradient where there are more values than places, so they are cut first. */
    private static NDArray scatter(RecordingArray x, NDArray index, NDArray value, int axis) {
        Shape places = index.getShape();
        Shape given = value.getShape();
        Value values = x.recorder.valueOf(value);
        for (int i = 0; i < places.dimension() && i < given.dimension(); i++) {
            if (given.get(i) > places.get(i)) {
                values = x.call("torch.slice", values, i, 0, places.get(i), 1);
            }
        }
        return array(x, "torch.scatter", x.value, axis, rows(x, index), values);
    }

    private static Object oneHot(RecordingArray x, Object[] a) {
        Value hot = x.call("torch.one_hot", rows(x, x.proxy()), (int) a[0]);
        Value typed = x.call("torch.to", hot, a[3]);
        float on = (float) a[1];
        float off = (float) a[2];
        return on == 1 && off == 0
                ? x.recorder.array(typed)
                : array(x, "torch.add", x.call("torch.mul", typed, on - off), off);
    }

    /** {@code (batch, time, …)} with {@code value} where the time is not below the sequence's length. */
    private static NDArray sequenceMask(RecordingArray x, NDArray lengths, double value) {
        Shape shape = x.recorder.shape(x.value);
        Value times = x.call("torch.arange", shape.get(1), new Node.Named("device", x.recorder.deviceArgument()));
        Value over = x.call("torch.ge", times, x.call("torch.unsqueeze", lengths, 1));
        long[] sizes = new long[shape.dimension()];
        java.util.Arrays.fill(sizes, 1);
        sizes[0] = shape.get(0);
        sizes[1] = shape.get(1);
        return array(x, "torch.masked_fill", x.value, x.call("torch.reshape", over, sizes), value);
    }
}
