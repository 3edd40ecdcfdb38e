package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.internal.NDArrayEx;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.recurrent.RNN;
import gebm.core.Rng;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.FloatBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every method of DJL's arrays and managers in a program: called by reflection, so that none can be forgotten, and
 * written down in {@code OPERATIONS.md}.
 *
 * <p>{@code mvn -pl gebm-lib test -Dtest=CoverageTest -Dcoverage.write=true} rewrites that file.
 */
class CoverageTest {
    private static final Path FILE = Path.of("OPERATIONS.md");
    private static final Pattern OPERATION = Pattern.compile("(?:torch|ops\\.prim)\\.\\w+");
    /** Methods that say how long arrays live: programs have no use for them. */
    private static final Set<String> LIFETIME = Set.of(
            "close",
            "cap",
            "attach",
            "detach",
            "tempAttach",
            "returnResource",
            "attachInternal",
            "attachUncappedInternal",
            "tempAttachInternal",
            "detachInternal",
            "ret",
            "allocateDirect");

    /** Where the program differs from DJL's engine on purpose, and why. */
    private static final Map<String, String> DIFFERS = Map.ofEntries(
            Map.entry("cbrt()", "negative numbers have a root too"),
            Map.entry("mish()", "DJL takes a logarithm to base 2"),
            Map.entry("cumSum()", "of the flattened array, as documented"),
            Map.entry("median()", "of all elements, as documented"),
            Map.entry("percentile(Number)", "of all elements, as documented"),
            Map.entry("lpPool(float,Shape,Shape,Shape,boolean)", "of absolute values"),
            Map.entry("globalLpPool(float)", "of absolute values"),
            Map.entry("dropout(NDArray,float,boolean)", "the mask comes from the key of the program's call"),
            Map.entry("like()", "zeros, where DJL leaves the numbers open"),
            Map.entry("create(Shape)", "zeros, where DJL leaves the numbers open"),
            Map.entry("create(Shape,DataType)", "zeros, where DJL leaves the numbers open"),
            Map.entry("create(Shape,DataType,Device)", "zeros, where DJL leaves the numbers open"));

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    // ---------------------------------------------------------------- arguments

    /** What to call a method on and with; arrays are made in the scope that the call belongs to. */
    private record Call(Function<NDManager, NDArray> receiver, Function<NDManager, Object[]> arguments) {}

    private static NDArray numbers(NDManager scope, DataType type, long... shape) {
        double[] values = new double[(int) new Shape(shape).size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = 0.8 * Math.sin(1.7 * i + 0.3) + 0.01 * i;
        }
        NDArray precise = scope.create(values, new Shape(shape));
        return type == DataType.FLOAT64 ? precise : precise.toType(type, false);
    }

    private static NDArray floats(NDManager scope, long... shape) {
        return numbers(scope, DataType.FLOAT32, shape);
    }

    private static Call on(Function<NDManager, NDArray> receiver, Function<NDManager, Object[]> arguments) {
        return new Call(receiver, arguments);
    }

    private static Call with(Function<NDManager, Object[]> arguments) {
        return new Call(s -> floats(s, 3, 4), arguments);
    }

    private static Call of(Object... arguments) {
        return with(s -> arguments);
    }

    private static Call onImages(Object... arguments) {
        return on(s -> floats(s, 2, 3, 4, 4), s -> arguments);
    }

    private static Object[] args(Object... arguments) {
        return arguments;
    }

    private static final Map<String, Call> CALLS = new HashMap<>();

    private static void call(String signature, Call call) {
        CALLS.put(signature, call);
    }

