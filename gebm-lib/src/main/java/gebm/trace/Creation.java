package gebm.trace;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.Buffer;
import java.util.Arrays;
import java.util.List;

/** How each method of {@code NDManager} is written in a program: as {@link Operations}, for arrays that are made. */
final class Creation {
    private static final Rows<RecordingManager> ROWS = new Rows<>();
    private static final String DRAWS = "draw from an Rng that is handed in (Program.ofRandom): ";
    static final String OUTSIDE = "make the array outside of the program and use it inside";

    private Creation() {}

    static {
        numbers();
        ownership();
        refusals();
    }

    /** The rows of all methods. */
    static Rows<RecordingManager> rows() {
        return ROWS;
    }

    private static void numbers() {
        ROWS.on("full(Shape,float,DataType)", (m, a) -> filled(m, a[0], ((Float) a[1]).doubleValue(), a[2]));
        ROWS.on("ones(Shape,DataType)", (m, a) -> filled(m, a[0], 1.0, a[1]));
        ROWS.on("zeros(Shape,DataType) create(Shape,DataType)", (m, a) -> filled(m, a[0], 0.0, a[1]));
        ROWS.on("arange(float,float,float,DataType)", (m, a) -> made(m, "torch.arange", a[3], a[0], a[1], a[2]));
        ROWS.on("linspace(float,float,int,boolean)", Creation::linspace);
        ROWS.on("eye(int,int,int,DataType)", (m, a) -> {
            NDArray ones = filled(m, new Shape((int) a[0], (int) a[1]), 1.0, a[3]);
            Value above = m.recorder.call("torch.triu", ones, a[2]);
            return m.recorder.array(m.recorder.call("torch.tril", above, a[2]));
        });
        // numbers of Java: they become a constant of the program
        ROWS.on("create(Buffer,Shape,DataType)", (m, a) -> {
            NDArray constant = m.recorder.constants().create((Buffer) a[0], (Shape) a[1], (DataType) a[2]);
            return m.recorder.array(m.recorder.valueOf(constant));
        });
        ROWS.on("from(NDArray)", (m, a) -> m.recorder.array(m.recorder.valueOf((NDArray) a[0])));
    }

    private static NDArray filled(RecordingManager m, Object shape, double number, Object type) {
        NDArray array = ((Shape) shape).dimension() == 0
                ? made(m, "torch.scalar_tensor", type, number)
                : made(m, "torch.full", type, shape, number);
        return m.recorder.array(m.recorder.valueOf(array), (Shape) shape, (DataType) type);
    }

    private static NDArray made(RecordingManager m, String target, Object type, Object... args) {
        Object[] all = Arrays.copyOf(args, args.length + 2);
        all[args.length] = new Node.Named("dtype", type);
        all[args.length + 1] = new Node.Named("device", m.recorder.deviceArgument());
        return m.recorder.array(m.recorder.call(target, all));
    }

    private static Object linspace(RecordingManager m, Object[] a) {
        float start = (float) a[0];
        float stop = (float) a[1];
        int count = (int) a[2];
        double last = (boolean) a[3] ? stop : start + (stop - start) * (double) (count - 1) / count;
        return made(m, "torch.linspace", DataType.FLOAT32, start, last, count);
    }

    private static void ownership() {
        ROWS.on("ret(NDResource)", (m, a) -> a[0]);
        ROWS.on("newSubManager() getParentManager()", (m, a) -> m.proxy());
        ROWS.on("newSubManager(Device)", (m, a) -> {
            Device device = (Device) a[0];
            if (device != null && !device.equals(m.recorder.device())) {
                throw Recorder.unsupported(
                        "a manager on " + device + " by newSubManager", "hand in all arrays on one device");
            }
            return m.proxy();
        });
        ROWS.on("getDevice() defaultDevice()", (m, a) -> m.recorder.device());
        ROWS.on("getEngine()", (m, a) -> Engine.getEngine("PyTorch"));
        ROWS.on("isOpen()", (m, a) -> true);
        ROWS.on("getName()", (m, a) -> "recording");
        ROWS.on("getManagedArrays()", (m, a) -> List.of());
        ROWS.on("allocateDirect(int)", (m, a) -> m.recorder.constants().allocateDirect((int) a[0]));
        ROWS.on("close() cap() setName(String) detachInternal(String)", (m, a) -> null);
        ROWS.on("attachInternal(String,AutoCloseable[]) attachUncappedInternal(String,AutoCloseable)", (m, a) -> null);
        ROWS.on("tempAttachInternal(NDManager,String,NDResource)", (m, a) -> null);
        ROWS.on("attachAll(NDResource[]) tempAttachAll(NDResource[])", (m, a) -> null);
    }

    private static void draw(String signatures, String instead) {
        ROWS.refuse(signatures, "", DRAWS + instead);
    }

    private static void refusals() {
        draw("randomNormal(float,float,Shape,DataType)", "rng.normal(manager, shape)");
        draw("randomUniform(float,float,Shape,DataType)", "rng.uniform(manager, shape)");
        draw("randomInteger(long,long,Shape,DataType)", "rng.uniform(manager, shape).mul(n).floor()");
        draw("randomPermutation(long)", "rng.permutation(manager, n)");
        draw(
                "truncatedNormal(float,float,Shape,DataType)",
                "Special.ndtri(p), where p = rng.uniform(manager, shape).mul(0.9545).add(0.02275) for two deviations");
        draw("randomMultinomial(int,NDArray) randomMultinomial(int,NDArray,Shape)", "rng.categorical(p.log(), n)");
        draw("sampleNormal(NDArray,NDArray) sampleNormal(NDArray,NDArray,Shape)", "rng.normal(mean, scale)");
        draw("sampleGamma(NDArray,NDArray) sampleGamma(NDArray,NDArray,Shape)", "rng.gamma(alpha).mul(beta)");
        ROWS.refuse(
                "samplePoisson(NDArray) samplePoisson(NDArray,Shape)",
                "",
                "draw the counts outside of the program and hand them in");
        ROWS.refuse("load(Path)", "", OUTSIDE);
        ROWS.refuse(
                "createCSR(Buffer,long[],long[],Shape) createRowSparse(Buffer,Shape,long[],Shape) "
                        + "createCoo(Buffer,long[][],Shape)",
                "",
                "programs compute with dense arrays: use create");
        ROWS.refuse("create(String[],Charset,Shape)", "", "programs compute with numbers");
        ROWS.refuse(
                "invoke(String,NDArray[],NDArray[],PairList) invoke(String,NDList,PairList)",
                "",
                "call the method of NDArray of that name");
    }
}
