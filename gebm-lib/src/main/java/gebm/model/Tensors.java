package gebm.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import gebm.core.Require;
import gebm.core.WholeFile;
import gebm.trace.InPlace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Arrays of a model, together: in one array, or by name in safetensors files. */
public final class Tensors {
    private Tensors() {}

    /**
     * The elements of all arrays, one array after the other, {@code (total)}; in a recording too, where {@code scope} is
     * the manager of a recorded array.
     */
    public static NDArray flat(NDManager scope, NDList arrays) {
        NDList parts = new NDList();
        arrays.forEach(array -> parts.add(scope.from(array).flatten()));
        return NDArrays.concat(parts);
    }

    /** Writes {@code arrays} beside {@code file} and moves the result into place. */
    public static void write(Path file, Map<String, NDArray> arrays) {
        try (NDManager scope = NDManager.newBaseManager()) {
            NDList named = new NDList();
            arrays.forEach((name, array) -> {
                NDArray copy = array.duplicate();
                copy.attach(scope);
                copy.setName(name);
                named.add(copy);
            });
            WholeFile.write(file, named.encode(NDList.Encoding.SAFETENSORS));
        }
    }

    /** The arrays of {@code file} by name, owned by {@code scope}. */
    public static Map<String, NDArray> read(NDManager scope, Path file) {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("could not read " + file, e);
        }
        try {
            NDList.decode(scope, bytes).forEach(array -> arrays.put(array.getName(), array));
        } catch (RuntimeException e) {
            throw new UncheckedIOException(
                    new IOException(file + " is not a whole safetensors file (" + bytes.length + " bytes)", e));
        }
        return arrays;
    }

    /** Writes the arrays {@code from} a file over those in {@code to}; names and shapes must agree. */
    public static void assign(Map<String, NDArray> to, Map<String, NDArray> from, String file) {
        Require.that(
                from.keySet().equals(to.keySet()),
                "the arrays of " + file,
                to.keySet().toString(),
                from.keySet());
        to.forEach((name, array) -> {
            NDArray value = from.get(name);
            Require.that(
                    value.getShape().equals(array.getShape()) && value.getDataType() == array.getDataType(),
                    name + " in " + file,
                    array.getShape() + " " + array.getDataType(),
                    value.getShape() + " " + value.getDataType());
            value.setName(null);
            InPlace.assign(array, value);
        });
    }
}
