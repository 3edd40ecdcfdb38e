package gebm.trace;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The array in which a call's random key travels.
 *
 * <p>Making one takes as long as a small call, so they are used again: there are as many as calls ran at once. On the
 * CPU the array lies in a direct buffer of Java's, into which the next key is written.
 */
final class Key {
    private static final ConcurrentLinkedQueue<Key> FREE = new ConcurrentLinkedQueue<>();
    private static final Shape ONE = new Shape(1);

    private final ByteBuffer memory = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());
    private final NDArray array;
    private final boolean again;

    private Key(NDManager scope, long key) {
        again = scope.getDevice().equals(Device.cpu());
        memory.putLong(0, key);
        array = scope.create(memory, ONE, DataType.INT64);
        NDScope.unregister(array);
    }

    /** A key that belongs to {@code scope}, as the results will. */
    static Key take(NDManager scope, long key) {
        Key free = scope.getDevice().equals(Device.cpu()) ? FREE.poll() : null;
        if (free == null) {
            return new Key(scope, key);
        }
        free.memory.putLong(0, key);
        try {
            free.array.attach(scope);
        } catch (IllegalStateException closed) {
            free.giveBack();
            throw closed;
        }
        return free;
    }

    NDArray array() {
        return array;
    }

    /** After the call. */
    void giveBack() {
        if (array.isReleased()) {
            return; // somebody closed the scope meanwhile
        }
        if (again) {
            array.detach();
            FREE.add(this);
        } else {
            array.close();
        }
    }
}
