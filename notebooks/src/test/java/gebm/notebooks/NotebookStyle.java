package gebm.notebooks;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The rules for notebooks that a machine can check; each problem names the cell, the rule and what was found. */
final class NotebookStyle {
    private static final int MAX_LINES = 20;
    private static final int MAX_CHARACTERS = 100;
    private static final int MAX_CELLS_BELOW_HEADING = 4;
    private static final int MAX_NOTEBOOK_BYTES = 1 << 20;
    private static final int MAX_IMAGE_BYTES = 100_000;
    private static final int MAX_ANIMATION_BYTES = 300_000;
    private static final Pattern WORDS = Pattern.compile("[a-z]{2,}[0-9]?(-([a-z]+[0-9]?|[0-9]{1,2}))*");
    private static final String KEEP = ": run environment/keep";

    private final List<Cell> cells;
    private final JsonObject metadata;
    private final List<String> problems = new ArrayList<>();

    private record Cell(String id, String kind, String source, Set<String> tags, JsonObject json) {
        boolean isCode() {
            return kind.equals("code");
        }

        boolean isHeading() {
            return kind.equals("markdown") && source.startsWith("#");
        }

        List<JsonObject> outputs() {
            return isCode() ? objects(json.getAsJsonArray("outputs")) : List.of();
        }
    }

    private NotebookStyle(JsonObject notebook) {
        metadata = notebook.getAsJsonObject("metadata");
        cells = objects(notebook.getAsJsonArray("cells")).stream()
                .map(NotebookStyle::cell)
                .toList();
    }

