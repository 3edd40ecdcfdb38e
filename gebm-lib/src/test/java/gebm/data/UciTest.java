package gebm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import gebm.core.Rng;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.Table;

class UciTest {
    @TempDir
    Path folder;

    private final NDManager m = NDManager.newBaseManager();

    @AfterEach
    void close() {
        m.close();
    }

    @Nested
    class OnTheRealFiles {
        @ParameterizedTest
        @EnumSource(names = {"RED_WINE", "WHITE_WINE", "PARKINSONS"})
        void referenceIsThatOfNumPyRowForRow(Uci set) {
            UciOracle.Reference expected = UciOracle.reference(set);
            Split split = set.reference(m, store());
            assertThat(List.of(split.trainRows().length, split.validationRows().length, split.testRows().length))
                    .containsExactly(expected.sizes()[0], expected.sizes()[1], expected.sizes()[2]);
            int[] rows = IntStream.of(expected.order()).toArray();
            int trained = expected.sizes()[0];
            assertThat(split.trainRows()).containsExactly(Arrays.copyOf(rows, trained));
            assertThat(split.testRows())
                    .containsExactly(Arrays.copyOfRange(rows, rows.length - expected.sizes()[2], rows.length));
            assertThat(split.columns()).isEqualTo(expected.names()).hasSize(set.dimension());
            assertClose(split.train().get("0:3"), expected.train());
            assertClose(split.validation().get("0:2"), expected.validation());
            assertClose(split.test().get(-2 + ":"), expected.test());
            assertThat(split.standardizer().logDeterminant()).isCloseTo(expected.logDeterminant(), within(1e-9));
            assertThat(split.train().getDataType()).isEqualTo(DataType.FLOAT32);
        }

        /** The table of reference numbers: a standard normal and a Gaussian fitted to the training rows. */
        @ParameterizedTest
        @EnumSource(names = {"RED_WINE", "WHITE_WINE", "PARKINSONS"})
        void simpleDensitiesScoreAsPublishedSplitsDo(Uci set) {
            double[] known =
                    switch (set) {
                        case RED_WINE -> new double[] {14.99, 15.02};
                        case WHITE_WINE -> new double[] {15.38, 15.42};
                        default -> new double[] {21.25, 21.37};
                    };
            Split split = set.reference(m, store());
            assertThat(standardNormal(split.test())).isCloseTo(known[0], within(0.006));
            // a Gaussian's log-density is that of a standard normal after whitening by the training rows
            Standardizer fitted = Standardizer.whitening(split.train());
            double gaussian = standardNormal(fitted.apply(split.test())) - fitted.logDeterminant();
            assertThat(gaussian).isCloseTo(known[1], within(0.006));
            assertThat(gaussian).isCloseTo(UciOracle.reference(set).gaussian(), within(1e-4));
        }

        @ParameterizedTest
        @EnumSource(names = {"RED_WINE", "WHITE_WINE"})
        void leakFreeKeepsEqualWinesOnOneSide(Uci set) {
            Table wines = set.features(store());
            Split split = set.leakFree(m, store(), Rng.of(3));
            Set<List<Double>> trained = contents(wines, split.trainRows());
            Set<List<Double>> others = contents(wines, split.validationRows());
            Set<List<Double>> tested = contents(wines, split.testRows());
            assertThat(others).doesNotContainAnyElementsOf(trained);
            assertThat(tested).doesNotContainAnyElementsOf(trained).doesNotContainAnyElementsOf(others);
            int n = wines.rowCount();
            assertThat(n - trained.size() - others.size() - tested.size()).isEqualTo(n == 1599 ? 240 : 937);
            assertThat(split.testRows().length).isBetween(n / 10, n / 10 + 10);
            assertThat(split.trainRows().length + split.validationRows().length + split.testRows().length)
                    .isEqualTo(n);
            // the training rows alone are white
            NDArray train = split.train().toType(DataType.FLOAT64, true);
            NDArray covariance = train.transpose().matMul(train).div(split.trainRows().length);
            assertThat(covariance
                            .sub(m.eye(11, 11, 0, DataType.FLOAT64))
                            .abs()
                            .max()
                            .getDouble())
                    .isLessThan(1e-5);
            // and the reference's split does have wines on both sides
            Split reference = set.reference(m, store());
            assertThat(contents(wines, reference.testRows()))
                    .containsAnyElementsOf(contents(wines, reference.trainRows()));
        }

