package gebm.experiment;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Experiments also run as programs, so they draw nothing and know no kernel. */
class PackageTest {
    @Test
    void usesNeitherPlotsNorTheKernel() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("gebm.plot..", "gebm.notebook..", "org.dflib.jjava..")
                .check(new ClassFileImporter()
                        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                        .importPackages("gebm.experiment"));
    }
}