    /** The problems of the notebook in {@code file}; none if it follows the rules. */
    static List<String> problems(Path file) {
        try {
            long size = Files.size(file);
            var problems =
                    problems(JsonParser.parseString(Files.readString(file)).getAsJsonObject());
            if (size > MAX_NOTEBOOK_BYTES) {
                problems.add("the notebook must have at most " + MAX_NOTEBOOK_BYTES + " bytes, got " + size);
            }
            var expected = file.resolveSibling("expected")
                    .resolve(file.getFileName().toString().replace(".ipynb", ".json"));
            if (Files.exists(expected)) {
                checkExpectations(expected, problems);
            } else {
                problems.add("expected/" + expected.getFileName() + " is missing" + KEEP + " --accept");
            }
            return problems;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every expected number has a tolerance and says why it is as large as it is. */
    private static void checkExpectations(Path file, List<String> problems) throws IOException {
        var sections = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        for (String size : List.of("fast", "full")) {
            if (sections.keySet().stream().noneMatch(section -> section.startsWith(size + ", "))) {
                problems.add("expected/" + file.getFileName() + " has no section for the size " + size);
            }
        }
        sections.entrySet().forEach(section -> section.getValue()
                .getAsJsonObject()
                .entrySet()
                .forEach(check -> {
                    var entry = check.getValue().getAsJsonObject();
                    boolean number = entry.getAsJsonPrimitive("value").isNumber();
                    boolean explained = !number
                            || entry.get("tolerance").getAsDouble() >= 0
                                    && !entry.get("reason").getAsString().isBlank();
                    if (!explained) {
                        problems.add("expected/" + file.getFileName() + ", \"" + section.getKey() + "\", "
                                + check.getKey() + ": write a tolerance and the reason for it");
                    }
                }));
    }

    static List<String> problems(JsonObject notebook) {
        var style = new NotebookStyle(notebook);
        style.checkNotebook();
        style.checkOrder();
        style.cells.forEach(style::checkCell);
        return style.problems;
    }

    static String digest(JsonObject notebook) {
        return new NotebookStyle(notebook).digest();
    }

    private void checkNotebook() {
        var kernel = metadata.has("kernelspec")
                ? metadata.getAsJsonObject("kernelspec").get("name").getAsString()
                : "none";
        if (!kernel.equals("java")) {
            problems.add("the kernel must be java, got " + kernel);
        }
        var kept = metadata.has("gebm")
                ? metadata.getAsJsonObject("gebm").get("digest").getAsString()
                : "none";
        if (!kept.equals(digest())) {
            problems.add("the outputs were not made by this code (digest of code " + digest() + ", kept " + kept + ")"
                    + KEEP);
        }
        var ids = new HashSet<String>();
        cells.stream()
                .filter(cell -> !ids.add(cell.id))
                .forEach(cell -> problem(cell, "its id must be used once only"));
    }

    private void checkOrder() {
        var codes = cells.stream().filter(Cell::isCode).toList();
        if (codes.size() < 2) {
            problems.add("there must be a cell of imports and one of parameters, got " + codes.size() + " code cells");
            return;
        }
        if (!codes.get(0).source.lines().allMatch(line -> line.isBlank() || line.startsWith("import "))) {
            problem(codes.get(0), "the first code cell must hold imports only");
        }
        var parameters =
                codes.stream().filter(cell -> cell.tags.contains("parameters")).toList();
        if (!parameters.equals(List.of(codes.get(1)))) {
            problem(codes.get(1), "the second code cell, and no other, must be tagged parameters");
        }
        int belowHeading = 0;
        for (int i = 0; i < cells.size(); i++) {
            var cell = cells.get(i);
            belowHeading = cell.isHeading() ? 0 : belowHeading + 1;
            if (belowHeading == MAX_CELLS_BELOW_HEADING + 1) {
                problem(cell, "at most " + MAX_CELLS_BELOW_HEADING + " cells may follow a heading");
            }
            boolean second = i > 0 && cell.isCode() && cells.get(i - 1).isCode();
            if (second && !cell.tags.contains("check") && !cell.tags.contains("parameters")) {
                problem(cell, "two code cells in a row must have text between them, unless the second is a check");
            }
        }
    }

    private void checkCell(Cell cell) {
        if (!WORDS.matcher(cell.id).matches()) {
            problem(cell, "its id must be words such as check-energy");
        }
        if (!cell.isCode()) {
            return;
        }
        var lines = cell.source.lines().toList();
        if (lines.size() > MAX_LINES) {
            problem(cell, "it must have at most " + MAX_LINES + " lines, got " + lines.size());
        }
        lines.stream()
                .filter(line -> line.length() > MAX_CHARACTERS)
                .forEach(line -> problem(
                        cell,
                        "a line must have at most " + MAX_CHARACTERS + " characters, got " + line.length() + ": "
                                + line));
        if (cell.source.contains("getenv")) {
            problem(cell, "sizes come from Size.pick, and nothing else reads the environment");
        }
        boolean isCheck = cell.tags.contains("check");
        if (cell.source.contains("Check.") != isCheck) {
            problem(
                    cell,
                    isCheck ? "it is tagged check but calls no Check" : "it calls Check and must be tagged check");
        }
        checkOutputs(cell, isCheck);
    }

    private void checkOutputs(Cell cell, boolean isCheck) {
        if (isCheck && cell.outputs().isEmpty()) {
            problem(cell, "a check must have printed something" + KEEP);
        }
        if (!Set.of("tags").containsAll(cell.json.getAsJsonObject("metadata").keySet())) {
            problem(
                    cell,
                    "its metadata may hold tags only, got "
                            + cell.json.getAsJsonObject("metadata").keySet() + KEEP);
        }
        if (hasCount(cell.json) || cell.outputs().stream().anyMatch(NotebookStyle::hasCount)) {
            problem(cell, "execution counts are not kept" + KEEP);
        }
        for (var output : cell.outputs()) {
            if (output.get("output_type").getAsString().equals("error") && !cell.tags.contains("raises-exception")) {
                problem(cell, "an error is stored: " + output.get("evalue").getAsString());
            }
            checkImage(cell, output);
        }
    }

    private void checkImage(Cell cell, JsonObject output) {
        if (output.has("data") && output.getAsJsonObject("data").has("image/png")) {
            var base64 = text(output.getAsJsonObject("data").get("image/png"));
            var png = Base64.getMimeDecoder().decode(base64);
            boolean animated =
                    new String(png, StandardCharsets.ISO_8859_1).contains("acTL"); // the chunk before the frames
            int limit = animated ? MAX_ANIMATION_BYTES : MAX_IMAGE_BYTES;
            if (png.length > limit) {
                problem(
                        cell,
                        (animated ? "an animation" : "a picture") + " must have at most " + limit + " bytes, got "
                                + png.length);
            }
        }
    }

    /**
     * SHA-256 of the code cells' sources without their lines of imports, which compute nothing, each followed by a zero
     * byte; environment/keep.py computes the same.
     */
    private String digest() {
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            for (var cell : cells) {
                if (cell.isCode()) {
                    var lines = Arrays.stream(cell.source.split("\n", -1))
                            .filter(line -> !line.startsWith("import "))
                            .collect(Collectors.joining("\n"));
                    sha.update((lines + "\0").getBytes(StandardCharsets.UTF_8));
                }
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private void problem(Cell cell, String what) {
        problems.add("cell `" + cell.id + "`: " + what);
    }

    private static Cell cell(JsonObject json) {
        var tags = new HashSet<String>();
        var metadata = json.getAsJsonObject("metadata");
        if (metadata.has("tags")) {
            metadata.getAsJsonArray("tags").forEach(tag -> tags.add(tag.getAsString()));
        }
        var id = json.has("id") ? json.get("id").getAsString() : "";
        return new Cell(id, json.get("cell_type").getAsString(), text(json.get("source")), tags, json);
    }

    private static boolean hasCount(JsonObject json) {
        return json.has("execution_count") && !json.get("execution_count").isJsonNull();
    }

    /** Notebook files hold a text as one string or as a list of its lines. */
    private static String text(JsonElement element) {
        if (!element.isJsonArray()) {
            return element.getAsString();
        }
        var text = new StringBuilder();
        element.getAsJsonArray().forEach(line -> text.append(line.getAsString()));
        return text.toString();
    }

    private static List<JsonObject> objects(JsonArray array) {
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .toList();
    }
}
