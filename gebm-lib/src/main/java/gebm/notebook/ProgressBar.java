package gebm.notebook;

import gebm.core.Progress;
import gebm.core.Require;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * A progress line that is updated in place under a notebook's cell.
 *
 * <p>It reads {@code training 1,200/4,000 · 30 % · 12 s, 28 s left · energy loss −1.23}; the last report, {@code done}
 * equal to {@code total}, drops the times, so that a finished cell looks the same on every run. At most five updates a
 * second are sent. Without a kernel it is silent, or prints a line every five seconds to the stream it was given.
 *
 * <p>A report that is not beyond the one before begins another run, and another bar: so a resumed run shows where it
 * was resumed, with its own times.
 *
 * <pre>{@code
 * var bar = ProgressBar.of("training");
 * for (int step = 1; step <= 100; step++) {
 *     bar.report(step, 100, "energy loss -1.23");
 * }
 * }</pre>
 */
public final class ProgressBar implements Progress {
    private static final long SECOND = 1_000_000_000L;
    private static final long DISPLAY_EVERY = SECOND / 5;
    private static final long PRINT_EVERY = 5 * SECOND;

    private final String name;
    private final PrintStream out; // null: silent without a kernel
    private final LongSupplier clock;
    private String id;
    private long started;
    private long first; // done at the start
    private long last = -1;
    private long shown;

    ProgressBar(String name, PrintStream out, LongSupplier clock) {
        this.name = Objects.requireNonNull(name);
        this.out = out;
        this.clock = clock;
        begin(0);
    }

    /** A bar in the kernel; without one it is silent. */
    public static ProgressBar of(String name) {
        return new ProgressBar(name, null, System::nanoTime);
    }

    /** A bar in the kernel; without one it prints lines to {@code out}. */
    public static ProgressBar of(String name, PrintStream out) {
        return new ProgressBar(name, Objects.requireNonNull(out), System::nanoTime);
    }

    @Override
    public synchronized void report(long done, long total, String message) {
        Require.positive("total", total);
        long now = clock.getAsLong();
        if (done <= last) {
            begin(done);
        }
        last = done;
        long every = Screen.attached() ? DISPLAY_EVERY : PRINT_EVERY;
        if (done < total && now - shown < every) {
            return;
        }
        shown = now;
        if (Screen.attached()) {
            display(done, total, line(done, total, message, now));
        } else if (out != null) {
            out.println(line(done, total, message, now));
        }
    }

    private void begin(long done) {
        id = null;
        started = clock.getAsLong();
        first = done;
        shown = started - PRINT_EVERY;
    }

    private void display(long done, long total, String line) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("text/plain", line);
        data.put("text/html", html(done, total, line));
        if (id == null) {
            id = Screen.newId();
            Screen.show(id, data);
        } else {
            Screen.update(id, data);
        }
    }

    private String line(long done, long total, String message, long now) {
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%s %,d/%,d", name, done, total));
        if (done < total) {
            double seconds = (double) (now - started) / SECOND;
            line.append(" · ").append(100 * done / total).append(" % · ").append(time(seconds));
            if (done > first) {
                line.append(", ")
                        .append(time(seconds * (total - done) / (done - first)))
                        .append(" left");
            }
        }
        return message.isEmpty()
                ? line.toString()
                : line.append(" · ").append(message).toString();
    }

    private static String time(double seconds) {
        long s = Math.round(seconds);
        if (s < 120) {
            return s + " s";
        }
        return s < 7200 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s / 60 % 60 + " min";
    }

    private static String html(long done, long total, String line) {
        return "<div><progress value=\"" + done + "\" max=\"" + total + "\"></progress> " + Listing.escaped(line)
                + "</div>";
    }
}
