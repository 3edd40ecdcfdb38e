package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Pair;
import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** A program as a file: TorchScript with the arrays it reads, and beside it the arguments that it takes. */
record SavedProgram(Path file, Executable executable, List<Pair<Shape, DataType>> arguments) {
    /** What stands beside the program in its file. */
    private record Note(List<Argument> arguments) {}

    private record Argument(String type, long[] shape) {}

    /** Writes {@code program} to {@code file}: beside it first, then moved into place. */
    static void write(Executable program, Path file) {
        Executable.Recorded recorded = program.recorded();
        if (recorded == null) {
            throw new IllegalStateException("a program loaded from a file is saved already: copy the file");
        }
        List<Value> inputs = recorded.graph().inputs();
        List<Value> attributes =
                inputs.subList(inputs.size() - program.implicit().size(), inputs.size());
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        for (int i = 0; i < attributes.size(); i++) {
            arrays.put(attributes.get(i).toString(), program.implicit().get(i));
        }
        List<Argument> arguments = recorded.view().inputs().stream()
                .filter(input -> input.role() == ProgramGraph.Role.ARGUMENT)
                .map(input -> new Argument(input.type().name(), input.shape().getShape()))
                .toList();
        String text =
                Printer.print(recorded.graph(), attributes, recorded.networks()).text();
        byte[] bytes = Archive.of(text, arrays, recorded.networks(), new Gson().toJson(new Note(arguments)));
        try {
            Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), "program", ".part");
            Files.write(beside, bytes);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("could not write the program to " + file, e);
        }
    }

    /** The program in {@code file}. */
    static SavedProgram read(Path file, Device device) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot read a program from " + file + ": " + e, e);
        }
        try {
            Note note = new Gson().fromJson(entry(bytes, Archive.NOTE), Note.class);
            List<Pair<Shape, DataType>> arguments = new ArrayList<>();
            for (Argument argument : note.arguments()) {
                arguments.add(new Pair<>(new Shape(argument.shape()), DataType.valueOf(argument.type())));
            }
            Printer.Source source = new Printer.Source(entry(bytes, "__torch__.py"), List.of());
            Executable executable = new Executable(bytes, source, device, new NDList(), null);
            return new SavedProgram(file, executable, arguments);
        } catch (IOException | JsonParseException | NullPointerException | IllegalStateException e) {
            throw new IllegalArgumentException(
                    file + " holds no program of this library, or is damaged: write it again with Program.save", e);
        }
    }

    private static String entry(byte[] archive, String name) throws IOException {
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (entry.getName().endsWith("/" + name)) {
                    return new String(zip.readAllBytes(), StandardCharsets.UTF_8);
                }
            }
        }
        throw new IOException("no entry " + name);
    }

    /** Why {@code given} cannot be handled. */
    RuntimeException refusal(NDList given) {
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
