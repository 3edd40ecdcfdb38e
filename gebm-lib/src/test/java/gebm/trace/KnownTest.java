package gebm.trace;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A function {@code f(x) = θ·x} that counts how often it is written down. */
class KnownTest {
    private final NDManager m = NDManager.newBaseManager();
    private final NDArray theta = m.create(new double[] {3});
    private final NDList reads = new NDList(theta);
    private int written;

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray f(NDArray x) {
        return Known.once(this, reads, x, () -> {
            written++;
            return x.mul(x.getManager().from(theta));
        });
    }

    private double[] run(java.util.function.UnaryOperator<NDArray> function) {
        written = 0;
        return Program.of(function).run(m.create(new double[] {2})).toDoubleArray();
    }

    @Test
    void isComputedOnceForAnArray() {
        assertThat(run(x -> f(x).add(f(x)).add(f(x.add(1))))).containsExactly(6 + 6 + 9);
        assertThat(written).isEqualTo(2);
    }

    /** After θ ← 5 the value is another one. */
    @Test
    void isForgottenWhereAParameterChanges() {
        assertThat(run(x -> {
                    NDArray before = f(x);
                    InPlace.assign(theta, x.getManager().create(new double[] {5}));
                    return before.add(f(x));
                }))
                .containsExactly(6 + 10);
        assertThat(written).isEqualTo(2);
    }

    /** 3·2, then 3·7, of one array that is changed in place; and θ ← 5 through a view of it. */
    @Test
    void isForgottenWhereTheArrayOrAViewChanges() {
        assertThat(run(x -> {
                    NDArray y = x.add(0);
                    NDArray before = f(y);
                    InPlace.assign(y, y.add(5));
                    return before.add(f(y));
                }))
                .containsExactly(6 + 21);
        assertThat(run(x -> {
                    NDArray before = f(x);
                    InPlace.assign(
                            x.getManager().from(theta).get("0:1"),
                            x.getManager().create(new double[] {5}));
                    return before.add(f(x));
                }))
                .containsExactly(6 + 10);
    }

    /** In a gradient with respect to θ the value from outside would have no slope: d(θx)/dθ = x = 2. */
    @Test
    void isComputedAnewInAGradientByItsParameter() {
        double[] slope = run(x -> {
            NDArray outside = f(x);
            var gradients = Gradients.ofParameters(reads, () -> new Gradients.Loss(f(x).sum(), new NDList()));
            return gradients.gradients().head().add(outside.mul(0));
        });
        assertThat(slope).containsExactly(2);
        assertThat(written).isEqualTo(2);
    }

    @Test
    void isUsedInAGradientByAnother() {
        NDArray other = m.create(new double[] {7});
        double[] slope = run(x -> {
            NDArray outside = f(x);
            var gradients = Gradients.ofParameters(
                    new NDList(other),
                    () -> new Gradients.Loss(
                            f(x).mul(x.getManager().from(other)).sum(), new NDList()));
            return gradients.gradients().head().add(outside.mul(0));
        });
        assertThat(slope).containsExactly(6);
        assertThat(written).isEqualTo(1);
    }

    /** θ doubles at the end of each of three steps: 2·(3 + 6 + 12). */
    @Test
    void isComputedAnewInALoop() {
        assertThat(run(x -> {
                    NDArray outside = f(x).mul(0);
                    return Loop.run(0, 3, new NDList(outside), (state, step) -> {
                                NDArray sum = state.head().add(f(x));
                                InPlace.assign(theta, x.getManager().from(theta).mul(2));
                                return new NDList(sum);
                            })
                            .head();
                }))
                .containsExactly(42);
        assertThat(written).isEqualTo(2);
    }

    @Test
    void whatIsRememberedIsBelievedAndOnlyWrittenIfAsked() {
        int[] asked = new int[1];
        assertThat(run(x -> {
                    NDArray y = x.add(1);
                    Known.remember(this, reads, y, () -> {
                        asked[0]++;
                        return y.mul(100);
                    });
                    Known.remember(this, reads, x, () -> {
                        throw new IllegalStateException("nobody asks");
                    });
                    return f(y).add(f(y));
                }))
                .containsExactly(600);
        assertThat(asked[0]).isEqualTo(1);
        assertThat(written).isZero();
    }

    @Test
    void onOrdinaryArraysNothingIsKept() {
        written = 0;
        NDArray x = m.create(new double[] {2});
        assertThat(f(x).add(f(x)).toDoubleArray()).containsExactly(12);
        assertThat(written).isEqualTo(2);
    }
}
