package gebm.trace;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.Buffer;
import java.util.List;

/** The manager of a recording: arrays it makes are operations or constants of the program; it owns nothing. */
final class RecordingManager implements InvocationHandler {
    private final Recorder recorder;
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
        Object[] args = arguments == null ? new Object[0] : arguments;
        return switch (Operations.signature(method)) {
            case "full(Shape,float,DataType)" -> filled(args[0], ((Float) args[1]).doubleValue(), args[2]);
            case "ones(Shape,DataType)" -> filled(args[0], 1.0, args[1]);
            case "zeros(Shape,DataType)", "create(Shape,DataType)" -> filled(args[0], 0.0, args[1]);
            case "arange(float,float,float,DataType)" -> created("torch.arange", args[3], args[0], args[1], args[2]);
            case "linspace(float,float,int,boolean)" ->
                linspace((float) args[0], (float) args[1], (int) args[2], (boolean) args[3]);
            case "eye(int,int,int,DataType)" -> eye((int) args[0], (int) args[1], (int) args[2], args[3]);
            case "create(Buffer,Shape,DataType)" -> constant((Buffer) args[0], (Shape) args[1], (DataType) args[2]);
            case "from(NDArray)" -> recorder.array(recorder.valueOf((NDArray) args[0]));
            case "ret(NDResource)" -> args[0];
            case "newSubManager()", "newSubManager(Device)", "getParentManager()" -> self;
            case "getDevice()", "defaultDevice()" -> recorder.device();
            case "getEngine()" -> Engine.getEngine("PyTorch");
            case "isOpen()" -> true;
            case "getName()" -> "recording";
            case "getManagedArrays()" -> List.of();
            case "close()",
                    "cap()",
                    "setName(String)",
                    "attachInternal(String,AutoCloseable[])",
                    "attachUncappedInternal(String,AutoCloseable)",
                    "tempAttachInternal(NDManager,String,NDResource)",
                    "attachAll(NDResource[])",
                    "tempAttachAll(NDResource[])",
                    "detachInternal(String)" -> null;
            case "equals(Object)" -> self == args[0];
            case "hashCode()" -> System.identityHashCode(self);
            case "toString()" -> "manager of a recording";
            default -> {
                if (method.isDefault()) {
                    yield InvocationHandler.invokeDefault(self, method, args);
                }
                throw recorder.unsupported(
                        method.getName(),
                        method.getName().startsWith("random")
                                        || method.getName().startsWith("sample")
                                ? "draw from an Rng that is handed in: rng.normal(manager, shape)"
                                : "make the array outside and use it inside");
            }
        };
    }

    private NDArray filled(Object shape, double number, Object type) {
        NDArray array = created("torch.full", type, shape, number);
        return recorder.array(recorder.valueOf(array), (Shape) shape, (DataType) type);
    }

    private NDArray created(String target, Object type, Object... args) {
        Object[] all = java.util.Arrays.copyOf(args, args.length + 2);
        all[args.length] = new Node.Named("dtype", type);
        all[args.length + 1] = new Node.Named("device", recorder.deviceArgument());
        return recorder.array(recorder.call(target, all));
    }

    private NDArray linspace(float start, float stop, int count, boolean endpoint) {
        double last = endpoint ? stop : start + (stop - start) * (double) (count - 1) / count;
        return created("torch.linspace", DataType.FLOAT32, start, last, count);
    }

    private NDArray eye(int rows, int columns, int offset, Object type) {
        NDArray ones = filled(new Shape(rows, columns), 1.0, type);
        Value above = recorder.call("torch.triu", ones, offset);
        return recorder.array(recorder.call("torch.tril", above, offset));
    }

    private NDArray constant(Buffer data, Shape shape, DataType type) {
        return recorder.array(recorder.valueOf(recorder.constants().create(data, shape, type)));
    }
}
