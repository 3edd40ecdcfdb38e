package gebm.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotebookStyleTest {
    /** A notebook that follows the rules. */
    private static final String GOOD = """
            {"cells": [
              {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Title"},
              {"cell_type": "code", "id": "imports", "metadata": {}, "outputs": [], "execution_count": null,
               "source": ["import gebm.core.Rng;\\n", "import gebm.notebook.Check;"]},
              {"cell_type": "code", "id": "parameters", "metadata": {"tags": ["parameters"]}, "outputs": [],
               "execution_count": null, "source": "int steps = 3;"},
              {"cell_type": "markdown", "id": "data-text", "metadata": {}, "source": "## Data"},
              {"cell_type": "code", "id": "data", "metadata": {}, "outputs": [], "execution_count": null,
               "source": "int n = 2;"},
              {"cell_type": "code", "id": "check-data", "metadata": {"tags": ["check"]}, "execution_count": null,
               "outputs": [{"output_type": "stream", "name": "stdout", "text": "n is 2"}],
               "source": "Check.within(\\"n\\", n, 2, 1);"}],
             "metadata": {"kernelspec": {"name": "java"}, "gebm": {"digest": "DIGEST"}},
             "nbformat": 4, "nbformat_minor": 5}
            """;

    @TestFactory
    Stream<DynamicTest> followsTheRules() {
        return Runner.notebooks().stream()
                .map(notebook -> dynamicTest(notebook.getFileName().toString(), notebook.toUri(), () -> assertThat(
                                NotebookStyle.problems(notebook))
                        .isEmpty()));
    }

    @Test
    void acceptsAGoodNotebook() {
        assertThat(problems(GOOD)).isEmpty();
    }

    /** Each row: what to change in the good notebook, into what, and what is said of it. */
    @ParameterizedTest(name = "{2}")
    @CsvSource(
            quoteCharacter = '~',
            delimiter = '|',
            value = {
                "{\"name\": \"java\"} | {\"name\": \"python3\"} | the kernel must be java, got python3",
                "\"id\": \"data\" | \"id\": \"3f6ab81c\" | cell `3f6ab81c`: its id must be words",
                "\"id\": \"data\" | \"id\": \"title\" | cell `title`: its id must be used once only",
                "\"import gebm.notebook.Check;\" | \"int x = 1;\" | cell `imports`: the first code cell must hold imports only",
                "[\"parameters\"] | [] | cell `parameters`: the second code cell, and no other, must be tagged",
                "[\"check\"] | [] | cell `check-data`: it calls Check and must be tagged check",
                "\"execution_count\": null | \"execution_count\": 7 | execution counts are not kept",
                "{\"tags\": [\"check\"]} | {\"tags\": [\"check\"], \"execution\": {}} | metadata may hold tags only",
                "\"stream\", \"name\": \"stdout\" | \"error\", \"evalue\": \"boom\" | an error is stored: boom",
                "\"markdown\", \"id\": \"data-text\" | \"raw\", \"id\": \"data-text\" | at most 4 cells may follow a heading",
                "int n = 2; | System.getenv(); | nothing else reads the environment",
                "int n = 2; | 1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\\n10\\n11\\n12\\n13\\n14\\n15\\n16\\n17\\n18\\n19\\n20\\n21 | at most 20 lines, got 21",
            })
    void namesTheCellAndTheRule(String from, String to, String message) {
        assertThat(GOOD).contains(from);
        assertThat(problems(GOOD.replace(from, to))).anyMatch(problem -> problem.contains(message));
    }

    @ParameterizedTest
    @CsvSource({
        "100000, '', ",
        "100001, '', 'a picture must have at most 100000 bytes, got 100001'",
        "300000, acTL, ",
        "300001, acTL, 'an animation must have at most 300000 bytes, got 300001'",
    })
    void weighsPictures(int bytes, String chunk, String message) {
        var png = Arrays.copyOf(chunk.getBytes(StandardCharsets.US_ASCII), bytes);
        var output = """
                [{"output_type": "display_data", "data": {"image/png": "%s"}}]""".formatted(Base64.getEncoder().encodeToString(png));
        var notebook = JsonParser.parseString(GOOD).getAsJsonObject();
        var cell = notebook.getAsJsonArray("cells").get(4).getAsJsonObject();
        cell.add("outputs", JsonParser.parseString(output));
        var found = problems(notebook.toString());
        if (message == null) {
            assertThat(found).isEmpty();
        } else {
            assertThat(found).singleElement().asString().contains(message);
        }
    }

    @Test
    void refusesOutputsOfOtherCode() {
        var notebook = JsonParser.parseString(GOOD.replace("DIGEST", "0a1b")).getAsJsonObject();
        assertThat(NotebookStyle.problems(notebook))
                .singleElement()
                .asString()
                .contains("were not made by this code", "kept 0a1b", "environment/keep");
    }

    /** Imports compute nothing: a change of theirs leaves the outputs as good as they were. */
    @Test
    void digestLeavesImportsOut() {
        var digest = NotebookStyle.digest(JsonParser.parseString(GOOD).getAsJsonObject());
        var others = GOOD.replace("import gebm.core.Rng;", "import gebm.core.*;\\nimport gebm.data.*;");
        assertThat(NotebookStyle.digest(JsonParser.parseString(others).getAsJsonObject()))
                .isEqualTo(digest);
        var code = GOOD.replace("int n = 2;", "int imported = 2;");
        assertThat(NotebookStyle.digest(JsonParser.parseString(code).getAsJsonObject()))
                .isNotEqualTo(digest);
    }

    /** The problems of a notebook whose digest is set right. */
    private static List<String> problems(String text) {
        JsonObject notebook = JsonParser.parseString(text).getAsJsonObject();
        var digest = NotebookStyle.digest(notebook);
        notebook.getAsJsonObject("metadata").getAsJsonObject("gebm").addProperty("digest", digest);
        return NotebookStyle.problems(notebook);
    }
}
