package gebm.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import gebm.data.Uci;
import gebm.experiment.UciExperiment.Method;
import gebm.experiment.UciExperiment.Run;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kept runs against what the authors' logs say; no training here. */
class UciResultsTest {
    private static final Path KEPT = Path.of("../notebooks/results/uci");

    private static Run reference() {
        return UciExperiment.read(KEPT.resolve("redwine-kale-f-reference-1.json"));
    }

    /** RedWine by KALE-F with the reference's settings, on the reference's test rows, within 0.1 nats of its log. */
    @ParameterizedTest
    @CsvSource({"10, 14.258", "50, 13.586", "100, 13.313", "200, 13.002"})
    void curveIsTheReferences(double epoch, double logged) {
        assertThat(reference().testAt(epoch)).isCloseTo(logged, within(0.1));
    }

    /** The learned constant is nearer to the true log-partition than the estimate of a batch of 2,000 samples. */
    @Test
    void constantIsNearTheTrueLogPartition() {
        double ofConstant = Arrays.stream(reference().logPartitionErrors(0, false))
                .average()
                .orElseThrow();
        double ofBatch =
                Arrays.stream(reference().logPartitionErrors(0, true)).average().orElseThrow();
        assertThat(ofConstant).isLessThan(0.02).isLessThan(ofBatch);
    }

    /** Every kept run is one that the table asks for, or the same in another file would be made again. */
    @Test
    void keptRunsAreThoseOfTheTable() {
        List<Run> runs = UciExperiment.all(KEPT);
        assertThat(runs).isNotEmpty().allSatisfy(run -> assertThat(UciExperiment.asked())
                .anySatisfy(asked -> {
                    assertThat(asked.set()).isEqualTo(run.set());
                    assertThat(asked.method()).isEqualTo(run.method());
                    assertThat(asked.seed()).isEqualTo(run.seed());
                    assertThat(asked.settings()).isEqualTo(run.settings());
                }));
        assertThat(runs).anyMatch(run -> run.set() == Uci.WHITE_WINE && run.method() == Method.ML);
    }
}
