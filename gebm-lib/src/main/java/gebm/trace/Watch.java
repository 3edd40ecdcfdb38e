package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * Sees and stops a running program: its loop reads one small array and counts in another.
 *
 * <p>Native code does not notice an interrupt, so while a watch is open a daemon thread looks every 20 ms whether the
 * thread that opened it has been interrupted, and then asks the loop to stop; it ends within one step. The thread's
 * interrupt flag stays set.
 *
 * <p>Memory: the two arrays live as long as the watch.
 */
public final class Watch implements AutoCloseable {
    private static final int PERIOD_MS = 20;
    private static final Set<Watch> OPEN = ConcurrentHashMap.newKeySet();
    private static Thread watcher;

    private final Thread owner = Thread.currentThread();
    private final NDManager scope;
    private final NDArray stop;
    private final NDArray count;
    private final BooleanSupplier flag;
    private boolean closed;

    private Watch(NDManager parent, BooleanSupplier flag) {
        scope = parent.newSubManager();
        stop = scope.create(new long[] {0}, new Shape());
        count = scope.create(new long[] {0}, new Shape());
        this.flag = flag;
    }

    /** A watch over the programs that this thread runs. */
    public static Watch open(NDManager parent) {
        return open(parent, () -> false);
    }

    /** A watch that also stops the loop when {@code flag} says so; it is asked every 20 ms, from another thread. */
    public static Watch open(NDManager parent, BooleanSupplier flag) {
        Watch watch = new Watch(parent, flag);
        OPEN.add(watch);
        start();
        return watch;
    }

    private static synchronized void start() {
        if (watcher == null || !watcher.isAlive()) {
            watcher = new Thread(Watch::look, "gebm-watch");
            watcher.setDaemon(true);
            watcher.start();
        }
    }

    private static void look() {
        while (true) {
            for (Watch watch : OPEN) {
                watch.check();
            }
            try {
                Thread.sleep(PERIOD_MS);
            } catch (InterruptedException e) {
                return; // nobody but the JVM's end has a reason to
            }
        }
    }

    private synchronized void check() {
        if (!closed && (owner.isInterrupted() || flag.getAsBoolean())) {
            stop();
        }
    }

    /** Asks the loop to stop before its next step. */
    public synchronized void stop() {
        if (!closed) {
            stop.set(new long[] {1});
        }
    }

    /** Whether the loop was asked to stop. */
    public boolean stopped() {
        return stop.getLong() != 0 || owner.isInterrupted() || flag.getAsBoolean();
    }

    /** Steps counted so far. */
    public long count() {
        return count.getLong();
    }

    /** The array that a loop reads: not zero to stop. */
    public NDArray stopArray() {
        return stop;
    }

    /** The array in which a loop counts. */
    public NDArray countArray() {
        return count;
    }

    @Override
    public synchronized void close() {
        closed = true;
        OPEN.remove(this);
        scope.close();
    }
}
