package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import gebm.core.Rng;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Convolutions to few channels are written as products; with further channels beside them they are the engine's. */
class ConvolutionsTest {
    private static final int MORE = 5;

    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray normal(String name, long... shape) {
        return Rng.of(1).fork(name).normal(m, new Shape(shape), DataType.FLOAT64);
    }

    private static void assertSame(NDArray result, NDArray expected) {
        assertThat(result.getShape()).isEqualTo(expected.getShape());
        double largest = expected.abs().max().getDouble();
        assertThat(result.sub(expected).abs().max().getDouble()).isCloseTo(0, within(1e-12 * largest));
    }

    private static NDArray upsampled(NDArray x, NDArray w, NDArray bias, int stride, int padding, int outPadding) {
        return x.getNDArrayInternal()
                .deconvolution(
                        x,
                        w,
                        bias,
                        new Shape(stride, stride),
                        new Shape(padding, padding),
                        new Shape(outPadding, outPadding),
                        new Shape(1, 1),
                        1)
                .singletonOrThrow();
    }

    @ParameterizedTest
    @CsvSource({"1, 4, 2, 1, 0", "3, 4, 2, 1, 0", "4, 3, 1, 1, 0", "2, 5, 3, 0, 1", "1, 2, 2, 0, 0"})
    void upsampleAsTheEngineDoes(int channels, int kernel, int stride, int padding, int outPadding) {
        NDArray x = normal("x", 2, 6, 5, 7);
        NDArray w = normal("w", channels + MORE, 6, kernel, kernel);
        NDArray bias = normal("bias", channels + MORE);
        Program few = Program.ofList(in -> new NDList(
                upsampled(in.get(0), in.get(1), null, stride, padding, outPadding),
                upsampled(in.get(0), in.get(1), in.get(2), stride, padding, outPadding)));
        String mine = ":" + channels;
        NDList results = few.run(m, new NDList(x, w.get(mine), bias.get(mine)));
        assertThat(few.source()).contains("torch.col2im").doesNotContain("conv_transpose");
        Program all = Program.ofList(in -> new NDList(
                upsampled(in.get(0), in.get(1), null, stride, padding, outPadding),
                upsampled(in.get(0), in.get(1), in.get(2), stride, padding, outPadding)));
        NDList expected = all.run(m, new NDList(x, w, bias));
        assertThat(all.source()).contains("conv_transpose").doesNotContain("col2im");
        assertSame(results.get(0), expected.get(0).get(":, " + mine));
        assertSame(results.get(1), expected.get(1).get(":, " + mine));
    }

    private static NDArray energy(NDArray x, NDArray w, int stride, int padding) {
        return x.getNDArrayInternal()
                .convolution(x, w, null, new Shape(stride, stride), new Shape(padding, padding), new Shape(1, 1), 1)
                .singletonOrThrow()
                .square()
                .sum(new int[] {1, 2, 3});
    }

    @ParameterizedTest
    @CsvSource({"1, 3, 1, 1", "3, 4, 2, 1", "4, 5, 3, 0"})
    void giveTheGradientsOfTheEngine(int channels, int kernel, int stride, int padding) {
        NDArray x = normal("x", 2, channels, 9, 11);
        NDArray further = m.zeros(new Shape(2, MORE, 9, 11), DataType.FLOAT64);
        NDArray w = normal("w", 6, channels + MORE, kernel, kernel);
        String mine = ":, :" + channels;
        Program few = Program.ofList(
                in -> new NDList(Gradients.gradient(v -> energy(v, in.get(1), stride, padding), in.get(0))));
        NDArray result = few.run(m, new NDList(x, w.get(mine).duplicate())).singletonOrThrow();
        assertThat(few.source()).contains("torch.col2im");
        NDArray expected = few.run(m, new NDList(x.concat(further, 1), w)).singletonOrThrow();
        assertThat(few.source()).doesNotContain("col2im");
        assertSame(result, expected.get(mine));
    }
}