    static {
        Shape two = new Shape(2, 2);
        Shape none = new Shape(0, 0);
        for (String name : List.of("acosh()", "log()", "log2()", "log10()", "sqrt()", "gammaln()")) {
            call(name, on(s -> floats(s, 3, 4).square().add(1.1f), s -> args()));
        }
        for (String name : List.of("pow(Number)", "powi(Number)")) {
            call(name, of(2));
        }
        for (String name : List.of("pow(NDArray)", "powi(NDArray)")) {
            call(name, on(s -> floats(s, 3, 4).square().add(0.1f), s -> args(floats(s, 4))));
        }
        call("xlogy(NDArray)", with(s -> args(floats(s, 3, 4).square().add(0.1f))));
        for (String name : List.of("mod", "modi", "rmod", "rmodi")) {
            call(name + "(NDArray)", with(s -> args(floats(s, 3, 4).square().add(0.5f))));
        }
        for (String name : List.of("logicalAnd", "logicalOr", "logicalXor")) {
            call(
                    name + "(NDArray)",
                    on(s -> floats(s, 3, 4).gt(0), s -> args(floats(s, 3, 4).lt(0.3f))));
        }
        call("logicalNot()", on(s -> floats(s, 3, 4).gt(0), s -> args()));
        call("clip(Number,Number)", of(-0.2f, 0.4f));
        call("inverse()", on(s -> floats(s, 3, 3).add(s.eye(3)), s -> args()));
        call("dot(NDArray)", with(s -> args(floats(s, 4, 2))));
        call("matMul(NDArray)", with(s -> args(floats(s, 4, 2))));
        call("batchMatMul(NDArray)", on(s -> floats(s, 2, 3, 4), s -> args(floats(s, 2, 4, 2))));
        call("batchDot(NDArray)", on(s -> floats(s, 2, 3, 4), s -> args(floats(s, 2, 4, 2))));
        call("complex()", on(s -> floats(s, 3, 2), s -> args()));
        call("real()", on(s -> floats(s, 3, 2).complex(), s -> args()));
        call("toDevice(Device,boolean)", of(Device.cpu(), true));
        call("norm(int,int[],boolean)", of(2, new int[] {1}, true));
        call("normalize(double,long,double)", of(2.0, 1L, 1e-12));
        call("rotate90(int,int[])", of(1, new int[] {0, 1}));
        call("trace(int,int,int)", of(0, 0, 1));
        call("diagonal(int,int,int)", of(0, 0, 1));
        call("trace(int)", of(1));
        call("diff(int,int)", of(1, 1));
        call("fft2(long[],long[])", of(new long[] {3, 4}, new long[] {0, 1}));
        call("ifft2(long[],long[])", of(new long[] {3, 4}, new long[] {0, 1}));
        call("fft2(long[])", of((Object) new long[] {3, 4}));
        call("ifft2(long[])", of((Object) new long[] {3, 4}));
        for (String name : List.of("fft", "ifft", "rfft", "irfft")) {
            call(name + "(long)", of(4L));
            call(name + "(long,long)", of(4L, 1L));
        }
        call(
                "stft(long,long,boolean,NDArray,boolean)",
                on(s -> floats(s, 32), s -> args(8L, 4L, true, s.hanningWindow(8), true)));
        call(
                "stft(long,long,boolean,NDArray,boolean,boolean)",
                on(s -> floats(s, 32), s -> args(8L, 4L, false, s.hanningWindow(8), true, false)));
        call("pad(Shape,double)", of(new Shape(1, 2), 0.5));
        call("reshape(Shape)", of(new Shape(2, 6)));
        call("reshape(long[])", of((Object) new long[] {4, 3}));
        call("expandDims(int)", of(1));
        call("squeeze(int)", on(s -> floats(s, 3, 1, 4), s -> args(1)));
        call("squeeze(int[])", on(s -> floats(s, 3, 1, 4, 1), s -> args((Object) new int[] {1, 3})));
        call("squeeze()", on(s -> floats(s, 3, 1, 4, 1), s -> args()));
        call("flatten(int,int)", on(s -> floats(s, 2, 3, 4), s -> args(1, 2)));
        call("transpose(int[])", of((Object) new int[] {1, 0}));
        call("flip(int[])", of((Object) new int[] {0, 1}));
        call("broadcast(Shape)", of(new Shape(2, 3, 4)));
        call("broadcast(long[])", of((Object) new long[] {2, 3, 4}));
        call("tile(long)", of(2L));
        call("tile(int,long)", of(1, 2L));
        call("tile(long[])", of((Object) new long[] {2, 1}));
        call("tile(Shape)", of(new Shape(3, 8)));
        call("repeat(long)", of(2L));
        call("repeat(int,long)", of(1, 2L));
        call("repeat(long[])", of((Object) new long[] {2, 3}));
        call("repeat(Shape)", of(new Shape(6, 4)));
        call("split(long)", of(3L));
        call("split(long,int)", of(2L, 1));
        call("split(long[])", of((Object) new long[] {1}));
        call("split(long[],int)", of(new long[] {1, 3}, 1));
        call("concat(NDList,int)", with(s -> args(new NDList(floats(s, 3, 2)), 1)));
        call("concat(NDArray,int)", with(s -> args(floats(s, 3, 2), 1)));
        call("max(int[],boolean)", of(new int[] {1}, true));
        call("min(int[],boolean)", of(new int[] {1}, true));
        call("percentile(Number,int[])", of(30, new int[] {1}));
        call("percentile(Number)", of(30));
        call("cumProd(int,DataType)", of(1, DataType.FLOAT64));
        call("toType(DataType,boolean)", of(DataType.FLOAT64, false));
        call("topK(int,int)", of(2, 1));
        call("topK(int,int,boolean,boolean)", of(2, 1, true, true));

        call("get(NDIndex)", of(new NDIndex("1:, :2")));
        call("get(NDManager,NDIndex)", with(s -> args(s, new NDIndex("..., 0"))));
        call("get(NDManager,long[])", with(s -> args(s, new long[] {1})));
        call("get(long[])", of((Object) new long[] {1, 2}));
        call("get(String,Object[])", of(":, null, 1::2", new Object[0]));
        call("get(NDArray)", with(s -> args(s.create(new long[] {2, 0}))));
        call("getScalar(long[])", of((Object) new long[] {1, 2}));
        call("gather(NDArray,int)", with(s -> args(s.create(new long[][] {{0, 1}, {2, 0}}), 0)));
        call("gatherNd(NDArray)", with(s -> args(s.create(new long[][] {{0, 2}, {1, 3}}))));
        call("take(NDArray)", with(s -> args(s.create(new long[] {1, 5}))));
        call("take(NDManager,NDArray)", with(s -> args(s, s.create(new long[] {1, 5}))));
        call("put(NDArray,NDArray)", with(s -> args(s.create(new long[] {1, 5}), s.create(new float[] {7, 8}))));
        call(
                "scatter(NDArray,NDArray,int)",
                with(s -> args(s.create(new long[][] {{0, 1}, {2, 0}}), floats(s, 3, 4), 1)));
        for (String name : List.of("oneHot(int)", "oneHot(int,DataType)", "oneHot(int,float,float,DataType)")) {
            Object[] all = {4, 2f, -1f, DataType.FLOAT32};
            Object[] some = name.endsWith("(int)") ? args(4) : name.contains("float") ? all : args(4, all[3]);
            call(name, on(s -> s.create(new long[] {0, 3}), s -> some));
        }
        call("booleanMask(NDArray)", with(s -> args(floats(s, 3, 4).gt(0))));
        call("booleanMask(NDArray,int)", with(s -> args(s.create(new boolean[] {true, false, true}), 0)));
        call("sequenceMask(NDArray)", with(s -> args(s.create(new int[] {1, 4, 2}))));
        call("sequenceMask(NDArray,float)", with(s -> args(s.create(new int[] {1, 4, 2}), -5f)));
        call(
                "where(NDArray,NDArray)",
                with(s -> args(floats(s, 3, 4).gt(0), floats(s, 3, 4).neg())));
        call("set(NDIndex,NDArray)", with(s -> args(new NDIndex(":, 1:3"), floats(s, 2))));
        call("set(NDIndex,Number)", of(new NDIndex("1"), 7));
        call("set(NDIndex,Function)", of(new NDIndex("1"), (Function<NDArray, NDArray>) NDArray::exp));
        call("set(NDArray,Number)", with(s -> args(floats(s, 3, 4).gt(0), 7)));
        call("setScalar(NDIndex,Number)", of(new NDIndex("1, 2"), 7));
        call("set(Buffer)", with(s -> args(FloatBuffer.wrap(new float[12]))));
        call("set(float[])", of((Object) new float[12]));
        for (String type : List.of("int", "long", "byte", "double")) {
            DataType is = type.equals("int")
                    ? DataType.INT32
                    : type.equals("long") ? DataType.INT64 : type.equals("byte") ? DataType.INT8 : DataType.FLOAT64;
            Object values = type.equals("int")
                    ? new int[12]
                    : type.equals("long") ? new long[12] : type.equals("byte") ? new byte[12] : new double[12];
            call("set(" + type + "[])", on(s -> numbers(s, is, 3, 4), s -> args(values)));
        }

        call("linear(NDArray,NDArray,NDArray)", with(s -> args(floats(s, 3, 4), floats(s, 2, 4), floats(s, 2))));
        call(
                "convolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,int)",
                with(s -> args(
                        floats(s, 2, 3, 4, 4),
                        floats(s, 2, 3, 2, 2),
                        floats(s, 2),
                        new Shape(1, 1),
                        none,
                        new Shape(1, 1),
                        1)));
        call(
                "deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int)",
                with(s -> args(
                        floats(s, 2, 4, 4, 4),
                        floats(s, 2, 2, 2, 2),
                        floats(s, 2),
                        new Shape(1, 1),
                        none,
                        none,
                        new Shape(1, 1),
                        2)));
        call(
                "embedding(NDArray,NDArray,SparseFormat)",
                with(s -> args(s.create(new long[] {0, 2}), floats(s, 3, 4), SparseFormat.DENSE)));
        call("prelu(NDArray,NDArray)", with(s -> args(floats(s, 3, 4), floats(s, 1))));
        call("dropout(NDArray,float,boolean)", with(s -> args(floats(s, 3, 4), 0.4f, true)));
        call(
                "layerNorm(NDArray,Shape,NDArray,NDArray,float)",
                with(s -> args(floats(s, 3, 4), new Shape(4), floats(s, 4), floats(s, 4), 1e-5f)));
        call(
                "batchNorm(NDArray,NDArray,NDArray,NDArray,NDArray,int,float,float,boolean)",
                with(s -> args(
                        floats(s, 3, 4),
                        floats(s, 4),
                        floats(s, 4).square(),
                        floats(s, 4),
                        floats(s, 4),
                        1,
                        0.9f,
                        1e-5f,
                        true)));
        call("maxPool(Shape,Shape,Shape,boolean)", onImages(two, two, none, false));
        call("avgPool(Shape,Shape,Shape,boolean,boolean)", onImages(two, two, none, false, true));
        call("lpPool(float,Shape,Shape,Shape,boolean)", onImages(2f, two, two, none, false));
        call("globalLpPool(float)", onImages(2f));
        call("globalAvgPool()", onImages());
        call("globalMaxPool()", onImages());
        call("interpolation(long[],int,boolean)", onImages(new long[] {6, 5}, 1, false));
        call("resize(int,int,int)", on(s -> floats(s, 4, 4, 3), s -> args(5, 6, 1)));
        call("crop(int,int,int,int)", on(s -> floats(s, 4, 4, 3), s -> args(1, 0, 2, 3)));
        call("toTensor()", on(s -> floats(s, 4, 4, 3), s -> args()));
        call("normalize(float[],float[])", on(s -> floats(s, 3, 2, 2), s -> args(new float[3], new float[] {1, 2, 3})));
        String tail = "NDList,boolean,int,double,boolean,boolean,boolean)";
        call(
                "rnn(NDArray,NDArray,NDList,boolean,int,Activation,double,boolean,boolean,boolean)",
                with(s -> args(
                        floats(s, 2, 5, 3),
                        floats(s, 1, 2, 4),
                        cell(s, 1),
                        true,
                        1,
                        RNN.Activation.TANH,
                        0.0,
                        false,
                        false,
                        true)));
        call(
                "gru(NDArray,NDArray," + tail,
                with(s -> args(floats(s, 2, 5, 3), floats(s, 1, 2, 4), cell(s, 3), true, 1, 0.0, false, false, true)));
        call(
                "lstm(NDArray,NDList," + tail,
                with(s -> args(
                        floats(s, 2, 5, 3),
                        new NDList(floats(s, 1, 2, 4), floats(s, 1, 2, 4)),
                        cell(s, 4),
                        true,
                        1,
                        0.0,
                        false,
                        false,
                        true)));

        call("create(Shape,DataType,Device)", of(new Shape(2), DataType.INT32, Device.cpu()));
        call("create(Buffer,Shape)", with(s -> args(FloatBuffer.wrap(new float[] {1, 2}), new Shape(2))));
        call(
                "create(Buffer,Shape,DataType)",
                with(s -> args(FloatBuffer.wrap(new float[] {1, 2}), new Shape(2), DataType.FLOAT32)));
        call("create(float[][])", of((Object) new float[][] {{1, 2}}));
        call("create(int[][])", of((Object) new int[][] {{1, 2}}));
        call("create(double[][])", of((Object) new double[][] {{1, 2}}));
        call("create(long[][])", of((Object) new long[][] {{1, 2}}));
        call("create(byte[][])", of((Object) new byte[][] {{1, 2}}));
        call("create(boolean[][])", of((Object) new boolean[][] {{true, false}}));
        call("create(float[],Shape)", of(new float[] {1, 2}, new Shape(2)));
        call("create(int[],Shape)", of(new int[] {1, 2}, new Shape(2)));
        call("create(double[],Shape)", of(new double[] {1, 2}, new Shape(2)));
        call("create(long[],Shape)", of(new long[] {1, 2}, new Shape(2)));
        call("create(byte[],Shape)", of(new byte[] {1, 2}, new Shape(2)));
        call("create(boolean[],Shape)", of(new boolean[] {true, false}, new Shape(2)));
        call("decode(byte[])", with(s -> {
            try (NDManager outside = NDManager.newBaseManager()) {
                return args(outside.create(new float[] {1, 2}).encode());
            }
        }));
        call("decode(InputStream)", with(s -> {
            try (NDManager outside = NDManager.newBaseManager()) {
                byte[] bytes = outside.create(new float[] {1, 2}).encode();
                return args(new java.io.ByteArrayInputStream(bytes));
            }
        }));
        call("linspace(int,int,int)", of(0, 3, 5));
        call("linspace(int,int,int,boolean)", of(0, 3, 5, false));
        call("linspace(float,float,int)", of(0f, 3f, 5));
        call("linspace(float,float,int,boolean)", of(0f, 3f, 5, false));
        call("linspace(float,float,int,boolean,Device)", of(0f, 3f, 5, true, Device.cpu()));
        call("arange(int,int)", of(1, 4));
        call("arange(int,int,int)", of(1, 6, 2));
        call("arange(int,int,int,DataType)", of(1, 6, 2, DataType.INT64));
        call("arange(float,float)", of(1f, 4f));
        call("arange(float,float,float)", of(1f, 4f, 0.5f));
        call("arange(float,float,float,DataType)", of(1f, 4f, 0.5f, DataType.FLOAT64));
        call("arange(float,float,float,DataType,Device)", of(1f, 4f, 0.5f, DataType.FLOAT64, Device.cpu()));
        call("ret(NDResource)", with(s -> args(floats(s, 2))));
        call("hanningWindow(long)", of(6L));
    }

