package gebm.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import ai.djl.ndarray.NDManager;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What each kind of picture takes in a notebook's file. How long they take is measured by PictureBenchmark. */
class PictureCasesTest {
    private static final int LARGEST = 100_000; // bytes
    private static final int LARGEST_ANIMATION = 300_000;

    private final NDManager m = NDManager.newBaseManager();
    private final Map<String, PictureCases.Drawing> cases = PictureCases.all(m);

    @AfterEach
    void close() {
        m.close();
    }

    @TestFactory
    Stream<DynamicTest> staySmall() {
        return cases.entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    byte[] png = one.getValue().png();
                    assertThat(png).hasSizeBetween(3_000, one.getKey().equals("walk") ? LARGEST_ANIMATION : LARGEST);
                }));
    }

    @Test
    void everyKindHasACase() {
        var kinds = Arrays.stream(Plots.class.getMethods())
                .filter(method -> method.getDeclaringClass() == Plots.class)
                .map(Method::getName)
                .filter(name -> !name.equals("add") && !name.equals("image"));
        assertThat(cases.keySet()).containsAll(kinds.toList());
    }
}
