package gebm;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The packages and the arrows between them. A package that does not exist yet breaks nothing. */
class ArchitectureTest {
    private record Row(String name, Set<String> uses) {}

    /** What each package may use besides core and trace. */
    private static final List<Row> ROWS = List.of(
            row("nn"),
            row("data"),
            row("model"),
            row("flow", "nn", "model"),
            row("sampler", "model"),
            row("objective", "model", "sampler"),
            row("train", "data", "model", "objective"),
            row("metric", "model", "sampler", "data"),
            row("plot", "model", "sampler", "train", "metric", "data"),
            row("notebook", "nn", "data", "model", "flow", "sampler", "objective", "train", "metric", "plot"));

    private static final JavaClasses LIBRARY = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("gebm");

    @ParameterizedTest
    @FieldSource("ROWS")
    void usesOnlyWhatItsRowAllows(Row row) {
        var allowed = new ArrayList<>(row.uses);
        allowed.addAll(List.of("core", "trace", row.name));
        onlyUses(row.name, allowed);
    }

    @Test
    void coreUsesNoOtherPackage() {
        onlyUses("core", List.of("core"));
    }

    @Test
    void traceUsesCore() {
        onlyUses("trace", List.of("core", "trace"));
    }

    @Test
    void onlyTraceKnowsItsFiles() {
        onlyUses("trace.file", List.of("core", "trace.file"));
        noClasses()
                .that()
                .resideOutsideOfPackage("gebm.trace..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("gebm.trace.file..")
                .check(LIBRARY);
    }

    @Test
    void everyClassLivesInAKnownPackage() {
        var known = new ArrayList<>(List.of("gebm.core..", "gebm.trace.."));
        ROWS.forEach(row -> known.add("gebm." + row.name + ".."));
        classes().should().resideInAnyPackage(known.toArray(String[]::new)).check(LIBRARY);
    }

    @Test
    void packagesFormNoCycle() {
        slices().matching("gebm.(*)..")
                .should()
                .beFreeOfCycles()
                .allowEmptyShould(true)
                .check(LIBRARY);
    }

    @Test
    void onlyNotebookKnowsTheKernel() {
        noClasses()
                .that()
                .resideOutsideOfPackage("gebm.notebook..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.dflib.jjava..")
                .check(LIBRARY);
    }

    @Test
    void onlyDataAndNotebookKnowTablesaw() {
        noClasses()
                .that()
                .resideOutsideOfPackages("gebm.data..", "gebm.notebook..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("tech.tablesaw..")
                .check(LIBRARY);
    }

    /** XChart may change or hide what it calls internal. */
    @Test
    void noPublicSignatureNamesXChartsInternals() {
        var types = LIBRARY.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC))
                .flatMap(ArchitectureTest::inPublicSignatures);
        assertThat(types.flatMap(type -> type.getAllInvolvedRawTypes().stream()).map(JavaClass::getName))
                .noneMatch(name -> name.startsWith("org.knowm.xchart.internal"));
    }

    private static Stream<JavaType> inPublicSignatures(JavaClass type) {
        var units = type.getCodeUnits().stream()
                .filter(unit -> unit.getModifiers().contains(JavaModifier.PUBLIC))
                .flatMap(unit -> Stream.concat(unit.getParameterTypes().stream(), Stream.of(unit.getReturnType())));
        return Stream.concat(type.getInterfaces().stream(), units);
    }

    @Test
    void onlyNotebookReadsTheSize() throws IOException {
        var sources = Path.of("src/main/java/gebm");
        try (var files = Files.walk(sources)) {
            var readers = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.startsWith(sources.resolve("notebook")))
                    .filter(ArchitectureTest::namesGebmFast);
            assertThat(readers)
                    .as("sources outside gebm.notebook that read GEBM_FAST")
                    .isEmpty();
        }
    }

    private static void onlyUses(String name, List<String> allowed) {
        classes()
                .that()
                .resideInAPackage("gebm." + name + "..")
                .should()
                .onlyDependOnClassesThat(resideOutsideOfPackage("gebm..")
                        .or(resideInAnyPackage(allowed.stream()
                                .map(use -> "gebm." + use + "..")
                                .toArray(String[]::new))))
                .allowEmptyShould(true)
                .check(LIBRARY);
    }

    private static boolean namesGebmFast(Path file) {
        try {
            // the name as a string constant; a comment may mention it
            return Files.readString(file).contains("\"GEBM_FAST\"");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Row row(String name, String... uses) {
        return new Row(name, Set.of(uses));
    }
}
