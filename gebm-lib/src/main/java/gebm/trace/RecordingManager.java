package gebm.trace;

import ai.djl.ndarray.NDManager;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** The manager of a recording: arrays it makes are operations or constants of the program; it owns nothing. */
final class RecordingManager implements InvocationHandler {
    final Recorder recorder;
    private final NDManager proxy;

    RecordingManager(Recorder recorder) {
        this.recorder = recorder;
        proxy = (NDManager)
                Proxy.newProxyInstance(RecordingManager.class.getClassLoader(), new Class<?>[] {NDManager.class}, this);
    }

    NDManager proxy() {
        return proxy;
    }

    /** The recording behind {@code manager}, or null for an ordinary one. */
    static Recorder of(NDManager manager) {
        return manager instanceof Proxy && Proxy.getInvocationHandler(manager) instanceof RecordingManager recording
                ? recording.recorder
                : null;
    }

    @Override
    public Object invoke(Object self, Method method, Object[] arguments) throws Throwable {
        return Creation.rows().invoke(this, self, method, arguments, Creation.OUTSIDE);
    }

    @Override
    public String toString() {
        return "manager of a recording";
    }
}