    /** What methods give that DJL's engine lacks, or gives otherwise: from the receiver's numbers and the arguments'. */
    private static final Map<String, Function<double[][], double[]>> DEFINITIONS = new HashMap<>();

    private static void each(String signatures, java.util.function.DoubleUnaryOperator f) {
        for (String signature : signatures.split(" ")) {
            DEFINITIONS.put(signature, v -> Arrays.stream(v[0]).map(f).toArray());
        }
    }

    private static void pairs(String signature, java.util.function.DoubleBinaryOperator f) {
        DEFINITIONS.put(signature, v -> IntStream.range(0, v[0].length)
                .mapToDouble(i -> f.applyAsDouble(v[0][i], v[1][i]))
                .toArray());
    }

    private static void constant(String signatures, double... values) {
        for (String signature : signatures.split(" ")) {
            DEFINITIONS.put(signature, v -> values);
        }
    }

    private static double mod(double a, double b) {
        return a - Math.floor(a / b) * b;
    }

    static {
        each("cbrt()", Math::cbrt);
        each("mish()", v -> v * Math.tanh(Math.log1p(Math.exp(v))));
        each("acosh()", v -> Math.log(v + Math.sqrt(v * v - 1)));
        each("asinh()", v -> Math.log(v + Math.sqrt(v * v + 1)));
        each("atanh()", v -> Math.log((1 + v) / (1 - v)) / 2);
        each("rdivi(Number)", v -> 2 / v);
        each("rmodi(Number)", v -> mod(2, v));
        each("rpowi(Number)", v -> Math.pow(2, v));
        each("like()", v -> 0);
        pairs("rdivi(NDArray)", (x, b) -> b / x);
        pairs("rmodi(NDArray)", (x, b) -> mod(b, x));
        constant("create(Shape) create(Shape,DataType) create(Shape,DataType,Device)", new double[12]);
        constant("create(Shape,DataType,Device)", new double[2]);
        constant("oneHot(int,float,float,DataType)", 2, -1, -1, -1, -1, -1, -1, 2);
        constant("eye(int,int)", 0, 1, 0, 0, 0, 1, 0, 0, 0);
        constant("eye(int,int,int)", 0, 1, 0, 0, 0, 1);
        constant("eye(int,int,int,DataType) eye(int,int,int,DataType,Device)", 0, 0, 0, 1, 0, 0);
        constant("linspace(float,float,int,boolean) linspace(int,int,int,boolean)", 0, 0.6, 1.2, 1.8, 2.4);
        call("eye(int,int)", of(3, 1));
        call("eye(int,int,int)", of(2, 3, 1));
        call("eye(int,int,int,DataType)", of(2, 3, -1, DataType.FLOAT64));
        call("eye(int,int,int,DataType,Device)", of(2, 3, -1, DataType.FLOAT64, Device.cpu()));
        Map<String, Function<double[][], double[]>> d = DEFINITIONS;
        d.put("cumSum()", v -> {
            double[] sums = v[0].clone();
            Arrays.parallelPrefix(sums, Double::sum);
            return sums;
        });
        d.put("median()", v -> new double[] {sorted(v[0])[5]}); // the lower of the two in the middle
        d.put("percentile(Number)", v -> {
            double[] sorted = sorted(v[0]);
            return new double[] {sorted[3] + (0.3 * 11 - 3) * (sorted[4] - sorted[3])};
        });
        for (String name : List.of("trace()", "trace(int,int,int)")) {
            d.put(name, v -> new double[] {v[0][0] + v[0][5] + v[0][10]});
        }
        d.put("trace(int)", v -> new double[] {v[0][1] + v[0][6] + v[0][11]});
        for (String name : List.of("tile(Shape)", "tile(int,long)")) {
            d.put(name, v -> IntStream.range(0, 24)
                    .mapToDouble(i -> v[0][i / 8 * 4 + i % 4])
                    .toArray());
        }
        d.put("booleanMask(NDArray,int)", v -> IntStream.range(0, 8)
                .mapToDouble(i -> v[0][i < 4 ? i : i + 4])
                .toArray());
        d.put("sequenceMask(NDArray)", v -> masked(v, 0));
        d.put("sequenceMask(NDArray,float)", v -> masked(v, -5));
        d.put(
                "prelu(NDArray,NDArray)",
                v -> Arrays.stream(v[1]).map(x -> x > 0 ? x : x * v[2][0]).toArray());
        d.put(
                "batchDot(NDArray)",
                v -> { // (2, 3, 4) and (2, 4, 2)
                    double[] y = new double[12];
                    for (int i = 0; i < 48; i++) {
                        y[i / 8 * 2 + i % 2] += v[0][i / 2] * v[1][i / 24 * 8 + i % 8];
                    }
                    return y;
                });
        d.put("globalLpPool(float)", v -> {
            double[] squares = new double[6];
            for (int i = 0; i < v[0].length; i++) {
                squares[i / 16] += v[0][i] * v[0][i];
            }
            return Arrays.stream(squares).map(Math::sqrt).toArray();
        });
        d.put("lpPool(float,Shape,Shape,Shape,boolean)", v -> {
            double[] squares = new double[24];
            for (int i = 0; i < v[0].length; i++) {
                squares[i / 16 * 4 + i / 8 % 2 * 2 + i / 2 % 2] += v[0][i] * v[0][i];
            }
            return Arrays.stream(squares).map(Math::sqrt).toArray();
        });
        d.put(
                "dropout(NDArray,float,boolean)",
                v -> { // of the key 0 of a program that is run without one
                    try (NDManager scope = NDManager.newBaseManager()) {
                        NDArray kept = Rng.of(0)
                                .fork("dropout")
                                .fork(0)
                                .uniform(scope, new Shape(12))
                                .lt(0.6);
                        boolean[] is = kept.toBooleanArray();
                        return IntStream.range(0, 12)
                                .mapToDouble(i -> is[i] ? v[1][i] / 0.6 : 0)
                                .toArray();
                    }
                });
        // x (2, 4, 4, 4), weights (2, 4/2, 2, 2), two groups: each output sees two channels
        d.put("deconvolution(NDArray,NDArray,NDArray,Shape,Shape,Shape,Shape,int)", v -> {
            double[] y = new double[2 * 2 * 5 * 5];
            for (int i = 0; i < y.length; i++) {
                y[i] = v[3][i / 25 % 2];
            }
            for (int i = 0; i < 2 * 4 * 16; i++) {
                int group = i / 16 % 4 / 2;
                for (int k = 0; k < 4; k++) {
                    int row = i / 4 % 4 + k / 2;
                    int column = i % 4 + k % 2;
                    y[((i / 64 * 2 + group) * 5 + row) * 5 + column] +=
                            v[1][i] * v[2][(group * 2 + i / 16 % 2) * 4 + k];
                }
            }
            return y;
        });
    }

