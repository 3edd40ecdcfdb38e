package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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
    private final Runnable tick;
    private boolean closed;

    private Watch(NDManager parent, Runnable tick) {
        scope = parent.newSubManager();
        stop = scope.create(new long[] {0}, new Shape());
        count = scope.create(new long[] {0}, new Shape());
        this.tick = tick;
    }

    /** A watch over the programs that this thread runs. */
    public static Watch open(NDManager parent) {
        return open(parent, () -> {});
    }

    /** A watch that also calls {@code tick} every 20 ms from its own thread, for progress. */
    public static Watch open(NDManager parent, Runnable tick) {
        Watch watch = new Watch(parent, tick);
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
        if (closed) {
            return;
        }
        if (owner.isInterrupted()) {
            stop();
        }
        tick.run();
    }

    /** Asks the loop to stop before its next step. */
    public synchronized void stop() {
        if (!closed) {
            stop.set(new long[] {1});
        }
    }

    /** Whether the loop was asked to stop. */
    public boolean stopped() {
        return stop.getLong() != 0 || owner.isInterrupted();
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
