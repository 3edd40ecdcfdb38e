package gebm.trace.file;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The file that PyTorch reads a program from: a zip of stored entries, with a pickled {@code Program} whose attributes
 * are {@code training = False}, the arrays that it holds and the networks of other files that it calls.
 */
public final class Archive {
    private static final String VERSION = "10\n"; // the highest that libtorch 2.7 reads; 3 would swap in old operators
    /** The entry with the note. */
    static final String NOTE = "extra/gebm.json";
    /** The entry with the program's text. */
    static final String CODE = "code/__torch__.py";

    private static final Map<DataType, String> STORAGES = Map.of(
            DataType.FLOAT32, "FloatStorage",
            DataType.FLOAT64, "DoubleStorage",
            DataType.FLOAT16, "HalfStorage",
            DataType.INT64, "LongStorage",
            DataType.INT32, "IntStorage",
            DataType.INT8, "CharStorage",
            DataType.UINT8, "ByteStorage",
            DataType.BOOLEAN, "BoolStorage");

    private Archive() {}

    /** The archive of the program {@code source}, which holds no array and calls {@code networks}. */
    public static byte[] of(String source, List<NetworkFile> networks) {
        return of(source, Map.of(), networks, null);
    }

    /**
     * The archive of the program {@code source} with the arrays that it calls {@code self.name} and the networks that
     * it calls {@code self.network0}, {@code self.network1}, ….
     *
     * @param note text of this library's own beside the program, which PyTorch passes over, or null
     */
    static byte[] of(String source, Map<String, NDArray> arrays, List<NetworkFile> networks, String note) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            Map<Object, Object> state = new LinkedHashMap<>();
            state.put("training", false);
            int number = 0;
            for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
                state.put(entry.getKey(), tensor(entry.getValue(), number++));
            }
            List<Object> constants = new ArrayList<>();
            for (int i = 0; i < networks.size(); i++) {
                NetworkFile.Renamed network = networks.get(i).renamed(i, constants.size());
                state.put(NetworkFile.attribute(i), network.root());
                constants.addAll(network.constants());
                for (Map.Entry<String, byte[]> entry : network.entries().entrySet()) {
                    put(zip, entry.getKey(), entry.getValue());
                }
            }
            put(zip, "data.pkl", Pickle.write(new Pickle.Instance(new Pickle.Global("__torch__", "Program"), state)));
            put(zip, CODE, source.getBytes(StandardCharsets.UTF_8));
            put(zip, "constants.pkl", Pickle.write(new Pickle.Tuple(constants)));
            put(zip, "version", VERSION.getBytes(StandardCharsets.US_ASCII));
            if (note != null) {
                put(zip, NOTE, note.getBytes(StandardCharsets.UTF_8));
            }
            number = 0;
            for (NDArray array : arrays.values()) {
                put(zip, "data/" + number++, values(array));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** What stands in the archive {@code file}, by the name below its one folder. */
    static Map<String, byte[]> entries(Path file) throws IOException {
        Map<String, byte[]> entries = new HashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                try (InputStream in = zip.getInputStream(entry)) {
                    entries.put(entry.getName().substring(entry.getName().indexOf('/') + 1), in.readAllBytes());
                }
            }
        }
        return entries;
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry("p/" + name);
        entry.setTime(0); // the same program gives the same file
        entry.setSize(content.length);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }

    private static byte[] values(NDArray array) {
        ByteBuffer buffer = array.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        byte[] values = new byte[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    /** {@code _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)}. */
    private static Object tensor(NDArray array, int number) {
        String storage = STORAGES.get(array.getDataType());
        if (storage == null) {
            throw new UnsupportedOperationException("an array of type " + array.getDataType() + " cannot be saved");
        }
        long[] sizes = array.getShape().getShape();
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        Object id =
                tuple("storage", new Pickle.Global("torch", storage), Integer.toString(number), "cpu", array.size());
        Object hooks = new Pickle.Reduced(new Pickle.Global("collections", "OrderedDict"), tuple());
        return new Pickle.Reduced(
                new Pickle.Global("torch._utils", "_rebuild_tensor_v2"),
                tuple(new Pickle.Persistent(id), 0L, tuple(sizes), tuple(strides), false, hooks));
    }

    private static Pickle.Tuple tuple(Object... items) {
        return new Pickle.Tuple(List.of(items));
    }

    private static Pickle.Tuple tuple(long[] numbers) {
        return tuple(Arrays.stream(numbers).boxed().toArray());
    }
}