    private static double[] sorted(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    private static double[] masked(double[][] v, double value) {
        return IntStream.range(0, 12)
                .mapToDouble(i -> i % 4 < v[1][i / 4] ? v[0][i] : value)
                .toArray();
    }

    private static NDList cell(NDManager scope, int gates) {
        long rows = 4L * gates;
        return new NDList(floats(scope, rows, 3), floats(scope, rows, 4), floats(scope, rows), floats(scope, rows));
    }

    private static Object standard(Class<?> type, NDManager scope) {
        Map<Class<?>, Object> values = new HashMap<>(Map.of(
                Number.class,
                2,
                int.class,
                1,
                long.class,
                1L,
                float.class,
                0.5f,
                double.class,
                0.5,
                boolean.class,
                false));
        values.put(byte.class, (byte) 1);
        values.put(int[].class, new int[] {1});
        values.put(long[].class, new long[] {1});
        values.put(float[].class, new float[] {1, 2});
        values.put(double[].class, new double[] {1, 2});
        values.put(byte[].class, new byte[] {1, 2});
        values.put(boolean[].class, new boolean[] {true, false});
        values.put(Shape.class, new Shape(3, 4));
        values.put(DataType.class, DataType.FLOAT32);
        values.put(SparseFormat.class, SparseFormat.COO);
        values.put(String.class, "name");
        values.put(String[].class, new String[] {"a"});
        values.put(Charset.class, StandardCharsets.UTF_8);
        values.put(Path.class, Path.of("none"));
        values.put(Object[].class, new Object[0]);
        values.put(AutoCloseable[].class, new AutoCloseable[0]);
        values.put(ai.djl.ndarray.NDResource[].class, new ai.djl.ndarray.NDResource[0]);
        if (type == NDArray.class) {
            return floats(scope, 3, 4).add(0.2f);
        } else if (type == NDList.class) {
            return new NDList(floats(scope, 3, 4));
        } else if (type == NDManager.class) {
            return scope;
        }
        return values.get(type);
    }

    // ---------------------------------------------------------------- calls

    static List<Method> methods() {
        List<Method> all = new ArrayList<>();
        for (Class<?> type : List.of(NDArray.class, NDArrayEx.class, NDManager.class)) {
            Stream.of(type.getMethods())
                    .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isBridge())
                    .forEach(all::add);
        }
        all.sort(Comparator.comparing((Method method) -> owner(method) + Rows.signature(method)));
        List<Method> once = new ArrayList<>(); // interfaces repeat what they inherit
        for (Method method : all) {
            boolean again = !once.isEmpty()
                    && owner(once.get(once.size() - 1)).equals(owner(method))
                    && Rows.signature(once.get(once.size() - 1)).equals(Rows.signature(method));
            if (!again) {
                once.add(method);
            }
        }
        return once;
    }

