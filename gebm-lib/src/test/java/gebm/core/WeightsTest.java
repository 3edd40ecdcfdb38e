package gebm.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import gebm.trace.Program;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WeightsTest {
    private NDManager m;

    @BeforeEach
    void open() {
        m = NDManager.newBaseManager();
    }

    @AfterEach
    void close() {
        m.close();
    }

    private NDArray number(float value) {
        return m.create(value);
    }

    private Weights three() {
        return Weights.of("slope", number(2)).fixed("sign", number(-1)).trained("bias", number(3));
    }

    @Test
    void arraysStandInTheOrderInWhichTheyCame() {
        Weights weights = three();
        assertThat(weights.arrays().keySet()).containsExactly("slope", "sign", "bias");
        assertThat(weights).hasToString("Weights[slope, sign, bias]");
        assertThat(weights.get("bias")).isSameAs(weights.arrays().get("bias"));
    }

    @Test
    void fixedArraysAreNoParameters() {
        for (Weights weights : new Weights[] {three(), three().copy()}) {
            assertThat(weights.parameters()).hasSize(2);
            assertThat(weights.parameters().get(0)).isSameAs(weights.get("slope"));
            assertThat(weights.parameters().get(1)).isSameAs(weights.get("bias"));
        }
        assertThat(Weights.none().fixed("sign", number(-1)).parameters()).isEmpty();
    }

    /** Where x is recorded, so is what is computed of the array alone: the program sees its changes. */
    @Test
    void besideAnArgumentAProgramSeesTraining() {
        Weights weights = three();
        Program program = Program.of(x -> weights.get("slope", x).square().mul(x));
        assertThat(program.run(number(1)).getFloat()).isEqualTo(4);
        weights.get("slope").muli(2);
        assertThat(program.run(number(1)).getFloat()).isEqualTo(16);
    }

    @Test
    void valuesAreCopied() {
        NDArray value = number(2);
        value.setName("given");
        Weights weights = Weights.of("slope", value);
        value.muli(5);
        assertThat(weights.get("slope").getFloat()).isEqualTo(2);
        assertThat(weights.get("slope").getName()).isNull();
        assertThat(weights.get("slope").getManager()).isNotSameAs(m);
    }

    @Test
    void keepsTheContract() {
        TrainableContract.check(three(), weights -> weights.arrays().values().stream()
                .mapToDouble(NDArray::getFloat)
                .toArray());
    }

    @Test
    void copiesAreIndependent() {
        Weights weights = three();
        Weights copy = weights.copy();
        copy.get("slope").muli(10);
        assertThat(weights.get("slope").getFloat()).isEqualTo(2);
        weights.close();
        assertThat(copy.get("slope").getFloat()).isEqualTo(20);
        assertThatThrownBy(() -> weights.get("slope").getFloat()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void namesWhatItRefuses() {
        Weights weights = three();
        assertThatThrownBy(() -> weights.fixed("slope", number(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the name of an array must be another than [slope, sign, bias], got slope");
        assertThatThrownBy(() -> weights.get("scale"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("array must be one of [slope, sign, bias], got scale");
        assertThatThrownBy(() -> weights.arrays().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
