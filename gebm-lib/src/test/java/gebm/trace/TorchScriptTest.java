package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import gebm.core.Rng;
import gebm.core.Schedule;
import gebm.model.DensityBase;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.sampler.Langevin;
import gebm.sampler.SamplingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Networks from files of Python's, whose numbers {@code oracles/generator.py} computed there. */
class TorchScriptTest {
    private static final Path ORACLES = Path.of("src/test/resources/oracles");

    @TempDir
    private Path folder;

    private NDManager m;

    private record Numbers(double[] output, double[] gradient, double[] second) {}

    private record Oracle(double[][] z, Numbers scripted, Numbers traced) {
        static Oracle read() throws IOException {
            return new Gson().fromJson(Files.readString(ORACLES.resolve("generator.json")), Oracle.class);
        }
    }

    /** The two ways in which Python writes a network. */
    enum Kind {
        SCRIPTED("generator.pt", DataType.FLOAT32, 2e-6),
        TRACED("generator-traced.pt", DataType.FLOAT64, 1e-13);

        private final Path file;
        private final DataType type;
        private final double tolerance;

        Kind(String file, DataType type, double tolerance) {
            this.file = ORACLES.resolve(file);
            this.type = type;
            this.tolerance = tolerance;
        }

        Numbers numbers() throws IOException {
            return this == SCRIPTED ? Oracle.read().scripted : Oracle.read().traced;
        }

        NDArray latents(NDManager m) throws IOException {
            return m.create(Oracle.read().z).toType(type, false);
        }
    }

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static void assertClose(NDArray actual, double[] expected, double tolerance) {
        double largest = java.util.Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertThat(actual.toType(DataType.FLOAT64, true).toDoubleArray())
                .usingComparatorWithPrecision(tolerance * Math.max(1, largest))
                .containsExactly(expected);
    }

    private static NDArray half(TorchScript network, NDArray z) {
        return network.apply(z).square().sum(new int[] {1, 2, 3}).div(2);
    }

    @ParameterizedTest
    @EnumSource
    void valuesAndDerivativesArePythons(Kind kind) throws IOException {
        TorchScript network = TorchScript.load(kind.file);
        NDArray z = kind.latents(m);
        Numbers expected = kind.numbers();
        NDArray copy = z.duplicate();
        NDArray x = network.apply(z);
        assertThat(x.getShape()).isEqualTo(new Shape(3, 1, 8, 8));
        assertThat(x.getManager()).isSameAs(m);
        assertClose(x, expected.output, kind.tolerance);
        assertClose(Gradients.gradient(at -> half(network, at), z), expected.gradient, kind.tolerance);
        NDArray second = Program.of(at -> Gradients.gradient(
                        y -> Gradients.gradient(w -> half(network, w), y).square(), at))
                .run(z);
        assertClose(second, expected.second, kind.tolerance);
        assertThat(z.contentEquals(copy)).isTrue(); // its first activation works in place
    }

    /** In training it would normalise by the batch's statistics and drop out: as saved, it is in training. */
    @Test
    void itRunsAsInEvaluation() throws IOException {
        TorchScript network = TorchScript.load(Kind.SCRIPTED.file);
        NDArray z = Kind.SCRIPTED.latents(m);
        NDArray alone = network.apply(z.get("0:1"));
        assertThat(network.apply(z).get("0:1").allClose(alone, 1e-5, 1e-6, false))
                .isTrue();
    }

    @Test
    void anyNumberOfNetworksInOneProgram() throws IOException {
        TorchScript scripted = TorchScript.load(Kind.SCRIPTED.file);
        TorchScript again = TorchScript.load(Kind.SCRIPTED.file);
        TorchScript traced = TorchScript.load(Kind.TRACED.file);
        NDArray z = Kind.SCRIPTED.latents(m);
        Program sum = Program.of(at -> scripted.apply(at)
                .add(again.apply(at.mul(2)))
                .add(traced.apply(at.toType(DataType.FLOAT64, false)).toType(DataType.FLOAT32, false))
                .add(scripted.apply(at.neg())));
        NDArray apart = scripted.apply(z)
                .add(again.apply(z.mul(2)))
                .add(traced.apply(z.toType(DataType.FLOAT64, false)).toType(DataType.FLOAT32, false))
                .add(scripted.apply(z.neg()));
        assertThat(sum.run(z).allClose(apart, 1e-5, 1e-5, false)).isTrue();
        assertThat(sum.source()).contains("network2 : ").doesNotContain("network3 : ");
    }

