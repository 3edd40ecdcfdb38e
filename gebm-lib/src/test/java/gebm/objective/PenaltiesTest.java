package gebm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import gebm.core.Rng;
import gebm.model.DensityBase;
import gebm.model.Energy;
import gebm.model.Gebm;
import gebm.model.LatentBase;
import gebm.nn.Mlp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Closed forms; the derivative in the energy's parameters is in {@link ObjectiveTest}. */
class PenaltiesTest {
    private static final Rng RNG = Rng.of(31);
    private static final Energy BOWL = x -> x.square().sum(new int[] {1}).mul(0.5);

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private static double penalty(Block generator, Energy energy, NDArray data, NDArray generated) {
        var base = LatentBase.pushForward(DensityBase.standardNormal(2, DataType.FLOAT64), generator, RNG);
        Loss loss = Penalties.gradient().evaluate(Gebm.of(base, energy), new Batch(data, generated), RNG);
        assertThat(loss.terms().get("gradientPenalty").getDouble())
                .isEqualTo(loss.total().getDouble());
        return loss.total().getDouble();
    }

    private static double penalty(Energy energy, NDArray data, NDArray generated) {
        return penalty(Mlp.of(2, 2), energy, data, generated);
    }

    private NDArray points(String label, int n) {
        return RNG.fork(label).normal(m, new Shape(n, 2), DataType.FLOAT64);
    }

    /** Where both ends coincide, x̃ is that point, whatever α. */
    @Test
    void ofABowlIsTheMeanSquaredNorm() {
        NDArray x = points("x", 6);
        double expected = x.square().sum().getDouble() / 6;
        assertThat(penalty(BOWL, x, x)).isCloseTo(expected, within(1e-14));
    }

    @Test
    void ofALinearEnergyIsItsSquaredSlope() {
        NDArray a = m.create(new double[] {3, -4});
        Energy linear = x -> x.mul(a).sum(new int[] {1});
        assertThat(penalty(linear, points("x", 5), points("y", 5))).isCloseTo(25, within(1e-13));
    }

    /** x̃ = αx + (1 − α)y with one α a sample: the same draw by hand. */
    @Test
    void interpolatesEachSampleWithOneAlpha() {
        NDArray x = points("x", 6);
        NDArray y = points("y", 6);
        double[] alpha =
                RNG.fork("alpha").uniform(m, new Shape(6, 1), DataType.FLOAT64).toDoubleArray();
        double[] data = x.toDoubleArray();
        double[] generated = y.toDoubleArray();
        double expected = 0;
        for (int i = 0; i < 12; i++) {
            double between = alpha[i / 2] * data[i] + (1 - alpha[i / 2]) * generated[i];
            expected += between * between / 6;
        }
        assertThat(penalty(BOWL, x, y)).isCloseTo(expected, within(1e-14));
    }

    @Test
    void usesTheFirstSamplesWhereNumbersDiffer() {
        NDArray x = points("x", 6);
        NDArray y = points("y", 4);
        assertThat(penalty(BOWL, x, y)).isEqualTo(penalty(BOWL, x.get(":4"), y));
        assertThat(penalty(BOWL, y, x)).isEqualTo(penalty(BOWL, y, x.get(":4")));
    }

    /** With data = 1 and generated = 0, x̃ is α in all 8 pixels of an image. */
    @Test
    void takesImages() {
        Energy squares = x -> x.square().sum(new int[] {1, 2}).mul(0.5);
        Block images = new SequentialBlock()
                .add(Mlp.of(2, 8))
                .add(new LambdaBlock(list -> new NDList(list.singletonOrThrow().reshape(-1, 2, 4))));
        NDArray ones = m.ones(new Shape(3, 2, 4), DataType.FLOAT64);
        NDArray alpha = RNG.fork("alpha").uniform(m, new Shape(3, 1, 1), DataType.FLOAT64);
        double expected = 8 * alpha.square().mean().getDouble();
        assertThat(penalty(images, squares, ones, ones.zerosLike())).isCloseTo(expected, within(1e-13));
    }
}
