package gebm.flow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import gebm.core.Parts;
import gebm.core.Rng;
import gebm.trace.Program;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against zuko 1.6.0, see {@code oracles/flow.py}. */
class ZukoTest {
    private static final DataType DOUBLE = DataType.FLOAT64;
    private static final Oracle ORACLE = oracle();

    private NDManager m;

    record Numbers(long[] shape, double[] numbers) {
        NDArray in(NDManager scope) {
            return numbers.length == 0
                    ? scope.zeros(new Shape(shape), DOUBLE)
                    : scope.create(numbers, new Shape(shape)).duplicate();
        }
    }

    record OracleCase(
            List<Map<String, Numbers>> weights,
            Numbers x,
            Numbers c,
            Numbers logDensity,
            Numbers z,
            Numbers generated,
            Numbers parameters,
            Numbers logSlope,
            Numbers back) {}

    record Oracle(Map<String, OracleCase> cases) {}

    private static Oracle oracle() {
        try (Reader reader = new InputStreamReader(
                ZukoTest.class.getResourceAsStream("/oracles/flow.json"), StandardCharsets.UTF_8)) {
            return new Gson().fromJson(reader, Oracle.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    record Row(String name, ScalarBijection map, int[][] orders) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final ScalarBijection AFFINE = new BoundedAffine();
    private static final ScalarBijection SPLINE = new RationalQuadraticSpline(4, 5);

    static List<Row> rows() {
        int[][] forthAndBack = {{1, 2, 3}, {3, 2, 1}};
        int[][] masks = {{1, 0, 1}, {0, 1, 0}};
        return List.of(
                new Row("maf", AFFINE, forthAndBack),
                new Row("nsf", SPLINE, forthAndBack),
                new Row("affine coupling", AFFINE, masks),
                new Row("spline coupling", SPLINE, masks),
                new Row("contextual", AFFINE, new int[][] {{1, 2, 0, 0}}));
    }

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    /** A layer of ours with zuko's weights, their columns and rows in the order of ours. */
    private MaskedAutoregressive layer(Row row, int[] order, Map<String, Numbers> weights) {
        var layer = MaskedAutoregressive.of(order, 7, row.map(), DOUBLE, Rng.of(0));
        int d = order.length;
        int[] columns = IntStream.range(0, d)
                .boxed()
                .sorted((i, j) -> Integer.compare(order[i], order[j]))
                .mapToInt(j -> j)
                .toArray();
        boolean coupling = row.name().endsWith("coupling");
        int p = row.map().parameters();
        long[] inputs = IntStream.of(columns).asLongStream().toArray();
        long[] outputs = IntStream.of(columns)
                .filter(j -> order[j] > 0)
                .flatMap(j -> IntStream.range(0, p).map(i -> j * p + i))
                .asLongStream()
                .toArray();
        weights.forEach((name, numbers) -> {
            NDArray value = numbers.in(m);
            if (!coupling && name.equals("layer0.weight")) {
                value = value.get(new NDIndex(":, {}", m.create(inputs)));
            } else if (!coupling && name.startsWith("layer2")) {
                value = value.get(m.create(outputs));
            } else if (name.equals("layer0.weight")) {
                NDArray unseen = m.zeros(new Shape(7, d - value.getShape().get(1)), DOUBLE);
                value = NDArrays.concat(new NDList(value, unseen), 1);
            }
            NDArray own = layer.arrays().get(name);
            assertThat(value.getShape()).as(name).isEqualTo(own.getShape());
            own.set(value.toDoubleArray());
        });
        return layer;
    }

    private static void assertClose(NDArray actual, NDArray expected, double tolerance) {
        assertThat(actual.toDoubleArray())
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(expected.toDoubleArray());
    }

    @ParameterizedTest
    @MethodSource("rows")
    void flowsHaveItsDensities(Row row) {
        OracleCase oracle = ORACLE.cases().get(row.name());
        Map<String, Bijection> parts = new LinkedHashMap<>();
        for (int i = 0; i < row.orders().length; i++) {
            parts.put("" + i, layer(row, row.orders()[i], oracle.weights().get(i)));
        }
        Bijection bijection = new Chain(Parts.of(parts), true);
        NDArray x = oracle.x().in(m);
        NDArray context = oracle.c().in(m);
        long d = x.getShape().get(1);
        NDArray rows = context.isEmpty() ? x : NDArrays.concat(new NDList(x, context), 1);
        Bijection.Image image = bijection.inverse(rows);
        NDArray z = image.value().get(":, :" + d);
        double constant = d * 0.5 * Math.log(2 * Math.PI);
        NDArray logDensity =
                z.square().sum(new int[] {1}).mul(-0.5).sub(constant).add(image.logDetJacobian());
        assertClose(logDensity, oracle.logDensity().in(m), 1e-10);
        NDArray latents = oracle.z().in(m);
        NDArray latentRows = context.isEmpty() ? latents : NDArrays.concat(new NDList(latents, context), 1);
        assertClose(
                bijection.forward(latentRows).value().get(":, :" + d),
                oracle.generated().in(m),
                1e-10);
    }

    @Test
    void mapsOfNumbersAreItsOwn() {
        checkSingle("single affine", AFFINE);
        checkSingle("single spline", SPLINE);
        checkSingle("single mixture", new GaussianMixtureMap(4));
    }

    private void checkSingle(String name, ScalarBijection map) {
        OracleCase oracle = ORACLE.cases().get(name);
        NDArray x = oracle.x().in(m).expandDims(1);
        NDArray parameters = oracle.parameters().in(m).expandDims(1);
        NDList all = Program.ofList(in -> {
                    ScalarBijection.Moved z = map.inverse(in.get(0), in.get(1));
                    return new NDList(
                            z.value(),
                            z.logSlope(),
                            map.forward(in.get(0), in.get(1)).value(),
                            map.forward(z.value(), in.get(1)).value());
                })
                .run(m, new NDList(x, parameters));
        assertClose(all.get(0), oracle.z().in(m), 1e-11);
        assertClose(all.get(1), oracle.logSlope().in(m), 1e-11);
        assertClose(all.get(3), oracle.x().in(m), 1e-10);
        if (oracle.back() != null) {
            assertClose(all.get(2), oracle.back().in(m), 1e-10);
        }
    }
}
