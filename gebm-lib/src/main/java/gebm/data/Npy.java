package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.WholeFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Arrays as NPY files, which {@code numpy.load} reads and {@code numpy.save} writes.
 *
 * <p>Types: float16, float32, float64, int8, int32, int64, uint8 and bool, little-endian, in C order, format 1.0; read
 * are formats 1.0 to 3.0. An array that NumPy saved in Fortran order or big-endian is refused with what to do.
 *
 * <p>Source: numpy.lib.format, NEP 1.
 *
 * <pre>{@code
 * var file = java.nio.file.Files.createTempDirectory("example").resolve("samples.npy");
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     Npy.write(file, Rng.of(7).normal(scope, new ai.djl.ndarray.types.Shape(100, 2)));
 *     System.out.println(Npy.read(scope, file).getShape()); // (100, 2)
 * }
 * }</pre>
 */
public final class Npy {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int ALIGNMENT = 64; // of the data's start in the file
    private static final Map<DataType, String> TYPES = types();
    private static final Pattern HEADER = Pattern.compile("\\{(?=.*'descr': *'(?<type>[^']*)')"
            + "(?=.*'fortran_order': *(?<fortran>True|False))(?=.*'shape': *\\((?<shape>[0-9, ]*)\\)).*}\\s*");

    private Npy() {}

    private static Map<DataType, String> types() {
        Map<DataType, String> types = new LinkedHashMap<>();
        types.put(DataType.FLOAT16, "<f2");
        types.put(DataType.FLOAT32, "<f4");
        types.put(DataType.FLOAT64, "<f8");
        types.put(DataType.INT8, "|i1");
        types.put(DataType.INT32, "<i4");
        types.put(DataType.INT64, "<i8");
        types.put(DataType.UINT8, "|u1");
        types.put(DataType.BOOLEAN, "|b1");
        return types;
    }

    /**
     * Writes {@code array}, of any shape, to {@code file}.
     *
     * @throws IllegalArgumentException if its type is not one of those above
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, NDArray array) {
        String type = TYPES.get(array.getDataType());
        if (type == null) {
            throw new IllegalArgumentException(
                    "type must be one of " + TYPES.keySet() + ", got " + array.getDataType() + " for " + file);
        }
        byte[] header = header(type, array.getShape());
        ByteBuffer data = array.toByteBuffer();
        WholeFile.write(file, out -> {
            out.write(header);
            WritableByteChannel channel = Channels.newChannel(out);
            while (data.hasRemaining()) {
                channel.write(data);
            }
        });
    }

    private static byte[] header(String type, Shape shape) {
        String sizes = Arrays.stream(shape.getShape())
                .mapToObj(size -> size + (shape.dimension() == 1 ? "," : ""))
                .collect(Collectors.joining(", "));
        String text =
                String.format(Locale.ROOT, "{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", type, sizes);
        int before = MAGIC.length + 4; // format and length of the text
        int padding = Math.floorMod(-(before + text.length() + 1), ALIGNMENT);
        byte[] padded = (text + " ".repeat(padding) + "\n").getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(before + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) padded.length)
                .put(padded)
                .array();
    }

    /**
     * The array in {@code file}, owned by {@code scope}.
     *
     * @throws UncheckedIOException if the file is missing, damaged, or of a kind that is not read; the message says which
     */
    public static NDArray read(NDManager scope, Path file) {
        try {
            return read(scope, file, ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN));
        } catch (IOException e) {
            String message = e.getMessage() != null && e.getMessage().startsWith(file + " ")
                    ? e.getMessage()
                    : "cannot read " + file + " (" + e + ")";
            throw new UncheckedIOException(message, e);
        }
    }

    private static NDArray read(NDManager scope, Path file, ByteBuffer bytes) throws IOException {
        if (bytes.remaining() < MAGIC.length + 4
                || !bytes.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
            throw new IOException(file + " is not an NPY file: its first bytes must be 0x93 NUMPY");
        }
        bytes.position(MAGIC.length);
        int format = bytes.get();
        bytes.get();
        long length = format == 1 ? Short.toUnsignedInt(bytes.getShort()) : wide(bytes);
        if (format < 1 || format > 3 || length > bytes.remaining()) {
            throw new IOException(file + " ends within its header of NPY format " + format + " and " + length
                    + " bytes; write it again");
        }
        byte[] encoded = new byte[(int) length];
        bytes.get(encoded);
        String text = new String(encoded, StandardCharsets.UTF_8);
        Matcher header = HEADER.matcher(text);
        if (!header.matches()) {
            throw new IOException(file + " has a header that is not understood: " + text.strip());
        }
        return array(scope, file, header, bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    private static NDArray array(NDManager scope, Path file, Matcher header, ByteBuffer data) throws IOException {
        String wanted = header.group("type");
        DataType type = TYPES.entrySet().stream()
                .filter(entry -> entry.getValue().equals(wanted))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IOException(file + " holds type " + wanted + ", must be one of " + TYPES.values()
                        + ": convert it by astype"));
        if (header.group("fortran").equals("True")) {
            throw new IOException(file + " is in Fortran order: save numpy.ascontiguousarray of it");
        }
        long[] sizes = Arrays.stream(header.group("shape").split("[, ]+"))
                .filter(size -> !size.isEmpty())
                .mapToLong(Long::parseLong)
                .toArray();
        Shape shape = new Shape(sizes);
        long expected = shape.size() * type.getNumOfBytes();
        if (data.remaining() != expected) {
            throw new IOException(file + " must hold " + expected + " bytes for " + shape + " of " + type + ", got "
                    + data.remaining());
        }
        ByteBuffer direct = scope.allocateDirect((int) expected);
        direct.put(data).rewind();
        return scope.create(direct, shape, type);
    }

    private static long wide(ByteBuffer bytes) {
        return bytes.remaining() < 4 ? Long.MAX_VALUE : Integer.toUnsignedLong(bytes.getInt());
    }
}
