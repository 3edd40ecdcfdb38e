package gebm.trace.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PickleTest {
    /** Trees survive being written and read, and a module that stands in two places is one. */
    @Test
    void picklesAreReadAsTheyAreWritten() throws IOException {
        var shared = new Pickle.Instance(new Pickle.Global("__torch__", "Part"), Map.of("n", 5L));
        var tree = new Pickle.Tuple(Arrays.asList(
                shared, List.of(1.5, -7_000_000_000L, "ä"), shared, null, true, new Pickle.Persistent("key")));
        var back = (Pickle.Tuple) Pickle.read(Pickle.write(tree));
        assertThat(back.items().get(0)).isSameAs(back.items().get(2));
        assertThat(back.items().get(1)).isEqualTo(tree.items().get(1));
        assertThat(back.items().subList(3, 6)).isEqualTo(tree.items().subList(3, 6));
        assertThatThrownBy(() -> Pickle.read(new byte[] {(byte) 0x80, 2, 'X'}))
                .isInstanceOf(IOException.class)
                .hasMessage("a damaged pickle");
        assertThatThrownBy(() -> Pickle.read(new byte[] {(byte) 0x80, 2, 'i', '.'}))
                .isInstanceOf(IOException.class)
                .hasMessage("a pickle with the operation 0x69");
    }
}
