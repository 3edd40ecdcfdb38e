package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gebm.core.Rng;
import gebm.data.Digits;
import gebm.data.Images;
import gebm.data.StrokeDigits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DigitComparisonTest {
    private static final DigitComparison.Sizes TINY = new DigitComparison.Sizes(2, 1, 40, 20, 2);

    @TempDir
    Path folder;

    private final Digits.Split digits = new Digits.Split(
            StrokeDigits.of(600, Rng.of(1).fork("train")),
            StrokeDigits.of(100, Images.Role.TEST, Rng.of(1).fork("test")));

    private DigitComparison comparison() {
        return DigitComparison.of(TINY, folder.resolve("results"), folder.resolve("work"));
    }

    /** Of a row all but the seconds. */
    private static List<Object> numbers(SamplerComparison.Row row) {
        return List.of(
                row.method(),
                row.setting(),
                row.frechet(),
                row.kernel(),
                row.neighbours(),
                row.meanEnergy(),
                row.evaluations(),
                row.gradients());
    }

    @Test
    void aRunThatWasBrokenOffGivesTheSameNumbers() throws IOException {
        var whole = comparison().run(digits, 3);
        assertThat(whole.rows()).hasSize(SamplingMethod.all(TINY.steps()).size());
        assertThat(whole.ratio("base alone")).isEqualTo(1);

        Path file = folder.resolve("results/seed-3.json");
        String text = Files.readString(file);
        var read = DigitComparison.read(file);
        assertThat(read.rows().stream().map(DigitComparisonTest::numbers))
                .isEqualTo(
                        whole.rows().stream().map(DigitComparisonTest::numbers).toList());

        var kept = whole.rows().subList(0, 7);
        Files.writeString(
                file,
                new com.google.gson.GsonBuilder()
                        .create()
                        .toJson(new DigitComparison.Result(
                                3,
                                whole.data(),
                                whole.sizes(),
                                whole.versions(),
                                whole.validationDistance(),
                                whole.floor(),
                                whole.logPartition(),
                                whole.choices(),
                                kept)));
        var again = comparison().run(digits, 3);
        assertThat(again.rows().stream().map(DigitComparisonTest::numbers))
                .isEqualTo(
                        whole.rows().stream().map(DigitComparisonTest::numbers).toList());
        assertThat(again.logPartition()).isEqualTo(whole.logPartition());

        Files.writeString(file, text);
        assertThat(comparison().run(digits, 3)).isEqualTo(read);
    }

    @Test
    void resultsOfOtherSizesAreNotMixed() throws IOException {
        Files.createDirectories(folder.resolve("results"));
        Files.writeString(
                folder.resolve("results/seed-3.json"),
                "{\"seed\": 3, \"sizes\": {\"iterations\": 9, \"polishing\": 1, \"samples\": 40, \"tuningSamples\": 20, "
                        + "\"steps\": 2}, \"rows\": []}");
        assertThatThrownBy(() -> comparison().run(digits, 3))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("seed-3.json must be those asked for")
                .hasMessageContaining("iterations=9");
    }
}