    private static String owner(Method method) {
        Class<?> type = method.getDeclaringClass();
        return type == NDArrayEx.class ? "NDArrayEx" : type == NDManager.class ? "NDManager" : "NDArray";
    }

    private static Answer.How declared(Method method) {
        boolean ofManager = owner(method).equals("NDManager");
        boolean hasRow = ofManager
                ? Creation.rows().row(method) != null
                : Operations.rows().row(method) != null;
        return hasRow
                ? advice(method) == null ? Answer.How.TRACED : Answer.How.REFUSED
                : method.isDefault() ? Answer.How.DECOMPOSED : null;
    }

    private static String advice(Method method) {
        if (owner(method).equals("NDManager")) {
            return Creation.rows().row(method) == null
                    ? null
                    : Creation.rows().row(method).advice();
        }
        return Operations.rows().row(method) == null
                ? null
                : Operations.rows().row(method).advice();
    }

    /** A method and what it is called on and with, in one scope. */
    private static final class Prepared {
        private final Method method;
        private final NDArray receiver;
        private final Object target;
        private final Object[] arguments;
        private final NDList arrays = new NDList();

        Prepared(Method method, NDManager scope) {
            this.method = method;
            Call call = CALLS.get(Rows.signature(method));
            NDArray x = call == null ? floats(scope, 3, 4) : call.receiver().apply(scope);
            receiver = x.toType(x.getDataType(), false).duplicate(); // one that nobody else reads
            target = owner(method).equals("NDManager")
                    ? scope
                    : owner(method).equals("NDArrayEx") ? receiver.getNDArrayInternal() : receiver;
            arrays.add(receiver);
            arguments = call == null
                    ? Arrays.stream(method.getParameterTypes())
                            .map(type -> standard(type, scope))
                            .toArray()
                    : call.arguments().apply(scope);
        }

