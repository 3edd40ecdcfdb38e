package gebm.trace.file;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import gebm.core.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A program as a file: TorchScript with the arrays it reads, and beside it the arguments that it takes. */
public record SavedProgram(Path file, byte[] archive, String source, List<Pair<Shape, DataType>> arguments) {
    /** What stands beside the program in its file. */
    private record Note(List<Argument> arguments) {}

    private record Argument(String type, long[] shape) {}

    /** Writes the program {@code source} with the arrays and networks that it calls its own, and its arguments. */
    public static void write(
            Path file,
            String source,
            Map<String, NDArray> arrays,
            List<NetworkFile> networks,
            List<Pair<Shape, DataType>> arguments) {
        Note note = new Note(arguments.stream()
                .map(kind -> new Argument(kind.getValue().name(), kind.getKey().getShape()))
                .toList());
        WholeFile.write(file, Archive.of(source, arrays, networks, new Gson().toJson(note)));
    }

    /**
     * The program in {@code file}.
     *
     * @throws IllegalArgumentException if the file is missing, damaged or not of this library
     */
    public static SavedProgram read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read a program from " + file + ": " + e, e);
        }
        try {
            Map<String, byte[]> entries = Archive.entries(file);
            Note note = new Gson().fromJson(text(entries, Archive.NOTE), Note.class);
            List<Pair<Shape, DataType>> arguments = new ArrayList<>();
            for (Argument argument : note.arguments()) {
                arguments.add(new Pair<>(new Shape(argument.shape()), DataType.valueOf(argument.type())));
            }
            return new SavedProgram(file, bytes, text(entries, Archive.CODE), arguments);
        } catch (IOException | JsonParseException | NullPointerException e) {
            throw new IllegalArgumentException(
                    file + " holds no program of this library, or is damaged: write it again with Program.save", e);
        }
    }

    private static String text(Map<String, byte[]> entries, String name) {
        return new String(entries.get(name), StandardCharsets.UTF_8);
    }

    /** Why {@code given} cannot be handled. */
    public RuntimeException refusal(NDList given) {
        List<Pair<Shape, DataType>> kinds = given.stream()
                .map(array -> new Pair<>(array.getShape(), array.getDataType()))
                .toList();
        if (kinds.equals(arguments)) { // else it would have run
            return new UnsupportedOperationException("the program from " + file
                    + " cannot become part of another program: save the whole, or hand its results on as arrays");
        }
        return new IllegalArgumentException(
                "the program from " + file + " takes " + kinds(arguments) + ", got " + kinds(kinds));
    }

    private static String kinds(List<Pair<Shape, DataType>> arrays) {
        return arrays.stream()
                .map(kind -> kind.getValue() + " " + kind.getKey())
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
