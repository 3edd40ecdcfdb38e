package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Traces of errors, in notebooks and elsewhere. */
class ErrorsTest {
    @AfterEach
    void reset() {
        Errors.inNotebook(false);
        System.clearProperty("gebm.errors");
    }

    private static Throwable error() {
        return catchThrowable(() -> Require.positive("rate", -1.0));
    }

    @Test
    void areWholeOutsideOfNotebooks() {
        assertThat(error().getStackTrace()).anyMatch(line -> line.getClassName().equals("gebm.core.Require"));
    }

    /** This test is in the library's package, so none of its lines are a user's. */
    @Test
    void haveNoLineOfTheLibraryInNotebooks() {
        Errors.inNotebook(true);
        assertThat(error()).hasMessage("rate must be finite and > 0, got -1.0").satisfies(e -> assertThat(
                        e.getStackTrace())
                .noneMatch(line -> line.getClassName().startsWith("gebm.")));
    }

    @Test
    void areWholeInNotebooksWhereAskedFor() {
        Errors.inNotebook(true);
        System.setProperty("gebm.errors", "full");
        assertThat(error().getStackTrace()).anyMatch(line -> line.getClassName().equals("gebm.core.Require"));
    }
}