    @Test
    void aProgramIsSavedWithItsNetworks() throws IOException {
        TorchScript network = TorchScript.load(Kind.TRACED.file);
        NDArray z = Kind.TRACED.latents(m);
        Program slope = Program.of(at -> Gradients.gradient(y -> half(network, y), at));
        NDArray expected = slope.run(z);
        Path file = folder.resolve("slope.pt");
        slope.save(file);
        assertThat(Program.load(file).run(z).toDoubleArray()).containsExactly(expected.toDoubleArray());
    }

    @Test
    void aProgramSaysWhatCallsTheEngine() throws IOException {
        TorchScript network = TorchScript.load(Kind.TRACED.file);
        Program slope = Program.of(at -> Gradients.gradient(y -> half(network, y), at));
        slope.run(Kind.TRACED.latents(m));
        assertThat(slope.explain()).contains("float64 (3, 1, 8, 8)").contains("because of network0");
    }

    /** One step of latent Langevin by hand, from the gradient at one point by central differences in float64. */
    @Test
    void aLatentChainStepsByItsGradient() throws IOException {
        LatentBase base = LatentBase.scripted(DensityBase.standardNormal(4, DataType.FLOAT64), Kind.TRACED.file);
        var u = Gebm.of(base, x -> x.square().sum(new int[] {1, 2, 3})).latentEnergy(3);
        NDArray z = Kind.TRACED.latents(m).get("0:1");
        double step = 1e-2;
        NDArray noise = new Langevin(Schedule.constant(step))
                .run(y -> y.sum(new int[] {1}).mul(0), z, SamplingPlan.of(1), Rng.of(3))
                .position()
                .sub(z);
        NDArray moved = new Langevin(Schedule.constant(step))
                .run(u, z, SamplingPlan.of(1), Rng.of(3))
                .position();
        double[] drift = moved.sub(z).sub(noise).toDoubleArray();
        for (int i = 0; i < 4; i++) {
            double h = 1e-5;
            NDArray along = m.zeros(new Shape(1, 4), DataType.FLOAT64);
            along.set(new ai.djl.ndarray.index.NDIndex("0, " + i), h);
            double slope = (u.at(z.add(along)).getDouble(0) - u.at(z.sub(along)).getDouble(0)) / (2 * h);
            assertThat(drift[i]).isCloseTo(-step * slope, within(1e-8));
        }
    }

    @Test
    void refusesWhatItCannotRun() throws IOException {
        refuses("there is no file " + folder.resolve("none.pt").toAbsolutePath(), folder.resolve("none.pt"));
        Path text = Files.writeString(folder.resolve("text.pt"), "not a zip");
        refuses(text + " is no TorchScript file, or a damaged one", text);
        Path half = folder.resolve("half.pt");
        byte[] whole = Files.readAllBytes(Kind.SCRIPTED.file);
        Files.write(half, java.util.Arrays.copyOf(whole, whole.length / 2));
        refuses(half + " is no TorchScript file, or a damaged one", half);
        refuses("draws random numbers by torch.randn_like", ORACLES.resolve("generator-noisy.pt"));
        refuses("has forward(self, z: Tensor, y: Tensor) -> Tensor; it must be", ORACLES.resolve("generator-two.pt"));
        assertThatThrownBy(() -> LatentBase.scripted(DensityBase.standardNormal(5), Kind.SCRIPTED.file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must take latents of shape (2, 5)");
    }

    private static void refuses(String message, Path file) {
        assertThatThrownBy(() -> TorchScript.load(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    /** A derivative behind a choice by index is refused inside loops too, and wherever it is not on purpose. */
    @Test
    void aBarrierStopsDerivativesOnly() {
        NDArray x = m.create(new float[] {0.5f, 1.5f});
        java.util.function.UnaryOperator<NDArray> rounded = y ->
                Ops.withoutDerivative(y, "rounding has no gradient", "stop it").round();
        assertThat(Program.of(rounded::apply).run(x).toFloatArray()).containsExactly(0, 2);
        assertThat(rounded.apply(x).toFloatArray()).containsExactly(0, 2);
        NDArray stopped =
                Gradients.gradient(y -> rounded.apply(y.stopGradient()).mul(y), x);
        assertThat(stopped.toFloatArray()).containsExactly(0, 2);
        refusesDerivative(() -> Gradients.gradient(y -> rounded.apply(y.mul(2)).add(y), x));
        refusesDerivative(() -> Gradients.gradient(
                y -> Loop.run(0, 3, new NDList(y), (state, step) -> new NDList(rounded.apply(state.head())))
                        .head(),
                x));
        refusesDerivative(() ->
                Gradients.gradient(y -> Gradients.gradient(w -> rounded.apply(y).mul(w), y), x));
    }

    private static void refusesDerivative(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageStartingWith("rounding has no gradient (asked for at gebm.trace.TorchScriptTest")
                .hasMessageEndingWith("; stop it");
    }
}