        @Test
        void bothSeparatorsGiveTheSameTable() {
            Table commas = Uci.RED_WINE.table(store());
            String text = text("uci/winequality-red.csv");
            String header = text.lines().findFirst().orElseThrow();
            String semicolons = "\"" + header.replace(",", "\";\"") + "\""
                    + text.substring(header.length()).replace(',', ';');
            Table same = Tables.parse("winequality-red.csv", semicolons);
            assertThat(same.columnNames()).isEqualTo(commas.columnNames());
            assertThat(Tables.numbers(same)).isDeepEqualTo(Tables.numbers(commas));
        }

        @Test
        void aChangedFileIsRefused() throws IOException {
            Path file = folder.resolve("uci").resolve("winequality-red.csv");
            Files.createDirectories(file.getParent());
            Files.writeString(file, text("uci/winequality-red.csv").replaceFirst("7.4", "7.5"));
            assertThatThrownBy(() -> Uci.RED_WINE.table(new DataStore(Optional.of(folder), folder)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("SHA-256 of the unpacked bytes must be 4a402cf0")
                    .hasMessageContaining(" or ec95dd8e")
                    .hasMessageContaining(file.toString());
        }
    }

    @Nested
    class HepMass {
        private static final String HEADER =
                "# label" + IntStream.range(0, 27).mapToObj(i -> ",f" + i).reduce("", String::concat);

        @Test
        void isTheSignalOfBothFilesWithoutDiscreteColumns() throws IOException {
            put("1000_train.csv.gz", HEADER + "\n" + row(1, 100) + "\n" + row(0, 200) + "\n" + row(1, 300) + "\n");
            put("1000_test.csv.gz", HEADER + ",mass\n" + row(1, 400) + ",1000\n"); // with a column too many
            Table table = Uci.HEPMASS.table(DataStore.at(folder));
            assertThat(table.rowCount()).isEqualTo(4);
            assertThat(table.columnCount()).isEqualTo(28);
            assertThat(table.name())
                    .contains("HepMass, 1000_train.csv.gz with SHA-256 ")
                    .contains(", not verified");
            Table features = Uci.HEPMASS.features(DataStore.at(folder));
            assertThat(features.columnCount()).isEqualTo(Uci.HEPMASS.dimension());
            assertThat(features.doubleColumn("f0").asDoubleArray()).containsExactly(101, 301, 401);
            assertThat(features.columnNames()).doesNotContain("# label", "f5", "f9", "f13", "f17", "f21");
        }

        @Test
        void saysWhereToPutAMissingFile() {
            assertThatThrownBy(() -> Uci.HEPMASS.table(DataStore.at(folder)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("there is no " + folder.resolve("uci").resolve("1000_train.csv.gz"))
                    .hasMessageContaining("its checksum is not pinned here, so it is not downloaded")
                    .hasMessageContaining("00347/1000_train.csv.gz and copy it there");
        }

        @Test
        void refusesRowsThatAreNotNumbers() throws IOException {
            put("1000_train.csv.gz", HEADER + "\n" + row(1, 100).replace("101.0", "many") + "\n");
            assertThatThrownBy(() -> Uci.HEPMASS.table(DataStore.at(folder)))
                    .hasMessage("line 1 of 1000_train.csv.gz must hold numbers, got \"many\"");
            put("1000_train.csv.gz", HEADER + "\n1.0,2.0\n");
            assertThatThrownBy(() -> Uci.HEPMASS.table(DataStore.at(folder)))
                    .hasMessage("numbers in line 1 of 1000_train.csv.gz must be at least 28, got 2");
        }

        @Test
        void referenceNeedsTheWholeFiles() throws IOException {
            put("1000_train.csv.gz", HEADER + "\n" + row(1, 100) + "\n");
            put("1000_test.csv.gz", HEADER + "\n" + row(1, 200) + "\n");
            assertThatThrownBy(() -> Uci.HEPMASS.reference(m, DataStore.at(folder)))
                    .hasMessageContaining("must be more than 174909, got 2");
        }

        private String row(int label, int from) {
            return label + ".0"
                    + IntStream.range(1, 28)
                            .mapToObj(i -> "," + (from + i) + ".0")
                            .reduce("", String::concat);
        }
    }

    @Nested
    class MiniBooNe {
        @Test
        void isTheSignalWithoutFailuresAndRepeatedColumns() throws IOException {
            StringBuilder text = new StringBuilder("   8   2\n");
            for (int i = 0; i < 10; i++) {
                for (int j = 0; j < 50; j++) {
                    double value = i == 7 ? -999 : 10 * j + i; // row 7 marks a failed fit
                    if (j == 3) {
                        value = i == 7 ? -999 : Math.max(i, 5); // its smallest value six times among the signal
                    }
                    if (j == 4) {
                        value = i == 7 ? -999 : Math.max(i, 4); // five times
                    }
                    text.append("  ").append(value);
                }
                text.append("\n");
            }
            put("MiniBooNE_PID.txt", text.toString());
            Table table = Uci.MINIBOONE.table(DataStore.at(folder));
            assertThat(table.doubleColumn("signal").asDoubleArray()).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 0, 0);
            assertThat(table.name()).contains("MiniBooNE_PID.txt with SHA-256 ");
            Table features = Uci.MINIBOONE.features(DataStore.at(folder));
            assertThat(features.rowCount()).isEqualTo(7);
            assertThat(features.columnNames())
                    .hasSize(49)
                    .doesNotContain("x3", "signal")
                    .contains("x4");
            assertThat(features.doubleColumn("x1").asDoubleArray()).containsExactly(10, 11, 12, 13, 14, 15, 16);
        }

        @Test
        void refusesACutFile() throws IOException {
            put("MiniBooNE_PID.txt", " 8 2\n" + "1.0 ".repeat(50) + "\n");
            assertThatThrownBy(() -> Uci.MINIBOONE.table(DataStore.at(folder)))
                    .hasMessage("rows of MiniBooNE_PID.txt must be as many as its first line says, 8 and 2, got 1:"
                            + " the file is cut or damaged");
        }
    }

    @Test
    void moreThanTenThousandRowsAreWhitenedByTheFirst() {
        // 10,000 rows of variance 1 and 2,000 of variance 100 after them: which are first is the shuffle's choice, so
        // the singular values are those of the shuffled table, and not of all rows
        double[] values = Rng.of(1).numbers().doubles(12_000, -1, 1).toArray();
        for (int i = 10_000; i < values.length; i++) {
            values[i] *= 10;
        }
        Table table = Table.create(DoubleColumn.create("x", values));
        Split split = Uci.reference(m, table, false, 1_200);
        assertThat(split.validationRows()).hasSize(1_000);
        int[] order = LegacyRandom.of(1).permutation(12_000);
        double mean = Arrays.stream(values).average().orElseThrow();
        double square = IntStream.range(0, 10_000)
                .mapToDouble(i -> Math.pow(values[order[i]] - mean, 2))
                .average()
                .orElseThrow();
        assertThat(split.standardizer().logDeterminant()).isCloseTo(-Math.log(square) / 2, within(1e-12));
    }

    private static Set<List<Double>> contents(Table table, int[] rows) {
        double[][] numbers = Tables.numbers(table);
        Set<List<Double>> contents = new HashSet<>();
        for (int row : rows) {
            contents.add(Arrays.stream(numbers[row]).boxed().toList());
        }
        return contents;
    }

    private static double standardNormal(NDArray rows) {
        NDArray wide = rows.toType(DataType.FLOAT64, true);
        double d = rows.getShape().get(1);
        return wide.square().sum(new int[] {1}).mean().getDouble() / 2 + d / 2 * Math.log(2 * Math.PI);
    }

    private static void assertClose(NDArray rows, double[][] expected) {
        double[] flat = rows.toType(DataType.FLOAT64, true).toDoubleArray();
        double[] wanted =
                Arrays.stream(expected).flatMapToDouble(Arrays::stream).toArray();
        assertThat(flat).containsExactly(wanted, within(2e-6)); // float32 of numbers below 20
    }

    private DataStore store() {
        String variable = System.getenv("GEBM_DATA_HOME");
        Path home = variable == null ? Path.of("..", "..", "shared", "data") : Path.of(variable);
        assumeTrue(Files.exists(home.resolve("uci")), "the UCI sets are not on this machine");
        return new DataStore(Optional.of(home), folder);
    }

    private String text(String file) {
        DataStore store = store();
        try {
            return Files.readString(store.home().orElseThrow().resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void put(String name, String text) throws IOException {
        byte[] content = text.getBytes(StandardCharsets.UTF_8);
        if (name.endsWith(".gz")) {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                out.write(content);
            }
            content = packed.toByteArray();
        }
        Path file = folder.resolve("uci").resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
    }
}
