package gebm.notebook;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Where displayed things go: the kernel, once its extension is installed, and nowhere before. */
final class Screen {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static volatile Sink sink;

    private Screen() {}

    /** Shows and replaces data by MIME type. */
    interface Sink {
        /** A new display that {@code id} names. */
        void show(String id, Map<String, Object> data);

        /** Puts {@code data} in the place of the display that {@code id} names. */
        void update(String id, Map<String, Object> data);
    }

    static void attach(Sink kernel) {
        sink = kernel;
    }

    static boolean attached() {
        return sink != null;
    }

    /** A name for a new display, the same on every run of the same cells. */
    static String newId() {
        return "gebm-" + COUNT.incrementAndGet();
    }

    /** Shows {@code data}; false without a kernel, or when a stopped cell refuses output. */
    static boolean show(String id, Map<String, Object> data) {
        return publish(kernel -> kernel.show(id, data));
    }

    /** Replaces what {@code id} shows; false as for {@link #show}. */
    static boolean update(String id, Map<String, Object> data) {
        return publish(kernel -> kernel.update(id, data));
    }

    private static boolean publish(Consumer<Sink> message) {
        Sink kernel = sink;
        if (kernel == null || Thread.currentThread().isInterrupted()) {
            return false; // sending with the interrupt flag set breaks the kernel's socket
        }
        try {
            message.accept(kernel);
            return true;
        } catch (RuntimeException e) {
            return false; // a display must never end the work that it shows
        }
    }
}
