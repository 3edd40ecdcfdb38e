package gebm.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gebm.core.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong clock = new AtomicLong(17 * SECOND);

    @Nested
    class InAKernel {
        private final Shown shown = Shown.attached();
        private final ProgressBar bar = new ProgressBar("training", null, clock::get);

        @AfterEach
        void detach() {
            shown.close();
        }

        @Test
        void saysHowFarAndHowLong() {
            clock.addAndGet(12 * SECOND);
            bar.report(1_200, 4_000, "energy loss −1.23");
            assertThat(shown.texts())
                    .containsExactly("training 1,200/4,000 · 30 % · 12 s, 28 s left · energy loss −1.23");
        }

        @Test
        void updatesOneDisplayAtMostFiveTimesASecond() {
            for (int step = 1; step <= 1_000; step++) {
                clock.addAndGet(SECOND / 1_000);
                bar.report(step, 1_000, "");
            }
            assertThat(shown.calls).hasSize(6); // the first, four at 0.2 s each, the last
            String id = shown.calls.get(0).substring("show ".length());
            assertThat(shown.calls.subList(1, 6)).containsOnly("update " + id);
        }

        @Test
        void endsWithoutTimes() {
            bar.report(10, 10, "loss 1");
            assertThat(shown.texts()).containsExactly("training 10/10 · loss 1");
        }

        @Test
        void longTimesAreInMinutes() {
            clock.addAndGet(130 * SECOND);
            bar.report(1, 2, "");
            assertThat(shown.texts()).containsExactly("training 1/2 · 50 % · 2 min 10 s, 2 min 10 s left");
        }

        @Test
        void veryLongTimesAreInHours() {
            clock.addAndGet(600 * SECOND);
            bar.report(1, 100, "");
            assertThat(shown.texts()).containsExactly("training 1/100 · 1 % · 10 min 0 s, 16 h 30 min left");
        }

        @Test
        void aRunThatBeginsAgainGetsABarOfItsOwn() {
            bar.report(0, 10, "");
            clock.addAndGet(10 * SECOND);
            bar.report(5, 10, "");
            clock.addAndGet(100 * SECOND);
            bar.report(5, 10, "");
            clock.addAndGet(2 * SECOND);
            bar.report(6, 10, "");
            assertThat(shown.texts())
                    .containsExactly(
                            "training 0/10 · 0 % · 0 s",
                            "training 5/10 · 50 % · 10 s, 10 s left",
                            "training 5/10 · 50 % · 0 s",
                            "training 6/10 · 60 % · 2 s, 8 s left");
            assertThat(shown.calls.get(2)).startsWith("show ").isNotEqualTo(shown.calls.get(0));
        }

        @Test
        void htmlIsEscaped() {
            bar.report(10, 10, "a < b");
            assertThat(shown.data.get(0))
                    .containsEntry(
                            "text/html",
                            "<div><progress value=\"10\" max=\"10\"></progress> training 10/10 · a &lt; b</div>");
        }

        @Test
        void aStoppedCellIsLeftAlone() {
            Thread.currentThread().interrupt();
            bar.report(10, 10, "");
            assertThat(Thread.interrupted()).isTrue();
            assertThat(shown.calls).isEmpty();
        }
    }

    @Nested
    class WithoutAKernel {
        @Test
        void printsALineEveryFiveSeconds() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
            ProgressBar bar = new ProgressBar("training", out, clock::get);
            for (int step = 1; step <= 12; step++) {
                clock.addAndGet(SECOND);
                bar.report(step, 12, "");
            }
            assertThat(bytes.toString(StandardCharsets.UTF_8).lines())
                    .containsExactly(
                            "training 1/12 · 8 % · 1 s, 11 s left",
                            "training 6/12 · 50 % · 6 s, 6 s left",
                            "training 11/12 · 91 % · 11 s, 1 s left",
                            "training 12/12");
        }

        @Test
        void isSilentByDefault() {
            ProgressBar.of("training").report(1, 2, "");
            Progress.none().report(1, 2, "");
        }
    }

    @Test
    void refusesAnEmptyTotal() {
        assertThatThrownBy(() -> ProgressBar.of("training").report(0, 0, "")).hasMessage("total must be > 0, got 0");
    }
}
