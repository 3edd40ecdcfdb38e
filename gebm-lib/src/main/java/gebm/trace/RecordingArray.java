package gebm.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.internal.NDArrayEx;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * An array of a recording: an {@code NDArray} whose operations are written down instead of run.
 *
 * <p>A method with a row in {@link Operations} is written, or refused, as that row says; a default method of DJL's
 * interfaces without one runs on recorded arrays and so decomposes into rows.
 */
final class RecordingArray implements InvocationHandler {
    final Recorder recorder;
    final Value value;
    private final NDArray proxy;
    private NDArrayEx extension;

    RecordingArray(Recorder recorder, Value value) {
        this.recorder = recorder;
        this.value = value;
        proxy = (NDArray)
                Proxy.newProxyInstance(RecordingArray.class.getClassLoader(), new Class<?>[] {NDArray.class}, this);
    }

    /** What stands behind {@code array}, or null for an ordinary one. */
    static RecordingArray of(Object array) {
        return array instanceof Proxy && Proxy.getInvocationHandler(array) instanceof RecordingArray recorded
                ? recorded
                : null;
    }

    NDArray proxy() {
        return proxy;
    }

    /** Writes {@code target(args…)}. */
    Value call(String target, Object... args) {
        return recorder.call(target, args);
    }

    NDArrayEx extension() {
        if (extension == null) {
            extension = (NDArrayEx) Proxy.newProxyInstance(
                    RecordingArray.class.getClassLoader(), new Class<?>[] {NDArrayEx.class}, this);
        }
        return extension;
    }

    @Override
    public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
        String advice = "there is no rule for this operation; write it with other operations of NDArray";
        return Operations.rows().invoke(this, self, method, arguments, advice);
    }

    /** Describes the array without running anything. */
    @Override
    public String toString() {
        return "recorded array " + recorder.describe(value) + ", without values until its program runs";
    }
}
