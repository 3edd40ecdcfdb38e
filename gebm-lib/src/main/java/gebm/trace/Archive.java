package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The file that PyTorch reads a program from: a zip of stored entries, with a pickled {@code Program} whose attributes
 * are {@code training = False} and the arrays that it holds.
 */
final class Archive {
    private static final String VERSION = "10\n"; // the highest that libtorch 2.7 reads; 3 would swap in old operators
    private static final String NO_CONSTANTS = "\u0080\u0002).";
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

    /** The archive of the program {@code source}, which holds no array. */
    static byte[] of(String source) {
        return of(source, Map.of(), null);
    }

    /**
     * The archive of the program {@code source} with the arrays that it calls {@code self.name}.
     *
     * @param note text of this library's own beside the program, which PyTorch passes over, or null
     */
    static byte[] of(String source, Map<String, NDArray> arrays, String note) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "data.pkl", pickle(arrays));
            put(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            put(zip, "constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
            put(zip, "version", VERSION.getBytes(StandardCharsets.US_ASCII));
            if (note != null) {
                put(zip, "extra/" + NOTE, note.getBytes(StandardCharsets.UTF_8));
            }
            int number = 0;
            for (NDArray array : arrays.values()) {
                put(zip, "data/" + number++, values(array));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** The entry with the note, as it stands in the archive. */
    static final String NOTE = "gebm.json";

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

    // ---------------------------------------------------------------- pickle, protocol 2

    private static byte[] pickle(Map<String, NDArray> arrays) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        raw(out, "\u0080\u0002c__torch__\nProgram\n)\u0081}(");
        string(out, "training");
        raw(out, "\u0089"); // False
        int number = 0;
        for (Map.Entry<String, NDArray> entry : new LinkedHashMap<>(arrays).entrySet()) {
            string(out, entry.getKey());
            tensor(out, entry.getValue(), number++);
        }
        raw(out, "ub.");
        return out.toByteArray();
    }

    /** {@code _rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)}. */
    private static void tensor(ByteArrayOutputStream out, NDArray array, int number) {
        String storage = STORAGES.get(array.getDataType());
        if (storage == null) {
            throw new UnsupportedOperationException("an array of type " + array.getDataType() + " cannot be saved");
        }
        raw(out, "ctorch._utils\n_rebuild_tensor_v2\n((");
        string(out, "storage");
        raw(out, "ctorch\n" + storage + "\n");
        string(out, Integer.toString(number));
        string(out, "cpu");
        integer(out, array.size());
        raw(out, "tQ");
        integer(out, 0);
        long[] sizes = array.getShape().getShape();
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= sizes[i];
        }
        tuple(out, sizes);
        tuple(out, strides);
        raw(out, "\u0089ccollections\nOrderedDict\n)RtR");
    }

    private static void tuple(ByteArrayOutputStream out, long[] numbers) {
        raw(out, "(");
        for (long number : numbers) {
            integer(out, number);
        }
        raw(out, "t");
    }

    private static void integer(ByteArrayOutputStream out, long number) {
        ByteBuffer bytes = ByteBuffer.allocate(10).order(ByteOrder.LITTLE_ENDIAN);
        if (number <= Integer.MAX_VALUE) {
            bytes.put((byte) 'J').putInt((int) number);
        } else {
            bytes.put((byte) 0x8a).put((byte) 8).putLong(number);
        }
        out.write(bytes.array(), 0, bytes.position());
    }

    private static void string(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer length =
                ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length);
        raw(out, "X");
        out.write(length.array(), 0, 4);
        out.write(bytes, 0, bytes.length);
    }

    private static void raw(ByteArrayOutputStream out, String codes) {
        byte[] bytes = codes.getBytes(StandardCharsets.ISO_8859_1);
        out.write(bytes, 0, bytes.length);
    }
}
