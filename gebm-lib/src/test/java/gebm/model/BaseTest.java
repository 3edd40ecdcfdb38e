package gebm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.norm.BatchNorm;
import gebm.core.Rng;
import gebm.core.TrainableContract;
import gebm.nn.Mlp;
import gebm.trace.Gradients;
import gebm.trace.Program;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every base must do, on {@link BaseCases}. */
class BaseTest {
    private final Rng rng = Rng.of(19);
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    static List<BaseCases.Case> cases() {
        return BaseCases.all();
    }

    private static double[] numbers(NDArray array) {
        return array.toType(DataType.FLOAT64, true).toDoubleArray();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void samplesHaveItsShapeAndType(BaseCases.Case c) {
        Base base = c.base().get();
        NDArray x = base.sample(m, 5, rng);
        assertThat(base.sampleShape()).isEqualTo(c.sample());
        assertThat(x.getShape()).isEqualTo(new Shape(5).addAll(c.sample()));
        assertThat(x.getDataType()).isEqualTo(c.type());
        assertThat(x.getManager()).isSameAs(m);
        assertThat(Arrays.stream(numbers(x)).boxed()).allMatch(Double::isFinite);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void sameKeySameBits(BaseCases.Case c) {
        Base base = c.base().get();
        double[] first = numbers(base.sample(m, 5, rng));
        assertThat(numbers(base.sample(m, 5, rng))).containsExactly(first);
        assertThat(numbers(c.base().get().sample(m, 5, rng))).containsExactly(first);
        assertThat(numbers(base.sample(m, 5, rng.fork("other")))).isNotEqualTo(first);
    }

    /** Inside a program the draws come from the program's key. */
    @ParameterizedTest
    @MethodSource("cases")
    void tracedEqualsEager(BaseCases.Case c) {
        Base base = c.base().get();
        NDArray traced = Program.ofRandom((scope, none, key) -> new NDList(base.sample(scope, 5, key)))
                .run(m, new NDList(), rng)
                .singletonOrThrow();
        double tolerance = c.type() == DataType.FLOAT64 ? 1e-12 : 1e-5;
        assertThat(numbers(traced))
                .usingComparatorWithPrecision(tolerance)
                .containsExactly(numbers(base.sample(m, 5, rng)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void copyIsIndependent(BaseCases.Case c) {
        Base base = c.base().get();
        double[] before = numbers(base.sample(m, 5, rng));
        Base copy = base.copy();
        assertThat(numbers(copy.sample(m, 5, rng))).containsExactly(before);
        copy.parameters().forEach(p -> p.muli(2));
        assertThat(numbers(base.sample(m, 5, rng))).containsExactly(before);
        if (!copy.parameters().isEmpty()) {
            assertThat(numbers(copy.sample(m, 5, rng))).isNotEqualTo(before);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isMadeOfItsParts(BaseCases.Case c) {
        TrainableContract.check(c.base().get(), base -> numbers(base.sample(m, 5, rng)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyParameterHasANameAndAGradient(BaseCases.Case c) {
        Base base = c.base().get();
        assertThat(base.arrays().values()).containsAll(base.parameters());
        base.arrays().forEach((name, array) -> {
            if (base.parameters().stream().noneMatch(parameter -> parameter == array)) {
                return; // running statistics, or a base that is not trained
            }
            NDArray gradient = Program.ofRandom((scope, none, key) -> Gradients.ofParameters(
                                    new NDList(array),
                                    () -> new Gradients.Loss(
                                            base.sample(scope, 5, key).square().sum(), new NDList()))
                            .gradients())
                    .run(m, new NDList(), rng)
                    .singletonOrThrow();
            assertThat(Arrays.stream(numbers(gradient)).boxed()).as(name).anyMatch(g -> g != 0);
        });
    }

    @ParameterizedTest
    @MethodSource("cases")
    void samplesAreGeneratedLatents(BaseCases.Case c) {
        if (c.base().get() instanceof LatentBase base) {
            NDArray z = base.prior().sample(m, 5, rng);
            NDArray copy = z.duplicate();
            assertThat(numbers(base.generate(z))).containsExactly(numbers(base.sample(m, 5, rng)));
            assertThat(z.contentEquals(copy)).isTrue();
        }
    }

    @Test
    void normalDensityIsItsFormula() {
        NDArray x = m.create(new double[] {0, 0, 1, -2}, new Shape(2, 2));
        double[] density =
                DensityBase.standardNormal(2, DataType.FLOAT64).logDensity(x).toDoubleArray();
        double constant = -Math.log(2 * Math.PI);
        assertThat(density).usingComparatorWithPrecision(1e-15).containsExactly(constant, constant - 2.5);
    }

    @Test
    void uniformDensityIsZeroOutside() {
        NDArray x = m.create(new double[] {0, 0.999, 0.5, 1, -0.1, 0.5, -3, 7}, new Shape(4, 2));
        double out = Double.NEGATIVE_INFINITY;
        assertThat(DensityBase.uniform(2, DataType.FLOAT64).logDensity(x).toDoubleArray())
                .containsExactly(0, out, out, out);
    }

    /** As DJL itself computes with the block's values. */
    @Test
    void aFixedGeneratorKeepsItsWeights() {
        Block block = BaseCases.initialized(DataType.FLOAT32);
        LatentBase base = LatentBase.fixed(DensityBase.standardNormal(3), block);
        NDArray z = m.create(new float[] {1, -2, 0.5f}, new Shape(1, 3));
        NDArray w0 = base.arrays().values().stream().toList().get(0);
        assertThat(w0.toFloatArray())
                .containsExactly(block.getParameters().valueAt(0).getArray().toFloatArray());
        assertThat(base.parameters()).isEmpty();
        assertThat(numbers(base.generate(z)))
                .containsExactly(numbers(LatentBase.pushForward(DensityBase.standardNormal(3), block, rng)
                        .generate(z)));
        assertThatThrownBy(() -> LatentBase.fixed(DensityBase.standardNormal(3), Mlp.of(3, 2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a fixed generator must be initialised, or its parameters loaded, got a block");
    }

    @Test
    void latentsChooseSamples() {
        NDArray points = BaseCases.points(DataType.FLOAT64);
        LatentBase base = LatentBase.ofSamples(points);
        double[] latents = {0, 1 / 7.0 - 1e-12, 1 / 7.0 + 1e-12, 6.5 / 7, Math.nextDown(1), 1.2, -0.3};
        long[] chosen = {0, 0, 1, 6, 6, 6, 0}; // those outside are never kept by a sampler
        NDArray x = base.generate(m.create(latents, new Shape(7, 1)));
        assertThat(numbers(x)).containsExactly(numbers(points.get(m.create(chosen))));
        points.muli(0);
        assertThat(numbers(base.generate(m.create(latents, new Shape(7, 1))))).containsExactly(numbers(x));
    }

    @Test
    void aSetOfSamplesHasNoLatentGradient() {
        LatentBase base = LatentBase.ofSamples(BaseCases.points(DataType.FLOAT32));
        Energy latent = Gebm.of(base, x -> x.square().sum(new int[] {1})).latentEnergy(1);
        NDArray z = base.prior().sample(m, 3, rng);
        assertThatThrownBy(() -> latent.valueAndGradient(z))
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageStartingWith("a fixed set of samples has no gradient with respect to its latents")
                .hasMessageContaining("IndependenceMetropolis");
        NDArray slope = Gradients.gradient(
                w -> w.mul(base.generate(w.getManager().from(z))).sum(new int[] {1}), m.ones(new Shape(3, 2)));
        assertThat(numbers(slope)).containsExactly(numbers(base.generate(z))); // with respect to all else there is one
    }

    @Test
    void refusesSamplesThatAreNone() {
        assertThatThrownBy(() -> LatentBase.ofSamples(m.zeros(new Shape(4))))
                .hasMessage("samples must be of shape (n, ...), n >= 1, got (4)");
        assertThatThrownBy(() -> LatentBase.ofSamples(m.create(new float[] {1, Float.NaN}, new Shape(2, 1))))
                .hasMessage("samples must be finite, got numbers that are not");
        assertThatThrownBy(() -> LatentBase.ofSamples(m.zeros(new Shape(2, 1), DataType.INT32)))
                .hasMessage("samples must be float32 or float64, got int32");
        assertThatThrownBy(() -> LatentBase.ofSamples(m.zeros(new Shape((1 << 22) + 1, 1))))
                .hasMessage("samples in float32 must be at most 4194304, or of type float64, got 4194305");
    }

    /** Batch normalisation of latents: outputs average to 0 in training only, and only then its statistics move. */
    @Test
    void aPushForwardHasTwoModes() {
        DensityBase normal = DensityBase.standardNormal(1, DataType.FLOAT64);
        LatentBase base = LatentBase.pushForward(normal, BatchNorm.builder().build(), rng);
        NDArray mean = base.arrays().get("runningMean");
        NDArray z = m.create(new double[] {1, 2, 3, 6}, new Shape(4, 1));
        assertThat(base.generate(z).mean().getDouble()).isCloseTo(3 / Math.sqrt(1 + 1e-5), within(1e-7));
        base.sample(m, 5, rng);
        assertThat(mean.toDoubleArray()).containsExactly(0);
        assertThat(base.training().generate(z).mean().getDouble()).isCloseTo(0, within(1e-7));
        assertThat(mean.getDouble(0)).isPositive();
    }

    @Test
    void rejectsEmptyRequests() {
        assertThatThrownBy(() -> DensityBase.standardNormal(0)).hasMessage("dimension must be > 0, got 0");
        assertThatThrownBy(() -> DensityBase.standardNormal(2).sample(m, 0, rng))
                .hasMessage("n must be > 0, got 0");
    }

    @Test
    void rejectsLatentsOfAnotherShape() {
        LatentBase base = (LatentBase) cases().stream()
                .filter(c -> c.name().equals("push-forward"))
                .findFirst()
                .orElseThrow()
                .base()
                .get();
        assertThatThrownBy(() -> base.generate(m.ones(new Shape(2, 5))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the shape of a sample must be (3), got (5)");
    }
}
