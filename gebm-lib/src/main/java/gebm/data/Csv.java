package gebm.data;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Require;
import gebm.core.WholeFile;
import gebm.trace.Ops;
import java.io.BufferedWriter;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Rows of numbers as CSV files, for a spreadsheet, pandas or R.
 *
 * <p>A line of names, then a line a row; each number is the shortest that reads back as the same float32 or float64, with
 * {@code NaN} and {@code Infinity} as they are. Text in UTF-8, lines end in LF.
 *
 * <p>Source: RFC 4180. Differs: lines end in LF, not CR LF.
 *
 * <pre>{@code
 * var file = java.nio.file.Files.createTempDirectory("example").resolve("samples.csv");
 * try (var scope = ai.djl.ndarray.NDManager.newBaseManager()) {
 *     Csv.write(file, Rng.of(7).normal(scope, new ai.djl.ndarray.types.Shape(100, 2)), "x", "y");
 * }
 * }</pre>
 */
public final class Csv {
    private Csv() {}

    /**
     * Writes {@code rows} {@code (n, d)}, or {@code (n, ...)} as rows of all the rest, to {@code file}.
     *
     * @param names of the {@code d} columns; {@code x0}, {@code x1} and so on where none is given
     * @throws IllegalArgumentException if there are neither {@code d} names nor none
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, NDArray rows, String... names) {
        Shape shape = rows.getShape();
        Require.that(shape.dimension() >= 1 && shape.size() > 0, "rows", "of shape (n, d) with n, d > 0", shape);
        int d = (int) (shape.size() / shape.get(0));
        Require.that(
                names.length == 0 || names.length == d, "names", "one for each of " + d + " columns", names.length);
        DataType type = rows.getDataType();
        double[] values = Ops.doubles(rows);
        WholeFile.write(file, out -> {
            Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
            for (int i = 0; i < d; i++) {
                text.write((i > 0 ? "," : "") + (names.length == 0 ? "x" + i : quoted(names[i])));
            }
            for (int i = 0; i < values.length; i++) {
                text.write(i % d == 0 ? '\n' : ',');
                text.write(number(values[i], type));
            }
            text.write('\n');
            text.flush();
        });
    }

    private static String number(double value, DataType type) {
        if (type.isInteger() || type.isBoolean()) {
            return Long.toString((long) value);
        }
        return type == DataType.FLOAT64 ? Double.toString(value) : Float.toString((float) value);
    }

    private static String quoted(String name) {
        return name.matches("[^\",\\r\\n]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
    }
}