        /** The numbers of the receiver, if it matters, and of the arguments that are arrays. */
        double[][] arrays() {
            Stream.of(arguments).filter(NDArray.class::isInstance).forEach(array -> arrays.add((NDArray) array));
            return arrays.stream().map(CoverageTest::values).toArray(double[][]::new);
        }

        /** The result, or the receiver of a method without one. */
        Object invoke() {
            try {
                Object result = method.invoke(target, arguments);
                return method.getReturnType() == void.class ? receiver : result;
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(method + " failed", e.getCause());
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** What a program answers to a method: how, with which operations or advice, and the arrays, if any. */
    private record Answer(How how, List<String> operations, boolean constant, String message, NDList arrays) {
        enum How {
            TRACED,
            ANSWERED,
            DECOMPOSED,
            REFUSED
        }

        String advice() {
            return message.substring(message.indexOf("); ") + 3);
        }
    }

    private static Answer ask(Method method, NDManager m) {
        Set<String> operations = new LinkedHashSet<>();
        boolean[] constant = new boolean[1];
        // the receiver and the arguments are constants of the program
        Program program = Program.ofRandom((scope, none, rng) -> {
            Prepared prepared = new Prepared(method, scope);
            Recorder recorder = Recorder.current();
            int before = recorder.frame().nodes.size();
            Object result = prepared.invoke();
            recorder.frame().nodes.stream().skip(before).forEach(node -> operations.addAll(names(node)));
            constant[0] =
                    method.getReturnType() == NDArray.class && owner(method).equals("NDManager");
            return result instanceof NDArray array
                    ? new NDList(array)
                    : result instanceof NDList list ? list : new NDList(scope.zeros(new Shape(1)));
        });
        try {
            NDList arrays = program.run(m, new NDList());
            Answer.How how = declared(method) == Answer.How.TRACED && operations.isEmpty()
                    ? Answer.How.ANSWERED
                    : declared(method);
            return new Answer(how, List.copyOf(operations), constant[0], null, arrays);
        } catch (UnsupportedOperationException e) {
            return new Answer(Answer.How.REFUSED, List.of(), false, e.getMessage(), new NDList());
        }
    }

    private static List<String> names(Node node) {
        String target = ((Node.Call) node).target();
        Matcher matcher = OPERATION.matcher(target);
        List<String> names = new ArrayList<>();
        while (matcher.find()) {
            if (!matcher.group().equals("ops.prim.device")) {
                names.add(matcher.group().replace("torch.", ""));
            }
        }
        return names;
    }

    // ---------------------------------------------------------------- tests

    @Test
    void everyMethodHasAnAnswer() {
        assertThat(methods())
                .allSatisfy(method ->
                        assertThat(declared(method)).as(Rows.signature(method)).isNotNull());
        assertThat(methods().size()).isGreaterThan(350);
    }

    @Test
    void everyRowHasAMethod() {
        Set<String> signatures = new HashSet<>();
        methods().forEach(method -> signatures.add(owner(method) + Rows.signature(method)));
        assertThat(Creation.rows().signatures()).allMatch(row -> signatures.contains("NDManager" + row));
        assertThat(Operations.rows().signatures())
                .allMatch(row -> signatures.contains("NDArray" + row) || signatures.contains("NDArrayEx" + row));
    }

    @ParameterizedTest
    @MethodSource("methods")
    void isRefusedWithAdviceOrEqualsDjl(Method method) {
        Answer answer = ask(method, m);
        if (advice(method) != null) {
            assertThat(answer.how()).isEqualTo(Answer.How.REFUSED);
        }
        if (answer.how() == Answer.How.REFUSED) {
            assertThat(answer.message()).contains("cannot be recorded (at ", "CoverageTest.java:");
            assertThat(answer.advice()).hasSizeGreaterThan(10);
            return;
        }
        Object eager = null;
        boolean lacks = false;
        if (!LIFETIME.contains(method.getName())) {
            try {
                eager = new Prepared(method, m).invoke();
            } catch (UnsupportedOperationException e) {
                lacks = true;
            }
        }
        String signature = Rows.signature(method);
        if (lacks || DIFFERS.containsKey(signature)) {
            assertThat(DEFINITIONS).containsKey(signature);
            double[] expected = DEFINITIONS.get(signature).apply(new Prepared(method, m).arrays());
            assertThat(values(answer.arrays().head()))
                    .usingComparatorWithPrecision(1e-5)
                    .containsExactly(expected);
        } else {
            assertSame(answer.arrays(), eager);
        }
    }

    private static void assertSame(NDList arrays, Object eager) {
        NDList expected =
                eager instanceof NDArray array ? new NDList(array) : eager instanceof NDList list ? list : new NDList();
        for (int i = 0; i < expected.size(); i++) {
            NDArray djls = expected.get(i);
            assertThat(arrays.get(i).getShape()).as("shape").isEqualTo(djls.getShape());
            assertThat(arrays.get(i).getDataType()).as("type").isEqualTo(djls.getDataType());
            assertThat(values(arrays.get(i))).usingComparatorWithPrecision(1e-5).containsExactly(values(djls));
        }
    }

    private static double[] values(NDArray array) {
        NDArray plain = array.getDataType() == DataType.COMPLEX64 ? array.real() : array;
        return plain.toType(DataType.FLOAT64, false).toDoubleArray();
    }

    /** Whether a result shares memory with its receiver: what is read after a change of the result tells. */
    @ParameterizedTest
    @MethodSource("methods")
    void resultsShareMemoryAsInDjl(Method method) {
        if (method.getReturnType() != NDArray.class || owner(method).equals("NDManager") || advice(method) != null) {
            return;
        }
        double eager;
        try {
            eager = change(new Prepared(method, m))
                    .toType(DataType.FLOAT64, false)
                    .getDouble();
        } catch (RuntimeException e) {
            return; // DJL's engine lacks it, or results of this type cannot be changed
        }
        NDArray traced = Program.ofRandom((scope, none, rng) -> new NDList(change(new Prepared(method, scope))))
                .run(m, new NDList())
                .head();
        boolean copyAskedFor = method.getName().equals("toDevice"); // and DJL gives the array itself
        assertThat(traced.toType(DataType.FLOAT64, false).getDouble())
                .isCloseTo(copyAskedFor ? 0 : eager, within(1e-3));
    }

    /** By how much the sum of the receiver grows if each element of the result grows by 100. */
    private static NDArray change(Prepared prepared) {
        NDArray before = prepared.receiver.sum();
        ((NDArray) prepared.invoke()).addi(100);
        return prepared.receiver.sum().sub(before);
    }

    // ---------------------------------------------------------------- the file

    @Test
    void theTableIsUpToDate() throws IOException {
        String text = table();
        if (Boolean.getBoolean("coverage.write")) {
            Files.writeString(FILE, text);
        }
        assertThat(Files.exists(FILE) ? Files.readString(FILE) : "")
                .as("OPERATIONS.md differs from the code: run mvn -pl gebm-lib test -Dtest=CoverageTest "
                        + "-Dcoverage.write=true to rewrite it")
                .isEqualTo(text);
    }

    private String table() {
        Map<Answer.How, Integer> counts = new EnumMap<>(Answer.How.class);
        Map<String, StringBuilder> rows = new LinkedHashMap<>();
        for (Method method : methods()) {
            Answer answer = ask(method, m);
            counts.merge(answer.how(), 1, Integer::sum);
            String signature = Rows.signature(method);
            String what = answer.how() == Answer.How.REFUSED
                    ? answer.advice()
                    : answer.operations().stream().map(name -> "`" + name + "`").collect(Collectors.joining(" "));
            if (what.isEmpty() && answer.constant()) {
                what = "a constant of the program";
            }
            String note = DIFFERS.containsKey(signature) && answer.how() != Answer.How.REFUSED
                    ? (what.isEmpty() ? "" : "; ") + "not as DJL's engine: " + DIFFERS.get(signature)
                    : "";
            rows.computeIfAbsent(owner(method), name -> new StringBuilder())
                    .append("| `" + signature + "` | " + answer.how().name().toLowerCase(Locale.ROOT) + " | " + what
                            + note + " |\n");
        }
        StringBuilder text = new StringBuilder("""
                # Operations in programs

                What becomes of each method of `NDArray`, `NDArrayEx` and `NDManager` inside a `Program`:
                **traced** as TorchScript operations, **decomposed** by DJL into other methods, **answered** without an
                operation (shapes, types, ownership), or **refused**, with what to write instead. Each was called to
                make this table, and compared with DJL's own engine where that can run it.

                `mvn -pl gebm-lib test -Dtest=CoverageTest -Dcoverage.write=true` rewrites this file.

                """);
        text.append(counts.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey().name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", ", "", ".\n")));
        rows.forEach((owner, lines) -> text.append("\n## " + owner + "\n\n")
                .append("| method | how | operations, or advice |\n|---|---|---|\n")
                .append(lines));
        return text.toString();
    }
}
